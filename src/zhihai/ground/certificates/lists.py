"""What was revoked, as a list that its issuer signs (证书吊销列表, RFC 5280 section 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding

from zhihai.ground.certificates.cms import WRONG
from zhihai.ground.refusal import Refused

REASONS = ("key_compromise", "affiliation_changed", "superseded", "cessation_of_operation", "privilege_withdrawn")
"""Why a certificate of a holder is revoked (吊销原因): names of RFC 5280, 5.3.1. Words: ``trust.reason.<reason>``."""
ISSUER_REASONS = ("ca_compromise", "superseded", "cessation_of_operation")
"""Why the root revokes a certificate that issues."""
REACHING_BACK = frozenset({"key_compromise", "ca_compromise", "unspecified"})
"""With these nobody knows who signed, even before: the time in a signature is what whoever had the key wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """A certificate that holds no more since ``at``; ``since`` is from when on its key may have been another's."""

    serial: int
    at: datetime
    reason: str
    since: datetime | None = None


def make_list(
    issuer: x509.Certificate, key: EllipticCurvePrivateKey, revoked: Iterable[Revocation], number: int, *,
    at: datetime, until: datetime,
) -> bytes:  # fmt: skip
    """Make a list (DER): ``number`` grows with each, and after ``until`` whoever reads it must ask for a newer one."""
    own = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    builder = x509.CertificateRevocationListBuilder(revoked_certificates=[_line(one) for one in revoked])
    builder = builder.issuer_name(issuer.subject).last_update(at.replace(microsecond=0))
    builder = builder.next_update(until.replace(microsecond=0))
    builder = builder.add_extension(own, critical=False).add_extension(x509.CRLNumber(number), critical=False)
    return builder.sign(key, SHA384()).public_bytes(Encoding.DER)


def _line(one: Revocation) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder().serial_number(one.serial).revocation_date(one.at.replace(microsecond=0))
    if one.reason != "unspecified":
        builder = builder.add_extension(x509.CRLReason(x509.ReasonFlags[one.reason]), critical=False)
    if one.since is not None:
        since = one.since.replace(microsecond=0, tzinfo=None)
        builder = builder.add_extension(x509.InvalidityDate(since), critical=False)
    return builder.build()


@dataclass(frozen=True, slots=True)
class RevokedList:
    """A list as it was read: what is in it, its ``number``, and from when until when it says what is revoked."""

    number: int
    at: datetime
    until: datetime
    revoked: tuple[Revocation, ...]

    def of(self, serial: int) -> Revocation | None:
        """Return how the certificate of this serial number was revoked, or ``None``."""
        return next((one for one in self.revoked if one.serial == serial), None)


def read_list(der: bytes, issuer: x509.Certificate) -> RevokedList:
    """Read a list. Raises ``Refused`` for what is no list, or none that this issuer's key has signed."""
    public = issuer.public_key()
    try:
        found = x509.load_der_x509_crl(der)
        number = found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        until = found.next_update_utc
    except WRONG:
        raise Refused("list_wrong", "list") from None
    ours = isinstance(public, EllipticCurvePublicKey) and found.is_signature_valid(public)
    if not ours or found.issuer != issuer.subject or until is None:
        raise Refused("list_wrong", "list")
    return RevokedList(number, found.last_update_utc, until, tuple(map(_read, found)))


def _read(line: x509.RevokedCertificate) -> Revocation:
    reason, since = "unspecified", None
    for extension in line.extensions:
        if isinstance(extension.value, x509.CRLReason):
            reason = extension.value.reason.name
        elif isinstance(extension.value, x509.InvalidityDate):
            since = extension.value.invalidity_date_utc
    return Revocation(serial=line.serial_number, at=line.revocation_date_utc, reason=reason, since=since)
