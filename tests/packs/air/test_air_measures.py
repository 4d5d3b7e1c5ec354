"""The figures of the air pack, over rows as the room indicators gives them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhihai.ground.reading import Flag
from zhihai.kit.kinds import CaseRow, ObservedRow, Span
from zhihai.packs.air.measures import data_completeness, good_days, on_time_inspections
from zhihai.packs.air.model.norms import POLLUTANTS

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
    assert measured.value == pytest.approx(0.5)


def test_nothing_measured_is_no_figure() -> None:
    assert good_days((), SPAN).value is None
    assert on_time_inspections((), SPAN).value is None
    later = Span(BEGIN, SPAN.ends, BEGIN)
    assert data_completeness((), later).value is None


def values(hours: int, streams: int, flags: int = 0) -> tuple[ObservedRow, ...]:
    return tuple(
        ObservedRow(BEGIN + hour * HOUR, 1.0, flags, None, stream) for hour in range(hours) for stream in range(streams)
    )


def test_completeness_is_of_what_should_have_come() -> None:
    assert data_completeness(values(24, 6), Span(BEGIN, SPAN.ends, BEGIN + 24 * HOUR)).value == 1.0
    assert data_completeness(values(24, 5), Span(BEGIN, SPAN.ends, BEGIN + 24 * HOUR)).value == pytest.approx(5 / 6)
    two_devices = data_completeness(values(12, 12), Span(BEGIN, SPAN.ends, BEGIN + 24 * HOUR))
    assert (two_devices.numerator, two_devices.denominator) == (144, 288)
    silent = data_completeness((), Span(BEGIN, SPAN.ends, BEGIN + 24 * HOUR))
    assert (silent.value, silent.denominator) == (0.0, 24 * len(POLLUTANTS))


def test_a_value_set_aside_is_missing() -> None:
    assert data_completeness(values(24, 6, Flag.INVALID), SPAN).numerator == 0


def clock(due: timedelta | None, stopped: timedelta | None) -> CaseRow:
    at = [None if span is None else BEGIN + span for span in (due, stopped)]
    return CaseRow(1, "AJ-1", BEGIN, at[0], at[1], None)


def test_inspections_in_time_among_those_done_or_due() -> None:
    rows = (
        clock(8 * HOUR, 8 * HOUR),
        clock(8 * HOUR, 9 * HOUR),
        clock(8 * HOUR, None),
        clock(timedelta(days=40), None),
        clock(None, 2 * HOUR),
        clock(timedelta(days=40), HOUR),
    )
    measured = on_time_inspections(rows, SPAN)
    assert (measured.numerator, measured.denominator, measured.rows) == (2, 4, (0, 1, 2, 5))


@given(st.lists(st.tuples(st.integers(0, 500).map(float), st.integers(0, 15)), max_size=40))
def test_the_rows_of_a_figure_give_it_again(given_days: list[tuple[float, int]]) -> None:
    rows = days(*given_days)
    measured = good_days(rows, SPAN)
    assert measured.denominator == len(measured.rows)
    assert measured.numerator == sum(rows[place].value <= 100 for place in measured.rows)
    assert measured.value is None or 0 <= measured.value <= 1
