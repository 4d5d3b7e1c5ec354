"""What must hold of every clock, whatever its events: more time given is never less time had."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhihai.ground.worktime.clock import evaluate
from zhihai.ground.worktime.events import ClockEvent, extended, paused, resumed, started
from zhihai.ground.worktime.limits import Limit, Unit, WarnAt
from zhihai.ground.worktime.strip import strip

BASE = datetime(2013, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)

starts = st.integers(0, 500 * 86_400).map(lambda seconds: BASE + seconds * SECOND)
units: st.SearchStrategy[Unit] = st.sampled_from(["working_day", "working_hour", "calendar_hour"])
lengths = st.integers(0, 20 * 86_400)
gaps = st.lists(st.tuples(lengths, lengths), max_size=3)


@st.composite
def clocks(draw: st.DrawFn) -> list[ClockEvent]:
    """A running clock with some pauses and perhaps an extension, which needs its unit: see ``with_more``."""
    now = draw(starts)
    events = [started(now)]
    for gap, length in draw(gaps):
        events.append(paused(now + gap * SECOND, "x"))
        now += (gap + length) * SECOND
        events.append(resumed(now))
    return events


def due(events: list[ClockEvent], limit: Limit, calendar) -> datetime:
    reading = evaluate(events, limit, calendar, provisional=True)
    assert reading.due is not None
    return reading.due


@given(events=clocks(), unit=units, amount=st.integers(1, 40), more=st.integers(1, 40))
def test_a_longer_limit_is_never_due_earlier(calendar, *, events, unit, amount, more):
    assert due(events, Limit(amount, unit), calendar) < due(events, Limit(amount + more, unit), calendar)


@given(events=clocks(), unit=units, amount=st.integers(1, 40), data=st.data())
def test_a_longer_pause_is_never_due_earlier(calendar, *, events, unit, amount, data):
    since = events[-1].at + data.draw(lengths) * SECOND
    until = since + data.draw(lengths) * SECOND
    later = until + data.draw(lengths) * SECOND
    earlier = since - min(data.draw(lengths) * SECOND, since - events[-1].at)
    limit = Limit(amount, unit)
    short = due([*events, paused(since, "x"), resumed(until)], limit, calendar)
    assert due(events, limit, calendar) <= short
    assert short <= due([*events, paused(since, "x"), resumed(later)], limit, calendar)
    assert short <= due([*events, paused(earlier, "x"), resumed(until)], limit, calendar)


@given(events=clocks(), unit=units, amount=st.integers(1, 40), more=st.integers(1, 40), wait=lengths)
def test_an_extension_is_never_due_earlier_and_never_later_than_a_limit_that_long(
    calendar, *, events, unit, amount, more, wait
):
    longer = [*events, extended(events[-1].at + wait * SECOND, Limit(more, unit), "x")]
    plain, whole = due(events, Limit(amount, unit), calendar), due(events, Limit(amount + more, unit), calendar)
    assert due(longer, Limit(amount, unit), calendar) in (plain, whole)


@given(start=starts, wait=lengths, unit=units, amount=st.integers(1, 40))
def test_a_later_start_is_never_due_earlier(calendar, start, wait, unit, amount):
    limit = Limit(amount, unit)
    assert due([started(start)], limit, calendar) <= due([started(start + wait * SECOND)], limit, calendar)


@given(events=clocks(), unit=units, amount=st.integers(1, 40), wait=lengths)
def test_a_pause_of_no_length_is_no_pause(calendar, *, events, unit, amount, wait):
    at = events[-1].at + wait * SECOND
    limit = Limit(amount, unit)
    assert due([*events, paused(at, "x"), resumed(at)], limit, calendar) == due(events, limit, calendar)


@given(events=clocks(), unit=units, amount=st.integers(1, 40), parts=st.tuples(lengths, lengths, lengths))
def test_two_pauses_that_meet_are_one(calendar, *, events, unit, amount, parts):
    first, second, third = (events[-1].at + sum(parts[:number]) * SECOND for number in (1, 2, 3))
    limit = Limit(amount, unit)
    one = [*events, paused(first, "x"), resumed(third)]
    two = [*events, paused(first, "x"), resumed(second), paused(second, "y"), resumed(third)]
    assert due(one, limit, calendar) == due(two, limit, calendar)


@given(events=clocks(), unit=units, amount=st.integers(1, 40), wait=lengths, length=lengths)
def test_what_comes_after_the_due_instant_does_not_move_it(calendar, *, events, unit, amount, wait, length):
    limit = Limit(amount, unit)
    first = due(events, limit, calendar)
    at = max(first, events[-1].at) + wait * SECOND
    held = evaluate([*events, paused(at, "x")], limit, calendar, at, provisional=True)
    assert held.due == first
    assert due([*events, paused(at, "x"), resumed(at + length * SECOND)], limit, calendar) == first
    assert due([*events, extended(at + SECOND, limit, "x")], limit, calendar) == first


@given(events=clocks(), unit=units, amount=st.integers(1, 40), percent=st.integers(1, 98), before=st.integers(1, 60))
def test_a_warning_comes_in_order_and_not_after_the_due_instant(calendar, *, events, unit, amount, percent, before):
    limit = Limit(amount, unit)

    def warn(**rule: int) -> datetime:
        reading = evaluate(events, limit, calendar, warning=WarnAt(**rule), provisional=True)
        assert reading.warn_at is not None
        return reading.warn_at

    assert events[0].at <= warn(percent=percent) <= warn(percent=percent + 1) <= due(events, limit, calendar)
    assert events[0].at <= warn(before=before + 1) <= warn(before=before) <= due(events, limit, calendar)


@given(events=clocks(), unit=units, amount=st.integers(1, 40), waits=st.tuples(lengths, lengths))
def test_time_elapsed_only_grows_and_with_the_rest_makes_the_whole(calendar, *, events, unit, amount, waits):
    limit = Limit(amount, unit)
    times = [events[-1].at + sum(waits[:number]) * SECOND for number in (0, 1, 2)]
    readings = [evaluate(events, limit, calendar, at, provisional=True) for at in times]
    assert [reading.elapsed for reading in readings] == sorted(reading.elapsed for reading in readings)
    for reading, at in zip(readings, times, strict=True):
        assert reading.elapsed + reading.remaining == reading.total
        assert reading.overdue is (at > reading.due)
        if not reading.overdue:
            assert reading.remaining >= 0


@pytest.mark.parametrize("held", [False, True])
@given(events=clocks(), unit=units, amount=st.integers(1, 40), wait=lengths, more=lengths)
def test_a_strip_is_drawn_in_proportion(calendar, *, held, events, unit, amount, wait, more):
    limit = Limit(amount, unit)
    if held:
        events = [*events, paused(events[-1].at + more * SECOND, "x")]
    at = events[-1].at + wait * SECOND
    reading = evaluate(events, limit, calendar, at, provisional=True)
    drawn = strip(reading)
    if reading.overdue:
        assert drawn.elapsed >= 1
    else:
        assert 0 <= drawn.elapsed <= 1
    edge = 0.0
    for since, width in drawn.pauses:
        assert since >= edge - 1e-9
        assert width > 0
        edge = since + width
    if not reading.overdue:
        assert sum(width for _, width in drawn.pauses) < 1


@settings(max_examples=50)
@given(events=clocks(), unit=units, amount=st.integers(1, 40))
def test_a_reading_depends_on_nothing_else(calendar, *, events, unit, amount):
    limit = Limit(amount, unit)
    first = evaluate(events, limit, calendar, warning=WarnAt(percent=90), provisional=True)
    again = evaluate(tuple(events), limit, calendar, warning=WarnAt(percent=90), provisional=True)
    assert first[:3] == again[:3]
    assert strip(first) == strip(again)
