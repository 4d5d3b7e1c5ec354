"""Delivering: notices leave the house by e-mail, from an outbox of their own (通知投递)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
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
SINGLE = 5
"""So many notices that wait for one person leave each in a message of its own; more of them leave together in one."""
TOGETHER = 200
"""The most that one message tells."""
NOTICES = "/desk/notices/"
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


@dataclass(frozen=True, slots=True)
class _Part:
    """One notice of a message, and to whom it goes."""

    delivery: int
    attempt: int
    together: int | None
    to: str
    language: Language
    active: bool
    notice: int
    template: str
    facts: str
    link: str
    mode: str


_TAKE = "SELECT id FROM zh_delivery_take(%s, %s, %s, %s, %s)"
_TAKEN = """SELECT d.id, d.attempts, d.together, a.email, a.language, a.is_active, n.id, n.template, n.facts, n.link,
        n.mode FROM delivery d JOIN notice n ON n.id = d.notice_id JOIN account a ON a.id = n.account_id
    WHERE d.id = ANY(%s) ORDER BY n.id"""
"""Asked after the taking, never with it: the function sees what was committed while its caller's snapshot stood still,
and a join beside it would take what it can not see."""


def deliver(send: Callable[[Mail], object], *, at_machine: datetime, limit: int = 100) -> int:
    """Send up to ``limit`` messages that are due and return how many were taken over by the receiver.

    ``send`` returns when the receiver has acknowledged the message and raises otherwise; it must give up well within
    five minutes. Each message is taken under a lease of its own (other workers pass it over), sent outside any
    transaction, and noted as sent at once. A failed one waits 30 s, then twice as long each time up to an hour; it is
    given up, and shown as failed, after 60 attempts. After three failures in a row the round ends: the receiver is away
    and nothing is lost by waiting.

    Where more than five notices wait for one person (a receiver was away, the platform stood still for a day), they
    leave together: one message that names up to 200 of them, in order. It stays the same however often it is tried.

    **At least once.** A worker that dies between the receiver's acknowledgement and our note of it leaves a message
    that nobody can know was sent; after its lease it is sent again, under the same reference. No protocol of mail can
    close that gap; a lost notice of a legal limit is worse than a double one. In every other case: exactly once.
    """
    began = time.monotonic()
    sent = in_a_row = 0
    for _ in range(limit):
        taken = time.monotonic()
        now = at_machine + timedelta(seconds=taken - began)
        with records.atomic(durable=True):
            records.value("SELECT zh_read_as('platform')")
            members = [id_ for (id_,) in records.rows(_TAKE, (now, LEASE, LONGEST_WAIT, SINGLE, TOGETHER))]
            parts = [_Part(*row) for row in records.rows(_TAKEN, (members,))]
        if not parts:
            break
        if time.monotonic() - taken > LEASE.total_seconds() / 2:
            continue  # we were held up so long that another may soon be at it: it is left to them
        fault = _send(parts, send)
        _note(parts, fault, at_machine + timedelta(seconds=time.monotonic() - began))
        sent += fault is None
        in_a_row = 0 if fault is None else in_a_row + 1
        if in_a_row == AWAY_AFTER:
            break
    return sent


def _send(parts: Sequence[_Part], send: Callable[[Mail], object]) -> str | None:
    """Send one message; return what went wrong, by the type of the error, since its text may name the receiver."""
    if not parts[0].to or not parts[0].active:
        return NO_ADDRESS
    try:
        send(_message(parts))
    except Exception as fault:  # whatever stands between us and the receiver: it is tried again
        logger.warning("notice %s was not delivered: %s", parts[0].notice, type(fault).__name__)
        return type(fault).__name__
    return None


def _message(parts: Sequence[_Part]) -> Mail:
    first, language = parts[0], parts[0].language
    said = [say_notice(part.template, records.json_object(part.facts), language) for part in parts]
    if first.together is None:
        (subject, text), link, reference = said[0], first.link, f"notice.{first.notice}.email"
    else:
        lines = "\n".join(f"{number}. {one}" for number, (one, _) in enumerate(said, start=1))
        subject = house.words().say("channels.together.subject", language, n=len(parts))
        text = house.words().say("channels.together.text", language, n=len(parts), lines=lines)
        link, reference = NOTICES, f"notices.{first.together}.email"
    if first.mode != "live":
        subject = house.words().say("channels.not_live", language, subject=subject)
    return Mail(first.to, language, subject, text, link, reference)


def _note(parts: Sequence[_Part], fault: str | None, now: datetime) -> None:
    """Note how an attempt ended, unless its lease has run out and somebody else has begun another."""
    attempt = parts[0].attempt
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
               WHERE id = ANY(%s) AND state = 'sending' AND attempts = %s""",
            (state, next_at, fault, fault is None, now, [part.delivery for part in parts], attempt),
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
