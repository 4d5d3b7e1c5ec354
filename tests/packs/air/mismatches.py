"""Every hour and day of three real stations, ours against an independent library, each mismatch explained.

``python -m tests.packs.air.mismatches`` writes ``docs/reference/aqi-mismatches.md`` from the outside data; the test
makes the same comparison and holds the page to it.
"""

from __future__ import annotations

import gzip
import math
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.packs.air.oracle import ORACLES, UNITS, Answer, Asked, ask

from zhihai.packs.air import adapters
from zhihai.packs.air.model.aqi import AirIndex, Mean, day_index, hour_index
from zhihai.packs.air.model.norms import IAQI, POLLUTANTS, TICK, edition

STATIONS = ("Wanliu", "Guanyuan", "Gucheng")
ZONE = ZoneInfo("Asia/Shanghai")
FIRST = datetime(2013, 3, 1, tzinfo=ZONE)
PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "aqi-mismatches.md"
LIBRARY_SO2_DAY = (0, 150, 500, 650, 800, 1600, 2100, 2620)
"""What the library has for the 24-hour mean of SO2: the first four limits are those of the hour."""

FLOAT, SO2_TABLE = "floating point", "SO2 24-hour table"


PROSE = """\
# The air quality index against an independent library

Made by `python -m tests.packs.air.mismatches`; the test suite makes the comparison again and holds this page to it.
Three stations, 2013-03-01 to 2017-02-28: every hour and every local day under both editions, and every 24 hours ending
with an hour under that of 2012, then in force, against `aqi-hub` 0.2.1 (HJ 633-2012) and 0.3.3 (HJ 633-2026). The
library is given our means, each as the float nearest to the exact mean, and nothing where a mean is not valid. Index,
all six sub-indices and the primary pollutants are equal, except for what is listed here.

{compared}

## Floating point

The library computes in floating point and carries the result up; where the exact sub-index is a whole number, a last
bit too many makes it one more. Ours is exact. Every case:

{floats}

## SO2, 24-hour table

HJ 633 gives the 24-hour mean of SO2 the limits 0, 50, 150, 475, 800, 1600, 2100, 2620; the library has 0, 150, 500,
650, 800, … there, the limits of the hour. So nearly every sub-index of SO2 over 24 hours differs, and the index where
SO2 leads. Each answer of the library comes out again when its own table is put in. Which answers, and how often under
each edition, hours and days together:

{so2}

The index or the primary pollutants differ for it here:

{led}

## Asked directly

What the stations' data do not bring up:

{probes}

## Unexplained

{unexplained}
"""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One answer of the library that is not ours; ``why`` is ``None`` while nothing explains it."""

    edition: str
    station: str
    series: str
    at: str
    what: str
    mean: Mean | None
    ours: object
    theirs: object
    why: str | None


@dataclass(frozen=True, slots=True)
class Compared:
    """One series of one station under one edition."""

    edition: str
    station: str
    series: str
    rows: int
    indices: int
    mismatches: tuple[Mismatch, ...]


def station_hours(shared: Path, station: str) -> dict[str, list[float | None]]:
    """Return the hourly values of a station by pollutant, from 2013-03-01 00:00 local time on."""
    file = shared / "data" / "environment" / f"PRSA_Data_{station}_20130301-20170228.csv.gz"
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [{reading.quantity: reading.value for reading in row} for row in adapters.table(lines, ZONE)]
    return {name: [row.get(name) for row in rows] for name in POLLUTANTS}


def compare(shared: Path) -> Iterator[Compared]:
    """Compare the hours and days of every station with the library of each edition."""
    for station in STATIONS:
        hours = station_hours(shared, station)
        for name in ORACLES:
            for series, (form, indices) in _series(hours, name).items():
                answers = ask(name, (Asked(form, tuple(map(_asked, index.means, UNITS))) for index in indices))
                label = _days if series == "day" else _hours
                found = (
                    mismatch
                    for place, (index, answer) in enumerate(zip(indices, answers, strict=True))
                    for mismatch in _mismatches((name, station, series, label(place)), form, index, answer)
                )
                known = sum(index.value is not None for index in indices)
                yield Compared(name, station, series, len(indices), known, tuple(found))


def _series(hours: dict[str, list[float | None]], name: str) -> dict[str, tuple[str, list[AirIndex]]]:
    norm, day, count = edition(name), FIRST.date(), len(hours["pm25"])
    padded = {pollutant: [*[None] * 23, *values] for pollutant, values in hours.items()}

    def until(hour: int) -> AirIndex:
        """Return the index of the 24 hours that end with this one."""
        return day_index({pollutant: values[hour : hour + 24] for pollutant, values in padded.items()}, day, norm)

    every_hour = [hour_index({p: hours[p][place] for p in POLLUTANTS}, day, edition=norm) for place in range(count)]
    series = {"hour": ("hourly", every_hour), "day": ("daily", [until(hour) for hour in range(23, count, 24)])}
    if norm.in_force(day):
        series["24 hours"] = ("daily", [until(hour) for hour in range(count)])
    return series


def _mismatches(where: tuple[str, str, str, str], form: str, index: AirIndex, answer: Answer) -> Iterator[Mismatch]:
    whys: set[str | None] = set()
    for place, (ours, theirs) in enumerate(zip(index.parts, answer.parts, strict=True)):
        if ours != theirs:
            mean = index.means[place]
            why = None if mean is None or theirs is None else explain(index, form, place, mean, theirs)
            whys.add(why)
            yield Mismatch(*where, POLLUTANTS[place], mean, ours, theirs, why)
    own = max((part for part in answer.parts if part is not None), default=None)
    consequence = ", ".join(sorted(filter(None, whys))) if None not in whys and own == answer.index else None
    if index.value != answer.index:
        yield Mismatch(*where, "AQI", None, index.value, answer.index, consequence or None)
    if index.primary != tuple(name for name in POLLUTANTS if name in answer.primary):
        ours, theirs = "+".join(index.primary), "+".join(answer.primary)
        yield Mismatch(*where, "primary", None, ours, theirs, consequence or None)


def explain(index: AirIndex, form: str, place: int, mean: Mean, theirs: int) -> str | None:
    """Return the class of a mismatch: the one under which the library's own answer comes out again, or ``None``."""
    unit = UNITS[place]
    column = index.edition.hour[place] if form == "hourly" else index.edition.day[place]
    norm = [knot // (unit * TICK) for knot in column.knots]
    value = mean.total / (mean.hours * TICK * unit)
    exact = column.sub_index(mean.total, mean.hours)
    if exact is not None and abs(exact - theirs) == 1 and _in_floats(value, norm) == theirs:
        return FLOAT
    if POLLUTANTS[place] == "so2" and form == "daily" and _in_floats(value, LIBRARY_SO2_DAY) == theirs:
        return SO2_TABLE
    return None


def _in_floats(value: float, limits: Sequence[int]) -> int:
    for place in range(1, len(limits)):
        low, high = limits[place - 1], limits[place]
        if value <= high:
            return math.ceil((IAQI[place] - IAQI[place - 1]) / (high - low) * (value - low) + IAQI[place - 1])
    return IAQI[-1]


def _asked(mean: Mean | None, unit: int) -> float | None:
    """Return the float nearest to the exact mean, in the library's unit: division of whole numbers rounds once."""
    return None if mean is None else mean.total / (mean.hours * TICK * unit)


def _hours(place: int) -> str:
    return (FIRST + timedelta(hours=place)).strftime("%Y-%m-%d %H:00")


def _days(place: int) -> str:
    return (FIRST.date() + timedelta(days=place)).isoformat()


def probes() -> list[tuple[str, str, object, object, str]]:
    """Return what was asked directly: edition, question, the library's answer, ours, and why they differ."""
    nothing: tuple[float | None, ...] = (None,) * 6
    asked: list[tuple[str, str, float, str, Callable[[str], AirIndex]]] = [
        ("co", "daily", 2.2, "CO, 24 hours, 2.2 mg/m³", lambda name: _day_of(name, "co", 2200.0)),
        ("pm25", "daily", math.nan, "PM2.5, 24 hours, no value given as NaN", lambda name: _day_of(name, "pm25", None)),
        ("so2", "daily", 475.0, "SO2, 24 hours, 475 µg/m³", lambda name: _day_of(name, "so2", 475.0)),
        ("so2", "hourly", 801.0, "SO2, hour, 801 µg/m³ after a day of 300", _hour_above_800),
        ("o3", "daily", 801.0, "O3, 8 hours, 801 µg/m³", lambda name: _day_of(name, "o3", 801.0)),
    ]
    found = []
    for name in ORACLES:
        places = [POLLUTANTS.index(pollutant) for pollutant, *_ in asked]
        questions = [
            Asked(form, (*nothing[:place], value, *nothing[place + 1 :]))
            for place, (_, form, value, _, _) in zip(places, asked, strict=True)
        ]
        for place, answer, (_, _, _, said, ours) in zip(places, ask(name, questions), asked, strict=True):
            found.append((name, said, answer.parts[place], ours(name).parts[place], WHY[said]))
    return found


WHY = {
    "CO, 24 hours, 2.2 mg/m³": "exactly 55; in floating point 55.00000000000001, carried up",
    "PM2.5, 24 hours, no value given as NaN": "a missing value is no pollution; given as nothing, the library agrees",
    "SO2, 24 hours, 475 µg/m³": "the norm's limit for 150; the library has the limits of the hour here",
    "SO2, hour, 801 µg/m³ after a day of 300": "2012: above 800 the 24-hour mean is reported; 2026: 200",
    "O3, 8 hours, 801 µg/m³": "2012: above 800 the hour's sub-index is reported; 2026: 300",
}


def _day_of(name: str, pollutant: str, value: float | None) -> AirIndex:
    return day_index({pollutant: [value] * 24}, FIRST.date(), edition(name))


def _hour_above_800(name: str) -> AirIndex:
    return hour_index({"so2": 801.0}, FIRST.date(), so2_hours=[300.0] * 24, edition=edition(name))


def page(compared: Sequence[Compared]) -> str:
    """Return the page that lists every mismatch with its explanation."""
    every = [mismatch for one in compared for mismatch in one.mismatches]
    unexplained = "\n".join(f"- {mismatch}" for mismatch in every if mismatch.why is None)
    return PROSE.format(
        compared=_compared(compared),
        floats=_both([m for m in every if m.why == FLOAT and m.what in POLLUTANTS]),
        so2=_so2([m for m in every if m.why == SO2_TABLE and m.what == "so2"]),
        led=_both([m for m in every if m.what in ("AQI", "primary")]),
        probes=_table(("edition", "question", "library", "ours", "why"), probes()),
        unexplained=unexplained or "None.",
    )


def _compared(compared: Sequence[Compared]) -> str:
    rows = []
    for one in compared:
        why = Counter(m.why for m in one.mismatches if m.what in POLLUTANTS)
        what = Counter(m.what for m in one.mismatches)
        counts = (what["AQI"], what["primary"], why[FLOAT], why[SO2_TABLE], why[None])
        rows.append((one.edition, one.station, one.series, one.rows, one.indices, *counts))
    differs = ("index differs", "primary differs", f"sub-index: {FLOAT}", f"sub-index: {SO2_TABLE}", "unexplained")
    return _table(("edition", "station", "series", "rows", "with an index", *differs), rows)


def _both(mismatches: Sequence[Mismatch]) -> str:
    """List mismatches, a case under several editions once."""
    cases: dict[tuple[object, ...], list[str]] = {}
    for m in mismatches:
        exact = "" if m.mean is None else Fraction(m.mean.total, m.mean.hours * TICK)
        cases.setdefault((m.station, m.series, m.at, m.what, exact, m.ours, m.theirs), []).append(m.edition)
    rows = [(*case, ", ".join(names)) for case, names in cases.items()]
    return _table(("station", "series", "at", "of", "exact mean, µg/m³", "ours", "library", "editions"), rows)


def _so2(mismatches: Sequence[Mismatch]) -> str:
    pairs = Counter((m.edition, m.ours, m.theirs) for m in mismatches)
    rows = sorted({(ours, theirs) for _, ours, theirs in pairs}, key=lambda pair: tuple(int(str(one)) for one in pair))
    return _table(("ours", "library", *ORACLES), [(*pair, *(pairs[name, *pair] for name in ORACLES)) for pair in rows])


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    cells = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join('none' if cell is None else str(cell) for cell in row)} |" for row in cells)


def main() -> None:
    """Write the page."""
    shared = Path(os.environ.get("ZHIHAI_SHARED") or PAGE.parents[3] / "shared")
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(list(compare(shared))), encoding="utf-8")


if __name__ == "__main__":
    main()
