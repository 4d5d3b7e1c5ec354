"""An authority for tests: a root, a key that issues, seals, all of one day."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from zhihai.ground.certificates.cms import write_signature
from zhihai.ground.certificates.making import (
    Addresses,
    Holder,
    Sort,
    ask_issuing,
    issue,
    make_root,
    new_issuing_key,
    new_sealing_key,
    sign_issuing,
)

DAY = timedelta(days=1)
NOW = datetime(2026, 5, 1, tzinfo=UTC)
ADDRESSES = Addresses(
    revoked="https://zhihai.example/trust/1.crl",
    issuer="https://zhihai.example/trust/1.cer",
    answers="https://zhihai.example/trust/ocsp",
)
DOCUMENT = "关于湖滨路施工的批复".encode()
DIGEST = hashlib.sha256(DOCUMENT).digest()


@dataclass(frozen=True)
class Keyed:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey


@dataclass(frozen=True)
class Chain:
    """A root and what it signed."""

    root: Keyed
    issuing: Keyed

    def seal(self, sort: Sort = "organisation", *, at: datetime = NOW, days: int = 700) -> Keyed:
        """Issue a certificate."""
        key = new_sealing_key()
        holder = Holder(sort=sort, name="环境保护局", organisation="湖滨区", number="990101-environment")
        made = issue(
            holder, key.public_key(), self.issuing.key, self.issuing.certificate, at=at, until=at + days * DAY,
            addresses=ADDRESSES,
        )  # fmt: skip
        return Keyed(made, key)

    def signed(self, seal: Keyed, digest: bytes = DIGEST, *, at: datetime = NOW + DAY) -> bytes:
        """Sign a document."""
        return write_signature(digest, seal.key, seal.certificate, [self.issuing.certificate], at=at)


def made_chain(name: str = "湖滨区", at: datetime = NOW) -> Chain:
    """Make a root and a key that issues."""
    root, issuing = new_issuing_key(), new_issuing_key()
    top = make_root(name, root, at=at, until=at + 7300 * DAY)
    asked = ask_issuing(name, 1, issuing, ADDRESSES)
    return Chain(Keyed(top, root), Keyed(sign_issuing(asked, root, top, at=at, until=at + 1825 * DAY), issuing))


@cache
def the_chain() -> Chain:
    """One for all tests that change nothing of it."""
    return made_chain()
