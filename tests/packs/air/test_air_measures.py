"""The figures of the air pack, over rows as the room indicators gives them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhihai.ground.reading import Flag
from zhihai.kit.kinds import ExpectedStream, ObservedRow, Span
from zhihai.packs.air.measures import data_completeness, good_days

BEGIN = datetime(2014, 1, 31, 16, tzinfo=UTC)
SPAN = Span(BEGIN, BEGIN + timedelta(days=28), BEGIN + timedelta(days=28))
HOUR = timedelta(hours=1)


def days(*values: tuple[float, int]) -> tuple[ObservedRow, ...]:
    return tuple(
        ObservedRow(BEGIN + timedelta(days=place), value, flags, None, 1) for place, (value, flags) in enumerate(values)
    )


def test_good_days_are_counted_among_days_that_can_be_told() -> None:
    rows = days(
        (100, 0), (101, 0), (60, Flag.INCOMPLETE), (150, Flag.INCOMPLETE), (20, Flag.INVALID), (50, Flag.RETROACTIVE)
    )
    measured = good_days(rows, SPAN)
    assert (measured.numerator, measured.denominator, measured.rows) == (2, 4, (0, 1, 3, 5))
    assert measured.above == (0, 5)
    assert measured.value == pytest.approx(0.5)


def test_nothing_measured_is_no_figure() -> None:
    assert good_days((), SPAN).value is None
    assert data_completeness((), waiting(6, 0)).value is None


def values(hours: int, streams: int, flags: int = 0) -> tuple[ObservedRow, ...]:
    return tuple(
        ObservedRow(BEGIN + hour * HOUR, 1.0, flags, None, stream) for hour in range(hours) for stream in range(streams)
    )


def waiting(streams: int, hours: int) -> Span:
    """The month, seen up to an hour of it, with the streams that are expected from its begin."""
    expected = tuple(ExpectedStream(stream, BEGIN, SPAN.ends, HOUR) for stream in range(streams))
    return Span(BEGIN, SPAN.ends, BEGIN + hours * HOUR, expected)


def test_completeness_is_of_what_should_have_come() -> None:
    assert data_completeness(values(24, 6), waiting(6, 24)).value == 1.0
    assert data_completeness(values(24, 5), waiting(6, 24)).value == pytest.approx(5 / 6)
    two_devices = data_completeness(values(12, 12), waiting(12, 24))
    assert (two_devices.numerator, two_devices.denominator) == (144, 288)


def test_a_station_that_is_silent_all_the_while_is_missing() -> None:
    measured = data_completeness(values(24, 6), waiting(12, 24))
    assert (measured.numerator, measured.denominator, measured.value) == (144, 288, 0.5)
    assert data_completeness((), waiting(6, 24)).value == 0.0


def test_a_station_is_expected_from_its_first_day_to_its_last() -> None:
    day = timedelta(days=1)
    between = ExpectedStream(1, BEGIN + 10 * day, BEGIN + 12 * day, HOUR)
    assert Span(BEGIN, SPAN.ends, SPAN.ends, (between,)).expected == 48
    assert Span(BEGIN, SPAN.ends, BEGIN + 11 * day, (between,)).expected == 24
    assert Span(BEGIN, SPAN.ends, BEGIN + 5 * day, (between,)).expected == 0


def test_an_hour_counts_once_however_many_values_a_station_sends_in_it() -> None:
    many = tuple(ObservedRow(BEGIN + timedelta(minutes=minute), 1.0, 0, None, 1) for minute in range(40))
    measured = data_completeness(many, waiting(1, 24))
    assert (measured.numerator, measured.rows) == (1, (0,))


def test_a_value_set_aside_is_missing() -> None:
    assert data_completeness(values(24, 6, Flag.INVALID), waiting(6, 24)).numerator == 0


@given(st.lists(st.tuples(st.integers(0, 500).map(float), st.integers(0, 15)), max_size=40))
def test_the_rows_of_a_figure_give_it_again(given_days: list[tuple[float, int]]) -> None:
    rows = days(*given_days)
    measured = good_days(rows, SPAN)
    assert measured.denominator == len(measured.rows)
    assert measured.numerator == sum(rows[place].value <= 100 for place in measured.rows)
    assert measured.value is None or 0 <= measured.value <= 1
