"""Four real years of rain, wind and heat through the rules, against a count that shares no code with them."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.packs.playback import Playback, ends, play, samples

from zhihai.ground.window import HOUR
from zhihai.packs.weather import rules
from zhihai.packs.weather.adapters import table

ZONE = ZoneInfo("Asia/Shanghai")
FIRST = datetime(2013, 3, 1, tzinfo=ZONE).astimezone(UTC)
HOURS = 35_064
RULES = {
    "RAIN": (rules.heavy_rain, rules.HEAVY_RAIN_WINDOW, rules.HEAVY_RAIN_LIMITS),
    "WSPM": (rules.strong_wind, rules.STRONG_WIND_WINDOW, rules.STRONG_WIND_LIMITS),
    "TEMP": (rules.heat, rules.HEAT_WINDOW, rules.HEAT_LIMITS),
}


def brute_spells(values: list[float | None], least: float, opens: int, closes: int, gap: int) -> Iterator[int]:
    """Yield the hour at which each spell opens and closes, in turn."""
    open_, out, within, unknown = False, 0, 0, 0
    for hour, value in enumerate(values):
        unknown = unknown + 1 if value is None else 0
        was = open_
        if unknown > gap:
            open_, out, within = False, 0, 0
        elif value is not None and value >= least:
            out, within = out + 1, 0
            open_ = open_ or out >= opens
        elif value is not None:
            out, within = 0, within + 1
            open_ = open_ and within < closes
        if was is not open_:
            yield hour


def brute_rain(values: list[float | None]) -> Iterator[int]:
    """Yield the hour at which each fall of heavy rain opens and closes, in turn."""
    tenths = [0 if value is None else round(value * 10) for value in values]
    open_ = False
    for hour in range(len(values)):
        hour_, half, day, six = (sum(tenths[max(0, hour + 1 - span) : hour + 1]) for span in (1, 12, 24, 6))
        dry = six < 10 and None not in values[max(0, hour - 5) : hour + 1]
        if not open_ and six >= 10 and (hour_ >= 200 or half >= 300 or day >= 500):
            open_ = True
            yield hour
        elif open_ and (dry or not any(value is not None for value in values[max(0, hour - 47) : hour + 1])):
            open_ = False
            yield hour


BRUTE: dict[str, Callable[[list[float | None]], Iterator[int]]] = {
    "RAIN": brute_rain,
    "WSPM": lambda values: brute_spells(values, 5.5, 2, 6, 3),
    "TEMP": lambda values: brute_spells(values, 35.0, 2, 30, 6),
}


@pytest.mark.parametrize(("column", "opened"), [("RAIN", 17), ("WSPM", 35), ("TEMP", 23)])
def test_four_years_of_one_station(shared: Path, column: str, opened: int) -> None:
    file = shared / "data" / "environment" / "PRSA_Data_Wanliu_20130301-20170228.csv.gz"
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        source = Playback(samples(table(lines, ZONE)))
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        values = [None if row[column] == "NA" else float(row[column]) for row in csv.DictReader(lines)]
    test, window, thresholds = RULES[column]
    limits = {one.id: one.value for one in thresholds}
    played = list(play(test, source, window, limits, ends(FIRST, HOURS)))
    assert [(one.at - FIRST) // HOUR - 1 for one in played] == list(BRUTE[column](values))
    assert sum(one.verdict.kind == "opens" for one in played) == opened
