"""The clock: when something is due, as a pure function of what happened, the limit and the calendar (时限计算)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from zhihai.ground.refusal import Refused
from zhihai.ground.worktime.axes import Axis
from zhihai.ground.worktime.calendar import UnknownYear, WorkingCalendar
from zhihai.ground.worktime.events import ClockEvent
from zhihai.ground.worktime.limits import Limit, WarnAt
from zhihai.ground.worktime.timeline import BeyondError, micros, moment

ClockState = Literal["running", "paused", "stopped"]


class Pause(NamedTuple):
    """A pause that has ended, laid on the axis: time from ``hold`` to ``release`` does not count."""

    event: ClockEvent
    since: int
    until: int
    hold: int
    release: int


class Extension(NamedTuple):
    """An extension, and whether it came while the limit was still running (otherwise it changes nothing)."""

    event: ClockEvent
    limit: Limit
    in_time: bool


class Trace:
    """How a reading came about: the events folded over the axis of the limit's unit, in order.

    ``held`` is the pause that was not resumed: the clock is paused, or was stopped while paused. Raises ``Refused``
    for events that can not follow one another (``clock_not_started``, ``clock_started_twice``, ``clock_paused_twice``,
    ``clock_not_paused``, ``clock_stopped``) or an extension in another unit (``extension_unit``).
    """

    state: ClockState = "running"
    pauses: tuple[Pause, ...] = ()
    held: ClockEvent | None = None
    held_since = held_at = 0
    extensions: tuple[Extension, ...] = ()
    stop: ClockEvent | None = None
    warning: WarnAt | None = None

    def __init__(
        self, events: Sequence[ClockEvent], times: Sequence[int], limit: Limit, calendar: WorkingCalendar, axis: Axis
    ) -> None:
        self.calendar = calendar
        self.axis = axis
        self.limit = limit
        self.total = limit.amount * axis.scale
        self.first = events[0]
        self.start = self.at = times[0]
        self.begin = axis.begin(self.start)
        if self.first.what != "started":
            raise Refused("clock_not_started", "events")
        for number in range(1, len(times)):
            self._follow(events[number], times[number])

    def _follow(self, event: ClockEvent, time: int) -> None:
        if self.state == "stopped":
            raise Refused("clock_stopped", "events")
        if event.what == "paused":
            if self.held is not None:
                raise Refused("clock_paused_twice", "events")
            self.state, self.held, self.held_since, self.held_at = "paused", event, time, self.axis.hold(time)
        elif event.what == "resumed":
            if self.held is None:
                raise Refused("clock_not_paused", "events")
            release = self.axis.release(self.held_since, time)
            self.pauses += (Pause(self.held, self.held_since, time, self.held_at, release),)
            self.state, self.held = "running", None
        elif event.limit is not None:
            self._extend(event, event.limit, time)
        elif event.what == "stopped":
            self.state, self.stop = "stopped", event
        else:
            raise Refused("clock_started_twice", "events")
        self.at = time

    def _extend(self, event: ClockEvent, limit: Limit, time: int) -> None:
        if limit.unit != self.limit.unit:
            raise Refused("extension_unit", "limit", unit=self.limit.unit)
        end = self.reach(self.total)
        in_time = end is None or time <= self.axis.instant(end)
        self.extensions += (Extension(event, limit, in_time),)
        if in_time:
            self.total += limit.amount * self.axis.scale

    def reach(self, amount: int) -> int | None:
        """Return the first position at which ``amount`` (> 0) has been counted; ``None`` if the clock is held first."""
        cursor, left = self.begin, amount
        for pause in self.pauses:
            counted = pause.hold - cursor
            if left <= counted:
                return cursor + left
            if counted > 0:
                left -= counted
            cursor = max(cursor, pause.release)
        return cursor + left if self.held is None or left <= self.held_at - cursor else None

    def counted(self) -> int:
        """Return what has been counted at ``at``, on the axis; it goes on past the limit."""
        cursor, done = self.begin, 0
        for pause in self.pauses:
            done += max(pause.hold - cursor, 0)
            cursor = max(cursor, pause.release)
        now = self.axis.position(self.at) if self.held is None else self.held_at
        return done + max(now - cursor, 0)


class ClockReading(NamedTuple):
    """What a clock says at an instant.

    ``due`` is the last instant in time (UTC), ``None`` while the clock is paused before its limit ran out; a pause or
    an extension after that cures nothing. ``warn_at`` is ``None`` without a rule, or while paused before it.
    ``provisional``: the instants rest on a year whose holidays are not known (暂定), and no card may be drawn from
    them. ``trace`` is how it came about, for the strip and the derivation.
    """

    due: datetime | None
    warn_at: datetime | None
    provisional: bool
    trace: Trace

    @property
    def state(self) -> ClockState:
        """Say whether the clock runs, is paused or has stopped."""
        return self.trace.state

    @property
    def calendar_version(self) -> str:
        """The version of the calendar that was asked."""
        return self.trace.calendar.version

    @property
    def overdue(self) -> bool:
        """Say whether the due instant has passed at the instant of the reading, or had when the clock stopped."""
        return self.due is not None and self.trace.at > micros(self.due)

    @property
    def total(self) -> int:
        """The limit with its extensions: working days for a limit in working days, minutes for one in hours."""
        return self.trace.total // self.trace.axis.step

    @property
    def elapsed(self) -> int:
        """What has been counted, in the units of ``total``, rounded down; goes on past the limit until the stop."""
        return self.trace.counted() // self.trace.axis.step

    @property
    def remaining(self) -> int:
        """What is left, in the units of ``total``: a day begun is still left; below 0 when overdue by whole units."""
        return self.total - self.elapsed


def evaluate(
    events: Sequence[ClockEvent],
    limit: Limit,
    calendar: WorkingCalendar,
    at: datetime | None = None,
    *,
    warning: WarnAt | None = None,
    provisional: bool = False,
) -> ClockReading:
    """Read a clock: pure, the same answer for the same events, limit and calendar version.

    ``events`` are in the order of their instants, the first ``started``. ``at`` is the instant of the reading; without
    it, or before the last event, that event's instant. Raises ``UnknownYear`` where the answer needs a year the
    calendar does not know, unless ``provisional``; ``Refused`` for events that make no sense (see ``Trace``;
    ``clock_backwards`` when they are out of order).
    """
    times = [micros(event.at) for event in events]
    if not times:
        raise Refused("clock_not_started", "events")
    if len(times) > 1 and times != sorted(times):
        raise Refused("clock_backwards", "events")
    start, last = times[0], times[-1] if at is None else max(micros(at), times[-1])
    known = None
    if limit.unit != "calendar_hour":
        known = calendar.known_until(start)
        if known is None and not provisional:
            raise UnknownYear(calendar.local_day(start).year)
    while True:
        try:
            trace = Trace(events, times, limit, calendar, calendar.axis(limit.unit, start, last))
            if trace.stop is None:
                trace.at = last
            reading = _read(trace, known, warning)
            break
        except BeyondError:
            calendar.lay_further()
    if reading.provisional and not provisional:
        raise UnknownYear(calendar.local_day(known or start).year)
    return reading


def _read(trace: Trace, known: int | None, warning: WarnAt | None) -> ClockReading:
    end = trace.reach(trace.total)
    due = None if end is None else trace.axis.instant(end)
    settled = trace.held_since if due is None else due
    return ClockReading(
        None if due is None else moment(due),
        None if warning is None else _warn_at(trace, warning),
        trace.limit.unit != "calendar_hour" and (known is None or settled > known),
        trace,
    )


def _warn_at(trace: Trace, warning: WarnAt) -> datetime | None:
    trace.warning = warning
    if warning.percent is not None:
        amount = trace.total * warning.percent // 100
    else:
        amount = trace.total - (warning.before or 0) * trace.axis.scale
    if amount <= 0:
        return moment(trace.start)
    position = trace.reach(amount)
    return None if position is None else moment(trace.axis.instant(position))
