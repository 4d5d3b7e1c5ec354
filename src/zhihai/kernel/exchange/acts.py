"""Writes of the room exchange: connectors, envelopes taken exactly once, requests turned away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal, get_args

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.refusal import Conflict, Refused
from zhihai.kernel import records
from zhihai.kernel.exchange.reads import KEY_LENGTH, Connector
from zhihai.kernel.identity.kinds import SET_DEVICES
from zhihai.kernel.journal import acts as journal

Provenance = Literal["real", "replayed", "synthetic"]
TurnedAwayReason = Literal[
    "unauthenticated", "not_permitted", "too_large", "content_type", "unreadable", "invalid", "key_reused", "too_many",
]  # fmt: skip
"""Why a request never became an envelope; words ``exchange.turned_away.<reason>``."""
REASONS: tuple[TurnedAwayReason, ...] = get_args(TurnedAwayReason)

KEEP_RAW = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request taken in (信封). ``repeated`` says that its key was taken before: the counts are of that first time."""

    id: int
    repeated: bool
    accepted: int
    duplicate: int
    quarantined: int


def connect(actor: Actor, code: str, account: int, organisation: int, provenance: Provenance, *, at: datetime) -> int:
    """Make the line by which an account sends for an organisation, or renew it, and return its number.

    ``provenance`` is that of all it brings. Raises ``NotPermitted`` without the power ``device.set`` over the whole
    district (a line may bring what any device of the organisation measures), ``Refused`` (``connector_taken``) when the
    account sends by another line already, ``connector_provenance`` when it is none of the three.
    """
    actor.need(SET_DEVICES)
    if provenance not in get_args(Provenance):
        raise Refused("connector_provenance", "provenance", given=provenance)
    with records.atomic():
        if records.one("SELECT 1 FROM connector WHERE account_id = %s AND code <> %s", (account, code)):
            raise Refused("connector_taken", "account")
        id_ = records.value(
            """INSERT INTO connector (code, account_id, org_id, provenance) VALUES (%s, %s, %s, %s)
               ON CONFLICT (code) DO UPDATE SET account_id = EXCLUDED.account_id, org_id = EXCLUDED.org_id,
                   provenance = EXCLUDED.provenance RETURNING id""",
            (code, account, organisation, provenance),
        )
        facts = {"account": account, "organisation": organisation, "provenance": provenance}
        journal.record(actor, "exchange.connect", "connector", id_, facts, at=at)
    return int(id_)


def receive(
    actor: Actor, connector: Connector, body: bytes, content_type: str, key: str | None, *, at: datetime,
    at_machine: datetime,
) -> Envelope:  # fmt: skip
    """Take an envelope with its raw bytes, in the transaction of the room that keeps its contents (which journals it).

    ``key`` is the sender's own number for this request: sent again with the same bytes, nothing is written and the
    first answer comes back; with other bytes it is a ``Conflict`` (``key_reused``). Raises ``NotPermitted`` when the
    connector is another account's or the actor may not send.
    """
    connector.admit(actor, key)
    row = records.one(
        "SELECT * FROM zh_receive(%s, %s, %s, %s, %s, %s, %s)",
        (connector.id, key, at_machine, at, content_type[:KEY_LENGTH], body, sha256(body).digest()),
    )
    assert row is not None
    id_, repeated, same, accepted, duplicate, quarantined = row
    if not same:
        raise Conflict("key_reused", "Idempotency-Key")
    return Envelope(id_, repeated, accepted, duplicate, quarantined)


def turn_away(reason: TurnedAwayReason, *, at_machine: datetime) -> None:
    """Count a request that was turned away, in a transaction of its own: nothing else of it is kept."""
    if reason not in REASONS:
        raise ValueError(f"no such reason: {reason}")
    records.execute(
        """INSERT INTO turned_away AS t (day, reason, n, last_at) VALUES (%s, %s, 1, %s)
           ON CONFLICT (day, reason) DO UPDATE SET n = t.n + 1, last_at = greatest(t.last_at, EXCLUDED.last_at)""",
        (at_machine.astimezone(UTC).date(), reason, at_machine),
    )


def forget_raw(*, at: datetime, at_machine: datetime, limit: int = 1000) -> int:
    """Forget the raw bytes of up to ``limit`` envelopes older than 30 days of machine time; returns how many.

    Digests, counts and all they became stay.
    """
    with records.atomic():
        forgotten = records.execute(
            """UPDATE envelope SET raw = NULL WHERE id IN (
                   SELECT id FROM envelope WHERE raw IS NOT NULL AND received_at < %s ORDER BY received_at LIMIT %s)""",
            (at_machine - KEEP_RAW, limit),
        )
        if forgotten:
            journal.record(SYSTEM, "exchange.forget_raw", "envelope", None, {"n": forgotten}, at=at)
    return forgotten
