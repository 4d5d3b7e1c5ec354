"""Questions to the room offers: what is free when, what is mine, who is booked today, who waits and how long."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from zhihai.ground.worktime.calendar import WorkingCalendar
from zhihai.kernel import records
from zhihai.kernel.offers.claiming import offered
from zhihai.kernel.offers.holding import (
    SERVICE,
    Claim,
    Footing,
    claim_at,
    claims_between,
    day_at,
    displaced,
    displaced_claims,
    footing,
    my_claims,
    own_claim,
)
from zhihai.kernel.offers.opening import Opening, Slot
from zhihai.kernel.offers.queueing import Ticket, district_day
from zhihai.kernel.offers.waiting import (
    Outlook,
    Queue,
    Waits,
    before,
    outlooks,
    queue,
    screen,
    tickets_on,
    waited,
    waits,
)
from zhihai.kernel.offers.windows import Offer, offer, offers

__all__ = [
    "SERVICE", "Claim", "Day", "Footing", "Free", "Offer", "Opening", "Outlook", "Queue", "Slot", "Ticket", "Waits",
    "before", "claim_at", "claims_between", "day_at", "displaced", "displaced_claims", "district_day",
    "footing", "free_days", "my_claims", "offer", "offered", "offers", "outlooks", "own_claim", "queue", "screen",
    "soonest", "tickets_on", "waited", "waits",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Free:
    """A slot that may be booked now, and how many places of it are left."""

    slot: Slot
    left: int


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a window as whoever books sees it: when it is open, and its slots that are still to come."""

    opening: Opening
    slots: tuple[Free, ...]

    @property
    def left(self) -> int:
        """How many places of the day are left."""
        return sum(one.left for one in self.slots)


def free_days(
    found: Sequence[Offer], calendar: WorkingCalendar, *, at: datetime, moving: Claim | None = None
) -> dict[int, tuple[Day, ...]]:
    """Return for some windows the days that one may book on and what is left of each, in one question.

    What lies across a slot, of hours that were others then, is counted as taken of it: as when a place is taken.
    What is ``moving`` gives its place back, and is not counted.
    """
    rows = records.rows(
        """SELECT offer_id, starts_at, ends_at, taken FROM offer_slot
           WHERE offer_id = ANY(%s) AND ends_at > %s AND taken > 0""",
        ([one.id for one in found], at),
    )
    own = (moving.offer, moving.starts_at) if moving else None
    rows = [(*row[:3], row[3] - (row[:2] == own)) for row in rows]
    today = at.astimezone(calendar.zone).date()
    return {
        one.id: tuple(
            _day(one, day, [row[1:] for row in rows if row[0] == one.id], calendar, at) for day in one.days(today)
        )
        for one in found
    }


def _day(
    found: Offer, day: date, taken: Iterable[tuple[datetime, datetime, int]], calendar: WorkingCalendar, at: datetime
) -> Day:
    slots = [one for one in found.slots(day, calendar) if one.starts_at > at]
    if not slots:
        return Day(found.opening(day, calendar), ())
    first, last = slots[0].starts_at - timedelta(days=1), slots[-1].ends_at
    near = [row for row in taken if first < row[0] < last]
    return Day(
        found.opening(day, calendar),
        tuple(
            Free(slot, max(0, slot.places - sum(n for a, b, n in near if a < slot.ends_at and b > slot.starts_at)))
            for slot in slots
        ),
    )


def soonest(days: Iterable[Day], most: int) -> tuple[Slot, ...]:
    """Return the next slots that have a place left."""
    return tuple(one.slot for day in days for one in day.slots if one.left)[:most]
