"""What came in, on whose authority, and what was turned away: questions of the room exchange."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.identity.kinds import SEND_READINGS
from zhihai.kernel.journal.reads import HeldDigest

KEY_LENGTH = 200
"""Longest of a sender's own numbers."""


@dataclass(frozen=True, slots=True)
class Connector:
    """A line by which data come in (接入): an account sends for an organisation; ``provenance`` of what it brings."""

    id: int
    code: str
    account: int
    organisation: int
    provenance: str

    def admit(self, actor: Actor, key: str | None) -> None:
        """Raise ``NotPermitted`` unless the actor may send by this line, ``Refused`` for a key that can be none."""
        if actor.sort != "system" and (self.account != actor.account or not actor.may(SEND_READINGS)):
            raise NotPermitted
        if key is not None and not (0 < len(key) <= KEY_LENGTH and key.isprintable()):
            raise Refused("envelope_key", "Idempotency-Key", most=KEY_LENGTH)


@dataclass(frozen=True, slots=True)
class EnvelopeRow:
    """One request that was taken in (信封). ``received_at`` is machine time, ``at`` district time, both UTC.

    ``key`` is the sender's own number. ``digest`` is the SHA-256 of its bytes in hexadecimal; ``raw`` says
    whether they are still kept.
    """

    id: int
    connector: str
    provenance: str
    key: str | None
    received_at: datetime
    at: datetime
    content_type: str
    size: int
    digest: str
    raw: bool
    accepted: int
    duplicate: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """How many requests of one machine day (UTC) were turned away for one reason, and when the last of them came."""

    day: date
    reason: str
    n: int
    last_at: datetime


_CONNECTOR = "SELECT id, code, account_id, org_id, provenance FROM connector"
_ENVELOPE = """
SELECT e.id, c.code, c.provenance, e.key, e.received_at, e.at, e.content_type, e.size, encode(e.digest, 'hex'),
    e.raw IS NOT NULL, e.accepted, e.duplicate, e.quarantined
FROM envelope e JOIN connector c ON c.id = e.connector_id
"""


def connector_of(account: int) -> Connector:
    """Return the connector by which an account sends; raises ``NotFound`` where it has none."""
    row = records.one(f"{_CONNECTOR} WHERE account_id = %s", (account,))
    if row is None:
        raise NotFound("no_connector")
    return Connector(*row)


def connectors() -> tuple[Connector, ...]:
    """Return all connectors by code."""
    return tuple(Connector(*row) for row in records.rows(f"{_CONNECTOR} ORDER BY code"))


def envelope(id_: int) -> EnvelopeRow:
    """Return one envelope; raises ``NotFound``."""
    row = records.one(f"{_ENVELOPE} WHERE e.id = %s", (id_,))
    if row is None:
        raise NotFound
    return EnvelopeRow(*row)


def envelopes(after: int | None = None, limit: int = 50) -> tuple[EnvelopeRow, ...]:
    """Return envelopes, newest first; ``after`` is the number of the last one of the page before."""
    found = records.rows(
        f"{_ENVELOPE} WHERE %s::bigint IS NULL OR e.id < %s ORDER BY e.id DESC LIMIT %s", (after, after, limit)
    )
    return tuple(EnvelopeRow(*row) for row in found)


def raw(id_: int) -> bytes:
    """Return the bytes of an envelope as they came; raises ``NotFound`` where they are not kept any more."""
    found = records.value("SELECT raw FROM envelope WHERE id = %s", (id_,))
    if found is None:
        raise NotFound("raw_forgotten")
    return bytes(found)


def raw_digests() -> Iterator[HeldDigest]:
    """Yield the SHA-256 of each envelope's bytes by number: the journal noted it as ``digest``.

    Computed anew where the bytes are still kept. Reads all of them: for verification, not for pages.
    """
    after = 0
    while page := records.rows(
        "SELECT id, coalesce(sha256(raw), digest) FROM envelope WHERE id > %s ORDER BY id LIMIT 5000", (after,)
    ):
        yield from ((id_, bytes(digest)) for id_, digest in page)
        after = page[-1][0]


def turned_away(since: date) -> tuple[TurnedAway, ...]:
    """Return what was turned away from a machine day (UTC) on, newest day first."""
    found = records.rows(
        "SELECT day, reason, n, last_at FROM turned_away WHERE day >= %s ORDER BY day DESC, reason", (since,)
    )
    return tuple(TurnedAway(*row) for row in found)
