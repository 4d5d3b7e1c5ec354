"""Tickets of a hall (排队叫号): taken, called, served, done; appointments go first when their time has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from zhihai.ground.actors import Actor
from zhihai.ground.powers import RUN_WINDOWS, TAKE_TICKETS
from zhihai.ground.refusal import Conflict, NotFound, Refused
from zhihai.kernel import records
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal.reads import clock
from zhihai.kernel.offers.kinds import TicketState
from zhihai.kernel.offers.windows import Offer, offer

TICKET, LONGEST_COUNTER, LONGEST_KEY = "offer_ticket", 12, 64
WITHOUT, WITH = "A", "B"
"""The letters of tickets: without an appointment, with one."""
NEXT = """SELECT t.id FROM offer_ticket t WHERE t.offer_id = %(offer)s AND t.day = %(day)s AND t.state = 'waiting'
    ORDER BY CASE WHEN t.letter = 'B' AND t.due_at <= %(at)s THEN 0 WHEN t.letter = 'A' THEN 1 ELSE 2 END,
    t.due_at, t.id LIMIT 1 FOR UPDATE SKIP LOCKED"""
"""Appointments whose time has come, then those without one in order of coming, then appointments that came early."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A place in the queue of a day (排队号): no name stands with it. ``label`` is what is called, such as A012.

    ``claim`` is the appointment it was given for, ``None`` without one. ``due_at`` is when that begins, or when the
    ticket was taken; ``called_at`` when it was called first, ``again_at`` last; instants are district time, UTC.
    ``counter`` is where its holder was called to.
    """

    id: int
    offer: int
    day: date
    letter: str
    number: int
    claim: int | None
    due_at: datetime
    taken_at: datetime
    state: TicketState
    counter: str
    calls: int
    called_at: datetime | None
    again_at: datetime | None
    began_at: datetime | None
    ended_at: datetime | None
    account: int | None

    @property
    def label(self) -> str:
        """What is called and shown on the screen of the hall."""
        return f"{self.letter}{self.number:03d}"


COLUMNS = """t.id, t.offer_id, t.day, t.letter, t.number, t.claim_id, t.due_at, t.taken_at, t.state, t.counter, t.calls,
    t.called_at, t.again_at, t.began_at, t.ended_at, t.account_id"""


def tickets_where(condition: str, params: records.Params) -> tuple[Ticket, ...]:
    """Return the tickets of a condition."""
    asked = f"SELECT {COLUMNS} FROM offer_ticket t WHERE {condition}"
    return tuple(Ticket(*row) for row in records.rows(asked, params))


def district_day(at: datetime) -> date:
    """Return the day in the district at an instant."""
    return at.astimezone(clock().zone).date()


def take_ticket(actor: Actor, offer_id: int, key: str, *, at: datetime) -> Ticket:
    """Take a ticket for somebody without an appointment; the same ``key`` again returns what was taken by it.

    Raises ``NotPermitted`` without the power ``ticket.take`` over whose the window is, ``NotFound`` for no such window,
    ``Refused`` where it is switched off.
    """
    with records.atomic():
        found = _queue(actor, offer_id)
        return _take(actor, found, WITHOUT, None, at, key, at)


def check_in(actor: Actor, offer_id: int, code: str, *, at: datetime) -> Ticket:
    """Check somebody in by the code of their appointment today, and take a ticket for it; again is the same ticket.

    Raises as :func:`take_ticket`, ``NotFound`` for a code that is none of this window's today, ``Conflict`` where the
    appointment was given back or has gone by.
    """
    with records.atomic():
        found, day = _queue(actor, offer_id), district_day(at)
        with identity.seeing(identity.PLATFORM):
            row = records.one(
                """SELECT id, state, starts_at FROM offer_claim
                   WHERE offer_id = %s AND code = %s FOR UPDATE""",
                (offer_id, code.strip().upper().replace(" ", "")),
            )
            if row is None or district_day(row[2]) != day:
                raise NotFound("no_claim_today", "code")
            if row[1] == "held":
                records.execute("UPDATE offer_claim SET state = 'arrived' WHERE id = %s", (row[0],))
        had = tickets_where("t.claim_id = %s", (row[0],))
        if had:
            return had[0]
        if row[1] != "held":
            raise Conflict("claim_over", "code")
        return _take(actor, found, WITH, row[0], row[2], f"claim:{row[0]}", at)


def _queue(actor: Actor, offer_id: int) -> Offer:
    found = offer(offer_id)
    actor.need(TAKE_TICKETS, found.org_lo, None)
    if not found.open:
        raise Refused("offer_closed", "window")
    return found


def _take(
    actor: Actor, found: Offer, letter: str, claim: int | None, due_at: datetime, key: str, at: datetime
) -> Ticket:
    if not key or len(key) > LONGEST_KEY:
        raise Refused("claim_key", "key")
    day = district_day(at)
    number = records.value(  # whoever takes one waits here for who is taking one, and then sees what that one took
        """INSERT INTO offer_count AS c VALUES (%s, %s, %s, 1)
           ON CONFLICT (offer_id, day, letter) DO UPDATE SET last = c.last + 1 RETURNING last""",
        (found.id, day, letter),
    )
    had = tickets_where("t.offer_id = %s AND t.key = %s", (found.id, key))
    if had:
        records.execute(
            "UPDATE offer_count SET last = last - 1 WHERE offer_id = %s AND day = %s AND letter = %s",
            (found.id, day, letter),
        )
        return had[0]
    id_ = records.value(
        """INSERT INTO offer_ticket (offer_id, day, letter, number, claim_id, key, due_at, taken_at, state)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'waiting') RETURNING id""",
        (found.id, day, letter, number, claim, key, due_at, at),
    )
    act = "offers.take_ticket" if claim is None else "offers.check_in"
    journal.record(actor, act, TICKET, id_, {"offer": found.id, "letter": letter, "number": number}, at=at)
    return tickets_where("t.id = %s", (id_,))[0]


def call_next(actor: Actor, offer_id: int, counter: str, *, at: datetime) -> Ticket | None:
    """Call the next ticket to a counter (叫号); ``None`` where nobody waits. No ticket is ever called by two.

    Raises ``NotPermitted`` without the power ``window.run`` over whose the window is, ``NotFound`` for no such window,
    ``Refused`` for a counter without a name, ``Conflict`` while that counter has another ticket called or served.
    """
    if not counter.strip() or len(counter) > LONGEST_COUNTER or "\0" in counter:
        raise Refused("counter", "counter", most=LONGEST_COUNTER)
    with records.atomic():
        actor.need(RUN_WINDOWS, offer(offer_id).org_lo, None)
        day, at_counter = district_day(at), counter.strip()
        _one_at_a_counter(at_counter, offer_id)
        if tickets_where(
            "t.offer_id = %s AND t.day = %s AND t.counter = %s AND t.state IN ('called', 'serving')",
            (offer_id, day, at_counter),
        ):
            raise Conflict("counter_busy", "counter")
        id_ = records.value(NEXT, {"offer": offer_id, "day": day, "at": at})
        return None if id_ is None else _call(actor, id_, at_counter, "offers.call_next", at)


def _one_at_a_counter(counter: str, offer_id: int) -> None:
    """Let colleagues at one counter call one after another."""
    records.value("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))::text", (f"counter {counter}", offer_id))


def recall(actor: Actor, ticket: int, *, at: datetime) -> Ticket:
    """Call a ticket again, to the counter it was called to; one that was absent too, while no other is called there.

    Raises as :func:`call_next` does, ``NotFound`` for no such ticket, ``Conflict`` for one that is served or waits.
    """
    with records.atomic():
        held = _held(actor, ticket, ("called", "absent"))
        if held.day != district_day(at):
            raise Conflict("ticket_state", "ticket", label=held.label)
        _one_at_a_counter(held.counter, held.offer)
        if held.state == "absent" and tickets_where(
            "t.offer_id = %s AND t.day = %s AND t.counter = %s AND t.state IN ('called', 'serving')",
            (held.offer, held.day, held.counter),
        ):
            raise Conflict("counter_busy", "counter")
        return _call(actor, ticket, held.counter, "offers.recall", at)


def _call(actor: Actor, ticket: int, counter: str, act: str, at: datetime) -> Ticket:
    records.execute(
        """UPDATE offer_ticket SET state = 'called', counter = %s, calls = calls + 1, again_at = %s,
           called_at = coalesce(called_at, %s), account_id = %s, ended_at = NULL WHERE id = %s""",
        (counter, at, at, actor.account, ticket),
    )
    journal.record(actor, act, TICKET, ticket, {"counter": counter}, at=at)
    return tickets_where("t.id = %s", (ticket,))[0]


def serve(actor: Actor, ticket: int, *, at: datetime) -> Ticket:
    """Begin to serve whose ticket was called. Raises as :func:`recall` does, for one that was not called."""
    return _turn(actor, ticket, ("called",), "serving", "offers.serve", at)


def finish(actor: Actor, ticket: int, *, at: datetime) -> Ticket:
    """End serving a ticket; its appointment was kept. Raises as :func:`recall` does, for one that is not served."""
    return _turn(actor, ticket, ("serving",), "served", "offers.finish", at)


def pass_over(actor: Actor, ticket: int, *, at: datetime) -> Ticket:
    """Pass over whoever did not come when called (过号); it can be called again that day. Raises as `recall`."""
    return _turn(actor, ticket, ("called",), "absent", "offers.pass_over", at)


def _turn(actor: Actor, ticket: int, from_: tuple[TicketState, ...], to: TicketState, act: str, at: datetime) -> Ticket:
    column = "began_at" if to == "serving" else "ended_at"
    with records.atomic():
        held = _held(actor, ticket, from_)
        records.execute(f"UPDATE offer_ticket SET state = %s, {column} = %s WHERE id = %s", (to, at, ticket))
        if to == "served" and held.claim is not None:
            with identity.seeing(identity.PLATFORM):
                records.execute(
                    "UPDATE offer_claim SET state = 'served', ended_at = %s WHERE id = %s AND state = 'arrived'",
                    (at, held.claim),
                )
        journal.record(actor, act, TICKET, ticket, {"counter": held.counter}, at=at)
        return tickets_where("t.id = %s", (ticket,))[0]


def _held(actor: Actor, ticket: int, states: tuple[TicketState, ...]) -> Ticket:
    found = next(iter(tickets_where("t.id = %s FOR UPDATE", (ticket,))), None)
    if found is None:
        raise NotFound("no_ticket", "ticket")
    actor.need(RUN_WINDOWS, offer(found.offer).org_lo, None)
    if found.state not in states:
        raise Conflict("ticket_state", "ticket", label=found.label)
    return found
