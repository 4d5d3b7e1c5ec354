"""Clocks as lists and pages show them: read at an instant, or as they are kept where that says it all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zhihai.ground.worktime.calendar import WorkingCalendar
from zhihai.ground.worktime.clock import ClockReading
from zhihai.ground.worktime.strip import Strip, strip
from zhihai.kernel.cases import calendar as calendars
from zhihai.kernel.cases.clocks import Clock, specials_of


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock as a page shows it: its reading at the page's instant, and the strip."""

    id: int
    task: int | None
    name: str
    clock: Clock
    reading: ClockReading
    strip: Strip


@dataclass(frozen=True, slots=True)
class Timing:
    """What a list draws of a clock: from when to when, when it warns, what does not count, and when it stopped.

    A pause that lasts has no end. ``due`` is ``None`` while nobody can say when it is due.
    """

    start: datetime
    due: datetime | None
    warn: datetime | None
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()
    done: datetime | None = None
    provisional: bool = False


def clock_views(clocks: list[Clock], calendar: WorkingCalendar, at: datetime) -> list[ClockView]:
    """Read clocks at an instant; one that has stopped as it was reckoned then, whatever calendar is in force now."""
    specials = specials_of(clocks)
    views = []
    for clock in clocks:
        if clock.done:
            reading = clock.read(calendars.of_version(clock.calendar, calendar), specials)
        else:
            reading = clock.read(calendar, specials, at)
        views.append(ClockView(clock.id, clock.task, clock.name, clock, reading, strip(reading)))
    return views


def timing_of(view: ClockView, now: datetime) -> Timing:
    """Return what is drawn of a clock read at ``now``; its pauses are those counted, special procedures too."""
    clock, reading = view.clock, view.reading
    pauses: list[tuple[datetime, datetime | None]] = []
    for event in clock.events:
        if event.what == "paused":
            pauses.append((event.at, None))
        elif event.what == "resumed" and pauses:
            pauses[-1] = (pauses[-1][0], event.at)
    if reading.due is None and not any(end is None for _, end in pauses):
        pauses.append((reading.trace.held.at if reading.trace.held else now, None))
    start = clock.events[0].at
    due = None if reading.due is None else max(reading.due, start)
    done = clock.events[-1].at if clock.done else None
    return Timing(start, due, reading.warn_at, tuple(pauses), done, reading.provisional)
