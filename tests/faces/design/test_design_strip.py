"""The time strip: where elapsed time, pauses and the due instant stand on it, and how urgent it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhihai.faces.design.strip import share_strip, time_strip

START = datetime(2014, 3, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
hours = st.integers(min_value=0, max_value=2000).map(lambda n: START + n * HOUR)


@pytest.mark.parametrize(
    ("now", "urgency", "filled", "due_at", "spent"),
    [
        (0, "calm", 0.0, 100.0, 0),
        (79, "calm", 79.0, 100.0, 79),
        (80, "near", 80.0, 100.0, 80),
        (100, "near", 100.0, 100.0, 100),
        (101, "late", 100.0, 99.01, 101),
        (200, "late", 100.0, 50.0, 200),
    ],
)
def test_elapsed_against_the_limit(now: int, urgency: str, filled: float, due_at: float, spent: int) -> None:
    strip = time_strip(START, START + 100 * HOUR, START + now * HOUR)
    assert (strip.urgency, strip.filled, strip.due_at, strip.spent) == (urgency, filled, due_at, spent)
    assert strip.running


def test_a_warning_instant_decides_what_is_near() -> None:
    due, warn = START + 100 * HOUR, START + 30 * HOUR
    assert time_strip(START, due, START + 29 * HOUR, warn=warn).urgency == "calm"
    assert time_strip(START, due, START + 30 * HOUR, warn=warn).urgency == "near"
    assert time_strip(START, due, START + 90 * HOUR, warn=due).urgency == "calm"


def test_pauses_stand_where_they_were_and_shrink_with_an_overrun() -> None:
    pauses = ((START + 20 * HOUR, START + 30 * HOUR),)
    due = START + 100 * HOUR
    assert time_strip(START, due, START + 50 * HOUR, pauses=pauses).pauses == ((20.0, 10.0),)
    assert time_strip(START, due, START + 25 * HOUR, pauses=pauses).pauses == ((20.0, 5.0),)
    assert time_strip(START, due, START + 10 * HOUR, pauses=pauses).pauses == ()
    assert time_strip(START, due, START + 200 * HOUR, pauses=pauses).pauses == ((10.0, 5.0),)


def test_a_paused_clock_without_a_due_instant_stops_filling() -> None:
    strip = time_strip(START, None, START + 40 * HOUR, pauses=((START + 10 * HOUR, None),))
    assert (strip.urgency, strip.filled, strip.pauses, strip.spent) == ("paused", 25.0, ((25.0, 75.0),), None)
    assert not strip.running


def test_a_clock_that_ended_while_it_stood_still_is_drawn() -> None:
    strip = time_strip(START, None, START + 90 * HOUR, pauses=((START + 10 * HOUR, None),), done=START + 40 * HOUR)
    assert (strip.urgency, strip.filled, strip.pauses, strip.spent) == ("done", 25.0, ((25.0, 75.0),), None)
    assert not strip.running


def test_a_clock_done_in_time_and_one_done_late() -> None:
    due, now = START + 100 * HOUR, START + 500 * HOUR
    early = time_strip(START, due, now, done=START + 40 * HOUR)
    late = time_strip(START, due, now, done=START + 125 * HOUR)
    assert (early.urgency, early.filled, early.over) == ("done", 40.0, 0.0)
    assert (late.urgency, late.due_at, late.over) == ("done_late", 80.0, 20.0)
    assert not early.running


@given(due=hours, now=hours, first=hours, length=st.integers(0, 300), done=st.none() | hours)
def test_nothing_leaves_the_strip(
    due: datetime, now: datetime, first: datetime, length: int, done: datetime | None
) -> None:
    strip = time_strip(START, due, now, pauses=((first, first + length * HOUR),), done=done)
    assert 0 <= strip.filled <= 100
    assert 0 <= strip.due_at <= 100
    assert strip.filled == 100 or strip.due_at == 100
    assert 0 <= strip.over <= 100 - strip.due_at + 0.01
    assert all(x >= 0 and width >= 0 and x + width <= strip.filled + 0.02 for x, width in strip.pauses)
    end = done or now
    assert (strip.urgency in ("late", "done_late")) is (max(end, START) > due)


def test_what_can_not_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="due instant is before the start"):
        time_strip(START, START - HOUR, START)
    with pytest.raises(ValueError, match="needs its due instant"):
        time_strip(START, None, START)
    with pytest.raises(ValueError, match="time zone"):
        time_strip(START, START.replace(tzinfo=None), START)


@pytest.mark.parametrize(
    ("value", "urgency", "filled", "due_at"),
    [(0, "calm", 0.0, 100.0), (7.1, "calm", 71.0, 100.0), (9.6, "near", 96.0, 100.0), (12.5, "late", 100.0, 80.0)],
)
def test_promised_and_real(value: float, urgency: str, filled: float, due_at: float) -> None:
    strip = share_strip(value, 10)
    assert (strip.urgency, strip.filled, strip.due_at) == (urgency, filled, due_at)
    assert not strip.running


@pytest.mark.parametrize(("value", "limit"), [(1, 0), (1, -3), (-1, 10)])
def test_a_share_needs_a_limit(value: float, limit: float) -> None:
    with pytest.raises(ValueError, match="limit above zero"):
        share_strip(value, limit)
