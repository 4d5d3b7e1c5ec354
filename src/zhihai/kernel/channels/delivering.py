"""Delivering: notices leave the house by the ways that a worker sends by, from an outbox of their own (通知投递)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from zhihai.ground.words import Language
from zhihai.kernel import house, records
from zhihai.kernel.channels.choosing import Addressee, hook_secret
from zhihai.kernel.channels.former import open_former
from zhihai.kernel.channels.kinds import WAYS, Way
from zhihai.kernel.channels.numbers import open_number
from zhihai.kernel.channels.quiet import NO_QUIET, QuietHours
from zhihai.kernel.channels.wording import say_notice
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.wall import PLATFORM, asking

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
FINAL = (NO_ADDRESS, "RefusedForGood")
"""Faults after which a message is not tried again."""
SINGLE = 5
"""So many notices that wait for one person leave each in a message of its own; more of them leave together in one."""
TOGETHER = 200
"""The most that one message tells."""
NOTICES = "/desk/notices/"
COUNTED = 10_000


RINGING: tuple[Way, ...] = ("sms",)
"""Ways that wake people: in the quiet hours only what is urgent goes by them."""


class RefusedForGood(Exception):
    """The receiver was there and will never take this message: such a number or address does not exist."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message ready to be sent; ``link`` is a path within the platform, before which ``send`` puts its address.

    ``to`` is an e-mail address, a telephone number or an address on the web, by its ``way``. ``reference`` is the same
    each time this message is tried, so that a receiver who got it twice can see that it is one. ``stops`` are the kinds
    of notice in it that ``addressee`` may stop. ``secret`` is what a message to a system is signed with.
    """

    way: Way
    to: str = field(repr=False)
    language: Language
    subject: str
    text: str
    link: str
    reference: str
    addressee: Addressee
    kinds: tuple[str, ...]
    stops: tuple[str, ...]
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """What waits to leave by one way (up to 10,000 counted), how long the oldest has waited in seconds, what was lost.

    ``failed`` is what was given up, and ``failure`` how the latest attempt failed of what waits or was given up.
    """

    queued: int
    oldest_seconds: float
    failed: int
    failure: str | None = None


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
    duty: bool
    account: int | None
    person: int | None
    choice: int | None
    sealed: str
    number: str
    former: str


_TAKE = "SELECT id FROM zh_delivery_take(%s, %s, %s, %s, %s, %s, %s)"
_TAKEN = """SELECT d.id, d.attempts, d.together, coalesce(CASE d.channel WHEN 'email' THEN a.email
            WHEN 'sms' THEN zh_known(zh_person_told(n.account_id, n.person_id), 'phone')
            WHEN 'webhook' THEN c.address END, ''),
        coalesce(c.language, a.language, 'zh'), coalesce(a.is_active, true), n.id, n.template, n.facts, n.link, n.mode,
        n.duty, n.account_id, n.person_id, c.id, coalesce(c.sealed, ''),
        CASE WHEN d.channel = 'sms' THEN coalesce(nn.sealed, '') ELSE '' END, coalesce(d.former, '')
    FROM delivery d JOIN notice n ON n.id = d.notice_id LEFT JOIN account a ON a.id = n.account_id
    LEFT JOIN notice_number nn ON nn.account_id = n.account_id
    LEFT JOIN LATERAL zh_chosen(n.account_id, n.person_id) c ON true
    WHERE d.id = ANY(%s) ORDER BY n.id"""
"""Asked after the taking, never with it: the function sees what was committed while its caller's snapshot stood still,
and a join beside it would take what it can not see."""


def deliver(
    send: Callable[[Message], object],
    way: Way = "email",
    *,
    at_machine: datetime,
    quiet: QuietHours = NO_QUIET,
    limit: int = 100,
) -> int:
    """Send up to ``limit`` messages of one way that are due and return how many were taken over by the receiver.

    ``send`` returns when the receiver has acknowledged the message and raises otherwise: :class:`RefusedForGood` where
    trying again is no use, anything else to try again; it must give up well within five minutes. In the quiet hours of
    the district only what is urgent goes by a way that rings.

    Each message is taken under a lease of its own (other workers pass it over), sent outside any transaction, and noted
    as sent at once. A failed one waits 30 s, then twice as long each time up to an hour; it is given up, and shown as
    failed, after 60 attempts. After three failures in a row the round ends: the receiver is away and nothing is lost by
    waiting; not so where each is another receiver, and where it was there and refused.

    Where more than five notices wait for one person (a receiver was away, the platform stood still for a day), they
    leave together: one message that names up to 200 of them, in order. It stays the same however often it is tried.

    **At least once.** A worker that dies between the receiver's acknowledgement and our note of it leaves a message
    that nobody can know was sent; after its lease it is sent again, under the same reference. No protocol of mail can
    close that gap; a lost notice of a legal limit is worse than a double one. A gateway of short messages, or a system
    at its address, that keeps to the reference closes it: exactly once there. In every other case: exactly once.

    What must be told and is given up goes on by hand: by letter, or by somebody who calls or comes.
    """
    began = time.monotonic()
    sent = in_a_row = 0
    for _ in range(limit):
        taken = time.monotonic()
        now = at_machine + timedelta(seconds=taken - began)
        parts = _take(way, way in RINGING and quiet.hold(now, journal.clock().zone), now)
        if not parts:
            break
        if time.monotonic() - taken > LEASE.total_seconds() / 2:
            continue  # we were held up so long that another may soon be at it: it is left to them
        fault = _send(way, parts, send)
        _note(parts, fault, at_machine + timedelta(seconds=time.monotonic() - began))
        sent += fault is None
        away = fault is not None and fault not in FINAL and way != "webhook"  # each system has an address of its own
        in_a_row = in_a_row + 1 if away else 0
        if in_a_row == AWAY_AFTER:
            break
    return sent


def _take(way: Way, urgent: bool, now: datetime) -> list[_Part]:
    with records.atomic(durable=True), asking(PLATFORM):
        asked = (way, urgent, now, LEASE, LONGEST_WAIT, SINGLE, TOGETHER)
        members = [id_ for (id_,) in records.rows(_TAKE, asked)]
        return [_Part(*row) for row in records.rows(_TAKEN, (members,))]


def _send(way: Way, parts: Sequence[_Part], send: Callable[[Message], object]) -> str | None:
    """Send one message; return what went wrong, by the type of the error, since its text may name the receiver."""
    if not (parts[0].to or parts[0].number or parts[0].former) or not parts[0].active:
        return NO_ADDRESS
    try:
        send(_message(way, parts))
    except Exception as fault:  # whatever stands between us and the receiver: it is tried again
        logger.warning("notice %s was not delivered by %s: %s", parts[0].notice, way, type(fault).__name__)
        return type(fault).__name__
    return None


def _message(way: Way, parts: Sequence[_Part]) -> Message:
    first, language = parts[0], parts[0].language
    said = [say_notice(part.template, records.json_object(part.facts), language) for part in parts]
    if first.together is None:
        (subject, text), link, reference = said[0], first.link, f"notice.{first.notice}.{way}"
    else:
        lines = "\n".join(f"{number}. {one}" for number, (one, _) in enumerate(said, start=1))
        subject = house.words().say("channels.together.subject", language, n=len(parts))
        told = "channels.together.short" if way in RINGING else "channels.together.text"
        text = house.words().say(told, language, n=len(parts), lines=lines)
        link, reference = NOTICES, f"notices.{first.together}.{way}"
    if first.mode != "live":
        subject = house.words().say("channels.not_live", language, subject=subject)
    to = first.to
    if first.number and first.account is not None:  # goes before the telephone that is known of the person
        to = open_number(first.number, first.account)
    if first.former and first.account is not None:  # to whom it was taken from, not to what took its place
        to = open_former(first.former, first.account)
    return Message(
        way, to, language, subject, text, link, reference, Addressee(first.account, first.person),
        tuple(dict.fromkeys(part.template for part in parts)),
        tuple(sorted({part.template for part in parts if not part.duty})),
        hook_secret(first.choice, first.sealed) if way == "webhook" and first.choice is not None else "",
    )  # fmt: skip


def _note(parts: Sequence[_Part], fault: str | None, now: datetime) -> None:
    """Note how an attempt ended, unless its lease has run out and somebody else has begun another."""
    attempt = parts[0].attempt
    if fault is None:
        state, next_at = "sent", None
    elif fault in FINAL or attempt >= MOST_ATTEMPTS:
        state, next_at = "failed", None
    else:
        state, next_at = "queued", now + min(FIRST_WAIT * 2 ** min(attempt - 1, 20), LONGEST_WAIT)
    members = [part.delivery for part in parts]
    with records.atomic(durable=True):
        records.execute(
            """UPDATE delivery SET state = %s, next_at = coalesce(%s, next_at), lease_until = NULL, failure = %s,
                   former = CASE WHEN %s IN ('sent', 'failed') THEN NULL ELSE former END,
                   sent_at = CASE WHEN %s THEN %s END
               WHERE id = ANY(%s) AND state = 'sending' AND attempts = %s""",
            (state, next_at, fault, state, fault is None, now, members, attempt),
        )
        if state == "failed":
            with asking(PLATFORM):
                records.value("SELECT zh_fall_back(%s)", (members,))


def read_deliveries() -> dict[Way, DeliveryState]:
    """Return what waits to be delivered by each way, and what was given up. One question."""
    found = records.rows(
        """SELECT w.way, q.n, q.oldest, f.n, coalesce(q.failure, f.failure) FROM unnest(%s::text[]) AS w(way)
           CROSS JOIN LATERAL (
               SELECT count(*) AS n, max(x.failure) AS failure,
                   coalesce(extract(epoch FROM clock_timestamp() - min(x.queued_at))::float8, 0) AS oldest
               FROM (SELECT queued_at, failure FROM delivery WHERE state IN ('queued', 'sending') AND channel = w.way
                   ORDER BY next_at, id LIMIT %s) x) q
           CROSS JOIN LATERAL (
               SELECT count(*) AS n, (array_agg(x.failure))[1] AS failure FROM (
                   SELECT failure FROM delivery WHERE state = 'failed' AND channel = w.way
                   ORDER BY id DESC LIMIT %s) x) f""",
        (list(WAYS), COUNTED, COUNTED),
    )
    return {way: DeliveryState(queued, max(0.0, oldest), failed, why) for way, queued, oldest, failed, why in found}
