"""The rules of the weather pack on made-up hours: thresholds, gaps, nights, empty windows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.packs.playback import START, Playback, Played, Test, ends, hourly, play

from zhihai.ground.window import HOUR, Window
from zhihai.kit.kinds import Threshold
from zhihai.packs.weather import rules

RULES: dict[str, tuple[Test, timedelta, tuple[Threshold, ...], str]] = {
    "heavy_rain": (rules.heavy_rain, rules.HEAVY_RAIN_WINDOW, rules.HEAVY_RAIN_LIMITS, "rain"),
    "strong_wind": (rules.strong_wind, rules.STRONG_WIND_WINDOW, rules.STRONG_WIND_LIMITS, "wind_speed"),
    "heat": (rules.heat, rules.HEAT_WINDOW, rules.HEAT_LIMITS, "temperature"),
}
Values = list[float | None]


def run(name: str, values: Values, changed: Mapping[str, float] | None = None) -> list[Played]:
    """Play hourly values from ``START`` on and return what opened and closed."""
    test, window, thresholds, quantity = RULES[name]
    limits = {one.id: one.value for one in thresholds} | dict(changed or {})
    return list(play(test, Playback({quantity: hourly(values)}), window, limits, ends(START, len(values))))


def told(played: list[Played]) -> list[tuple[str, int, int | None]]:
    """Return kind, the hour it was said after, and the hour it was said to be since."""
    return [
        (one.verdict.kind, (one.at - START) // HOUR, one.verdict.since and (one.verdict.since - START) // HOUR)
        for one in played
    ]


def test_twenty_millimetres_in_an_hour_open_and_six_dry_hours_close() -> None:
    played = run("heavy_rain", [*[0.0] * 3, 2.0, 19.9, 20.0, 0.5, *[0.1] * 6])
    assert told(played) == [("opens", 6, 3), ("closes", 13, 7)]
    assert played[0].verdict.facts == {"hour": 20.0, "half_day": 41.9, "day": 41.9}
    assert played[1].verdict.facts["cause"] == "within"


@pytest.mark.parametrize(
    ("values", "opened"),
    [
        ([3.0] * 10, 10),  # 30 mm in 12 hours
        ([2.4] * 24, 21),  # 12 hours bring 28.8 mm, 21 hours 50.4
        ([0.1] * 200, None),
        ([19.9, 0.0], None),
        ([6.0, None, None, 6.0, None, None, 6.0, 6.0, 6.0], 9),  # missing hours count as none
    ],
)
def test_rain_adds_up(values: Values, opened: int | None) -> None:
    assert [hour for _, hour, _ in told(run("heavy_rain", values))][:1] == ([] if opened is None else [opened])


def test_sums_of_tenths_meet_the_limit_exactly() -> None:
    values: Values = [2.1, *[2.9] * 9, 1.8]
    assert list(accumulate(value or 0 for value in values))[-1] < 30.0
    assert told(run("heavy_rain", values)) == [("opens", 11, 0)]


def test_rain_does_not_end_while_the_gauge_is_silent() -> None:
    wet: Values = [25.0, *[0.0] * 5]
    assert [one.verdict.kind for one in run("heavy_rain", [*wet, None, *[0.0] * 5])] == ["opens"]
    played = run("heavy_rain", [25.0, *[None] * 48])
    assert [one.verdict.facts.get("cause") for one in played] == [None, "gap"]


def test_after_a_dry_spell_the_same_rain_does_not_count_again() -> None:
    assert len(run("heavy_rain", [40.0, *[0.0] * 20])) == 2
    assert [one.verdict.kind for one in run("heavy_rain", [60.0, *[0.0] * 8, 1.0])] == ["opens", "closes", "opens"]


def test_two_hours_of_force_four_open_and_six_calmer_hours_close() -> None:
    played = run("strong_wind", [5.4, 5.5, 7.0, 2.0, 5.6, *[5.4] * 6])
    assert told(played) == [("opens", 3, 1), ("closes", 11, 5)]
    assert played[0].verdict.facts == {"speed": 7.0, "peak": 7.0}
    assert run("strong_wind", [9.0, 5.0, 9.0, 5.0]) == []


def test_nights_do_not_break_a_spell_of_heat() -> None:
    day: Values = [*[26.0] * 12, *[36.0] * 6, *[28.0] * 6]
    played = run("heat", day * 3 + [27.0] * 40)
    assert told(played) == [("opens", 14, 12), ("closes", 96, 66)]
    assert told(run("heat", [34.9] * 50)) == []


SERIES = st.lists(st.none() | st.floats(-40, 200), max_size=120)


@pytest.mark.parametrize("name", RULES)
@given(values=SERIES, open_=st.booleans(), data=st.data())
def test_a_rule_answers_over_any_window(name: str, values: Values, open_: bool, data: st.DataObject) -> None:
    test, _, thresholds, quantity = RULES[name]
    limits = {one.id: data.draw(st.floats(0, 100) | st.just(one.value)) for one in thresholds}
    window = Window(START + data.draw(st.integers(-3, 130)) * HOUR, {quantity: tuple(hourly(values))})
    verdict = test(window, open_, limits)
    assert verdict.kind in (("holds", "closes") if open_ else ("opens", "quiet"))
    assert verdict.since is None or verdict.since <= window.at
    assert test(window, open_, limits) == verdict


@pytest.mark.parametrize("name", RULES)
def test_a_station_that_says_nothing_opens_nothing(name: str) -> None:
    test, _, thresholds, _ = RULES[name]
    assert test(Window(START, {}), False, {one.id: one.value for one in thresholds}).kind == "quiet"


@pytest.mark.parametrize("name", RULES)
def test_thresholds_have_ids_of_their_own_and_stay_within_the_window(name: str) -> None:
    _, window, thresholds, _ = RULES[name]
    assert len({one.id for one in thresholds}) == len(thresholds)
    assert max(one.value for one in thresholds if one.unit == "h") * HOUR < window
