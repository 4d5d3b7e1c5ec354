"""Certificates of the district's authority (RFC 5280): the root, what issues, and what those hold who seal.

Elliptic curves of NIST throughout: P-384 for what issues, P-256 for what seals (FIPS 186-5). Instants are machine time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    NameOID,
    ObjectIdentifier,
)

from zhihai.ground.refusal import Refused

Sort = Literal["organisation", "official", "device"]
"""Who may hold a certificate: a department (its seal, 单位印章), an official (their signature, 个人签章), a device."""
SORTS: tuple[Sort, ...] = ("organisation", "official", "device")

DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""RFC 9336. OpenSSL takes a signer of documents only where e-mail is named too, so a seal names both."""
FITS_TO_SEAL = frozenset({DOCUMENT_SIGNING})
USES: Mapping[Sort, tuple[ObjectIdentifier, ...]] = {
    "organisation": (DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION),
    "official": (DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION),
    "device": (ExtendedKeyUsageOID.CLIENT_AUTH,),
}
LONGEST_NAME = 64
"""Characters of a name in a certificate (RFC 5280, appendix A.1)."""
ISSUING_DEPTH = 0
"""What issues may issue to holders alone, and to no other authority."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whom a certificate names: ``name``, the ``organisation`` they belong to, and a number that is theirs alone."""

    sort: Sort
    name: str
    organisation: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where relying parties fetch what they need: the list of what was revoked, the issuer, answers (``""``: none)."""

    revoked: str
    issuer: str
    answers: str = ""


def new_issuing_key() -> EllipticCurvePrivateKey:
    """Make a key for what issues, the root or the platform."""
    return generate_private_key(SECP384R1())


def new_sealing_key() -> EllipticCurvePrivateKey:
    """Make a key for a seal."""
    return generate_private_key(SECP256R1())


def make_root(name: str, key: EllipticCurvePrivateKey, *, at: datetime, until: datetime) -> x509.Certificate:
    """Make the root's certificate, which vouches for itself (根证书). Raises ``Refused`` for a name too long."""
    subject = _name({NameOID.ORGANIZATION_NAME: name, NameOID.COMMON_NAME: f"{name} Root CA"})
    return _authority(subject, key.public_key(), subject, key, 1, at, until).sign(key, SHA384())


def ask_issuing(
    name: str, number: int, key: EllipticCurvePrivateKey, addresses: Addresses
) -> x509.CertificateSigningRequest:
    """Make the request that the root is to sign: it also names the platform's addresses of the root's files.

    ``number`` tells the keys of one platform apart. Raises ``Refused`` for a name too long.
    """
    subject = _name({NameOID.ORGANIZATION_NAME: name, NameOID.COMMON_NAME: f"{name} Issuing CA {number}"})
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return (
        builder.add_extension(_revoked_at(addresses), critical=False)
        .add_extension(_known_at(addresses), critical=False)
        .sign(key, SHA384())
    )


def sign_issuing(
    request: x509.CertificateSigningRequest, key: EllipticCurvePrivateKey, root: x509.Certificate, *, at: datetime,
    until: datetime,
) -> x509.Certificate:  # fmt: skip
    """Sign with the root what the platform asked for (签发中间证书).

    Raises ``Refused`` for a request that is not signed by its own key, whose key is none of ours, that bears the root's
    name, and for an end that lies behind the root's.
    """
    public = request.public_key()
    if not request.is_signature_valid or not isinstance(public, EllipticCurvePublicKey):
        raise Refused("request_wrong", "request")
    if not isinstance(public.curve, SECP384R1) or request.subject == root.subject:
        raise Refused("request_wrong", "request")
    if until > root.not_valid_after_utc:
        raise Refused("outlives_issuer", "until", until=f"{root.not_valid_after_utc:%Y-%m-%d}")
    builder = _authority(request.subject, public, root.subject, key, ISSUING_DEPTH, at, until)
    for sort in (x509.CRLDistributionPoints, x509.AuthorityInformationAccess):
        try:
            builder = builder.add_extension(request.extensions.get_extension_for_class(sort).value, critical=False)
        except (x509.ExtensionNotFound, ValueError):
            raise Refused("request_wrong", "request") from None
    return builder.sign(key, SHA384())


def _authority(
    subject: x509.Name, public: EllipticCurvePublicKey, issuer: x509.Name, key: EllipticCurvePrivateKey, depth: int,
    at: datetime, until: datetime,
) -> x509.CertificateBuilder:  # fmt: skip
    builder = _certificate(subject, public, issuer, key, at, until)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=depth), critical=True)
    return builder.add_extension(_usage(issues=True), critical=True)


def issue(
    holder: Holder, public: EllipticCurvePublicKey, key: EllipticCurvePrivateKey, issuer: x509.Certificate, *,
    at: datetime, until: datetime, addresses: Addresses,
) -> x509.Certificate:  # fmt: skip
    """Issue a certificate to whom it names (签发证书), with a random serial number of 159 bits.

    Raises ``Refused`` for a name too long, and for an end that lies behind the issuer's.
    """
    if until > issuer.not_valid_after_utc:
        raise Refused("outlives_issuer", "until", until=f"{issuer.not_valid_after_utc:%Y-%m-%d}")
    named = {
        NameOID.ORGANIZATION_NAME: holder.organisation, NameOID.COMMON_NAME: holder.name,
        NameOID.SERIAL_NUMBER: holder.number,
    }  # fmt: skip
    builder = _certificate(_name(named), public, issuer.subject, key, at, until)
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(issues=False, seals=holder.sort != "device"), critical=True)
        .add_extension(x509.ExtendedKeyUsage(USES[holder.sort]), critical=False)
        .add_extension(_revoked_at(addresses), critical=False)
        .add_extension(_known_at(addresses), critical=False)
        .sign(key, SHA256())
    )


def _certificate(
    subject: x509.Name, public: EllipticCurvePublicKey, issuer: x509.Name, key: EllipticCurvePrivateKey, at: datetime,
    until: datetime,
) -> x509.CertificateBuilder:  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at.replace(microsecond=0))
        .not_valid_after(until.replace(microsecond=0))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )


def _name(parts: Mapping[ObjectIdentifier, str]) -> x509.Name:
    for text in parts.values():
        if not 0 < len(text) <= LONGEST_NAME:
            raise Refused("certificate_name", "name", most=LONGEST_NAME - len(" Issuing CA 99"))
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in parts.items()])


def _usage(*, issues: bool, seals: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=seals, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=issues, crl_sign=issues, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _revoked_at(addresses: Addresses) -> x509.CRLDistributionPoints:
    place = [x509.UniformResourceIdentifier(addresses.revoked)]
    return x509.CRLDistributionPoints([x509.DistributionPoint(place, None, None, None)])


def _known_at(addresses: Addresses) -> x509.AuthorityInformationAccess:
    places = [(AuthorityInformationAccessOID.CA_ISSUERS, addresses.issuer)]
    if addresses.answers:
        places.insert(0, (AuthorityInformationAccessOID.OCSP, addresses.answers))
    return x509.AuthorityInformationAccess(
        [x509.AccessDescription(sort, x509.UniformResourceIdentifier(place)) for sort, place in places]
    )


def signed_by(child: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Say whether ``issuer`` signed ``child`` by its key, and not one of the same name."""
    try:
        child.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
