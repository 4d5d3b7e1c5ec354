"""Signatures that stand beside what they sign (CMS, RFC 5652; CAdES-B-B of ETSI EN 319 122-1): written and read.

Only what seals here use: one signer, SHA-256, an elliptic curve, and signed attributes, among them which certificate
signed (RFC 5035), so that none can be put in its place.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import ObjectIdentifier

DATA = ObjectIdentifier("1.2.840.113549.1.7.1")
SIGNED_DATA = ObjectIdentifier("1.2.840.113549.1.7.2")
CONTENT_TYPE = ObjectIdentifier("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = ObjectIdentifier("1.2.840.113549.1.9.4")
SIGNING_TIME = ObjectIdentifier("1.2.840.113549.1.9.5")
SIGNING_CERTIFICATE = ObjectIdentifier("1.2.840.113549.1.9.16.2.47")
DIGEST = ObjectIdentifier("2.16.840.1.101.3.4.2.1")
SIGNATURE = ObjectIdentifier("1.2.840.10045.4.3.2")
WEAK = frozenset(
    map(ObjectIdentifier, ("1.3.14.3.2.26", "1.2.840.113549.2.5", "1.2.840.10045.4.1", "1.2.840.113549.1.1.5"))
)
"""SHA-1 and MD5, by themselves and in signatures: two documents with one digest can be made (RFC 6194, RFC 6151)."""
LARGEST = 65_536
"""Bytes of a signature; one of ours has about three thousand."""
LAST_SHORT_YEAR = 2049
"""The last year that is written with two digits (RFC 5652, 11.3)."""
UTC_TIME = b"\x17"
WRONG = (
    ValueError, TypeError, KeyError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension,
    x509.ExtensionNotFound, x509.UnsupportedGeneralNameType,
)  # fmt: skip
"""All that the library raises for what is no certificate or no signature."""
Unread = Literal["unreadable", "weak", "swapped"]
"""Why nothing can be checked: no signature of this form, an algorithm that proves nothing, another's certificate."""


@asn1.sequence
class Algorithm:
    """AlgorithmIdentifier, with no parameters or with those that say nothing."""

    oid: ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class Attribute:
    """One thing that is signed besides the document's digest."""

    sort: ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class IssuerSerial:
    """Which certificate it is, said a second time; we do not need it."""

    issuer: asn1.TLV
    serial: int


@asn1.sequence
class CertificateDigest:
    """ESSCertIDv2: which certificate signed, by its SHA-256, which is what is meant where no other is named."""

    algorithm: Algorithm | None
    digest: bytes
    issuer_serial: IssuerSerial | None


@asn1.sequence
class SigningCertificate:
    """SigningCertificateV2."""

    certificates: list[CertificateDigest]


Signed = ObjectIdentifier | bytes | asn1.UTCTime | asn1.GeneralizedTime | SigningCertificate
"""What is signed besides the digest."""


@asn1.sequence
class WrittenAttribute:
    """An attribute as it is written."""

    sort: ObjectIdentifier
    values: asn1.SetOf[Signed]


@asn1.sequence
class IssuerAndSerial:
    """Which certificate a signer says is theirs."""

    issuer: asn1.TLV
    serial: int


@asn1.sequence
class SignerInfo:
    """What one signer signed, and how."""

    version: int
    signer: IssuerAndSerial
    digest: Algorithm
    attributes: Annotated[asn1.SetOf[Attribute] | None, asn1.Implicit(0)]
    algorithm: Algorithm
    signature: bytes
    unsigned: Annotated[asn1.SetOf[Attribute] | None, asn1.Implicit(1)]


@asn1.sequence
class Content:
    """EncapsulatedContentInfo: empty, since the document stands beside."""

    sort: ObjectIdentifier
    content: Annotated[bytes | None, asn1.Explicit(0)]


@asn1.sequence
class SignedData:
    """SignedData."""

    version: int
    digests: asn1.SetOf[Algorithm]
    content: Content
    certificates: Annotated[asn1.SetOf[x509.Certificate] | None, asn1.Implicit(0)]
    signers: asn1.SetOf[SignerInfo]


@asn1.sequence
class Message:
    """ContentInfo."""

    sort: ObjectIdentifier
    content: Annotated[SignedData, asn1.Explicit(0)]


def write_signature(
    digest: bytes, key: EllipticCurvePrivateKey, signer: x509.Certificate, chain: Sequence[x509.Certificate], *,
    at: datetime,
) -> bytes:  # fmt: skip
    """Sign a document by its SHA-256 and return the signature (DER), which holds the certificates that prove it.

    ``at`` is written into it as the time of signing: what the signer says, no more.
    """
    whole = at.replace(microsecond=0)
    time = asn1.UTCTime(whole) if whole.year <= LAST_SHORT_YEAR else asn1.GeneralizedTime(whole)
    named = CertificateDigest(algorithm=None, digest=_fingerprint(signer), issuer_serial=None)
    attributes = asn1.SetOf(
        [
            _attribute(CONTENT_TYPE, DATA),
            _attribute(SIGNING_TIME, time),
            _attribute(MESSAGE_DIGEST, digest),
            _attribute(SIGNING_CERTIFICATE, SigningCertificate(certificates=[named])),
        ]
    )
    hashed = Algorithm(oid=DIGEST, parameters=None)
    issuer = asn1.decode_der(asn1.TLV, signer.issuer.public_bytes())
    info = SignerInfo(
        version=1, signer=IssuerAndSerial(issuer=issuer, serial=signer.serial_number), digest=hashed,
        attributes=attributes, algorithm=Algorithm(oid=SIGNATURE, parameters=None),
        signature=key.sign(asn1.encode_der(attributes), ECDSA(SHA256())), unsigned=None,
    )  # fmt: skip
    data = SignedData(
        version=1, digests=asn1.SetOf([hashed]), content=Content(sort=DATA, content=None),
        certificates=asn1.SetOf([signer, *chain]), signers=asn1.SetOf([info]),
    )  # fmt: skip
    return asn1.encode_der(Message(sort=SIGNED_DATA, content=data))


def _attribute(sort: ObjectIdentifier, value: Signed) -> Attribute:
    written = asn1.encode_der(WrittenAttribute(sort=sort, values=asn1.SetOf([value])))
    return asn1.decode_der(Attribute, written)


def _fingerprint(certificate: x509.Certificate) -> bytes:
    return certificate.fingerprint(SHA256())


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as it was read: nothing of it is believed yet.

    ``digest`` is the document's, ``said_at`` when the signer says to have signed, ``signed`` the bytes that ``value``
    is the signature of; ``others`` are the certificates that came with the signer's.
    """

    signer: x509.Certificate
    others: tuple[x509.Certificate, ...]
    digest: bytes
    said_at: datetime
    signed: bytes
    value: bytes


def read_signature(der: bytes) -> Signature | Unread:
    """Read a signature (DER or PEM), or say why it is none that can be checked."""
    if len(der) > LARGEST:
        return "unreadable"
    try:
        message = asn1.decode_der(Message, _unwrapped(der))
        return _read(message.content) if message.sort == SIGNED_DATA else "unreadable"
    except WRONG:
        return "unreadable"


def _unwrapped(text: bytes) -> bytes:
    if not text.lstrip().startswith(b"-----BEGIN "):
        return text
    lines = text.strip().splitlines()
    return b64decode(b"".join(lines[1:-1]), validate=True)


def _read(data: SignedData) -> Signature | Unread:
    (info,) = data.signers.as_list()
    if {info.digest.oid, info.algorithm.oid} & WEAK:
        return "weak"
    found = {one.sort: _only(one) for one in (info.attributes.as_list() if info.attributes else [])}
    beside = data.content.sort == DATA and data.content.content is None
    ours = (info.digest.oid, info.algorithm.oid) == (DIGEST, SIGNATURE)
    if not (beside and ours) or found[CONTENT_TYPE].parse(ObjectIdentifier) != DATA:
        return "unreadable"
    certificates = data.certificates.as_list() if data.certificates else []
    signer = next((one for one in certificates if _is(one, info.signer)), None)
    if signer is None:
        return "unreadable"
    named = found[SIGNING_CERTIFICATE].parse(SigningCertificate).certificates[0]
    if named.digest != _fingerprint(signer) or (named.algorithm is not None and named.algorithm.oid != DIGEST):
        return "swapped"
    others = tuple(one for one in certificates if one is not signer)
    digest, said_at = found[MESSAGE_DIGEST].parse(bytes), _time(found[SIGNING_TIME])
    return Signature(signer, others, digest, said_at, asn1.encode_der(info.attributes), info.signature)


def _only(attribute: Attribute) -> asn1.TLV:
    (value,) = attribute.values.as_list()
    return value


def _is(certificate: x509.Certificate, named: IssuerAndSerial) -> bool:
    return (
        certificate.serial_number == named.serial
        and certificate.issuer.public_bytes() == asn1.encode_der(named.issuer)
    )  # fmt: skip


def _time(value: asn1.TLV) -> datetime:
    sort = asn1.UTCTime if value.tag_bytes == UTC_TIME else asn1.GeneralizedTime
    read: datetime = value.parse(sort).as_datetime()
    return read.astimezone(UTC)
