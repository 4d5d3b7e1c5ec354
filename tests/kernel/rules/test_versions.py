"""An hour is judged by what held at the time: the version of its day, the thresholds set before it ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from django.test.utils import override_settings

from zhihai.ground.actors import SYSTEM
from zhihai.ground.registry import Registry
from zhihai.ground.window import HOLDS, QUIET, Verdict, Window
from zhihai.kernel import standard
from zhihai.kernel.rules import acts, reads
from zhihai.kernel.rules.kinds import RuleKind, Threshold
from zhihai.packs.air.kinds import KINDS as AIR
from zhihai.packs.weather.kinds import KINDS as WEATHER
from zhihai.site.references import faults_of

from .conftest import HOUR, START

WIND, RAIN = "weather.wind_speed", "weather.rain"
GUSTY = "weather.gusty"
MIDNIGHT = 24
"""The hour, counted from START, at which 18 February begins in the district, and the second version with it."""


def gusty(window: Window, open_: bool, limits: Mapping[str, float]) -> Verdict:
    (speed,) = window.values("wind_speed", 1)
    above = speed is not None and speed >= limits["speed"]
    if open_:
        return HOLDS if above else Verdict("closes")
    return Verdict("opens", window.at - HOUR, {"by": limits["speed"]}) if above else QUIET


def wet_or_gusty(window: Window, open_: bool, limits: Mapping[str, float]) -> Verdict:
    """What the second version judges: other quantities, over a longer window, by another threshold."""
    wet = any(value is not None and value > 0 for value in window.values("rain", 3))
    return gusty(window, open_, {"speed": limits["speed"] - 2 * wet})


def version(number: int, valid_from: date, speed: float, **more: Any) -> RuleKind:
    given = {"watches": ("wind_speed",), "window": 2 * HOUR, "test": gusty, **more}
    limits = (Threshold(id="speed", value=speed, unit="m/s"),)
    return RuleKind(id="gusty", version=number, valid_from=valid_from, device="station", limits=limits, **given)


FIRST = version(1, date(2014, 1, 1), 5.0)
SECOND = version(
    2, date(2014, 2, 18), 10.0, watches=("wind_speed", "rain"), window=timedelta(hours=3), test=wet_or_gusty
)


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    """The kinds of the house, and a rule of two versions whose second is in force from 18 February 2014."""
    registry = Registry({standard.PACK: standard.KINDS, "air": AIR, "weather": (*WEATHER, FIRST, SECOND)})
    with override_settings(ZHIHAI_REGISTRY=registry):
        yield


def hours(weather: Any) -> list[tuple[int, float, float]]:
    """The findings: the hour that showed each, its version, and the threshold that it was judged by."""
    return [((one.opened - START) // HOUR, one.version, one.facts["by"]) for one in weather.found(GUSTY)]


CALM, WINDY, STORMY = 1.0, 8.0, 12.0
COURSE = [CALM, WINDY, CALM] * 8 + [CALM, WINDY, CALM] * 4 + [CALM, STORMY, CALM] * 4
EXPECTED = [(2 + 3 * n, 1, 5.0) for n in range(8)] + [(38 + 3 * n, 2, 10.0) for n in range(4)]


class TestVersions:
    def test_each_day_is_judged_by_its_own(self, station: Any) -> None:
        weather = station("east-weather")
        weather.series(WIND, COURSE)
        assert hours(weather) == EXPECTED

    def test_what_comes_late_and_all_at_once_is_judged_as_it_would_have_been(self, station: Any) -> None:
        weather = station("east-weather")
        weather.series(WIND, COURSE, at_once=True)
        assert hours(weather) == EXPECTED

    def test_a_dry_run_says_the_same(self, station: Any) -> None:
        weather = station("east-weather")
        weather.series(WIND, COURSE)
        end = START + 60 * HOUR
        tried = reads.try_rule(SYSTEM, GUSTY, weather.id, START, end, at=end)
        assert [(one.opened - START) // HOUR for one in tried] == [hour for hour, _, _ in EXPECTED]
        same = reads.try_rule(SYSTEM, GUSTY, weather.id, START, end, {"speed": 11.0}, at=end)
        assert [(one.opened - START) // HOUR for one in same] == [38 + 3 * n for n in range(4)]

    @pytest.mark.parametrize(("hour", "by"), [(MIDNIGHT - 1, [(24, 1, 5.0)]), (MIDNIGHT, [])])
    def test_the_last_hour_of_a_day_belongs_to_it_and_the_first_to_the_next(
        self, station: Any, hour: int, by: list[tuple[int, float, float]]
    ) -> None:
        weather = station("east-weather")
        weather.series(WIND, [WINDY if n == hour else CALM for n in range(30)], at_once=True)
        assert hours(weather) == by

    def test_an_episode_goes_on_into_the_next_version_and_keeps_its_own(self, station: Any) -> None:
        weather = station("east-weather")
        weather.series(WIND, [STORMY] * 30 + [WINDY, CALM], start=20, at_once=True)
        (found,) = weather.found(GUSTY)
        assert (found.version, found.limits, found.closed) == (1, {"speed": 5.0}, START + 51 * HOUR)

    def test_the_second_looks_at_what_only_it_watches(self, station: Any) -> None:
        weather = station("east-weather")
        weather.take(
            [(n, {WIND: WINDY if n in (10, 40) else CALM, RAIN: 1.0 if n in (9, 38) else 0.0}) for n in range(50)]
        )
        assert hours(weather) == [(11, 1, 5.0), (41, 2, 8.0)]


class TestThresholds:
    def test_those_set_at_an_hour_hold_from_then_on_whenever_it_is_judged(self, station: Any) -> None:
        weather = station("east-weather")
        acts.set_rule(SYSTEM, GUSTY, "live", {"speed": 9.0}, at=START + 10 * HOUR)
        acts.set_rule(SYSTEM, GUSTY, "live", {"speed": 7.0}, at=START + 15 * HOUR)
        weather.series(WIND, [CALM, WINDY, CALM] * 6, at_once=True)
        assert hours(weather) == [(2, 1, 5.0), (5, 1, 5.0), (8, 1, 5.0), (17, 1, 7.0)]

    def test_a_rule_shows_those_that_hold_now(self, station: Any) -> None:
        for speed, at in ((9.0, START), (7.0, START + HOUR), (6.0, START + HOUR)):
            acts.set_rule(SYSTEM, GUSTY, "live", {"speed": speed}, at=at)
        shown = reads.rule(GUSTY)
        assert (shown.kind.version, shown.limits, shown.changed) == (2, {"speed": 6.0}, {"speed"})


def test_versions_that_watch_other_devices_are_refused_with_their_reason() -> None:
    other = version(2, date(2014, 2, 18), 10.0, on="hour")
    faults = faults_of("weather", {standard.PACK: standard.KINDS, "weather": (*WEATHER, FIRST, other)}, {})
    assert [fault for fault in faults if not fault.startswith("words")] == [
        "rule weather.gusty watches other devices, or at other times, in another version: give it another id"
    ]
