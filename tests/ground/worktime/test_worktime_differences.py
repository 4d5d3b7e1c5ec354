"""Where two calendars differ: a clock whose stretch meets none of it reads the same under both."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from zhihai.ground.named import Named
from zhihai.ground.worktime.calendar import CalendarDay, WorkingCalendar
from zhihai.ground.worktime.clock import evaluate
from zhihai.ground.worktime.events import paused, resumed, started
from zhihai.ground.worktime.limits import Limit, WarnAt
from zhihai.ground.worktime.timeline import micros

ZONE = ZoneInfo("Asia/Shanghai")
NAME = Named("节", "Feast")
BEGIN = datetime(2014, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)

days_off = st.sets(st.dates(date(2014, 1, 1), date(2015, 12, 31)), max_size=25)
years = st.sampled_from([{2014}, {2014, 2015}, {2013, 2014, 2015}])
limits = st.one_of(
    st.builds(Limit, st.integers(1, 40), st.just("working_day")),
    st.builds(Limit, st.integers(1, 200), st.just("working_hour")),
)
offsets = st.integers(0, 500 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


def calendar(off: set[date], known: set[int], version: str) -> WorkingCalendar:
    days = [CalendarDay(day, "make_up_workday" if day.weekday() > 4 else "holiday", NAME) for day in sorted(off)]
    return WorkingCalendar([day for day in days if day.day.year in known], years=known, zone=ZONE, version=version)


@settings(deadline=None, max_examples=60)
@given(days_off, days_off, years, years, offsets, limits, st.lists(offsets, max_size=2))
def test_a_clock_apart_from_the_differences_reads_the_same(
    one: set[date], other: set[date], known: set[int], also: set[int], start: timedelta, limit: Limit,
    held: list[timedelta],
) -> None:  # fmt: skip
    old, new = calendar(one, known, "old"), calendar(one ^ other, also, "new")
    begin = BEGIN + start
    events = [started(begin)]
    if len(held) == 2:
        events += [paused(begin + min(held), ""), resumed(begin + max(held))]
    kind = {"warning": WarnAt(percent=75), "provisional": True}
    before = evaluate(events, limit, old, **kind)
    assume(before.due is not None)
    stretch = (micros(begin - DAY), micros(before.due + DAY))
    spans = old.differences(new)
    assert spans is not None
    if any(first < stretch[1] and end > stretch[0] for first, end in spans):
        return
    after = evaluate(events, limit, new, **kind)
    assert (after.due, after.warn_at, after.provisional) == (before.due, before.warn_at, before.provisional)


def test_one_day_off_more_is_one_span() -> None:
    old = calendar(set(), {2014}, "old")
    new = calendar({date(2014, 3, 5)}, {2014}, "new")
    (span,) = old.differences(new) or []
    assert span == (micros(datetime(2014, 3, 4, 16, tzinfo=UTC)), micros(datetime(2014, 3, 5, 16, tzinfo=UTC)))
    assert old.differences(calendar(set(), {2014}, "again")) == []


def test_a_year_that_becomes_known_is_a_span_and_other_hours_are_everything() -> None:
    old = calendar(set(), {2014}, "old")
    (span,) = old.differences(calendar(set(), {2014, 2015}, "more")) or []
    assert span[1] - span[0] == 365 * micros(datetime(1970, 1, 2, tzinfo=UTC))
    assert old.differences(WorkingCalendar([], years={2014}, zone=ZONE, version="x", sessions=((0, 60),))) is None
