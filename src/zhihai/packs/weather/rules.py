"""What weather asks of the district: heavy rain at flood points, strong wind at building sites, heat.

Each rule stands with the window it looks back over and its thresholds. A threshold without a source is a demonstration
value, to be confirmed by the district. Thresholds in hours must stay below the rule's window.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from math import fsum

from zhihai.ground.episode import course_from, judge
from zhihai.ground.window import HOLDS, HOUR, QUIET, Verdict, Window
from zhihai.kit.kinds import Threshold

HEAVY_RAIN_WINDOW = timedelta(hours=48)
HEAVY_RAIN_LIMITS = (
    Threshold(id="hour", value=20, unit="mm"),
    Threshold(id="half_day", value=30, unit="mm", source="GB/T 28592-2012 table 1, rainstorm"),
    Threshold(id="day", value=50, unit="mm", source="GB/T 28592-2012 table 1, rainstorm"),
    Threshold(id="dry", value=1, unit="mm"),
    Threshold(id="closes_after", value=6, unit="h"),
)

STRONG_WIND_WINDOW = timedelta(hours=48)
STRONG_WIND_LIMITS = (
    Threshold(id="speed", value=5.5, unit="m/s", source="GB/T 28591-2012 table 1, force 4"),
    Threshold(id="opens_after", value=2, unit="h"),
    Threshold(id="closes_after", value=6, unit="h"),
    Threshold(id="gap", value=3, unit="h"),
)

HEAT_WINDOW = timedelta(hours=96)
HEAT_LIMITS = (
    Threshold(id="temperature", value=35, unit="Cel"),
    Threshold(id="opens_after", value=2, unit="h"),
    Threshold(id="closes_after", value=30, unit="h"),
    Threshold(id="gap", value=6, unit="h"),
)


def heavy_rain(window: Window, open_: bool, limits: Mapping[str, float]) -> Verdict:
    """Judge a fall of rain that floods low places (强降雨), by the rain of each hour, series ``rain`` in mm.

    It opens when the last hour brought ``hour`` mm, or the last 12 hours ``half_day``, or the last 24 ``day``, and it
    has not been dry since; missing hours count as no rain. It closes when ``closes_after`` hours, none of them missing,
    brought less than ``dry`` mm together, or when the whole window is missing. Facts: ``hour``, ``half_day``, ``day``
    in mm, ``cause`` of closing (``within``, ``gap``).
    """
    hours = window.values("rain", HEAVY_RAIN_WINDOW // HOUR)
    rain = [0.0 if value is None else value for value in hours]
    fallen = {"hour": rain[-1], "half_day": _sum(rain[-12:]), "day": _sum(rain[-24:])}
    closes_after = max(1, int(limits["closes_after"]))
    wet = _sum(rain[-closes_after:]) >= limits["dry"]
    if open_:
        return _rain_ending(window, hours, closes_after, wet).told(**fallen)
    if not wet or all(fallen[name] < limits[name] for name in fallen):
        return QUIET
    wet_hours = _wet_hours(rain, closes_after, limits["dry"])
    return Verdict("opens", window.at - wet_hours * HOUR if wet_hours < len(rain) else None, fallen)


def strong_wind(window: Window, open_: bool, limits: Mapping[str, float]) -> Verdict:
    """Judge wind that raises dust on building sites (大风扬尘), by the hourly mean, series ``wind_speed`` in m/s.

    It opens after ``opens_after`` hours of at least ``speed`` and closes after ``closes_after`` hours below, or a gap
    longer than ``gap`` hours. Facts: ``speed`` of the latest hour, its ``peak`` in the window, ``cause`` of closing.
    """
    return _spell(window, window.values("wind_speed", STRONG_WIND_WINDOW // HOUR), open_, limits, "speed")


def heat(window: Window, open_: bool, limits: Mapping[str, float]) -> Verdict:
    """Judge a spell of heat (高温), by the hourly temperature, series ``temperature`` in °C.

    It opens after ``opens_after`` hours of at least ``temperature`` and closes after ``closes_after`` hours below, more
    than a day and a night, so that nights do not break a spell of hot days; or after a gap longer than ``gap`` hours.
    Facts: ``temperature`` of the latest hour, its ``peak`` in the window, ``cause`` of closing.
    """
    return _spell(window, window.values("temperature", HEAT_WINDOW // HOUR), open_, limits, "temperature")


def _spell(window: Window, values: list[float | None], open_: bool, limits: Mapping[str, float], limit: str) -> Verdict:
    states = [None if value is None else value >= limits[limit] for value in values]
    verdict = judge(
        window, states, open_,
        opens_after=limits["opens_after"], closes_after=limits["closes_after"], gap=limits["gap"],
    )  # fmt: skip
    known = [value for value in values if value is not None]
    if not known or verdict is QUIET:
        return verdict
    first = course_from(states, closes_after=limits["closes_after"], gap=limits["gap"])
    own = [value for value in values[first:] if value is not None]
    peak = {"peak": max(own)} if own else {}
    return verdict.told(**{limit: known[-1], **peak})


def _rain_ending(window: Window, hours: list[float | None], closes_after: int, wet: bool) -> Verdict:
    if all(value is None for value in hours):
        return Verdict("closes", None, {"cause": "gap"})
    if wet or None in hours[-closes_after:]:
        return HOLDS
    return Verdict("closes", window.at - closes_after * HOUR, {"cause": "within"})


def _wet_hours(rain: list[float], closes_after: int, dry: float) -> int:
    """Return how many hours ago the present rain began: the first hour of rain after a dry spell."""
    begin = len(rain)
    while begin > 0 and _sum(rain[max(0, begin - closes_after) : begin]) >= dry:
        begin -= 1
    first = next((place for place in range(begin, len(rain)) if rain[place] > 0), len(rain) - 1)
    return len(rain) - first


def _sum(rain: list[float]) -> float:
    """Return millimetres to the gauge's tenth, so that sums of tenths meet a limit exactly."""
    return round(fsum(rain), 1)
