"""The index of hours and days: reference figures, missing values, exactness."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhihai.packs.air.model.aqi import AirIndex, Mean, Values, attains, day_index, hour_index, sliding_mean
from zhihai.packs.air.model.norms import POLLUTANTS, TICK, edition

DAY = date(2014, 2, 20)
CLEAN = {"pm25": 10.0, "pm10": 20.0, "so2": 5.0, "no2": 12.0, "co": 400.0, "o3": 40.0}
CONCENTRATION = st.decimals(0, 1200, places=4)


def day(edition_id: str = "2012", **values: float | None) -> AirIndex:
    """Return the index of a day on which every hour was the same."""
    return day_index({name: [value] * 24 for name, value in values.items()}, DAY, edition(edition_id))


def part(index: AirIndex, name: str) -> int | None:
    return index.parts[POLLUTANTS.index(name)]


@pytest.mark.parametrize(
    ("id_", "pollutant", "mean", "expected"),
    [
        ("2012", "pm25", 60.0, 82),
        ("2012", "pm25", 75.0, 100),
        ("2012", "pm25", 115.0, 150),
        ("2026-stage1", "pm25", 60.0, 100),
        ("2026-stage1", "pm25", 75.0, 114),
        ("2026-stage1", "pm25", 115.0, 150),
        ("2012", "pm10", 120.0, 85),
        ("2012", "pm10", 150.0, 100),
        ("2026-stage1", "pm10", 120.0, 100),
        ("2026-stage1", "pm10", 150.0, 112),
        ("2012", "co", 2200.0, 55),
        ("2012", "so2", 475.0, 150),
        ("2012", "no2", 80.0, 100),
        ("2012", "o3", 160.0, 100),
        ("2012", "pm25", 900.0, 500),
        ("2012", "pm25", 0.0, 0),
    ],
)
def test_days_of_the_norms(id_: str, pollutant: str, mean: float, expected: int) -> None:
    index = day(id_, **{pollutant: mean})
    assert (index.value, part(index, pollutant)) == (expected, expected)


@pytest.mark.parametrize(
    ("pollutant", "value", "expected"),
    [("pm25", 75.0, 100), ("so2", 500.0, 100), ("no2", 200.0, 100), ("co", 10_000.0, 100), ("o3", 200.0, 100)],
)
def test_hours_have_columns_of_their_own(pollutant: str, value: float, expected: int) -> None:
    assert part(hour_index({pollutant: value}, DAY), pollutant) == expected


def test_sulphur_dioxide_above_800_in_an_hour() -> None:
    day_before = [300.0] * 24
    by_mean = hour_index({"so2": 801.0}, DAY, so2_hours=day_before)
    assert part(by_mean, "so2") == part(day(so2=300.0), "so2") == 124
    assert part(hour_index({"so2": 801.0}, DAY, so2_hours=[300.0] * 19), "so2") is None
    assert part(hour_index({"so2": 801.0}, DAY, so2_hours=day_before, edition=edition("2026-stage1")), "so2") == 200
    assert part(hour_index({"so2": 800.0}, DAY), "so2") == 200


def test_ozone_above_800_over_8_hours() -> None:
    hours: list[float | None] = [850.0] * 23 + [1000.0]
    assert part(day_index({"o3": hours}, DAY), "o3") == 400
    assert part(day_index({"o3": hours}, DAY, edition("2026-stage1")), "o3") == 300


def test_primary_pollutants_only_above_50_and_all_that_lead() -> None:
    assert day(**CLEAN).primary == ()
    assert day(**{**CLEAN, "pm25": 75.0, "no2": 80.0}).primary == ("pm25", "no2")
    assert day(pm25=35.0).primary == ()
    assert day(pm25=36.0).primary == ("pm25",)


def test_level_and_colour_number() -> None:
    assert day(pm25=300.0).level == 6
    assert day(**CLEAN).level == 1
    assert day().level is None


@pytest.mark.parametrize(("there", "valid"), [(24, True), (20, True), (19, False), (0, False)])
def test_a_day_needs_twenty_hours(there: int, valid: bool) -> None:
    index = day_index({"pm25": [100.0] * there + [None] * (24 - there)}, DAY)
    assert (index.value is not None) is valid


def _ozone(*values: float | None) -> int | None:
    return part(day_index({"o3": values}, DAY), "o3")


def test_an_eight_hour_mean_needs_six_hours_and_a_day_fourteen_means() -> None:
    # One missing hour in eight leaves every window of 8 with 7 values, three leave it with 5.
    assert _ozone(*[100.0, *[100.0] * 7] * 3) == 50
    assert _ozone(*[None, *[100.0] * 7] * 3) == 50
    assert _ozone(*[None, None, *[100.0] * 6] * 3) == 50
    assert _ozone(*[None, None, None, *[100.0] * 5] * 3) is None
    # Without the first k hours, windows of 8 with 6 values at least: 19 - k.
    assert _ozone(*[None] * 5, *[100.0] * 19) == 50
    assert _ozone(*[None] * 6, *[100.0] * 18) is None


def test_too_few_means_still_stand_when_they_are_above_the_limit() -> None:
    assert _ozone(*[None] * 10, *[161.0] * 14) == 101
    assert _ozone(*[None] * 10, *[160.0] * 14) is None


def test_the_ozone_of_a_day_is_its_greatest_eight_hours() -> None:
    values = [10.0] * 8 + [160.0] * 8 + [10.0] * 8
    index = day_index({"o3": values}, DAY)
    mean = index.means[POLLUTANTS.index("o3")]
    assert mean is not None
    assert (part(index, "o3"), mean.value, mean.hours) == (100, 160.0, 8)


def test_attainment_is_by_concentration_and_unknown_while_something_is_missing() -> None:
    assert attains(day(**CLEAN)) is True
    assert attains(day(**{**CLEAN, "pm25": 75.0})) is True
    assert attains(day(**{**CLEAN, "pm25": 75.0001})) is False
    assert attains(day("2026-stage1", **{**CLEAN, "pm25": 75.0})) is False
    assert attains(day("2026-stage2", **{**CLEAN, "so2": 51.0})) is False
    assert attains(day(pm25=10.0)) is None
    assert attains(day(pm25=80.0)) is False


def test_an_index_is_complete_when_all_six_are_there() -> None:
    assert day(**CLEAN).complete
    assert not day(pm25=60.0).complete
    assert not day().complete


def test_a_later_norm_on_an_earlier_day_is_marked() -> None:
    assert not day("2012", pm25=60.0).retroactive
    assert day("2026-stage1", pm25=60.0).retroactive
    assert day_index({"pm25": [60.0] * 24}, date(2010, 6, 1)).retroactive
    assert not day_index({"pm25": [60.0] * 24}, date(2026, 3, 1)).retroactive


@pytest.mark.parametrize("pollutant", POLLUTANTS)
def test_a_negative_concentration_is_an_error(pollutant: str) -> None:
    values: Mapping[str, Values] = {pollutant: [*[5.0] * 23, -0.1]}
    with pytest.raises(ValueError, match="negative"):
        day_index(values, DAY)
    with pytest.raises(ValueError, match="negative"):
        hour_index({pollutant: -3.0}, DAY)


@given(st.lists(CONCENTRATION, min_size=20, max_size=24))
def test_means_of_decimals_are_exact(values: list[Decimal]) -> None:
    expected = Mean(sum(int(value * TICK) for value in values), len(values))
    assert sliding_mean([float(value) for value in values], 20) == expected


HOURS = st.lists(st.none() | CONCENTRATION.map(float), min_size=24, max_size=24)


@given(st.fixed_dictionaries(dict.fromkeys(POLLUTANTS, HOURS)))
def test_bounds_and_parts_of_any_day(hours: dict[str, list[float | None]]) -> None:
    index = day_index(hours, DAY)
    known = [one for one in index.parts if one is not None]
    assert index.value == max(known, default=None)
    assert all(0 <= one <= 500 for one in known)
    assert all(part(index, name) == index.value for name in index.primary)
    for name in POLLUTANTS[:5]:
        valid = sum(value is not None for value in hours[name])
        assert (part(index, name) is not None) is (valid >= 20)


@given(HOURS, st.integers(0, 23))
def test_a_value_more_never_takes_an_index_away(hours: list[float | None], place: int) -> None:
    filled = [*hours[:place], 100.0, *hours[place + 1 :]]
    if hours[place] is None and day_index({"pm25": hours}, DAY).value is not None:
        assert day_index({"pm25": filled}, DAY).value is not None


@given(HOURS, st.integers(0, 23), st.floats(0, 500))
def test_more_pollution_in_one_hour_never_lowers_the_index(hours: list[float | None], place: int, more: float) -> None:
    value = hours[place]
    if value is not None:
        worse = [*hours[:place], value + more, *hours[place + 1 :]]
        for name in POLLUTANTS[:5]:
            before, after = (day_index({name: values}, DAY).value for values in (hours, worse))
            assert (before is None) is (after is None)
            assert before is None or after is None or before <= after
