"""Seals: who may use which, what is noted, and what a check finds of documents altered and certificates revoked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from tests.ground.certificates.authority import the_chain
from tests.kernel.acting import AT, DISTRICT, EAST, OFFICE, WEST, account, area, holder, office
from tests.kernel.identity.peopled import everything_written
from tests.kernel.trust.ceremony import (
    DAY,
    DIGEST,
    DOCUMENT,
    GROUND,
    begin_authority,
    document,
    issued,
    now,
    revoke,
    root,
    sealed,
)

from zhihai.faces.certificates.places import addresses_of
from zhihai.ground.actors import SYSTEM, Actor, Scope
from zhihai.ground.certificates.cms import write_signature
from zhihai.ground.certificates.lists import REASONS
from zhihai.ground.certificates.making import Holder, issue, new_sealing_key
from zhihai.ground.powers import SET_CERTIFICATES, USE_SEALS
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.kernel import records as store
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as who
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.trust import acts, reads
from zhihai.kernel.trust.acts import CertificateInput
from zhihai.kernel.trust.certificates import need_seal
from zhihai.kernel.trust.issuing import issues_now


def keeper(code: str, account_: int = 4321) -> Actor:
    """Somebody who keeps the seal of an organisation."""
    return holder(frozenset({USE_SEALS}), code, DISTRICT, "zhihai.seal_keeper", account_)


def official(username: str = "street-east", code: str = EAST) -> Actor:
    """Somebody on duty in a street."""
    return who.actor_of(account(username), at=AT)


def verdict(signature: bytes, content: bytes = DOCUMENT, at: datetime | None = None) -> str:
    digest = hashlib.sha256(content).digest()
    return reads.check_document(digest, signature, at_machine=at or now()).finding.verdict


@pytest.fixture
def seal(district: str) -> int:
    """The seal of the environment department."""
    begin_authority()
    return issued(OFFICE)


def test_each_use_is_noted_and_the_document_is_not_kept(seal: int) -> None:
    note = sealed(seal, by=keeper(OFFICE))
    assert DOCUMENT.decode() not in everything_written()
    (entry,) = journal.entries("sealed_document", note.id)
    assert (entry.act, entry.actor, entry.at) == ("trust.seal_document", 4321, AT)
    assert entry.data == {
        "digest": DIGEST.hex(), "size": len(DOCUMENT), "signature": hashlib.sha256(note.signature).hexdigest(),
        "certificate": reads.certificate(SYSTEM, seal).serial,
    }  # fmt: skip
    checked = reads.check_document(DIGEST, note.signature, at_machine=now())
    assert (checked.finding.verdict, checked.finding.noted, checked.entry) == ("good", True, entry.id)
    assert checked.finding.sealed_at == entry.recorded_at
    assert checked.held.owner.zh == who.organisation_by_code(OFFICE).name.zh
    assert [one.id for one in reads.sealings_of(DIGEST)] == [note.id]
    assert reads.sealed_as(note.shown_code.lower()) == note
    assert len(note.code) == 16


def test_who_keeps_the_seal_of_one_organisation_keeps_no_others(seal: int) -> None:
    east = issued(EAST)
    for actor in (keeper(WEST), keeper(EAST), holder(frozenset({SET_CERTIFICATES}), DISTRICT, DISTRICT, "x")):
        with pytest.raises(NotPermitted):
            sealed(seal, by=actor)
    sealed(east, by=keeper(EAST))
    sealed(seal, by=keeper(DISTRICT))
    at = now()
    assert [one.id for one in reads.seals_of(keeper(EAST), at_machine=at)] == [east]
    assert {one.id for one in reads.seals_of(keeper(DISTRICT), at_machine=at)} == {seal, east}
    assert reads.seals_of(keeper(WEST), at_machine=at) == ()
    assert [one.certificate for one in reads.sealings(keeper(EAST, 99))] == [east]
    with pytest.raises(NotPermitted):
        reads.sealing(keeper(WEST, 99), reads.sealings(keeper(DISTRICT))[0].code)


PLACES = (DISTRICT, EAST, WEST, OFFICE)


@given(
    some.lists(
        some.tuples(
            some.sampled_from(PLACES), some.sampled_from((DISTRICT, EAST, WEST)),
            some.sampled_from((None, frozenset())), some.booleans(),
        ),
        max_size=3,
    )
)  # fmt: skip
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_list_of_seals_one_may_use_agrees_with_what_the_act_lets_one_do(
    seals: dict[str, int], held: list[tuple[str, str, frozenset[int] | None, bool]]
) -> None:
    """Whatever is held where, over which area and for which case kinds: the area says nothing of a seal."""
    grants = tuple(
        replace(holder(frozenset({USE_SEALS} if keeps else ()), org, place, "x").scope.grants[0], types=types)
        for org, place, types, keeps in held
    )
    actor = Actor(account=99, name="某人", scope=Scope(grants=grants))
    listed = {one.id for one in reads.seals_of(actor, at_machine=now())}
    allowed = set()
    for one in (reads.certificate(SYSTEM, id_) for id_ in seals.values()):
        with suppress(NotPermitted):
            need_seal(actor, one)
            allowed.add(one.id)
    assert listed == allowed


@pytest.fixture
def seals(seal: int) -> dict[str, int]:
    """The seals of every organisation that the test above names."""
    return {OFFICE: seal, **{code: issued(code) for code in PLACES if code != OFFICE}}


def test_an_official_signs_with_their_own_certificate_and_nobody_else_does(seal: int) -> None:
    mine = official()
    own = issued(EAST, account=mine.account)
    note = acts.sign_document(mine, own, document(), at=AT, at_machine=now())
    assert verdict(note.signature) == "good"
    assert [one.id for one in reads.seals_of(mine, at_machine=now())] == [own]
    for actor in (official("street-west"), keeper(DISTRICT), replace(mine, narrowed=True)):
        with pytest.raises(NotPermitted):
            acts.sign_document(actor, own, document(), at=AT, at_machine=now())
    for act, certificate in ((acts.seal_document, own), (acts.sign_document, seal)):
        with pytest.raises(NotFound):
            act(SYSTEM, certificate, document(), at=AT, at_machine=now())


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"days": 0}, "certificate_days"), ({"days": 1097}, "certificate_days"),
        ({"ground": " "}, "certificate_ground"), ({"ground": "x" * 201}, "certificate_ground"),
        ({"organisation": 999_999}, "no_organisation"), ({"account": 999_999}, "no_official_there"),
    ],
)  # fmt: skip
def test_certificates_are_issued_on_a_ground_for_a_term_to_somebody_there(
    seal: int, wrong: dict[str, Any], code: str
) -> None:
    given = {"organisation": office(OFFICE), "ground": GROUND, **wrong}
    with pytest.raises(Refused, match=code):
        acts.issue_certificate(SYSTEM, CertificateInput(**given), addresses_of, at=AT, at_machine=now())
    with pytest.raises(Refused, match="no_official_there"):
        issued(OFFICE, account=account("street-east"))
    assert len(reads.certificates(SYSTEM)) == 1


def test_no_certificate_outlives_what_issues(district: str) -> None:
    begin_authority()
    late = now() + 1400 * DAY
    given = CertificateInput(organisation=office(OFFICE), ground=GROUND)
    with pytest.raises(Refused, match="outlives_issuer"):
        acts.issue_certificate(SYSTEM, given, addresses_of, at=AT, at_machine=late)


@pytest.mark.parametrize("title", ["", "   ", "x" * 121])
def test_a_document_has_a_title_and_is_not_empty(seal: int, title: str) -> None:
    with pytest.raises(Refused, match="document_title"):
        acts.seal_document(SYSTEM, seal, document(title=title), at=AT, at_machine=now())
    for wrong in (document(b""), replace(document(), digest=b"short")):
        with pytest.raises(Refused, match="document_empty"):
            acts.seal_document(SYSTEM, seal, wrong, at=AT, at_machine=now())
    assert store.value("SELECT count(*) FROM sealed_document") == 0


def test_an_altered_document_and_an_altered_signature_are_told(seal: int) -> None:
    note = sealed(seal)
    assert verdict(note.signature, DOCUMENT + b" ") == "altered"
    broken = bytearray(note.signature)
    broken[-1] ^= 1
    assert verdict(bytes(broken)) == "broken"
    assert verdict(b"garbage") == "unreadable"


@pytest.mark.parametrize("reason", REASONS)
def test_a_revoked_certificate_seals_no_more_and_is_told_by_its_reason(seal: int, reason: str) -> None:
    before = sealed(seal)
    revoke(seal, reason)
    with pytest.raises(Refused, match="certificate_revoked"):
        sealed(seal)
    with pytest.raises(Conflict):
        revoke(seal)
    assert store.value("SELECT sealed FROM certificate WHERE id = %s", (seal,)) is None
    assert verdict(before.signature) == ("revoked" if reason == "key_compromise" else "good_then")
    checked = reads.check_document(DIGEST, before.signature, at_machine=now())
    assert (checked.held.reason, checked.finding.revoked.reason) == (reason, reason)


def test_a_lost_key_leaves_what_the_journal_noted_before(seal: int) -> None:
    before, lost = sealed(seal), now()
    after = sealed(seal)
    revoke(seal, "key_compromise", since=lost)
    assert (verdict(before.signature), verdict(after.signature)) == ("good_then", "revoked")
    for wrong in (lost - 400 * DAY, now() + DAY):
        with pytest.raises((Refused, Conflict)):
            revoke(issued(OFFICE), "key_compromise", since=wrong)
    with pytest.raises(Refused, match="no_reason"):
        revoke(issued(OFFICE), "whim")


def test_a_signature_by_a_stolen_key_that_the_platform_never_noted_proves_nothing(seal: int) -> None:
    """It says that it was made before the key was lost; only the journal knows better."""
    held = reads.certificate(SYSTEM, seal)
    issuer = reads.issuer_certificate(held.issuer)
    forged = write_signature(DIGEST, held.private, held.certificate, [issuer], at=held.valid_from)
    assert verdict(forged) == "good"
    assert not reads.check_document(DIGEST, forged, at_machine=now()).finding.noted
    revoke(seal, "key_compromise", since=now())
    assert verdict(forged) == "revoked"


def test_a_row_that_was_changed_past_the_platform_notes_nothing(seal: int) -> None:
    """The journal's entry tells which signature was noted: a row can be written by whoever has the database."""
    held, note = reads.certificate(SYSTEM, seal), sealed(seal)
    forged = write_signature(DIGEST, held.private, held.certificate, [reads.issuer_certificate(held.issuer)], at=now())
    store.execute(
        "UPDATE sealed_document SET signature = %s, signature_digest = %s WHERE id = %s",
        (forged, hashlib.sha256(forged).digest(), note.id),
    )
    checked = reads.check_document(DIGEST, forged, at_machine=now())
    assert (checked.finding.noted, checked.entry, checked.noted) == (False, None, None)


def test_a_certificate_that_the_platform_never_issued_is_a_strangers_though_its_key_signed_it(seal: int) -> None:
    issuer = issues_now(at_machine=now())
    key = new_sealing_key()
    forged = issue(
        Holder(sort="organisation", name="区长办公室", organisation="湖滨区", number="1"), key.public_key(),
        issuer.private, issuer.certificate, at=now(), until=now() + DAY, addresses=addresses_of(issuer.id),
    )  # fmt: skip
    assert verdict(write_signature(DIGEST, key, forged, [issuer.certificate], at=now())) == "stranger"
    foreign = the_chain()
    assert foreign.root == root()
    assert verdict(foreign.signed(foreign.seal())) == "stranger"


def test_an_expired_certificate_seals_no_more_and_what_it_sealed_stays(seal: int) -> None:
    short = issued(days=1)
    note = sealed(short)
    with pytest.raises(Refused, match="certificate_expired"):
        acts.seal_document(SYSTEM, short, document(), at=AT, at_machine=now() + 2 * DAY)
    assert verdict(note.signature, at=now() + 2 * DAY) == "good_then"


def test_sealing_and_revoking_at_once_leave_no_seal_behind_the_revocation(
    seal: int, together: Callable[..., list[Any]]
) -> None:
    for _ in range(3):
        certificate = issued(OFFICE)
        note, gone = together(lambda c=certificate: sealed(c), lambda c=certificate: revoke(c))
        assert gone is None
        if isinstance(note, Refused):
            assert note.code in ("certificate_revoked", "certificate_key_gone")
        else:
            assert verdict(note.signature) in ("good_then", "revoked")


def test_whose_holder_is_gone_seals_no_more_and_is_marked(seal: int) -> None:
    mine, east = official(), issued(EAST)
    own = issued(EAST, account=mine.account)
    assert reads.without_holder([seal, east, own], at=AT) == frozenset()
    for grant in mine.scope.grants:
        identity.revoke_role(SYSTEM, grant.membership, at=AT)
    assert reads.without_holder([seal, east, own], at=AT) == {own}
    with pytest.raises(Refused, match="certificate_without_holder"):
        acts.sign_document(mine, own, document(), at=AT, at_machine=now())
    sealed(east)
    identity.succeed(SYSTEM, office(EAST), office(WEST), "文件 9", at=AT, posts="end")
    assert reads.without_holder([seal, east, own], at=AT) == {east, own}
    with pytest.raises(Refused, match="certificate_without_holder"):
        sealed(east)
    revoke(east, "cessation_of_operation")
    assert reads.without_holder([seal, east, own], at=AT) == {own}


def test_certificates_are_found_by_how_their_holder_or_number_begins(seal: int) -> None:
    east = issued(EAST, account=account("street-east"))
    name = reads.certificate(SYSTEM, east).person.zh
    serial = reads.certificate(SYSTEM, seal).serial
    for sought, found in ((name, [east]), (serial[:12].upper(), [seal]), ("", [east, seal]), ("nobody", [])):
        assert [one.id for one in reads.certificates(SYSTEM, sought=sought)] == found
    assert [one.id for one in reads.certificates(SYSTEM, limit=1)] == [east]
    assert [one.id for one in reads.certificates(SYSTEM, before=east, limit=1)] == [seal]


def test_who_left_their_post_gets_no_certificate(seal: int) -> None:
    mine = official()
    for grant in mine.scope.grants:
        identity.revoke_role(SYSTEM, grant.membership, at=AT)
    with pytest.raises(Refused, match="no_official_there"):
        issued(EAST, account=mine.account)
    assert area(EAST) > 0
