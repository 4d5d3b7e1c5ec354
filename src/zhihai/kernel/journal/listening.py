"""Listening: events of committed transactions are given to each listener in order, once (事件分发)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from graphlib import CycleError, TopologicalSorter
from traceback import extract_tb

from django.db import InterfaceError, OperationalError

from zhihai.ground.actors import Actor
from zhihai.ground.powers import RUN_OPERATION
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import records
from zhihai.kernel.journal.entries import record
from zhihai.kernel.journal.events import Event, decode

logger = logging.getLogger(__name__)

MOST_FAILURES = 5
"""An event that a listener failed at so often in a row is parked."""
FIRST_WAIT = timedelta(seconds=1)
"""The wait after the first failure; each further one is four times as long."""
LONGEST_WAIT = FIRST_WAIT * 4 ** (MOST_FAILURES - 2)
KEPT = timedelta(days=7)
"""How long an event that everybody has heard is kept."""
COUNTED = 10_000
TOGETHER = 200
"""Events a listener is given in one transaction at most: while it runs, nothing newer is settled, sealed or heard."""
PRUNED_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Heard:
    """An event as a listener is given it: its number in the outbox and the district instant it was emitted at."""

    id: int
    at: datetime
    event: Event


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told what (监听者).

    ``act`` is called with events of the types ``hears``, in order, inside the transaction that also moves the cursor:
    what it writes to the database happens exactly once. What it does elsewhere may happen again after a failure, so
    mail and the like go through a room with an outbox of its own. ``after`` names listeners whose work on an event it
    builds upon: it is never given an event before them.
    """

    name: str
    hears: tuple[type[Event], ...]
    act: Callable[[Sequence[Heard]], None]
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListenerState:
    """How far behind a listener is; events are counted up to 10,000, seconds are machine time.

    ``failures`` counts those of the event that is next, ``parked`` the events left to a person.
    """

    name: str
    behind_events: int
    behind_seconds: float
    failures: int
    parked: int


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """An event that ``listener`` failed at five times (滞留事件): why, by type of error and place, and since when."""

    listener: str
    event: int
    topic: str
    failure: str
    parked_at: datetime


@dataclass(frozen=True, slots=True)
class _Message:
    id: int
    era: int
    xid: str
    at: datetime
    topic: str
    body: str | None


class _BatchError(Exception):
    """Undoes the transaction of a batch whose listener failed."""

    def __init__(self, cause: Exception, first: _Message, size: int) -> None:
        super().__init__()
        self.cause = cause
        self.first = first
        self.size = size


def hear(listeners: Sequence[Listener], *, at_machine: datetime, budget: int = 1000) -> int:
    """Give each listener up to ``budget`` of the events it has not gone through; return how many were gone through.

    0 says that nobody has anything to hear now. Only events of transactions below the oldest one still running are
    given, so that order is final. Two processes may call this at once: a listener's row is locked for each batch, and
    the other goes on with the next listener. A batch that fails is tried again event by event; an event that fails
    waits longer each time (1, 4, 16, 64 s of machine time), and at the fifth failure it is parked and the listener goes
    on. Trouble of the database itself parks nothing: it waits and tries again. Must not be called in a transaction.

    Raises ``ValueError`` for two listeners of one name, an unknown name in ``after``, or a circle of them.
    """
    order = _order(listeners)
    names = [listener.name for listener in order]
    known = records.rows(_WAITING, (at_machine, at_machine + 2 * LONGEST_WAIT, names))
    if len(known) < len(names):
        records.execute("INSERT INTO listener (name) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", (names,))
        known = records.rows(_WAITING, (at_machine, at_machine + 2 * LONGEST_WAIT, names))
    waiting = {name for name, waits in known if waits}
    return sum(_hear_one(listener, at_machine, budget) for listener in order if listener.name in waiting)


def _order(listeners: Sequence[Listener]) -> list[Listener]:
    by_name = {listener.name: listener for listener in listeners}
    if len(by_name) != len(listeners):
        raise ValueError("two listeners of one name")
    unknown = {name for listener in listeners for name in listener.after} - by_name.keys()
    if unknown:
        raise ValueError(f"listeners come after unknown ones: {', '.join(sorted(unknown))}")
    try:
        names = list(TopologicalSorter({one.name: one.after for one in listeners}).static_order())
    except CycleError as fault:
        raise ValueError(f"listeners come after each other in a circle: {', '.join(fault.args[1])}") from None
    return [by_name[name] for name in names]


def _hear_one(listener: Listener, at_machine: datetime, budget: int) -> int:
    gone, size = 0, TOGETHER
    while gone < budget:
        try:
            n, more = _batch(listener, at_machine, min(size, budget - gone))
        except _BatchError as failed:
            if failed.size > 1:
                size = 1
                continue
            return gone + _note_failure(listener, failed, at_machine)
        gone += n
        if not more:
            break
    return gone


_SETTLED = "(o.era, o.xid) < (coalesce((SELECT era FROM district), 1), pg_snapshot_xmin(pg_current_snapshot()))"
"""The event's transaction has ended, and so has every older one."""

_RESTED = "(retry_at IS NULL OR retry_at <= %s OR retry_at > %s)"
"""Nothing rests longer than the longest wait; twice as long was noted while the machine's clock stood ahead."""

_WAITING = f"""SELECT l.name, {_RESTED}
    AND EXISTS (SELECT FROM outbox o WHERE (o.era, o.xid, o.id) > (l.era, l.xid, l.id) AND {_SETTLED})
    FROM listener l WHERE l.name = ANY(%s)"""

_TAKE = f"""SELECT failures, era, xid::text, id FROM listener
    WHERE {_RESTED} AND name = %s FOR UPDATE SKIP LOCKED"""

_NEXT = f"""SELECT o.id, o.era, o.xid::text, o.at, o.topic, CASE WHEN o.topic = ANY(%s) THEN o.body END FROM outbox o
    WHERE (o.era, o.xid, o.id) > (%s, %s::text::xid8, %s) AND {_SETTLED}
      AND (%s OR (o.era, o.xid, o.id) <= (
          SELECT a.era, a.xid, a.id FROM listener a WHERE a.name = ANY(%s) ORDER BY a.era, a.xid, a.id LIMIT 1))
    ORDER BY o.era, o.xid, o.id LIMIT %s"""
"""The values of the cursor stand in the question as constants, so that the index begins where it should."""

_MOVE = """UPDATE listener SET era = %s, xid = %s::text::xid8, id = %s, failures = 0, failure = NULL, retry_at = NULL
    WHERE name = %s"""


def _batch(listener: Listener, at_machine: datetime, size: int) -> tuple[int, bool]:
    """Give one batch and move the cursor, in one transaction; return how many events were gone through.

    And whether there may be more: a batch that was not full was the last.
    """
    taken: list[_Message] = []
    try:
        with records.atomic(durable=True):
            held = records.one(_TAKE, (at_machine, at_machine + 2 * LONGEST_WAIT, listener.name))
            if held is None:
                return 0, False
            failures, *cursor = held
            topics = {kind.topic: kind for kind in listener.hears}
            after = list(listener.after)
            most = 1 if failures else size
            wanted = (list(topics), *cursor, not after, after, most)
            taken += [_Message(*row) for row in records.rows(_NEXT, wanted)]
            heard = [Heard(m.id, m.at, decode(topics[m.topic], m.body)) for m in taken if m.body is not None]
            if heard:
                listener.act(heard)
            if taken:
                records.execute(_MOVE, (taken[-1].era, taken[-1].xid, taken[-1].id, listener.name))
    except Exception as fault:
        if not taken:
            raise
        raise _BatchError(fault, taken[0], len(taken)) from fault
    return len(taken), len(taken) == most


def _note_failure(listener: Listener, failed: _BatchError, at_machine: datetime) -> int:
    """Count the failure of one event, and park the event at the fifth; return how many events were gone through."""
    said, message = _said(failed.cause), failed.first
    with records.atomic(durable=True):
        failures = records.value("SELECT failures FROM listener WHERE name = %s FOR UPDATE", (listener.name,)) + 1
        logger.error("listener %s failed at event %s, failure %s: %s", listener.name, message.id, failures, said)
        if isinstance(failed.cause, OperationalError | InterfaceError):
            failures = 1
        if failures >= MOST_FAILURES:
            records.execute(
                """INSERT INTO parked_event (listener, event_id, failure, parked_at) VALUES (%s, %s, %s, %s)
                   ON CONFLICT (listener, event_id) DO UPDATE SET failure = excluded.failure""",
                (listener.name, message.id, said, at_machine),
            )
            records.execute(_MOVE, (message.era, message.xid, message.id, listener.name))
            return 1
        wait = FIRST_WAIT * 4 ** (failures - 1)
        records.execute(
            "UPDATE listener SET failures = %s, failure = %s, retry_at = %s WHERE name = %s",
            (failures, said, at_machine + wait, listener.name),
        )
        return 0


def _said(fault: Exception) -> str:
    """Name a failure by its type and place: its text may hold what a row holds."""
    frames = extract_tb(fault.__traceback__)
    place = f" at {frames[-1].name}:{frames[-1].lineno}" if frames else ""
    return f"{type(fault).__name__}{place}"


def give_parked(actor: Actor, listener: Listener, event_id: int, *, at: datetime) -> None:
    """Give a parked event to its listener once more, out of order; it leaves the parking place if that succeeds.

    Needs the power ``operation.run`` over the whole district. Raises :class:`NotFound` ``no_parked_event``, or
    :class:`Refused` ``parked_again`` when the listener fails at it once more: it stays parked, with the new reason.
    """
    actor.need(RUN_OPERATION)
    try:
        _give(actor, listener, event_id, at)
    except (Refused, OperationalError, InterfaceError):
        raise
    except Exception as fault:
        said = _said(fault)
        logger.error("listener %s failed at parked event %s: %s", listener.name, event_id, said)
        records.execute(
            "UPDATE parked_event SET failure = %s WHERE listener = %s AND event_id = %s",
            (said, listener.name, event_id),
        )
        raise Refused("parked_again", "event", status=409, failure=said) from fault


def _give(actor: Actor, listener: Listener, event_id: int, at_district: datetime) -> None:
    topics = {kind.topic: kind for kind in listener.hears}
    with records.atomic():
        row = records.one(
            """SELECT o.at, o.topic, o.body FROM parked_event p JOIN outbox o ON o.id = p.event_id
               WHERE p.listener = %s AND p.event_id = %s FOR UPDATE OF p""",
            (listener.name, event_id),
        )
        if row is None:
            raise NotFound("no_parked_event", "event")
        at, topic, body = row
        listener.act([Heard(event_id, at, decode(topics[topic], body))])
        records.execute("DELETE FROM parked_event WHERE listener = %s AND event_id = %s", (listener.name, event_id))
        told = {"listener": listener.name, "topic": topic}
        record(actor, "journal.give_parked", "event", event_id, told, at=at_district)


def prune(*, at_machine: datetime) -> int:
    """Delete events that every listener has gone through and that are older than seven days; return how many.

    A parked event is kept until it has been dealt with.
    """
    return records.execute(
        """DELETE FROM outbox WHERE id IN (
               SELECT o.id FROM outbox o
               WHERE (o.era, o.xid, o.id) <= (
                       SELECT l.era, l.xid, l.id FROM listener l ORDER BY l.era, l.xid, l.id LIMIT 1)
                 AND o.emitted_at < %s AND NOT EXISTS (SELECT FROM parked_event p WHERE p.event_id = o.id)
               ORDER BY o.era, o.xid, o.id LIMIT %s)""",
        (at_machine - KEPT, PRUNED_AT_ONCE),
    )


def read_listeners() -> tuple[ListenerState, ...]:
    """Return every listener that has ever been given anything, by name."""
    found = records.rows(
        """SELECT l.name, b.n, coalesce(extract(epoch FROM clock_timestamp() - b.since)::float8, 0), l.failures,
               (SELECT count(*) FROM parked_event p WHERE p.listener = l.name)
           FROM listener l CROSS JOIN LATERAL (
               SELECT count(*) AS n, min(emitted_at) AS since FROM (
                   SELECT o.emitted_at FROM outbox o WHERE (o.era, o.xid, o.id) > (l.era, l.xid, l.id)
                   ORDER BY o.era, o.xid, o.id LIMIT %s) AS next) AS b
           ORDER BY l.name""",
        (COUNTED,),
    )
    return tuple(ListenerState(*row) for row in found)


def read_parked(limit: int = 100) -> tuple[ParkedEvent, ...]:
    """Return the events that wait for a person, oldest first."""
    found = records.rows(
        """SELECT p.listener, p.event_id, o.topic, p.failure, p.parked_at FROM parked_event p
           JOIN outbox o ON o.id = p.event_id ORDER BY p.parked_at, p.event_id LIMIT %s""",
        (limit,),
    )
    return tuple(ParkedEvent(*row) for row in found)
