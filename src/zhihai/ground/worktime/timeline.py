"""Timeline: a calendar unrolled into sorted arrays, so that a clock is read by bisection, never by a walk over days.

Instants are integers, microseconds since 1970-01-01T00:00Z: exact, and quick to compare.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Sessions = tuple[tuple[int, int], ...]
"""Working sessions of a day: (opening, closing) in minutes after local midnight, in order; none on a day off."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = 60_000_000
DAY = 1_440 * MINUTE


class BeyondError(Exception):
    """The answer lies outside the years of this timeline: ask a wider one."""


def micros(at: datetime) -> int:
    """Return an aware instant as microseconds since 1970."""
    since = at - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def moment(instant: int) -> datetime:
    """Return microseconds since 1970 as an aware UTC instant."""
    return EPOCH + timedelta(0, 0, instant)


def local_instant(day: date, minute: int, zone: ZoneInfo) -> int:
    """Return the instant of ``minute`` minutes on the clock of ``day`` in ``zone``; 1440 is the next midnight.

    A clock time that occurs twice (end of summer time) is its first occurrence.
    """
    if minute == 1440:
        day, minute = day + timedelta(days=1), 0
    return micros(datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone))


class Timeline:
    """Working time of whole years in one zone.

    A working day has a *rank*, counted from 0; sessions are numbered through all ranks. Elapsed working time is real
    time: a session over a change of summer time is as long as it was for those who sat in it.
    """

    __slots__ = (
        "begin",
        "closes",
        "closings",
        "first_sessions",
        "midnights",
        "opens",
        "ranks",
        "session_ranks",
        "worked",
    )

    def __init__(
        self, first_year: int, last_year: int, zone: ZoneInfo, sessions_of: Callable[[date], Sessions]
    ) -> None:
        self.midnights: list[int] = []  # by day, and the end
        self.ranks: list[int] = []  # by day: working days before it
        self.opens: list[int] = []  # by session
        self.closes: list[int] = []
        self.session_ranks: list[int] = []
        self.worked: list[int] = [0]  # by session: working time before it, and the total
        self.first_sessions: list[int] = []  # by rank, and the number of sessions
        self.closings: list[int] = []  # by rank: when its last session closes
        day, stop = date(first_year, 1, 1), date(last_year + 1, 1, 1)
        while day < stop:
            self._add(day, zone, sessions_of(day))
            day += timedelta(days=1)
        self.begin = self.midnights[0]
        self.midnights.append(local_instant(stop, 0, zone))
        self.ranks.append(len(self.first_sessions))
        self.first_sessions.append(len(self.opens))

    def _add(self, day: date, zone: ZoneInfo, sessions: Sessions) -> None:
        self.midnights.append(local_instant(day, 0, zone))
        self.ranks.append(len(self.first_sessions))
        if not sessions:
            return
        rank = len(self.first_sessions)
        self.first_sessions.append(len(self.opens))
        for opening, closing in sessions:
            # A session inside the hour that summer time skips shrinks, and never runs backwards.
            opens = max(local_instant(day, opening, zone), self.closes[-1] if self.closes else self.midnights[0])
            closes = max(local_instant(day, closing, zone), opens)
            self.opens.append(opens)
            self.closes.append(closes)
            self.session_ranks.append(rank)
            self.worked.append(self.worked[-1] + closes - opens)
        self.closings.append(self.closes[-1])

    def worked_at(self, instant: int) -> int:
        """Return the working time from the timeline's begin to ``instant``."""
        session = bisect_right(self.opens, instant) - 1
        if session < 0:
            return 0
        return self.worked[session] + min(instant, self.closes[session]) - self.opens[session]

    def when_worked(self, amount: int) -> int:
        """Return the earliest instant at which ``amount`` (> 0) of working time has passed; raises ``BeyondError``."""
        session = bisect_left(self.worked, amount) - 1
        if session >= len(self.opens):
            raise BeyondError
        return self.opens[session] + amount - self.worked[session]

    def when_working_on(self, amount: int) -> int:
        """Return the instant from which working time grows past ``amount``; raises ``BeyondError``."""
        session = bisect_right(self.worked, amount) - 1
        if session >= len(self.opens):
            raise BeyondError
        return self.opens[session] + amount - self.worked[session]
