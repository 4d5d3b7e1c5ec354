"""What the root hands over is checked before it is used, keys follow one another, and lists are made in time."""

from __future__ import annotations

from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from tests.ground.certificates.authority import made_chain, the_chain
from tests.kernel.acting import AT, DISTRICT, holder
from tests.kernel.identity.peopled import everything_written
from tests.kernel.trust.ceremony import (
    DAY,
    asked,
    begin_authority,
    fingerprint,
    issued,
    list_of_root,
    now,
    revoke,
    root,
    sealed,
    signed_by_root,
)

from zhihai.faces.certificates.places import addresses_of
from zhihai.ground.actors import SYSTEM
from zhihai.ground.certificates.lists import Revocation, read_list
from zhihai.ground.powers import SET_CERTIFICATES
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel import records as store
from zhihai.kernel.identity import sealing
from zhihai.kernel.trust import acts, reads


def take(handed: bytes, given: str | None = None, *, at_machine: datetime | None = None) -> acts.TakenIn:
    return acts.take_in(SYSTEM, handed, given, at=AT, at_machine=at_machine or now())


def test_a_root_is_trusted_by_its_fingerprint_alone(district: str) -> None:
    handed = signed_by_root(asked()) + list_of_root(1)
    for wrong in (None, "00" * 32):
        with pytest.raises(Refused, match="root_unknown"):
            take(handed, wrong)
    assert reads.roots() == ()
    spaced = ":".join(fingerprint()[at : at + 2].upper() for at in range(0, 64, 2))
    assert take(handed, spaced).root
    assert [one.certificate for one in reads.roots()] == [root().certificate]
    again = take(list_of_root(2))
    assert (again.root, again.issuing, again.list_number) == (False, None, 2)


def test_only_who_sets_certificates_over_the_whole_district_begins(district: str) -> None:
    narrow = holder(frozenset({SET_CERTIFICATES}), DISTRICT, "990101001", "zhihai.administrator")
    with pytest.raises(NotPermitted):
        acts.request_issuing(narrow, "湖滨区", addresses_of, at=AT, at_machine=now())
    with pytest.raises(NotPermitted):
        acts.take_in(narrow, list_of_root(1), fingerprint(), at=AT, at_machine=now())


def test_what_was_not_asked_for_or_is_wrong_is_not_taken_in(district: str) -> None:
    request, other = asked(), made_chain()
    assert asked() == request, "what waits is asked for once more"
    certificate, list_ = signed_by_root(request), list_of_root(3)
    stranger = the_chain().issuing.certificate.public_bytes(Encoding.PEM)
    by_other = signed_by_root(request, by=other.root)
    over = signed_by_root(request, days=1, at=now() - 2 * DAY)
    later = signed_by_root(request, at=now() + DAY)
    number = x509.load_pem_x509_certificate(certificate).serial_number
    gone = list_of_root(3, Revocation(serial=number, at=now(), reason="superseded"))
    old = list_of_root(3, at=now() - 500 * DAY)
    for wrong, code in (
        (b"", "handed_over"), (certificate, "handed_over"), (list_[:200], "handed_over"), (list_ * 60, "handed_over"),
        (certificate + certificate + list_, "handed_over"), (b"x" * 70_000, "handed_over"),
        (stranger + list_, "not_asked_for"), (by_other + list_, "issued_wrong"), (over + list_, "issued_wrong"),
        (later + list_, "issued_wrong"), (certificate + gone, "issued_wrong"), (certificate + old, "list_old"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=code):
            take(wrong, fingerprint())
    assert reads.roots() == ()
    assert take(certificate + list_, fingerprint()).issuing is not None
    with pytest.raises(Refused, match="not_asked_for"):
        take(certificate + list_of_root(4))
    with pytest.raises(Refused, match="list_old"):
        take(list_of_root(2))


def test_a_list_that_another_root_of_the_name_signed_is_refused(district: str) -> None:
    begin_authority()
    foreign = x509.load_pem_x509_crl(list_of_root(9, by=made_chain().root).partition(b"-----END CERTIFICATE-----\n")[2])
    mixed = root().certificate.public_bytes(Encoding.PEM) + foreign.public_bytes(Encoding.PEM)
    with pytest.raises(Refused, match="list_wrong"):
        take(mixed)


def test_keys_follow_one_another_and_what_the_first_issued_stays(district: str) -> None:
    first = begin_authority()
    old = issued()
    note = sealed(old)
    second = begin_authority(2)
    new = issued()
    assert [reads.certificate(SYSTEM, one).issuer for one in (old, new)] == [first, second]
    assert reads.check_document(note.digest, note.signature, at_machine=now()).finding.verdict == "good"
    revoke(old)
    revoked = [read_list(reads.revoked_list(one)[0], reads.issuer_certificate(one)).revoked for one in (first, second)]
    assert [len(one) for one in revoked] == [1, 0]
    assert [one.subject.rfc4514_string() for one in map(reads.issuer_certificate, (first, second))] == [
        f"CN=湖滨区 Issuing CA {one},O=湖滨区" for one in (first, second)
    ]


def test_where_nothing_issues_it_is_said(district: str) -> None:
    with pytest.raises(Refused, match="nothing_issues"):
        issued()
    asked()
    with pytest.raises(Refused, match="nothing_issues"):
        issued()
    with pytest.raises(NotFound):
        reads.issuer_certificate(0)
    with pytest.raises(NotFound):
        reads.revoked_list(1)


def test_what_the_root_revokes_issues_no_more_and_what_it_issued_is_judged_by_why(district: str) -> None:
    key = begin_authority()
    note = sealed(issued())
    number = reads.issuer_certificate(key).serial_number
    take(list_of_root(2, Revocation(serial=number, at=now() + DAY, reason="superseded")))
    with pytest.raises(Refused, match="nothing_issues"):
        issued()
    assert reads.check_document(note.digest, note.signature, at_machine=now()).finding.verdict == "good_then"
    take(list_of_root(3, Revocation(serial=number, at=now(), reason="ca_compromise")))
    assert reads.check_document(note.digest, note.signature, at_machine=now()).finding.verdict == "revoked"


def test_lists_are_made_anew_each_day_and_keys_end_with_their_certificates(district: str) -> None:
    key = begin_authority()
    certificate = issued(days=3)
    at = now()
    number = store.value("SELECT list_number FROM issuing_key")
    assert acts.keep_certificates(at_machine=at) == 0
    assert acts.keep_certificates(at_machine=at + 2 * DAY) == 1
    assert store.value("SELECT list_number FROM issuing_key") == number + 1
    read = read_list(reads.revoked_list(key)[0], reads.issuer_certificate(key))
    assert (read.number, read.until) == (number + 1, (at + 9 * DAY).replace(microsecond=0))
    assert acts.keep_certificates(at_machine=at + 4 * DAY) == 2
    assert store.value("SELECT sealed FROM certificate WHERE id = %s", (certificate,)) is None
    assert acts.keep_certificates(at_machine=at + 1830 * DAY) == 1
    assert store.value("SELECT sealed FROM issuing_key") is None


def test_no_key_is_kept_in_plain_and_all_are_sealed_anew_after_a_change_of_the_secret(
    district: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_authority()
    certificate = issued()
    assert "PRIVATE KEY" not in everything_written()
    kept = store.rows("SELECT sealed FROM certificate UNION ALL SELECT sealed FROM issuing_key")
    old = sealing.present_keys().name
    assert all(text.startswith(f"{old}:") for (text,) in kept)
    former = sealing.settings.SECRET_KEY
    monkeypatch.setattr("django.conf.settings.SECRET_KEY", "another secret of this test, long enough")
    with pytest.raises(Refused, match="number_key"):
        sealed_anew = sealed(certificate)
    monkeypatch.setattr("django.conf.settings.SECRET_KEY_FALLBACKS", [former])
    assert acts.reseal_keys() >= 2
    assert acts.reseal_keys() == 0
    monkeypatch.setattr("django.conf.settings.SECRET_KEY_FALLBACKS", [])
    sealed_anew = sealed(certificate)
    assert reads.check_document(sealed_anew.digest, sealed_anew.signature, at_machine=now()).finding.holds
    issued()


def test_a_key_opens_in_its_own_row_alone(district: str) -> None:
    begin_authority()
    one, two = issued(), issued()
    store.execute(
        "UPDATE certificate SET sealed = (SELECT sealed FROM certificate WHERE id = %s) WHERE id = %s", (two, one)
    )
    with pytest.raises(Refused, match="number_altered"):
        sealed(one)


def status_of(certificate: x509.Certificate, issuer: x509.Certificate) -> ocsp.OCSPResponse:
    builder = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, SHA256())
    asked_ = builder.build().public_bytes(Encoding.DER)
    return ocsp.load_der_ocsp_response(reads.answer_status(asked_, at_machine=now()))


def test_answers_on_the_spot(district: str) -> None:
    key = begin_authority()
    issuer = reads.issuer_certificate(key)
    id_ = issued()
    certificate = reads.certificate(SYSTEM, id_).certificate
    assert status_of(certificate, issuer).certificate_status == ocsp.OCSPCertStatus.GOOD
    revoke(id_, "affiliation_changed")
    told = status_of(certificate, issuer)
    assert told.certificate_status == ocsp.OCSPCertStatus.REVOKED
    assert told.revocation_reason == x509.ReasonFlags.affiliation_changed
    never = the_chain().seal().certificate
    assert status_of(never, issuer).certificate_status == ocsp.OCSPCertStatus.UNKNOWN
    assert status_of(never, the_chain().issuing.certificate).response_status == ocsp.OCSPResponseStatus.UNAUTHORIZED
    garbage = ocsp.load_der_ocsp_response(reads.answer_status(b"garbage", at_machine=now()))
    assert garbage.response_status == ocsp.OCSPResponseStatus.MALFORMED_REQUEST
