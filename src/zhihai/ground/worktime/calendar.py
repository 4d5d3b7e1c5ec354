"""The working calendar: which days and hours of a district are worked, for the years it has been told of."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.ground.worktime.axes import CONTINUOUS, Axis, DayAxis, HourAxis
from zhihai.ground.worktime.limits import Unit
from zhihai.ground.worktime.timeline import Sessions, Timeline, local_instant, moment

DayKind = Literal["holiday", "make_up_workday", "in_lieu_holiday"]
"""节假日, 调休上班日 (a day of the weekend that is worked), 调休放假日 (a weekday off in exchange)."""

OFFICE_SESSIONS: Sessions = ((9 * 60, 12 * 60), (13 * 60, 18 * 60))
"""09:00–12:00 and 13:00–18:00: a demonstration value, to be confirmed by the district."""

AHEAD = 2
FURTHER = 8
REACH = 50
"""Years laid out past those asked about, laid out more when an answer lies beyond them, and the furthest from the
known years that are answered at all, by the rule of weekends."""


class UnknownYear(Refused):
    """The calendar does not know the year that an answer needs (无该年放假安排); ``year`` names it."""

    def __init__(self, year: int) -> None:
        super().__init__("unknown_year", "at", year=year)
        self.year = year


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day that is not what its weekday says, as the yearly notice of the State Council publishes it (放假安排)."""

    day: date
    kind: DayKind
    name: Named


@dataclass(frozen=True, slots=True)
class Holiday:
    """A run of days off in a row under one name; ``first`` and ``last`` included."""

    name: Named
    first: date
    last: date


class _Axes(NamedTuple):
    """The axes over the years laid out, and the instants that may be asked about with them."""

    years: tuple[int, int]
    begin: int
    end: int
    day: DayAxis
    hour: HourAxis


class WorkingCalendar:
    """Working days and hours of a district (工作日历). Immutable; equal and hashed by ``version``, so a version string
    must stand for one content only.

    ``days`` are the exceptions to the weekday; a date may be both ``holiday`` and ``in_lieu_holiday``. ``years`` are
    those whose exceptions are complete: outside them strict answers raise ``UnknownYear``, and provisional ones go by
    the rule of weekends (暂定). ``sessions`` are the working sessions of a day in minutes after midnight in ``zone``,
    ``sessions_on`` those of single dates (half days). Raises ``Refused``: ``calendar_empty`` without years,
    ``calendar_day_kind``, ``calendar_day_year`` for a day outside ``years``, ``calendar_day_twice`` for one both off
    and worked, ``calendar_sessions`` for sessions that are empty, overlap, run backwards or stand on a day off.
    """

    __slots__ = ("_axes", "_runs", "_sessions", "_sessions_on", "_special", "_special_days", "version", "years", "zone")

    def __init__(
        self,
        days: Iterable[CalendarDay],
        *,
        years: Iterable[int],
        zone: ZoneInfo,
        version: str,
        sessions: Sessions = OFFICE_SESSIONS,
        sessions_on: Mapping[date, Sessions] | None = None,
    ) -> None:
        self.version = version
        self.years = frozenset(years)
        self.zone = zone
        self._sessions = sessions
        self._sessions_on = dict(sessions_on or {})
        self._special = self._exceptions(days)
        self._special_days = sorted(self._special)
        self._check()
        self._runs = tuple(
            (local_instant(date(first, 1, 1), 0, zone), local_instant(date(last + 1, 1, 1), 0, zone))
            for first, last in _runs(sorted(self.years))
        )
        self._axes = self._lay(min(self.years), max(self.years) + AHEAD)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WorkingCalendar) and self.version == other.version

    def __hash__(self) -> int:
        return hash(self.version)

    def __repr__(self) -> str:
        return f"WorkingCalendar({self.version!r}, {min(self.years)}–{max(self.years)})"

    def sessions_of(self, day: date) -> Sessions:
        """Return the working sessions of ``day``, none on a day off; raises ``UnknownYear``."""
        if day.year not in self.years:
            raise UnknownYear(day.year)
        return self._sessions_of(day)

    def holidays(self, first: date, last: date) -> tuple[Holiday, ...]:
        """Return the public holidays known from ``first`` to ``last``, both included, cut to them."""
        found: list[Holiday] = []
        for day in self._between(first, last):
            worked, name = self._special[day]
            if worked:
                continue
            if found and found[-1].name == name and found[-1].last + timedelta(days=1) == day:
                found[-1] = Holiday(name, found[-1].first, day)
            else:
                found.append(Holiday(name, day, day))
        return tuple(found)

    def make_up_workdays(self, first: date, last: date) -> tuple[date, ...]:
        """Return the days of the weekend that are worked in exchange (调休), from ``first`` to ``last`` included."""
        return tuple(day for day in self._between(first, last) if self._special[day][0])

    def local_day(self, instant: int) -> date:
        """Return the date on the wall at ``instant`` (microseconds since 1970)."""
        return moment(instant).astimezone(self.zone).date()

    def known_until(self, instant: int) -> int | None:
        """Return up to where the calendar is known without a gap from ``instant``; ``None`` if it is not known."""
        for begin, end in self._runs:
            if begin <= instant < end:
                return end
        return None

    def differences(self, other: WorkingCalendar) -> list[tuple[int, int]] | None:
        """Return where two calendars of one zone differ, as spans of instants in order; ``None`` for everywhere.

        Outside them both count alike: a clock whose stretch from start to end meets none of them reads the same under
        either. Spans are of local days whose sessions differ, and of years that only one of the two knows.
        """
        if self.zone != other.zone or self._sessions != other._sessions:
            return None
        days = {
            day
            for day in {*self._special, *other._special, *self._sessions_on, *other._sessions_on}
            if self._sessions_of(day) != other._sessions_of(day)
        }
        spans = [(day, day + timedelta(days=1)) for day in days]
        spans += [(date(year, 1, 1), date(year + 1, 1, 1)) for year in self.years ^ other.years]
        return [(local_instant(first, 0, self.zone), local_instant(end, 0, self.zone)) for first, end in sorted(spans)]

    def axis(self, unit: Unit, first: int, last: int) -> Axis:
        """Return the axis of ``unit`` over the instants ``first`` to ``last``, known or by the rule of weekends.

        Raises ``UnknownYear`` further than 50 years from the known years.
        """
        if unit == "calendar_hour":
            return CONTINUOUS
        axes = self._axes
        if first < axes.begin or last > axes.end:
            axes = self._reach_for(self.local_day(first).year, self.local_day(last).year)
        return axes.day if unit == "working_day" else axes.hour

    def lay_further(self) -> None:
        """Lay out more years, for an answer that lies beyond; raises ``UnknownYear`` when that was the last."""
        first, last = self._axes.years
        if last == max(self.years) + REACH + AHEAD:
            raise UnknownYear(last + 1)
        self._axes = self._lay(first, min(last + FURTHER, max(self.years) + REACH + AHEAD))

    def _reach_for(self, first: int, last: int) -> _Axes:
        # The arrays are a memo: replacing them by longer ones changes no answer, so the calendar stays immutable.
        for year in (first, last):
            if not min(self.years) - REACH <= year <= max(self.years) + REACH:
                raise UnknownYear(year)
        self._axes = self._lay(min(first, self._axes.years[0]), max(last + AHEAD, self._axes.years[1]))
        return self._axes

    def _lay(self, first: int, last: int) -> _Axes:
        line = Timeline(first, last, self.zone, self._sessions_of)
        asked_last = min(last - 1, max(self.years) + REACH)
        end = local_instant(date(asked_last + 1, 1, 1), 0, self.zone) - 1
        return _Axes((first, last), line.begin, end, DayAxis(line), HourAxis(line))

    def _sessions_of(self, day: date) -> Sessions:
        worked = self._special[day][0] if day in self._special else day.weekday() < 5
        return self._sessions_on.get(day, self._sessions) if worked else ()

    def _between(self, first: date, last: date) -> list[date]:
        days = self._special_days
        return days[bisect_left(days, first) : bisect_right(days, last)]

    def _exceptions(self, days: Iterable[CalendarDay]) -> dict[date, tuple[bool, Named]]:
        marked: dict[date, tuple[bool, Named]] = {}
        for entry in days:
            if entry.kind not in get_args(DayKind):
                raise Refused("calendar_day_kind", "days", day=entry.day.isoformat(), kind=entry.kind)
            worked = entry.kind == "make_up_workday"
            if entry.day.year not in self.years:
                raise Refused("calendar_day_year", "years", day=entry.day.isoformat(), year=entry.day.year)
            if marked.setdefault(entry.day, (worked, entry.name))[0] is not worked:
                raise Refused("calendar_day_twice", "days", day=entry.day.isoformat())
        return marked

    def _check(self) -> None:
        if not self.years:
            raise Refused("calendar_empty", "years")
        if not _orderly(self._sessions):
            raise Refused("calendar_sessions", "sessions")
        for day, sessions in self._sessions_on.items():
            if not _orderly(sessions) or day.year not in self.years or not self._sessions_of(day):
                raise Refused("calendar_sessions", f"sessions_on.{day.isoformat()}")


def _orderly(sessions: Sessions) -> bool:
    edges = [minute for session in sessions for minute in session]
    ordered = all(a < b for a, b in sessions) and edges == sorted(edges)
    return bool(edges) and ordered and edges[0] >= 0 and edges[-1] <= 1440


def _runs(years: list[int]) -> Iterator[tuple[int, int]]:
    first = years[0]
    for year, following in zip(years, [*years[1:], None], strict=True):
        if following != year + 1:
            yield first, year
            if following is not None:
                first = following
