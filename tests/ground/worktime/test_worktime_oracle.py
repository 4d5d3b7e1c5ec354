"""The clock against a naive one that walks day by day and minute by minute, over the published years 2004–2026."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhihai.ground.named import Named
from zhihai.ground.worktime.calendar import CalendarDay, WorkingCalendar
from zhihai.ground.worktime.clock import evaluate
from zhihai.ground.worktime.events import ClockEvent, extended, paused, resumed, started, stopped
from zhihai.ground.worktime.limits import Limit
from zhihai.ground.worktime.special import interrupted

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = timedelta(minutes=1)
SESSIONS = ((time(9), time(12)), (time(13), time(18)))
Spans = Sequence[tuple[datetime, datetime]]


@dataclass(frozen=True)
class Naive:
    """A district that knows its days off and reads its limits from the wall, one day and one minute at a time."""

    off: frozenset[date]
    made_up: frozenset[date]
    zone: ZoneInfo
    sessions: tuple[tuple[time, time], ...] = SESSIONS

    def works(self, day: date) -> bool:
        return day in self.made_up or (day not in self.off and day.isoweekday() <= 5)

    def shares(self, day: date, span: tuple[datetime, datetime]) -> bool:
        for opening, closing in self.sessions:
            opens = datetime.combine(day, opening, self.zone)
            closes = datetime.combine(day, closing, self.zone)
            if max(opens, span[0]) < min(closes, span[1]):
                return True
        return False

    def days(self, start: datetime, amount: int, pauses: Spans) -> datetime:
        day = start.astimezone(self.zone).date()
        while amount:
            day += timedelta(days=1)
            if self.works(day) and not any(self.shares(day, span) for span in pauses):
                amount -= 1
        return datetime.combine(day, self.sessions[-1][1], self.zone).astimezone(UTC)

    def at_work(self, instant: datetime) -> bool:
        wall = instant.astimezone(self.zone)
        return self.works(wall.date()) and any(a <= wall.time() < b for a, b in self.sessions)

    def hours(self, start: datetime, amount: int, pauses: Spans, *, nights: bool = False) -> datetime:
        now, left = start, amount * 60
        while left:
            held = any(since <= now < until for since, until in pauses)
            if not held and (nights or self.at_work(now)):
                left -= 1
            now += MINUTE
        return now

    def due(self, start: datetime, limit: Limit, pauses: Spans) -> datetime:
        if limit.unit == "working_day":
            return self.days(start, limit.amount, pauses)
        return self.hours(start, limit.amount, pauses, nights=limit.unit == "calendar_hour")


@pytest.fixture(scope="module")
def naive(published) -> Naive:
    made_up = frozenset(entry.day for entry in published if entry.kind == "make_up_workday")
    return Naive(frozenset(entry.day for entry in published) - made_up, made_up, SHANGHAI)


@pytest.fixture(scope="module")
def whole(published) -> WorkingCalendar:
    return WorkingCalendar(published, years=range(2004, 2027), zone=SHANGHAI, version="published")


def instants(first: datetime, last: datetime) -> st.SearchStrategy[datetime]:
    return st.integers(0, (last - first) // MINUTE).map(lambda minutes: first + minutes * MINUTE)


STARTS = instants(datetime(2004, 1, 1, tzinfo=SHANGHAI), datetime(2026, 6, 1, tzinfo=SHANGHAI)).map(
    lambda instant: instant.astimezone(UTC)
)
GAPS = st.lists(st.tuples(st.integers(0, 8000), st.integers(0, 8000)), max_size=3)
SHORT_GAPS = st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), max_size=3)


def spans(start: datetime, gaps: list[tuple[int, int]]) -> list[tuple[datetime, datetime]]:
    found, now = [], start
    for gap, length in gaps:
        found.append((now + gap * MINUTE, now + (gap + length) * MINUTE))
        now = found[-1][1]
    return found


def clock(start: datetime, pauses: Spans) -> list[ClockEvent]:
    events = [started(start)]
    for since, until in pauses:
        events += [paused(since, "x"), resumed(until)]
    return events


@settings(max_examples=300, deadline=None)
@given(start=STARTS, amount=st.integers(1, 60), gaps=GAPS)
def test_working_days_agree_with_a_walk_over_days(whole, naive, *, start, amount, gaps):
    pauses = spans(start, gaps)
    assert evaluate(clock(start, pauses), Limit(amount, "working_day"), whole).due == naive.days(start, amount, pauses)


@settings(max_examples=60, deadline=None)
@given(start=STARTS, amount=st.integers(1, 20), gaps=SHORT_GAPS)
def test_working_hours_agree_with_a_walk_over_minutes(whole, naive, *, start, amount, gaps):
    pauses = spans(start, gaps)
    due = evaluate(clock(start, pauses), Limit(amount, "working_hour"), whole).due
    assert due == naive.hours(start, amount, pauses)


@settings(max_examples=60, deadline=None)
@given(start=STARTS, amount=st.integers(1, 30), gaps=SHORT_GAPS)
def test_calendar_hours_agree_with_a_walk_over_minutes(whole, naive, *, start, amount, gaps):
    pauses = spans(start, gaps)
    due = evaluate(clock(start, pauses), Limit(amount, "calendar_hour"), whole).due
    assert due == naive.hours(start, amount, pauses, nights=True)


@settings(max_examples=150, deadline=None)
@given(start=STARTS, amount=st.integers(1, 30), more=st.integers(1, 15), gaps=GAPS, after=st.integers(0, 30_000))
def test_an_extension_counts_exactly_when_it_comes_in_time(whole, naive, *, start, amount, more, gaps, after):
    pauses = [span for span in spans(start, gaps) if span[1] <= start + after * MINUTE]
    at = start + after * MINUTE
    events = [*clock(start, pauses), extended(at, Limit(more, "working_day"), "x")]
    plain = naive.days(start, amount, pauses)
    expected = naive.days(start, amount + more, pauses) if at <= plain else plain
    assert evaluate(events, Limit(amount, "working_day"), whole).due == expected


@settings(max_examples=150, deadline=None)
@given(start=STARTS, amount=st.integers(1, 30), gaps=GAPS, wait=st.integers(0, 60_000))
def test_an_open_pause_leaves_what_a_walk_has_not_counted(whole, naive, *, start, amount, gaps, wait):
    pauses = spans(start, gaps)
    since = (pauses[-1][1] if pauses else start) + wait * MINUTE
    reading = evaluate([*clock(start, pauses), paused(since, "x")], Limit(amount, "working_day"), whole)
    plain = naive.days(start, amount, pauses)
    if plain <= since:
        assert reading.due == plain
        return
    assert reading.due is None
    counted = sum(naive.days(start, number, pauses) <= since for number in range(1, amount + 1))
    assert (reading.elapsed, reading.remaining) == (counted, amount - counted)


@settings(max_examples=150, deadline=None)
@given(start=STARTS, amount=st.integers(1, 30), gaps=GAPS, after=st.integers(0, 60_000))
def test_what_has_elapsed_agrees_with_a_walk_over_days(whole, naive, *, start, amount, gaps, after):
    pauses = spans(start, gaps)
    at = (pauses[-1][1] if pauses else start) + after * MINUTE
    reading = evaluate(clock(start, pauses), Limit(amount, "working_day"), whole, at)
    counted = 0
    while naive.days(start, counted + 1, pauses) <= at:
        counted += 1
    assert (reading.elapsed, reading.overdue) == (counted, at > naive.days(start, amount, pauses))


@settings(max_examples=100, deadline=None)
@given(
    start=STARTS,
    limit=st.sampled_from([Limit(20, "working_day"), Limit(6, "working_hour"), Limit(12, "calendar_hour")]),
    gaps=SHORT_GAPS,
    procedures=st.lists(st.tuples(st.integers(-2000, 4000), st.integers(0, 2000)), max_size=3),
)
def test_time_of_special_procedures_is_cut_out_once(whole, naive, *, start, limit, gaps, procedures):
    own = spans(start, gaps)
    special = [(start + since * MINUTE, start + (since + length) * MINUTE) for since, length in procedures]
    events = interrupted(clock(start, own), [[started(since), stopped(until)] for since, until in special])
    assert evaluate(events, limit, whole).due == naive.due(start, limit, [*own, *special])


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_hours_agree_with_a_walk_over_minutes_where_summer_time_changes(name, data):
    zone = ZoneInfo(name)
    sessions = ((0, 360), (540, 720))
    walls = ((time(0), time(6)), (time(9), time(12)))
    sundays = [date(2014, 3, 9), date(2014, 3, 30), date(2014, 10, 26), date(2014, 11, 2)]  # the clock changes
    calendar = WorkingCalendar(
        [CalendarDay(day, "make_up_workday", Named("x", "x")) for day in sundays],
        years=[2014],
        zone=zone,
        version="1",
        sessions=sessions,
    )
    naive = Naive(frozenset(), frozenset(sundays), zone, walls)
    change = datetime.combine(data.draw(st.sampled_from(sundays)), time(0), zone).astimezone(UTC)
    start = data.draw(instants(change - timedelta(days=3), change + timedelta(days=1)))
    amount = data.draw(st.integers(1, 20))
    pauses = spans(start, data.draw(SHORT_GAPS))
    for unit in ("working_hour", "calendar_hour", "working_day"):
        limit = Limit(amount, unit)
        assert evaluate(clock(start, pauses), limit, calendar).due == naive.due(start, limit, pauses)
