"""Clocks of a case as rows: the pure clock of the ground, and what is stored of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import msgspec
from msgspec import structs

from zhihai.ground.worktime.calendar import UnknownYear, WorkingCalendar
from zhihai.ground.worktime.clock import ClockReading, evaluate
from zhihai.ground.worktime.events import ClockEvent, started, stopped
from zhihai.ground.worktime.limits import Limit, LimitSort, Unit, WarnAt
from zhihai.ground.worktime.special import interrupted
from zhihai.kernel.cases.kinds import ClockKind

Specials = Sequence[Sequence[ClockEvent]]
"""The events of a case's special procedures: their time does not count for its other clocks (行政许可法 art. 45)."""


class Terms(msgspec.Struct, frozen=True, dict=True):
    """By what a clock was started, frozen with it: the limit, when to warn, and where the limit comes from."""

    amount: int
    unit: Unit
    source: str  # "" says: the sentence of the case kind
    confirmed: bool
    percent: int | None = None
    before: int | None = None

    @cached_property
    def limit(self) -> Limit:
        return Limit(self.amount, self.unit)

    @cached_property
    def warning(self) -> WarnAt:
        return WarnAt(percent=self.percent, before=self.before)


class Clock(msgspec.Struct, frozen=True, array_like=True):
    """A clock of a case with everything its due instant is derived from, in the order of :data:`CLOCK_COLUMNS`."""

    id: int
    task: int | None
    name: str
    sort: LimitSort
    state: str
    terms: Terms
    events: tuple[ClockEvent, ...]
    due: datetime | None
    warn: datetime | None
    warned: datetime | None
    breached: datetime | None
    stopped: datetime | None
    calendar: str
    provisional: bool

    @property
    def done(self) -> bool:
        """Say whether the clock was stopped."""
        return self.events[-1].what == "stopped"

    @property
    def paused(self) -> bool:
        """Say whether somebody paused the clock; a special procedure that holds it is another matter."""
        return next((event.what for event in reversed(self.events) if event.what != "extended"), "") == "paused"

    @property
    def stopped_late(self) -> bool:
        """Say whether the clock was stopped after its end."""
        return self.stopped is not None and self.due is not None and self.stopped > self.due

    def counted(self, specials: Specials) -> tuple[ClockEvent, ...]:
        """Return the events it is evaluated by: its own, with the time of special procedures cut out."""
        if self.sort == "special" or (len(self.events) == 1 and not specials):
            return self.events
        return interrupted(self.events, specials)

    def read(self, calendar: WorkingCalendar, specials: Specials, at: datetime | None = None) -> ClockReading:
        """Evaluate the clock anew; beyond the known calendar provisionally, as it was stored."""
        events = self.counted(specials)
        return evaluate(events, self.terms.limit, calendar, at, warning=self.terms.warning, provisional=True)

    def missing_year(self, calendar: WorkingCalendar, specials: Specials) -> int | None:
        """Return the year that the calendar lacks for this clock's instants, ``None`` where it lacks none."""
        try:
            evaluate(self.counted(specials), self.terms.limit, calendar)
        except UnknownYear as unknown:
            return unknown.year
        return None

    def rearmed(self, reading: ClockReading, at: datetime) -> Clock:
        """Return the clock without what it was told of an instant that, read anew, is still to come."""
        warned, breached = self.told(reading, at)
        return structs.replace(self, warned=warned, breached=breached)

    def told(self, reading: ClockReading, at: datetime) -> tuple[datetime | None, datetime | None]:
        """Return since when it has been warned and breached, without what was told of an instant still to come."""
        warned = None if reading.warn_at is None or reading.warn_at > at else self.warned
        return warned, None if reading.due is None or reading.due > at else self.breached

    def after(self, event: ClockEvent) -> Clock:
        """Return the clock with one more event; an event that would stand before the last is put at the last."""
        at = max(event.at, self.events[-1].at)
        return structs.replace(self, events=(*self.events, replace(event, at=at)))


def clock_from(row: Mapping[str, Any]) -> Clock:
    """Make a clock of a row of table ``clock`` as JSON."""
    return Clock(
        id=row["id"], task=row["task_id"], name=row["name"], sort=row["sort"], state=row["state"],
        terms=msgspec.convert(row["limits"], Terms),
        events=tuple(msgspec.convert(row["events"], list[ClockEvent], strict=False)),
        due=_instant(row["due_at"]), warn=_instant(row["warn_at"]), warned=_instant(row["warned_at"]),
        breached=_instant(row["breached_at"]), stopped=_instant(row["stopped_at"]), calendar=row["calendar"],
        provisional=row["provisional"],
    )  # fmt: skip


CLOCK_COLUMNS = """k.id, k.task_id, k.name, k.sort, k.state, k.limits, k.events, k.due_at, k.warn_at, k.warned_at,
    k.breached_at, k.stopped_at, k.calendar, k.provisional"""
"""The columns of table ``clock`` as k; one JSON array of them is read as a :class:`Clock`."""


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def terms_of(kind: ClockKind, setting: tuple[int, Unit, str] | None) -> Terms:
    """Return the terms a clock starts by: the kind's default, or what the district set (amount, unit, source)."""
    percent, before = kind.warning.percent, kind.warning.before
    if setting is None:
        return Terms(kind.limit.amount, kind.limit.unit, "", kind.confirmed, percent, before)
    amount, unit, source = setting
    return Terms(amount, unit, source, True, percent, before)


def new_row(
    kind: ClockKind, terms: Terms, at: datetime, calendar: WorkingCalendar, specials: Specials
) -> dict[str, object]:
    """Return the row of a clock that starts at ``at``."""
    events = (started(at),)
    counted = events if kind.sort == "special" else interrupted(events, specials)
    reading = evaluate(counted, terms.limit, calendar, at, warning=terms.warning, provisional=True)
    return {
        "step": kind.times, "name": kind.id, "sort": kind.sort, "started_at": at, "limits": terms,
        **_evaluated(reading, events, None, None),
    }  # fmt: skip


def changed_row(clock: Clock, calendar: WorkingCalendar, specials: Specials) -> dict[str, object]:
    """Return the row of a clock whose events, calendar or special procedures have changed, evaluated anew."""
    reading = clock.read(calendar, specials)
    return {
        "id": clock.id, "stopped_at": clock.events[-1].at if clock.done else None, "warned_at": clock.warned,
        "breached_at": clock.breached, **_evaluated(reading, clock.events, clock.warned, clock.breached),
    }  # fmt: skip


def _evaluated(
    reading: ClockReading, events: Iterable[ClockEvent], warned: datetime | None, breached: datetime | None
) -> dict[str, object]:
    """What is stored of a reading."""
    return {
        "state": reading.state, "due_at": reading.due, "warn_at": reading.warn_at,
        "next_at": _next_at(reading, warned, breached), "events": tuple(events),
        "calendar": reading.calendar_version, "provisional": reading.provisional,
    }  # fmt: skip


def _next_at(reading: ClockReading, warned: datetime | None, breached: datetime | None) -> datetime | None:
    """When the tick looks at a clock next: at its warning, then at its end; a pause that came after that cures nothing.

    A provisional instant draws no card, so it is not looked at (暂定).
    """
    if reading.state == "stopped" or reading.provisional or breached is not None:
        return None
    return reading.warn_at if warned is None and reading.warn_at is not None else reading.due


def stop_all(clocks: Iterable[Clock], at: datetime) -> list[Clock]:
    """Return the clocks that are not stopped yet, stopped at ``at``."""
    return [clock.after(stopped(at)) for clock in clocks if not clock.done]


def specials_of(clocks: Iterable[Clock]) -> Specials:
    """Return the events of the special procedures among the clocks of a case."""
    return [clock.events for clock in clocks if clock.sort == "special"]


@dataclass(frozen=True, slots=True)
class Settled:
    """What is kept of a clock evaluated once, at an instant: ``warned`` and ``breached`` are what was told of it."""

    task: int | None
    state: str
    due: datetime | None
    warn: datetime | None
    next_at: datetime | None
    warned: datetime | None
    breached: datetime | None
    late: bool
    calendar: str
    provisional: bool


def settled(clock: Clock, calendar: WorkingCalendar, specials: Specials, at: datetime) -> Settled:
    """Evaluate a clock that comes with its past at ``at``: a warning or an end that has passed is taken as told."""
    reading = clock.read(calendar, specials, None if clock.done else at)
    late = reading.overdue
    told = late or (not clock.done and reading.warn_at is not None and reading.warn_at <= at)
    return _kept(clock, reading, at if told else None, at if late else None)


def reckoned(clock: Clock, calendar: WorkingCalendar, specials: Specials, at: datetime) -> Settled:
    """Evaluate a running clock anew, by another calendar: what was told of an instant that is still to come falls."""
    reading = clock.read(calendar, specials, at)
    return _kept(clock, reading, *clock.told(reading, at))


def _kept(clock: Clock, reading: ClockReading, warned: datetime | None, breached: datetime | None) -> Settled:
    return Settled(
        clock.task, reading.state, reading.due, reading.warn_at, _next_at(reading, warned, breached), warned, breached,
        reading.overdue, reading.calendar_version, reading.provisional,
    )  # fmt: skip
