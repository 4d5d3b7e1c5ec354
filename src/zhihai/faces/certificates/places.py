"""Where what the certificate authority publishes is fetched: these addresses stand in certificates for years."""

from __future__ import annotations

from django.conf import settings

from zhihai.faces.addresses import address
from zhihai.ground.certificates.making import Addresses


def addresses_of(issuer: int) -> Addresses:
    """Return the addresses of an issuing key, 0 for the root, under the platform's public address."""
    origin = settings.ZHIHAI_ORIGIN
    return Addresses(
        revoked=f"{origin}{address('trust-list', issuer)}",
        issuer=f"{origin}{address('trust-issuer', issuer)}",
        answers=f"{origin}{address('trust-answers')}" if issuer else "",
    )
