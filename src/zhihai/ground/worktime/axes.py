"""Axes: each unit of time as a line of integers on which a clock's pauses are cut out and its limit is laid.

The fold of a clock (see ``clock``) is the same for every unit; what differs is how an instant falls on the axis:
a whole day or not at all for working days, to the microsecond for hours.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Protocol

from zhihai.ground.worktime.timeline import MINUTE, BeyondError, Timeline

POINTS = 100
HOUR = 60 * MINUTE


class Axis(Protocol):
    """A unit of time on a calendar. ``scale`` is one unit on the axis, ``step`` what readings are told in."""

    scale: int
    step: int

    def begin(self, instant: int, /) -> int:
        """Return where the count of a clock started at ``instant`` begins."""

    def position(self, instant: int, /) -> int:
        """Return how far the axis has run at ``instant``."""

    def hold(self, instant: int, /) -> int:
        """Return up to where time counts when a pause begins at ``instant``; raises ``BeyondError``."""

    def release(self, since: int, until: int, /) -> int:
        """Return from where time counts again after a pause from ``since`` to ``until``; raises ``BeyondError``."""

    def instant(self, position: int, /) -> int:
        """Return the earliest instant at which the axis has run to ``position``; raises ``BeyondError``."""

    def onward(self, position: int, /) -> int:
        """Return the latest such instant: from when the axis runs on past ``position``; raises ``BeyondError``."""


class DayAxis:
    """Working days in hundredths: the day of ``rank`` r runs from 100 r to 100 r + 100, by its working time.

    The day of the start is not counted (民法典 art. 201). A pause takes out each working day it shares working time
    with, whole; the limit ends when its last day closes for business (民法典 art. 203).
    """

    scale = POINTS
    step = POINTS

    def __init__(self, timeline: Timeline) -> None:
        self._line = timeline
        self._opens, self._closes, self._session_ranks = timeline.opens, timeline.closes, timeline.session_ranks
        self._midnights, self._ranks, self._closings = timeline.midnights, timeline.ranks, timeline.closings

    def begin(self, instant: int) -> int:
        return POINTS * self._ranks[bisect_right(self._midnights, instant)]

    def position(self, instant: int) -> int:
        line = self._line
        session = bisect_right(self._opens, instant) - 1
        if session < 0:
            return 0
        rank = self._session_ranks[session]
        if instant >= self._closings[rank]:
            return POINTS * (rank + 1)
        before, length = self._worked(rank)
        return POINTS * rank + POINTS * (line.worked_at(instant) - before) // length

    def hold(self, instant: int) -> int:
        session = bisect_right(self._closes, instant)
        if session >= len(self._closes):
            raise BeyondError
        return POINTS * self._session_ranks[session]

    def release(self, since: int, until: int) -> int:
        last = bisect_left(self._opens, until) - 1
        if until == since or last < 0 or self._closes[last] <= since:
            return self.hold(since)  # no working time in between
        return POINTS * (self._session_ranks[last] + 1)

    def instant(self, position: int) -> int:
        rank, part = divmod(position, POINTS)
        if rank + (part > 0) > len(self._closings):
            raise BeyondError
        if not part:
            return self._closings[rank - 1]
        before, length = self._worked(rank)
        # Sessions are whole minutes, so this divides evenly; a day swallowed by summer time has no length.
        return self._line.when_worked(before + max(1, length * part // POINTS))

    def onward(self, position: int) -> int:
        rank = position // POINTS
        if rank >= len(self._closings):
            raise BeyondError
        return self._opens[self._line.first_sessions[rank]]

    def _worked(self, rank: int) -> tuple[int, int]:
        """Return the working time before the day ``rank``, and that of the day."""
        line = self._line
        before = line.worked[line.first_sessions[rank]]
        return before, line.worked[line.first_sessions[rank + 1]] - before


class HourAxis:
    """Working time in microseconds: runs inside the sessions and stands still outside them."""

    scale = HOUR
    step = MINUTE

    def __init__(self, timeline: Timeline) -> None:
        self.begin = self.position = self.hold = timeline.worked_at
        self.instant = timeline.when_worked
        self.onward = timeline.when_working_on

    def release(self, since: int, until: int) -> int:
        return self.position(until)


class ContinuousAxis:
    """Time itself in microseconds, day and night: needs no calendar."""

    scale = HOUR
    step = MINUTE

    def begin(self, instant: int) -> int:
        return instant

    def position(self, instant: int) -> int:
        return instant

    def hold(self, instant: int) -> int:
        return instant

    def release(self, since: int, until: int) -> int:
        return until

    def instant(self, position: int) -> int:
        return position

    def onward(self, position: int) -> int:
        return position


CONTINUOUS = ContinuousAxis()
