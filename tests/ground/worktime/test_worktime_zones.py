"""Clocks where the wall clock jumps: daylight time in Shanghai (1986–1991) and in zones that have it still.

Sources: the IANA time zone database, as Python reads it; the State Council's summer time of 1986–1991 began on a Sunday
at 2:00 (the first on 4 May 1986) and ended on a Sunday in September.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhihai.ground.worktime.calendar import WorkingCalendar
from zhihai.ground.worktime.clock import evaluate
from zhihai.ground.worktime.events import paused, resumed, started
from zhihai.ground.worktime.limits import Limit

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SESSIONS = ((time(9), time(12)), (time(13), time(18)))
YEARS = {"Asia/Shanghai": range(1986, 1992), "Europe/Berlin": range(2024, 2028), "America/New_York": range(2024, 2028)}


@dataclass(frozen=True)
class Jumping:
    """A zone, its years, and a calendar of them without a holiday."""

    zone: ZoneInfo
    years: range

    @property
    def calendar(self) -> WorkingCalendar:
        return WorkingCalendar((), years=self.years, zone=self.zone, version="no holidays")

    def at_work(self, instant: datetime) -> bool:
        wall = instant.astimezone(self.zone)
        return wall.isoweekday() <= 5 and any(opens <= wall.time() < closes for opens, closes in SESSIONS)


@st.composite
def places(draw: st.DrawFn) -> tuple[Jumping, datetime]:
    """A zone and an instant near one of its jumps, which the next weeks lead across or not."""
    name = draw(st.sampled_from(sorted(YEARS)))
    zone = ZoneInfo(name)
    year = draw(st.sampled_from(YEARS[name]))
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(364)]
    noon = [datetime.combine(day, time(12), zone).utcoffset() for day in days]
    jumps = [day for day, before, after in zip(days[1:], noon, noon[1:], strict=False) if before != after]
    begin = draw(st.sampled_from(jumps or days)) + timedelta(days=draw(st.integers(-9, 2)))
    start = datetime.combine(begin, time(0), zone).astimezone(UTC) + draw(st.integers(0, 1440)) * MINUTE
    return Jumping(zone, YEARS[name]), start


@settings(max_examples=40, deadline=None)
@given(place=places(), amount=st.integers(1, 60), gap=st.integers(0, 3000), length=st.integers(0, 3000))
def test_working_hours_are_those_of_the_wall_and_last_sixty_minutes(
    place: tuple[Jumping, datetime], amount: int, gap: int, length: int
) -> None:
    district, start = place
    since, until = start + gap * MINUTE, start + (gap + length) * MINUTE
    now, left = start, amount * 60
    while left:
        left -= district.at_work(now) and not since <= now < until
        now += MINUTE
    events = [started(start), paused(since, "x"), resumed(until)]
    assert evaluate(events, Limit(amount, "working_hour"), district.calendar).due == now


@settings(max_examples=80, deadline=None)
@given(place=places(), amount=st.integers(1, 25))
def test_a_working_day_ends_when_the_office_closes_by_the_wall(place: tuple[Jumping, datetime], amount: int) -> None:
    district, start = place
    day, left = start.astimezone(district.zone).date(), amount
    while left:
        day += timedelta(days=1)
        left -= day.isoweekday() <= 5
    due = evaluate([started(start)], Limit(amount, "working_day"), district.calendar).due
    assert due == datetime.combine(day, time(18), district.zone)
    assert due is not None
    assert due.astimezone(district.zone).time() == time(18)


@settings(max_examples=80, deadline=None)
@given(place=places(), amount=st.integers(1, 400))
def test_an_hour_of_the_calendar_is_an_hour_that_passed(place: tuple[Jumping, datetime], amount: int) -> None:
    """Twenty-four hours over the night of the jump end at another time of the wall: nobody gets more or less."""
    district, start = place
    due = evaluate([started(start)], Limit(amount, "calendar_hour"), district.calendar).due
    assert due == start + amount * HOUR


@pytest.mark.parametrize(
    ("zone", "start", "due"),
    [
        ("Asia/Shanghai", "1986-05-02T17:00+08:00", datetime(1986, 5, 5, 9, tzinfo=UTC)),
        ("Asia/Shanghai", "1991-09-13T17:00+09:00", datetime(1991, 9, 16, 10, tzinfo=UTC)),
        ("Europe/Berlin", "2026-03-27T17:00+01:00", datetime(2026, 3, 30, 16, tzinfo=UTC)),
    ],
)
def test_one_working_day_across_a_jump(zone: str, start: str, due: datetime) -> None:
    """Worked by hand: Friday to Monday 18:00 of the wall, an hour earlier or later in UTC than the week before."""
    district = Jumping(ZoneInfo(zone), YEARS[zone])
    begun = datetime.fromisoformat(start).astimezone(UTC)
    assert evaluate([started(begun)], Limit(1, "working_day"), district.calendar).due == due


@pytest.mark.parametrize("hour", [1, 2])
def test_an_hour_that_the_wall_shows_twice_is_two_hours(hour: int) -> None:
    """In Berlin 02:30 came twice on 25 October 2026: the instant says which."""
    zone = ZoneInfo("Europe/Berlin")
    first, second = (datetime(2026, 10, 25, 2, 30, tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    assert second - first == HOUR
    calendar = Jumping(zone, YEARS["Europe/Berlin"]).calendar
    dues = [evaluate([started(one)], Limit(hour, "calendar_hour"), calendar).due for one in (first, second)]
    assert dues == [first + hour * HOUR, second + hour * HOUR]
