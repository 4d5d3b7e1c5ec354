"""What a check of a seal finds: it holds, or just why it does not."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from cryptography.x509 import ObjectIdentifier
from hypothesis import given
from hypothesis import strategies as some
from tests.ground.certificates.authority import DAY, DIGEST, DOCUMENT, NOW, Chain, Keyed, made_chain, the_chain

from zhihai.ground.certificates.checking import HOLDS, Finding, check_seal
from zhihai.ground.certificates.cms import LARGEST, Algorithm, Message, read_signature
from zhihai.ground.certificates.lists import REASONS, Revocation

LATER = NOW + 30 * DAY


def nothing(_: x509.Certificate) -> Revocation | None:
    return None


def found(signature: bytes, digest: bytes = DIGEST, **more: object) -> Finding:
    given_ = {"roots": [the_chain().root.certificate], "revoked": nothing, "at": LATER, **more}
    return check_seal(digest, signature, **given_)


@pytest.fixture(scope="module")
def seal() -> Keyed:
    return the_chain().seal()


@pytest.fixture(scope="module")
def signature(seal: Keyed) -> bytes:
    return the_chain().signed(seal)


def revoked(certificate: x509.Certificate, reason: str, day: int, since: int | None = None) -> dict[str, object]:
    """What was revoked, some days after the authority began."""
    one = Revocation(
        serial=certificate.serial_number, at=NOW + day * DAY, reason=reason,
        since=None if since is None else NOW + since * DAY,
    )  # fmt: skip
    return {"revoked": lambda asked: one if asked == certificate else None}


def test_a_seal_holds_and_says_whose_it_is_and_when(seal: Keyed, signature: bytes) -> None:
    finding = found(signature)
    assert (finding.verdict, finding.signer, finding.sealed_at) == ("good", seal.certificate, NOW + DAY)
    pem = b"-----BEGIN CMS-----\n" + base64.encodebytes(signature) + b"-----END CMS-----\n"
    assert found(pem) == finding


def test_an_altered_document_is_told_apart_from_an_altered_signature(signature: bytes) -> None:
    assert found(signature, hashlib.sha256(DOCUMENT + b".").digest()).verdict == "altered"
    altered = bytearray(signature)
    altered[-1] ^= 1
    assert found(bytes(altered)).verdict == "broken"
    read = read_signature(signature)
    place = signature.index(read.digest)
    swapped = signature[:place] + hashlib.sha256(b"other").digest() + signature[place + 32 :]
    assert found(swapped, hashlib.sha256(b"other").digest()).verdict == "broken"


@given(some.binary(max_size=400), some.integers(0, 1600), some.integers(1, 255))
def test_no_bytes_put_in_anywhere_make_another_seal_hold(given_: bytes, place: int, mask: int) -> None:
    chain = the_chain()
    signature = chain.signed(_SEAL)
    assert not found(given_).holds
    changed = bytearray(signature)
    changed[place % len(changed)] ^= mask
    finding = found(bytes(changed))
    assert not finding.holds or read_signature(bytes(changed)) == read_signature(signature)


_SEAL = the_chain().seal()


def test_a_root_of_the_same_name_and_another_authority_vouch_for_nothing(signature: bytes) -> None:
    other = made_chain()
    assert found(signature, roots=[other.root.certificate]).verdict == "stranger"
    assert found(signature, roots=[]).verdict == "stranger"
    assert found(other.signed(other.seal())).verdict == "stranger"
    mixed = Chain(the_chain().root, other.issuing)
    assert found(mixed.signed(mixed.seal())).verdict == "stranger"


def test_a_certificate_that_came_without_its_issuer_or_is_no_holders_is_a_strangers(seal: Keyed) -> None:
    chain = the_chain()
    alone = Chain(chain.root, Keyed(chain.root.certificate, chain.issuing.key))
    assert found(alone.signed(seal)).verdict == "stranger"
    assert found(chain.signed(chain.issuing)).verdict == "stranger"


def test_only_a_certificate_for_seals_seals() -> None:
    chain = the_chain()
    assert found(chain.signed(chain.seal("official"))).verdict == "good"
    assert found(chain.signed(chain.seal("device"))).verdict == "unfit"


def test_a_seal_before_or_behind_its_certificates_time_does_not_hold() -> None:
    chain = the_chain()
    seal = chain.seal(at=NOW + 10 * DAY, days=10)
    assert found(chain.signed(seal, at=NOW + 9 * DAY)).verdict == "not_valid_then"
    assert found(chain.signed(seal, at=NOW + 21 * DAY)).verdict == "not_valid_then"
    assert found(chain.signed(seal, at=NOW + 11 * DAY)).verdict == "good_then"
    assert found(chain.signed(seal, at=NOW + 11 * DAY), at=NOW + 12 * DAY).verdict == "good"
    assert found(chain.signed(seal, at=NOW + 13 * DAY), at=NOW + 12 * DAY).verdict == "not_valid_then"


@pytest.mark.parametrize("reason", [reason for reason in REASONS if reason != "key_compromise"])
def test_what_was_sealed_before_a_harmless_revocation_stays_sealed(reason: str, seal: Keyed, signature: bytes) -> None:
    after, before = (revoked(seal.certificate, reason, day) for day in (5, 1))
    assert found(signature, **after).verdict == "good_then"
    assert found(signature, **before).verdict == "revoked"
    assert found(signature, **after).revoked.reason == reason


def test_a_lost_key_proves_nothing_unless_the_platform_noted_it_before(seal: Keyed, signature: bytes) -> None:
    lost = revoked(seal.certificate, "key_compromise", 5, since=3)
    assert found(signature, **lost).verdict == "revoked"
    assert found(signature, **lost, recorded_at=NOW + 2 * DAY).verdict == "good_then"
    assert found(signature, **lost, recorded_at=NOW + 4 * DAY).verdict == "revoked"
    unknown_since = revoked(seal.certificate, "key_compromise", 5)
    assert found(signature, **unknown_since, recorded_at=NOW + 2 * DAY).verdict == "revoked"


def test_what_issued_may_be_revoked_too(seal: Keyed, signature: bytes) -> None:
    issuing = the_chain().issuing.certificate
    assert found(signature, **revoked(issuing, "ca_compromise", 20)).verdict == "revoked"
    assert found(signature, **revoked(issuing, "superseded", 20)).verdict == "good_then"
    both = {
        "revoked": lambda asked: Revocation(
            serial=asked.serial_number, at=NOW + 20 * DAY,
            reason="ca_compromise" if asked == issuing else "superseded",
        )
    }  # fmt: skip
    finding = found(signature, **both)
    assert (finding.verdict, finding.revoked.reason) == ("revoked", "ca_compromise")


def test_a_certificate_exchanged_for_another_of_the_same_key_is_seen(seal: Keyed, signature: bytes) -> None:
    """The signature itself would still be right: only what it says of its certificate tells."""
    twin = (
        x509.CertificateBuilder(
            seal.certificate.issuer, seal.certificate.subject, seal.key.public_key(), seal.certificate.serial_number,
            NOW.replace(tzinfo=None), (NOW + 600 * DAY).replace(tzinfo=None),
        )
        .sign(the_chain().issuing.key, SHA256())
    )  # fmt: skip
    message = asn1.decode_der(Message, signature)
    message.content.certificates = asn1.SetOf([twin, the_chain().issuing.certificate])
    assert found(asn1.encode_der(message)).verdict == "swapped"


def test_algorithms_that_prove_nothing_are_named(signature: bytes) -> None:
    for algorithm, place in (("1.3.14.3.2.26", "digest"), ("1.2.840.10045.4.1", "algorithm")):
        message = asn1.decode_der(Message, signature)
        (info,) = message.content.signers.as_list()
        setattr(info, place, Algorithm(oid=ObjectIdentifier(algorithm), parameters=None))
        message.content.signers = asn1.SetOf([info])
        assert found(asn1.encode_der(message)).verdict == "weak"


def test_signatures_of_another_form_are_none(seal: Keyed, signature: bytes) -> None:
    builder = PKCS7SignatureBuilder().set_data(DOCUMENT).add_signer(seal.certificate, seal.key, SHA256())
    within = builder.sign(Encoding.DER, [PKCS7Options.Binary])
    beside = builder.sign(Encoding.DER, [PKCS7Options.Binary, PKCS7Options.DetachedSignature])
    message = asn1.decode_der(Message, signature)
    (info,) = message.content.signers.as_list()
    message.content.signers = asn1.SetOf([info, info])
    two = asn1.encode_der(message)
    for wrong in (b"", b"%PDF-1.7", within, beside, two, signature + b"\0", b"0" * (LARGEST + 1), signature[:-9]):
        assert found(wrong) == Finding(verdict="unreadable")


def test_just_two_findings_hold() -> None:
    assert {"good", "good_then"} == HOLDS
    assert timedelta(0) < LATER - NOW
