"""Courses: a window says the same whether or not it is known to have no gap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from zhihai.ground.instants import to_micros
from zhihai.ground.window import HOUR, Sample, Window
from zhihai.kernel.sensing.courses import Course

START = datetime(2014, 2, 20, tzinfo=UTC)
SPAN = 12 * HOUR


@given(
    hours=st.sets(st.integers(0, 40)),
    end=st.integers(0, 45),
    count=st.integers(0, 15),
    minutes=st.sampled_from([0, 0, 0, 30]),
)
def test_a_window_known_to_have_no_gap_says_what_its_samples_say(
    hours: set[int], end: int, count: int, minutes: int
) -> None:
    samples = tuple(Sample(START + hour * HOUR, float(hour)) for hour in sorted(hours))
    course = Course({"x": samples}, {"x": [to_micros(sample.at) for sample in samples]}, ["x"])
    at = START + end * HOUR + timedelta(minutes=minutes)
    window = course.window(at, SPAN)
    plain = Window(at, window.series)
    assert window.hours("x", count) == plain.hours("x", count)
    assert window.values("x", count) == plain.values("x", count)


def test_only_what_fills_every_hour_to_the_end_is_whole() -> None:
    samples = tuple(Sample(START + hour * HOUR, 1.0) for hour in (0, 1, 3, 4, 5))
    course = Course({"x": samples}, {"x": [to_micros(sample.at) for sample in samples]}, ["x"])
    assert course.window(START + 6 * HOUR, 3 * HOUR).whole == {"x"}
    assert course.window(START + 6 * HOUR, 5 * HOUR).whole == set()
    assert course.window(START + 7 * HOUR, 3 * HOUR).whole == set()
    assert course.window(START + 2 * HOUR, 4 * HOUR).whole == {"x"}
