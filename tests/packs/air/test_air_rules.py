"""The rules of the air pack on made-up hours: thresholds, gaps, late data, empty windows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.packs.playback import START, Playback, Played, Test, ends, hourly, play

from zhihai.ground.reading import Flag
from zhihai.ground.window import HOUR, Sample, Verdict, Window
from zhihai.kit.kinds import Threshold
from zhihai.packs.air import rules

RULES: dict[str, tuple[Test, timedelta, tuple[Threshold, ...]]] = {
    "heavy_pollution": (rules.heavy_pollution, rules.HEAVY_POLLUTION_WINDOW, rules.HEAVY_POLLUTION_LIMITS),
    "silent_station": (rules.silent_station, rules.SILENT_WINDOW, rules.SILENT_LIMITS),
    "implausible_reading": (rules.implausible_reading, rules.IMPLAUSIBLE_WINDOW, rules.IMPLAUSIBLE_LIMITS),
    "stuck_reading": (rules.stuck_reading, rules.STUCK_WINDOW, rules.STUCK_LIMITS),
}
Values = list[float | None]


def run(name: str, changed: Mapping[str, float] | None = None, **series: Values) -> list[Played]:
    """Play hourly series from ``START`` on and return what opened and closed."""
    test, window, thresholds = RULES[name]
    limits = {one.id: one.value for one in thresholds} | dict(changed or {})
    source = Playback({quantity: hourly(values) for quantity, values in series.items()})
    return list(play(test, source, window, limits, ends(START, max(map(len, series.values())))))


def told(played: list[Played]) -> list[tuple[str, int, int | None]]:
    """Return kind, the hour it was said after, and the hour it was said to be since."""
    return [
        (one.verdict.kind, (one.at - START) // HOUR, one.verdict.since and (one.verdict.since - START) // HOUR)
        for one in played
    ]


def test_six_hours_above_200_open_heavy_pollution_and_twelve_below_close_it() -> None:
    played = run("heavy_pollution", aqi_24h=[*[150.0] * 3, *[201.0] * 6, 260.0, *[200.0] * 12])
    assert told(played) == [("opens", 9, 3), ("closes", 22, 10)]
    assert played[0].verdict.facts == {"index": 201.0, "peak": 201.0, "primary": "", "peak_primary": ""}
    assert played[1].verdict.facts["peak"] == 260.0
    assert played[1].verdict.facts["cause"] == "within"


@pytest.mark.parametrize(("gap", "opened"), [(3, True), (4, False)])
def test_a_gap_of_three_hours_is_bridged_and_one_of_four_is_not(gap: int, opened: bool) -> None:
    hours: Values = [100.0, *[210.0] * 5, *[None] * gap, 210.0]
    assert bool(run("heavy_pollution", aqi_24h=hours)) is opened


@pytest.mark.parametrize(("gap", "cause"), [(3, "within"), (4, "gap")])
def test_an_episode_outlives_three_missing_hours(gap: int, cause: str) -> None:
    played = run("heavy_pollution", aqi_24h=[100.0, *[210.0] * 6, *[None] * gap, *[90.0] * 12])
    assert [one.verdict.facts.get("cause") for one in played] == [None, cause]


def test_thresholds_are_data() -> None:
    hours: Values = [50.0, 120.0, 120.0, 80.0]
    limits = {"index": 100.0, "opens_after": 2.0, "closes_after": 1.0}
    assert told(run("heavy_pollution", limits, aqi_24h=hours)) == [("opens", 3, 1), ("closes", 4, 3)]


def test_the_primary_pollutant_is_told() -> None:
    samples = [Sample(START + hour * HOUR, 300.0, note="pm25+pm10") for hour in range(1, 7)]
    limits = {one.id: one.value for one in rules.HEAVY_POLLUTION_LIMITS}
    verdict = rules.heavy_pollution(Window(START + 7 * HOUR, {"aqi_24h": tuple(samples)}), False, limits)
    assert verdict.facts == {"index": 300.0, "primary": "pm25+pm10", "peak": 300.0, "peak_primary": "pm25+pm10"}


def test_silence_opens_after_six_hours_without_any_value_and_closes_after_two_with() -> None:
    pm25: Values = [10.0, 10.0, *[None] * 7, 10.0, None, 10.0, None, 10.0]
    co: Values = [400.0, 400.0, 400.0, *[None] * 6, None, None, None, 300.0]
    played = run("silent_station", pm25=pm25, co=co)
    assert told(played) == [("opens", 9, 3), ("closes", 13, 11)]
    assert played[0].verdict.facts == {"hours": 6}


def test_a_value_set_aside_does_not_break_silence() -> None:
    samples = tuple(Sample(START + hour * HOUR, 10.0, 0 if hour < 2 else Flag.INVALID) for hour in range(9))
    limits = {one.id: one.value for one in rules.SILENT_LIMITS}
    verdict = rules.silent_station(Window(START + 9 * HOUR, {"pm25": samples}), False, limits)
    assert (verdict.kind, verdict.since, verdict.facts) == ("opens", START + 2 * HOUR, {"hours": 7})


def test_a_station_that_never_spoke_is_silent_since_nobody_knows_when() -> None:
    limits = {one.id: one.value for one in rules.SILENT_LIMITS}
    assert rules.silent_station(Window(START, {}), False, limits) == Verdict("opens", None, {"hours": 72})
    assert rules.silent_station(Window(START, {}), True, limits).kind == "holds"


def test_a_reading_between_two_that_contradict_it_is_found_when_the_second_is_in() -> None:
    hours: Values = [530.0, 567.0, 539.0, 3.0, 3.0, 328.0, *[300.0] * 12]
    played = run("implausible_reading", pm25=hours)
    assert told(played) == [("opens", 6, 3), ("closes", 18, 5)]
    assert played[0].verdict.facts == {"quantity": "pm25", "before": 539.0, "value": 3.0, "after": 328.0, "hours": 2}


@pytest.mark.parametrize(
    "hours",
    [
        [300.0, 3.0, 4.0, 5.0, 6.0, 300.0],  # longer than three hours
        [300.0, 200.0, 20.0, 10.0, 10.0],  # a clean wind: nothing goes back up
        [300.0, 31.0, 300.0],  # more than a tenth
        [199.0, 3.0, 199.0],  # a step of less than 200
        [300.0, None, None, None, 3.0, 300.0],  # too far apart to contradict
        [3.0, 300.0, 290.0, 280.0, 250.0],  # a rise that stays
    ],
)
def test_what_weather_can_do_is_not_implausible(hours: Values) -> None:
    assert run("implausible_reading", pm25=hours) == []


@pytest.mark.parametrize("hours", [[10.0, 900.0, 12.0], [300.0, None, 3.0, None, 300.0], [6.0, 238.0, 230.0, 11.0]])
def test_peaks_and_breaks_over_a_short_gap_are_found(hours: Values) -> None:
    assert [one.verdict.kind for one in run("implausible_reading", pm10=hours)] == ["opens"]


def test_six_equal_values_are_stuck_and_another_value_frees_them() -> None:
    played = run("stuck_reading", pm25=[80.0, 134.0, 134.0, None, *[134.0] * 5, 120.0])
    assert told(played) == [("opens", 8, 1), ("closes", 10, 9)]
    assert played[0].verdict.facts == {"quantity": "pm25", "value": 134.0, "hours": 6}


def test_near_the_detection_limit_equal_values_are_nothing() -> None:
    assert run("stuck_reading", pm25=[3.0] * 20, no2=[10.0] * 20) == []
    assert [one.verdict.facts["quantity"] for one in run("stuck_reading", pm25=[3.0] * 7, no2=[11.0] * 7)] == ["no2"]


def test_a_stuck_instrument_that_falls_silent_stays_stuck() -> None:
    assert len(run("stuck_reading", pm25=[1.0, *[50.0] * 6, *[None] * 60])) == 1


SERIES = st.lists(st.none() | st.floats(0, 999), max_size=80)


@pytest.mark.parametrize("name", RULES)
@given(hours=SERIES, other=SERIES, open_=st.booleans(), data=st.data())
def test_a_rule_answers_over_any_window(
    name: str, hours: Values, other: Values, open_: bool, data: st.DataObject
) -> None:
    test, _, thresholds = RULES[name]
    limits = {one.id: data.draw(st.floats(0, 100) | st.just(one.value)) for one in thresholds}
    series = {"pm25": tuple(hourly(hours)), "aqi_24h": tuple(hourly(hours)), "o3": tuple(hourly(other))}
    window = Window(START + data.draw(st.integers(-3, 90)) * HOUR, series)
    verdict = test(window, open_, limits)
    assert verdict.kind in (("holds", "closes") if open_ else ("opens", "quiet"))
    assert verdict.since is None or verdict.since <= window.at
    assert test(window, open_, limits) == verdict


@pytest.mark.parametrize("name", RULES)
def test_thresholds_have_ids_of_their_own_and_say_where_they_come_from(name: str) -> None:
    _, window, thresholds = RULES[name]
    assert len({one.id for one in thresholds}) == len(thresholds)
    assert max(one.value for one in thresholds if one.unit == "h") * HOUR < window
    assert {one.id for one in thresholds if one.source} <= {"index"}
