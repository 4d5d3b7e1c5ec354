"""Delivering: notices leave the house by e-mail, from an outbox of their own (通知投递)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from zhihai.ground.words import Language
from zhihai.kernel import house, records
from zhihai.kernel.channels.wording import say_notice

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
"""How long a worker may take over one message before another believes it dead: much longer than any time-out of
sending."""
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
MOST_ATTEMPTS = 60
"""With the waits above: given up after about two days and a half."""
AWAY_AFTER = 3
"""Failures in a row after which the receiver is taken to be away, and the round ends."""
NO_ADDRESS = "no_address"
COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Mail:
    """One message ready to be sent; ``link`` is a path within the platform, before which ``send`` puts its address.

    ``reference`` is the same each time this message is tried: the Message-ID is made of it, so that a receiver who got
    it twice can see that it is one.
    """

    to: str
    language: Language
    subject: str
    text: str
    link: str
    reference: str


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """What waits to leave (up to 10,000 counted), how long the oldest has waited in seconds, and what was given up."""

    queued: int
    oldest_seconds: float
    failed: int


_TAKE = """SELECT d.id, d.attempts, a.email, a.language, a.is_active, n.id, n.template, n.facts, n.link, n.mode
    FROM zh_delivery_take(%s, %s) d JOIN notice n ON n.id = d.notice_id JOIN account a ON a.id = n.account_id"""


def deliver(send: Callable[[Mail], object], *, at_machine: datetime, limit: int = 100) -> int:
    """Send up to ``limit`` messages that are due and return how many were taken over by the receiver.

    ``send`` returns when the receiver has acknowledged the message and raises otherwise; it must give up well within
    five minutes. Each message is taken under a lease of its own (other workers pass it over), sent outside any
    transaction, and noted as sent at once. A failed one waits 30 s, then twice as long each time up to an hour; it is
    given up, and shown as failed, after 60 attempts. After three failures in a row the round ends: the receiver is away
    and nothing is lost by waiting.

    **At least once.** A worker that dies between the receiver's acknowledgement and our note of it leaves a message
    that nobody can know was sent; after its lease it is sent again, under the same reference. No protocol of mail can
    close that gap; a lost notice of a legal limit is worse than a double one. In every other case: exactly once.
    """
    began = time.monotonic()
    sent = in_a_row = 0
    for _ in range(limit):
        now = at_machine + timedelta(seconds=time.monotonic() - began)
        with records.atomic(durable=True):
            row = records.one(_TAKE, (now, LEASE))
        if row is None:
            break
        fault = _send(row, send)
        _note(row[0], row[1], fault, at_machine + timedelta(seconds=time.monotonic() - began))
        sent += fault is None
        in_a_row = 0 if fault is None else in_a_row + 1
        if in_a_row == AWAY_AFTER:
            break
    return sent


def _send(row: records.Row, send: Callable[[Mail], object]) -> str | None:
    """Send one message; return what went wrong, by the type of the error, since its text may name the receiver."""
    _, _, to, language, active, notice, template, facts, link, mode = row
    if not to or not active:
        return NO_ADDRESS
    subject, text = say_notice(template, records.json_object(facts), language)
    if mode != "live":
        subject = house.words().say("channels.not_live", language, subject=subject)
    try:
        send(Mail(to, language, subject, text, link, f"notice.{notice}.email"))
    except Exception as fault:  # whatever stands between us and the receiver: it is tried again
        logger.warning("notice %s was not delivered: %s", notice, type(fault).__name__)
        return type(fault).__name__
    return None


def _note(delivery: int, attempt: int, fault: str | None, now: datetime) -> None:
    """Note how an attempt ended, unless its lease has run out and somebody else has begun another."""
    if fault is None:
        state, next_at = "sent", None
    elif fault == NO_ADDRESS or attempt >= MOST_ATTEMPTS:
        state, next_at = "failed", None
    else:
        state, next_at = "queued", now + min(FIRST_WAIT * 2 ** min(attempt - 1, 20), LONGEST_WAIT)
    with records.atomic(durable=True):
        records.execute(
            """UPDATE delivery SET state = %s, next_at = coalesce(%s, next_at), lease_until = NULL, failure = %s,
                   sent_at = CASE WHEN %s THEN %s END
               WHERE id = %s AND state = 'sending' AND attempts = %s""",
            (state, next_at, fault, fault is None, now, delivery, attempt),
        )


def read_deliveries() -> DeliveryState:
    """Return what waits to be delivered, and what was given up."""
    row = records.one(
        """SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(w.queued_at))::float8, 0),
               (SELECT count(*) FROM (SELECT FROM delivery WHERE state = 'failed' LIMIT %s) f)
           FROM (SELECT queued_at FROM delivery WHERE state IN ('queued', 'sending') ORDER BY next_at, id LIMIT %s) w
        """,
        (COUNTED, COUNTED),
    )
    assert row is not None
    return DeliveryState(row[0], max(0.0, row[1]), row[2])
