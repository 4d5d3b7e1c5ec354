"""The dated tables of the air quality index."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhihai.packs.air.model.norms import IAQI, POLLUTANTS, TICK, Column, edition, edition_for, editions

EVERY = [
    pytest.param(column, id=f"{norm.id}-{period}-{name}")
    for norm in editions()
    for period, columns in (("day", norm.day), ("hour", norm.hour))
    for name, column in zip(POLLUTANTS, columns, strict=True)
]


def test_editions_follow_one_another_without_gap_or_overlap() -> None:
    assert [norm.id for norm in editions()] == ["2012", "2026-stage1", "2026-stage2"]
    for earlier, later in zip(editions(), editions()[1:], strict=False):
        assert earlier.ends is not None
        assert later.begins - earlier.ends == timedelta(days=1)
    assert editions()[-1].ends is None


@pytest.mark.parametrize(
    ("day", "id_", "in_force"),
    [
        (date(2010, 1, 1), "2012", False),
        (date(2014, 2, 20), "2012", True),
        (date(2026, 2, 28), "2012", True),
        (date(2026, 3, 1), "2026-stage1", True),
        (date(2030, 12, 31), "2026-stage1", True),
        (date(2031, 1, 1), "2026-stage2", True),
        (date(2099, 1, 1), "2026-stage2", True),
    ],
)
def test_the_edition_goes_by_the_day(day: date, id_: str, in_force: bool) -> None:
    assert edition_for(day).id == id_
    assert edition_for(day).in_force(day) is in_force


def test_an_unknown_edition_is_no_edition() -> None:
    with pytest.raises(KeyError):
        edition("1996")


@pytest.mark.parametrize(
    ("id_", "limits"),
    [
        ("2012", [75, 150, 150, 80, 4000, 160]),
        ("2026-stage1", [60, 120, 150, 80, 4000, 160]),
        ("2026-stage2", [50, 100, 50, 50, 4000, 160]),
    ],
)
def test_daily_limits_of_grade_two(id_: str, limits: list[int]) -> None:
    assert [limit // TICK for limit in edition(id_).attain] == limits


@pytest.mark.parametrize(
    ("index", "level"),
    [
        (0, 1),
        (50, 1),
        (51, 2),
        (100, 2),
        (101, 3),
        (150, 3),
        (151, 4),
        (200, 4),
        (201, 5),
        (300, 5),
        (301, 6),
        (500, 6),
    ],
)
def test_levels_change_above_their_greatest_index(index: int, level: int) -> None:
    assert {norm.level(index) for norm in editions()} == {level}


@pytest.mark.parametrize("column", EVERY)
def test_a_breakpoint_has_its_own_sub_index_exactly(column: Column) -> None:
    for place, knot in enumerate(column.knots):
        for hours in (1, 7, 24):
            assert column.sub_index(knot * hours, hours) == IAQI[place]
        if knot != column.knots[-1]:
            assert column.sub_index(knot * 24 + 1, 24) == IAQI[place] + 1
    assert column.sub_index(column.knots[-1] + 1, 1) == column.above


@given(st.sampled_from([param.values[0] for param in EVERY]), st.integers(0, 4000 * TICK), st.integers(1, 24))
def test_the_sub_index_is_the_formula_of_the_norm_carried_up(column: Column, total: int, hours: int) -> None:
    mean = Fraction(total, hours)
    expected = column.above
    for place in range(1, len(column.knots)):
        low, high = column.knots[place - 1], column.knots[place]
        if low <= mean <= high:
            expected = ceil(Fraction(IAQI[place] - IAQI[place - 1], high - low) * (mean - low) + IAQI[place - 1])
            break
    assert column.sub_index(total, hours) == expected


@given(st.sampled_from([param.values[0] for param in EVERY]), st.integers(0, 10**8), st.integers(0, 10**8))
def test_more_pollution_is_never_less_of_an_index(column: Column, one: int, other: int) -> None:
    low, high = column.sub_index(min(one, other), 1), column.sub_index(max(one, other), 1)
    if low is not None and high is not None:
        assert 0 <= low <= high <= 500
    else:
        assert column.above is None
        assert high is None
