"""Certificates of devices (设备证书): the device makes its key and asks, the platform never has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, EllipticCurvePublicKey

from zhihai.ground.actors import Actor
from zhihai.ground.certificates.making import Holder
from zhihai.ground.refusal import Refused
from zhihai.kernel import records
from zhihai.kernel.identity.kinds import SET_CERTIFICATES
from zhihai.kernel.trust.certificates import USUAL_DAYS, Issue, key_digest, write_certificate
from zhihai.kernel.trust.issuing import ONE_AT_A_TIME, AddressesOf

LARGEST_REQUEST = 16_384
"""Characters of a request; one has about five hundred."""
CURVES = (SECP256R1, SECP384R1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCertificateInput:
    """A certificate as a device asks for it: ``request`` is PKCS #10 (RFC 2986) in PEM, of which the key alone counts.

    ``device`` is its code, ``name`` what the certificate calls it, ``organisation`` whose it is.
    """

    device: str
    name: str
    organisation: int
    request: str = field(repr=False)
    days: int = USUAL_DAYS
    ground: str


def certify_device(
    actor: Actor, given: DeviceCertificateInput, addresses: AddressesOf, *, at: datetime, at_machine: datetime
) -> int:
    """Issue a certificate for a device's own key, to show to whom it connects; returns its number.

    Whoever calls knows the device. Raises ``NotPermitted`` without ``certificate.set`` over the whole district;
    ``Refused`` for a request that can not be read, was not signed by its own key or is for a key that is no P-256 or
    P-384; for a key that another device has or that was revoked; and as :func:`issue_certificate` does.
    """
    actor.need(SET_CERTIFICATES)
    public = _public_of(given.request)
    row = records.one(
        """SELECT o.name_zh FROM organisation o WHERE o.id = %s AND o.valid_to IS NULL""", (given.organisation,)
    )
    if row is None:
        raise Refused("no_organisation", "organisation")
    holder = Holder(sort="device", name=given.name, organisation=row[0], number=given.device)
    asked = Issue(
        holder=holder, organisation=given.organisation, device=given.device, days=given.days, ground=given.ground,
        public=public,
    )  # fmt: skip
    with records.atomic():
        records.execute(ONE_AT_A_TIME)
        _refuse_known(public, given.device)
        return write_certificate(actor, asked, addresses, at=at, at_machine=at_machine)


def _public_of(request: str) -> EllipticCurvePublicKey:
    """Return the key that a request is for; that it is signed shows that who asks has it."""
    try:
        if len(request) > LARGEST_REQUEST:
            raise ValueError
        asked = x509.load_pem_x509_csr(request.strip().encode("ascii"))
        public, signed = asked.public_key(), asked.is_signature_valid
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        raise Refused("device_request", "request") from None
    if not signed:
        raise Refused("device_request", "request")
    if not isinstance(public, EllipticCurvePublicKey) or not isinstance(public.curve, CURVES):
        raise Refused("device_key", "request")
    return public


def _refuse_known(public: EllipticCurvePublicKey, device: str) -> None:
    """Refuse a key that another device has, or whose certificate was revoked; one's own may be certified again."""
    known = records.one(
        "SELECT 1 FROM certificate WHERE key_digest = %s AND (device <> %s OR revoked_at IS NOT NULL) LIMIT 1",
        (key_digest(public), device),
    )
    if known is not None:
        raise Refused("device_key_known", "request", status=409)
