"""How long people wait (等候): today's queue, what the screen of the hall shows, and the rows behind each figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from zhihai.kernel import records
from zhihai.kernel.offers.queueing import COLUMNS, Ticket, tickets_where

LATE_STAGE, ON_SCREEN, LATELY = 500, 8, 10
"""So many tickets of a day are read, so many stand on the screen, so many of the last called say how long one waits."""


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue of a window on a day (当日队列): who waits in the order of calling, who is called, who is done."""

    waiting: tuple[Ticket, ...]
    called: tuple[Ticket, ...]
    ended: tuple[Ticket, ...]


def queue(offer: int, day: date, *, at: datetime) -> Queue:
    """Return the queue of a window on a day; who waits stands in the order in which they would be called now."""
    found = tickets_where(
        """t.offer_id = %(offer)s AND t.day = %(day)s
           ORDER BY CASE WHEN t.letter = 'B' AND t.due_at <= %(at)s THEN 0 WHEN t.letter = 'A' THEN 1 ELSE 2 END,
               t.due_at, t.id""",
        {"offer": offer, "day": day, "at": at},
    )
    ended = sorted((one for one in found if one.ended_at), key=lambda one: one.ended_at or at, reverse=True)
    return Queue(
        tuple(one for one in found if one.state == "waiting"),
        tuple(one for one in found if one.state in ("called", "serving")),
        tuple(ended),
    )


@dataclass(frozen=True, slots=True)
class Waits:
    """How long people waited: ``median`` over ``count`` tickets that were called, ``None`` where none was."""

    count: int
    median: timedelta | None


def waited(ticket: Ticket) -> timedelta | None:
    """Return how long a ticket waited until it was called first, from when it was taken or its appointment began.

    ``None`` for one that still waits; nothing for whoever was called before the time of their appointment.
    """
    if ticket.called_at is None:
        return None
    return max(timedelta(0), ticket.called_at - max(ticket.taken_at, ticket.due_at))


def waits(tickets: Iterable[Ticket]) -> Waits:
    """Return how long some tickets waited, those that were called."""
    known = [one.total_seconds() for one in map(waited, tickets) if one is not None]
    return Waits(len(known), timedelta(seconds=median(known)) if known else None)


def tickets_on(offer: int, day: date) -> tuple[Ticket, ...]:
    """Return the tickets of a window on a day, in order of taking: what its figures are made from."""
    return tickets_where("t.offer_id = %s AND t.day = %s ORDER BY t.taken_at, t.id LIMIT %s", (offer, day, LATE_STAGE))


@dataclass(frozen=True, slots=True)
class Outlook:
    """What somebody who comes without an appointment may expect now: how many wait, and how long the last ones did."""

    waiting: int
    lately: Waits


def outlooks(offers: Iterable[int], day: date) -> dict[int, Outlook]:
    """Return what to expect at some windows on the day that it is, in one question."""
    ids = sorted(set(offers))
    rows = records.rows(
        f"""SELECT {COLUMNS} FROM unnest(%s::int[]) AS o(id) CROSS JOIN LATERAL (
                SELECT * FROM offer_ticket w WHERE w.offer_id = o.id AND w.day = %s AND w.state = 'waiting'
                UNION ALL (SELECT * FROM offer_ticket d WHERE d.offer_id = o.id AND d.day = %s AND d.calls > 0
                    ORDER BY d.called_at DESC LIMIT %s)) t""",
        (ids, day, day, LATELY),
    )
    found: dict[int, list[Ticket]] = {id_: [] for id_ in ids}
    for row in rows:
        found[row[1]].append(Ticket(*row))
    return {id_: Outlook(sum(one.state == "waiting" for one in some), waits(some)) for id_, some in found.items()}


def screen(offer: int, day: date) -> tuple[Ticket, ...]:
    """Return the tickets that the screen of the hall shows: those that are called or served, the last called first."""
    return tickets_where(
        """t.offer_id = %s AND t.day = %s AND t.state IN ('called', 'serving')
           ORDER BY t.again_at DESC, t.id DESC LIMIT %s""",
        (offer, day, ON_SCREEN),
    )


def before(ticket: Ticket, *, at: datetime) -> int:
    """Return how many would be called before a ticket that waits."""
    waiting = queue(ticket.offer, ticket.day, at=at).waiting
    return next((n for n, one in enumerate(waiting) if one.id == ticket.id), 0)
