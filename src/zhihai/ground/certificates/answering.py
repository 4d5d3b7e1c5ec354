"""Whether one certificate holds, answered on the spot (在线证书状态, RFC 6960), signed by the key that issued it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA384, Hash, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from zhihai.ground.certificates.cms import WRONG
from zhihai.ground.certificates.lists import Revocation

LARGEST = 4096
"""Bytes of a request; one for one certificate has about a hundred."""
NONCE = range(1, 129)
"""How many bytes a nonce may have (RFC 9654)."""
FRESH_FOR = timedelta(hours=1)
"""So long an answer may be kept and shown to others."""
MALFORMED = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
UNAUTHORIZED = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks: of which serial number of which issuer, who is named by digests of its name and its key."""

    serial: int
    issuer_name: bytes
    issuer_key: bytes
    algorithm: HashAlgorithm
    nonce: bytes | None

    def asks_of(self, issuer: x509.Certificate) -> bool:
        """Say whether this issuer is meant: its name and its key, since a name alone may be anybody's."""
        public = issuer.public_key()
        if not isinstance(public, EllipticCurvePublicKey):
            return False
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return (
            _digest(self.algorithm, issuer.subject.public_bytes()) == self.issuer_name
            and _digest(self.algorithm, point) == self.issuer_key
        )


def _digest(algorithm: HashAlgorithm, content: bytes) -> bytes:
    made = Hash(algorithm)
    made.update(content)
    return made.finalize()


def read_question(der: bytes) -> Question | None:
    """Read a request; ``None`` for what is none, is too large, or asks about several certificates at once."""
    if len(der) > LARGEST:
        return None
    try:
        asked = ocsp.load_der_ocsp_request(der)
        found = Question(
            asked.serial_number, asked.issuer_name_hash, asked.issuer_key_hash, asked.hash_algorithm, _nonce(asked)
        )
    except (NotImplementedError, *WRONG):
        return None
    return None if found.nonce is not None and len(found.nonce) not in NONCE else found


def _nonce(asked: ocsp.OCSPRequest) -> bytes | None:
    try:
        return asked.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return None


def answer(
    question: Question, issuer: x509.Certificate, key: EllipticCurvePrivateKey, *, known: bool,
    revoked: Revocation | None, at: datetime,
) -> bytes:  # fmt: skip
    """Answer (DER): good, revoked since when and why, or unknown where the issuer never issued that number."""
    status = ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD
    reason = None if revoked is None or revoked.reason == "unspecified" else x509.ReasonFlags[revoked.reason]
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        question.issuer_name, question.issuer_key, question.serial, question.algorithm,
        status if known else ocsp.OCSPCertStatus.UNKNOWN, at.replace(microsecond=0),
        (at + FRESH_FOR).replace(microsecond=0), revoked.at.replace(microsecond=0) if revoked and known else None,
        reason if known else None,
    )  # fmt: skip
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer)
    if question.nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(question.nonce), critical=False)
    return builder.sign(key, SHA384()).public_bytes(Encoding.DER)


def refused(response: ocsp.OCSPResponse) -> bytes:
    """Return an answer that says only that there is none (DER)."""
    return response.public_bytes(Encoding.DER)
