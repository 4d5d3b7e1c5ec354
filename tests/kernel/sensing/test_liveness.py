"""Liveness: derived from expectation and the newest two values, with hysteresis, never stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from zhihai.ground.reading import Reading
from zhihai.kernel.sensing import reads as sensing
from zhihai.kernel.sensing.liveness import Expected, best, stream_liveness

AT = datetime(2014, 2, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOURLY = Expected(every=HOUR, stale_after=3 * HOUR)
RANK = {"alive": 0, "late": 1, "silent": 2}


def state(age: float, before: float | None = None) -> str:
    """The liveness of an hourly stream whose newest hour ended ``age`` hours ago, ``before`` hours after the last."""
    at = AT - (age + 1) * HOUR
    return stream_liveness(HOURLY, at, None if before is None else at - before * HOUR, AT)


def test_a_stream_goes_from_alive_over_late_to_silent() -> None:
    assert [state(age) for age in (-0.9, 0, 1, 1.5, 1.6, 3, 3.1, 900)] == [
        "alive", "alive", "alive", "alive", "late", "late", "silent", "silent",
    ]  # fmt: skip
    assert stream_liveness(HOURLY, None, None, AT) == "never"


def test_one_value_after_a_silence_is_no_recovery_a_second_is() -> None:
    assert state(0.1, before=100) == "late"
    assert state(0.1, before=1) == "alive"
    assert state(0.1, before=4) == "alive"  # a gap that had not made it silent


@given(
    st.floats(0, 50), st.floats(0, 50), st.floats(1, 50) | st.none(),
    st.sampled_from([HOURLY, Expected(timedelta(minutes=5), HOUR), Expected(24 * HOUR, 48 * HOUR)]),
)  # fmt: skip
def test_waiting_never_makes_a_stream_livelier(
    age: float, more: float, before: float | None, expected: Expected
) -> None:
    earlier = None if before is None else AT - before * HOUR
    now, later = AT + age * HOUR, AT + (age + more) * HOUR
    assert RANK[stream_liveness(expected, AT, earlier, now)] <= RANK[stream_liveness(expected, AT, earlier, later)]


def test_a_device_is_as_alive_as_its_best_stream() -> None:
    assert best(["never", "silent", "late"]) == "late"
    assert best([]) == "never"


def test_it_is_asked_of_the_district_clock_and_of_measured_streams(send: Any, hear: Any) -> None:
    west = sensing.device("west")

    def asked(now: datetime) -> str:
        return sensing.liveness(west, sensing.latest([west.id]), now)

    assert asked(AT) == "never"
    send(Reading("west", "dust", AT - 2 * HOUR, 1.0), Reading("west", "dust", AT - HOUR, 1.0))
    hear()
    assert [asked(AT + n * HOUR) for n in (0, 1, 2, 4)] == ["alive", "alive", "late", "silent"]
    send(Reading("west", "rain", AT - HOUR / 2, 0.0))
    assert asked(AT + 1.9 * HOUR) == "alive"  # one instrument proves that the line works
