"""Keys that sign what other systems are told of who signed in (签名密钥): made here, sealed, rolled without a gap.

A new key is published before it signs, so that whoever verifies knows it by then; the one before stays published until
what it signed has expired. Machine time throughout.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.kernel import records
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import SET_CLIENTS
from zhihai.kernel.journal import acts as journal

BITS = 2048
LEAD = timedelta(hours=2)
"""So long a key is published before it signs; whoever verifies may keep a copy of the published ones for an hour."""
AFTER = timedelta(days=1)
"""So long a key is published after it signed for the last time; what it signed expires after ten minutes."""
GOOD_FOR = timedelta(days=90)
"""A key that has signed for so long is rolled by itself."""
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('zhihai oidc key'))"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key: ``kid`` is its thumbprint (RFC 7638), ``public`` what is published of it (RFC 7517)."""

    kid: str
    public: dict[str, str]
    signs_from: datetime
    ends_at: datetime | None
    sealed: str = field(repr=False)

    @property
    def private(self) -> RSAPrivateKey:
        """The private key. Opening one costs 37 ms of a core, so a process keeps those it opened."""
        return _opened(self.kid, self.sealed)


@lru_cache(maxsize=8)
def _opened(kid: str, sealed: str) -> RSAPrivateKey:
    key = load_pem_private_key(identity.open_secret(sealed, place_of_key(kid)).encode(), None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError(kid)
    return key


def place_of_key(kid: str) -> str:
    """Return what a signing key is bound to."""
    return f"oidc key {kid}"


def signing_keys(*, at_machine: datetime) -> tuple[SigningKey, ...]:
    """Return the keys that are published, the oldest first: what they signed may still be in use."""
    found = records.rows(
        """SELECT kid, public::text, signs_from, ends_at, sealed FROM oidc_key
           WHERE ends_at IS NULL OR ends_at > %s ORDER BY signs_from""",
        (at_machine,),
    )
    return tuple(SigningKey(kid, json.loads(public), *more) for kid, public, *more in found)


def roll_signing_key(actor: Actor, *, at: datetime, at_machine: datetime, lead: timedelta = LEAD) -> str:
    """Make a key that signs ``lead`` from now on, and return its name; the one before ends a day after that.

    Raises ``NotPermitted`` without the power ``client.set`` over the whole district.
    """
    actor.need(SET_CLIENTS)
    with records.atomic():
        records.execute(ONE_AT_A_TIME)
        return _roll(actor, at, at_machine + lead)


def keep_signing_keys(*, at: datetime, at_machine: datetime) -> int:
    """Make the first key where there is none, roll one that has signed for 90 days, forget what has ended.

    The platform's own work. Returns how many were made and forgotten.
    """
    with records.atomic():
        records.execute(ONE_AT_A_TIME)
        newest = records.value("SELECT max(signs_from) FROM oidc_key WHERE ends_at IS NULL")
        made = newest is None or newest < at_machine - GOOD_FOR
        if made:
            _roll(SYSTEM, at, at_machine if newest is None else at_machine + LEAD)
        return int(made) + records.execute("DELETE FROM oidc_key WHERE ends_at <= %s", (at_machine,))


def _roll(actor: Actor, at: datetime, signs_from: datetime) -> str:
    private = generate_private_key(public_exponent=65537, key_size=BITS)
    public = _published(private)
    kid = public["kid"]
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    records.execute("UPDATE oidc_key SET ends_at = %s WHERE ends_at IS NULL", (signs_from + AFTER,))
    records.execute(
        "INSERT INTO oidc_key (kid, public, sealed, signs_from) VALUES (%s, %s, %s, %s)",
        (kid, records.as_json(public), identity.seal_secret(pem, place_of_key(kid)), signs_from),
    )
    data = {"kid": kid, "signs_from": signs_from.isoformat()}
    journal.record(actor, "trust.roll_signing_key", "signing_key", None, data, at=at)
    return kid


def _published(private: RSAPrivateKey) -> dict[str, str]:
    numbers = private.public_key().public_numbers()
    needed = {"e": _base64(numbers.e), "kty": "RSA", "n": _base64(numbers.n)}
    thumbprint = hashlib.sha256(json.dumps(needed, separators=(",", ":"), sort_keys=True).encode()).digest()
    kid = urlsafe_b64encode(thumbprint).rstrip(b"=").decode()
    return {**needed, "kid": kid, "use": "sig", "alg": "RS256"}


def _base64(number: int) -> str:
    return urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8)).rstrip(b"=").decode()
