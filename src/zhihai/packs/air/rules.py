"""What is out of bounds at an air-quality station: heavy pollution, silence, implausible and stuck readings.

Each rule stands with the window it looks back over and its thresholds. A threshold without a source is a demonstration
value, to be confirmed by the district. Thresholds in hours must stay below the rule's window.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from zhihai.ground.episode import course_from, judge
from zhihai.ground.window import HOLDS, HOUR, QUIET, Sample, Verdict, Window
from zhihai.kit.kinds import Threshold

INDEX = "aqi_24h"
"""The quantity that heavy pollution is judged by: the index of the 24 hours that end with each hour."""

HEAVY_POLLUTION_WINDOW = timedelta(hours=72)
HEAVY_POLLUTION_LIMITS = (
    Threshold(id="index", value=200, unit="1", source="HJ 633-2012 4.3 table 2; HJ 633-2026"),
    Threshold(id="opens_after", value=6, unit="h"),
    Threshold(id="closes_after", value=12, unit="h"),
    Threshold(id="gap", value=3, unit="h"),
)

SILENT_WINDOW = timedelta(hours=72)
SILENT_LIMITS = (
    Threshold(id="opens_after", value=6, unit="h"),
    Threshold(id="closes_after", value=2, unit="h"),
)

IMPLAUSIBLE_WINDOW = timedelta(hours=36)
IMPLAUSIBLE_LIMITS = (
    Threshold(id="ratio", value=0.1, unit="1"),
    Threshold(id="step", value=200, unit="ug/m3"),
    Threshold(id="longest", value=3, unit="h"),
    Threshold(id="gap", value=2, unit="h"),
    Threshold(id="closes_after", value=12, unit="h"),
)

STUCK_WINDOW = timedelta(hours=48)
STUCK_LIMITS = (
    Threshold(id="opens_after", value=6, unit="h"),
    Threshold(id="floor", value=10, unit="ug/m3"),
)


def heavy_pollution(window: Window, open_: bool, limits: Mapping[str, float]) -> Verdict:
    """Judge an episode of heavy pollution (重污染过程) by the index of each 24 hours, series ``aqi_24h``.

    It opens after ``opens_after`` hours with an index above ``index``, and closes after ``closes_after`` hours not
    above it or a gap longer than ``gap`` hours. Facts: ``index`` and ``primary`` of the latest hour with an index,
    ``peak`` and ``peak_primary`` of its greatest hour in the window, ``cause`` of closing (``within``, ``gap``).
    """
    hours = window.hours(INDEX, HEAVY_POLLUTION_WINDOW // HOUR)
    states = [None if hour is None else _of(hour) > limits["index"] for hour in hours]
    verdict = judge(
        window, states, open_,
        opens_after=limits["opens_after"], closes_after=limits["closes_after"], gap=limits["gap"],
    )  # fmt: skip
    known = [hour for hour in hours if hour is not None]
    if verdict is QUIET or not known:
        return verdict
    first = course_from(states, closes_after=limits["closes_after"], gap=limits["gap"])
    own = [hour for hour in hours[first:] if hour is not None]
    latest = verdict.told(index=_of(known[-1]), primary=known[-1].note or "")
    if not own:
        return latest
    peak = max(own, key=_of)
    return latest.told(peak=_of(peak), peak_primary=peak.note or "")


def silent_station(window: Window, open_: bool, limits: Mapping[str, float]) -> Verdict:
    """Judge whether a station is silent (站点失联): no value that counts, of any quantity in the window.

    It opens after ``opens_after`` such hours and closes after ``closes_after`` hours that brought a value. Judged by
    the hours of the clock, since silence brings no reading. Fact: ``hours`` of silence, up to the window's length.
    """
    count = SILENT_WINDOW // HOUR
    columns = [window.hours(quantity, count) for quantity in window.series]
    silent = [all(column[hour] is None for column in columns) for hour in range(count)]
    verdict = judge(
        window, silent, open_, opens_after=limits["opens_after"], closes_after=limits["closes_after"], gap=0
    )
    latest = next((back for back, state in enumerate(reversed(silent)) if not state), count)
    return verdict.told(hours=latest) if latest and verdict is not QUIET else verdict


@dataclass(frozen=True, slots=True)
class _Break:
    """A run of readings that neither neighbour supports: positions of its first and of the hour after it."""

    quantity: str
    first: int
    after: int
    before_value: float
    value: float
    after_value: float


def implausible_reading(window: Window, open_: bool, limits: Mapping[str, float]) -> Verdict:
    """Find readings that neither neighbour supports (数据突变): a sudden fall or rise that is undone at once.

    Up to ``longest`` hours, at most ``ratio`` of the lesser neighbour or at least ``1 / ratio`` of the greater, and
    ``step`` away from it; the neighbours are the nearest values before and after, not more than ``gap`` missing hours
    in between. Such a run is known when the hour after it is in. The episode closes ``closes_after`` hours after the
    last of them. Facts of the latest: ``quantity``, ``before``, ``value``, ``after``, ``hours``.
    """
    count = IMPLAUSIBLE_WINDOW // HOUR
    found = [found for quantity in window.series for found in _breaks(quantity, window.values(quantity, count), limits)]
    recent = [one for one in found if count - one.after <= limits["closes_after"]]
    if recent:
        latest = max(recent, key=lambda one: one.first)
        facts: dict[str, float | str] = {
            "quantity": latest.quantity,
            "before": latest.before_value,
            "value": latest.value,
            "after": latest.after_value,
            "hours": latest.after - latest.first,
        }
        first = min(one.first for one in recent)
        verdict = HOLDS if open_ else Verdict("opens", window.at - (count - first) * HOUR)
        return verdict.told(**facts)
    if not open_:
        return QUIET
    last = max((one.after for one in found), default=None)
    return Verdict("closes", None if last is None else window.at - (count - last) * HOUR)


def stuck_reading(window: Window, open_: bool, limits: Mapping[str, float]) -> Verdict:
    """Judge whether an instrument is stuck (数据恒值): the very same value, hour after hour, up to the latest.

    Values up to ``floor`` are passed over: near the detection limit they stay the same by themselves. It opens after
    ``opens_after`` equal values (missing hours in between count neither way) and closes when every quantity has moved:
    an instrument that is stuck and then falls silent has not. Facts: ``quantity``, ``value``, ``hours``.
    """
    count = STUCK_WINDOW // HOUR
    runs = [run for quantity in window.series if (run := _run(quantity, window.values(quantity, count))) is not None]
    high = [run for run in runs if run.value > limits["floor"]]
    stuck = [run for run in high if run.hours >= max(2.0, limits["opens_after"])]
    if not stuck:
        if not open_:
            return QUIET
        if not runs or not all(run.moved for run in high):
            return HOLDS
        return Verdict("closes", window.at - (count - max(run.first for run in runs)) * HOUR)
    longest = max(stuck, key=lambda run: run.hours)
    since = window.at - (count - longest.first) * HOUR if longest.moved else None
    verdict = HOLDS if open_ else Verdict("opens", since)
    return verdict.told(quantity=longest.quantity, value=longest.value, hours=longest.hours)


@dataclass(frozen=True, slots=True)
class _Run:
    """The latest value of a quantity: at how many hours it was seen in a row, from which, and after another value."""

    quantity: str
    value: float
    hours: int
    first: int
    moved: bool


def _run(quantity: str, values: list[float | None]) -> _Run | None:
    there = [(place, value) for place, value in enumerate(values) if value is not None]
    if not there:
        return None
    latest = there[-1][1]
    equal = next((back for back, (_, value) in enumerate(reversed(there)) if value != latest), len(there))
    return _Run(quantity, latest, equal, there[-equal][0], equal < len(there))


def _breaks(quantity: str, values: list[float | None], limits: Mapping[str, float]) -> Iterator[_Break]:
    there = [(place, value) for place, value in enumerate(values) if value is not None]
    for start in range(1, len(there) - 1):
        before, before_value = there[start - 1]
        value = there[start][1]
        if value > limits["ratio"] * before_value and value * limits["ratio"] < before_value:
            continue  # no run that begins like this can stand out from the value before it
        for end in range(start + 1, min(start + int(limits["longest"]), len(there) - 1) + 1):
            after, after_value = there[end]
            if after - before - 1 - (end - start) > limits["gap"]:
                break
            run = [value for _, value in there[start:end]]
            low, high = min(before_value, after_value), max(before_value, after_value)
            if max(run) <= limits["ratio"] * low and low - max(run) >= limits["step"]:
                yield _Break(quantity, there[start][0], after, before_value, min(run), after_value)
            elif min(run) * limits["ratio"] >= high and min(run) - high >= limits["step"]:
                yield _Break(quantity, there[start][0], after, before_value, max(run), after_value)


def _of(sample: Sample) -> float:
    assert sample.value is not None
    return sample.value
