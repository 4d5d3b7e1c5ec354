"""Lists of what was revoked, and answers on the spot."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from tests.ground.certificates.authority import DAY, NOW, Chain, made_chain, the_chain

from zhihai.ground.certificates.answering import LARGEST, MALFORMED, answer, read_question, refused
from zhihai.ground.certificates.lists import Revocation, make_list, read_list
from zhihai.ground.refusal import Refused


@pytest.fixture
def chain() -> Chain:
    return the_chain()


def test_a_list_says_what_was_revoked_when_and_why(chain: Chain) -> None:
    lost = Revocation(serial=2**150 + 1, at=NOW, reason="key_compromise", since=NOW - DAY)
    plain = Revocation(serial=5, at=NOW + DAY, reason="unspecified")
    issuing = chain.issuing
    made = make_list(issuing.certificate, issuing.key, [lost, plain], 7, at=NOW + DAY, until=NOW + 8 * DAY)
    read = read_list(made, issuing.certificate)
    assert (read.number, read.at, read.until, read.revoked) == (7, NOW + DAY, NOW + 8 * DAY, (lost, plain))
    assert (read.of(5), read.of(6)) == (plain, None)


def test_a_list_of_anybody_else_is_refused(chain: Chain) -> None:
    other = made_chain()
    made = make_list(other.issuing.certificate, other.issuing.key, [], 1, at=NOW, until=NOW + DAY)
    altered = bytearray(make_list(chain.issuing.certificate, chain.issuing.key, [], 1, at=NOW, until=NOW + DAY))
    altered[-1] ^= 1
    for wrong in (made, bytes(altered), b"", b"x" * 99):
        with pytest.raises(Refused, match="list_wrong"):
            read_list(wrong, chain.issuing.certificate)


def request_of(
    chain: Chain, certificate: x509.Certificate, algorithm: object = None, nonce: bytes | None = None
) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        certificate, chain.issuing.certificate, algorithm or SHA256()
    )  # fmt: skip
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


@pytest.mark.parametrize("algorithm", [SHA1(), SHA256()])
def test_an_answer_is_about_the_one_asked_for_and_signed_by_its_issuer(chain: Chain, algorithm: object) -> None:
    certificate = chain.seal().certificate
    question = read_question(request_of(chain, certificate, algorithm, b"0123456789abcdef"))
    assert question.asks_of(chain.issuing.certificate)
    assert not question.asks_of(made_chain().issuing.certificate)
    gone = Revocation(serial=certificate.serial_number, at=NOW, reason="superseded")
    expected = {
        "good": (True, None, ocsp.OCSPCertStatus.GOOD), "revoked": (True, gone, ocsp.OCSPCertStatus.REVOKED),
        "unknown": (False, None, ocsp.OCSPCertStatus.UNKNOWN),
    }  # fmt: skip
    for known, revoked, status in expected.values():
        der = answer(question, chain.issuing.certificate, chain.issuing.key, known=known, revoked=revoked, at=NOW)
        told = ocsp.load_der_ocsp_response(der)
        assert (told.serial_number, told.certificate_status) == (certificate.serial_number, status)
        assert told.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"0123456789abcdef"
        public = chain.issuing.certificate.public_key()
        public.verify(told.signature, told.tbs_response_bytes, ECDSA(told.signature_hash_algorithm))
        if revoked:
            assert (told.revocation_time_utc, told.revocation_reason) == (NOW, x509.ReasonFlags.superseded)


def test_garbage_is_no_question(chain: Chain) -> None:
    good = request_of(chain, chain.seal().certificate)
    long_nonce = request_of(chain, chain.seal().certificate, nonce=b"x" * 129)
    for wrong in (b"", b"garbage", good[:-1], good + b"\0" * LARGEST, long_nonce):
        assert read_question(wrong) is None
    assert ocsp.load_der_ocsp_response(refused(MALFORMED)).response_status == ocsp.OCSPResponseStatus.MALFORMED_REQUEST
