"""The measure of promises kept, as every pack has it from the kit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from zhihai.kit.kinds import CaseRow, Span
from zhihai.kit.measures import in_time

BEGIN = datetime(2014, 1, 31, 16, tzinfo=UTC)
SPAN = Span(BEGIN, BEGIN + timedelta(days=28), BEGIN + timedelta(days=28))
HOUR = timedelta(hours=1)


def clock(due: timedelta | None, stopped: timedelta | None) -> CaseRow:
    at = [None if span is None else BEGIN + span for span in (due, stopped)]
    return CaseRow(1, "AJ-1", BEGIN, at[0], at[1], None)


def test_promises_kept_among_those_done_or_due() -> None:
    rows = (
        clock(8 * HOUR, 8 * HOUR),
        clock(8 * HOUR, 9 * HOUR),
        clock(8 * HOUR, None),
        clock(timedelta(days=40), None),
        clock(None, 2 * HOUR),
        clock(timedelta(days=40), HOUR),
    )
    measured = in_time(rows, SPAN)
    assert (measured.numerator, measured.denominator, measured.rows) == (2, 4, (0, 1, 2, 5))
    assert measured.above == (0, 5)


@pytest.mark.parametrize(("seen", "denominator"), [(7, 0), (8, 1)])
def test_one_that_runs_is_broken_when_its_instant_has_come_and_not_before(seen: int, denominator: int) -> None:
    measured = in_time((clock(8 * HOUR, None),), Span(BEGIN, SPAN.ends, BEGIN + seen * HOUR))
    assert (measured.numerator, measured.denominator) == (0, denominator)


def test_nothing_due_is_no_figure() -> None:
    assert in_time((), SPAN).value is None
