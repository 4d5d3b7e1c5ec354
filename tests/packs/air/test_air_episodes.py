"""Four real years through derivations and rules, against a brute-force count that shares no code with them."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from math import ceil
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.packs.playback import Playback, Played, Test, ends, play, samples

from zhihai.ground.window import HOUR, Sample
from zhihai.packs.air import rules
from zhihai.packs.air.adapters import table
from zhihai.packs.air.model.derivations import DAY_WINDOW, LOCAL_DAY_WINDOW, index_of_24_hours, index_of_day
from zhihai.packs.air.model.norms import POLLUTANTS

ZONE = ZoneInfo("Asia/Shanghai")
FIRST = datetime(2013, 3, 1, tzinfo=ZONE).astimezone(UTC)
HOURS = 35_064

KNOTS = (0, 50, 100, 150, 200, 300, 400, 500)
LIMITS = {
    "PM2.5": (0, 35, 75, 115, 150, 250, 350, 500),
    "PM10": (0, 50, 150, 250, 350, 420, 500, 600),
    "SO2": (0, 50, 150, 475, 800, 1600, 2100, 2620),
    "NO2": (0, 40, 80, 180, 280, 565, 750, 940),
    "CO": (0, 2000, 4000, 14000, 24000, 36000, 48000, 60000),
    "O3": (0, 100, 160, 215, 265, 800),
}


@dataclass(frozen=True)
class Episode:
    """Hours since 2013-03-01 00:00 local: the first above 200, the sixth, and that at the end of which it closed."""

    since: int
    opened: int
    closed: int | None
    cause: str


def file_of(shared: Path, station: str) -> Path:
    return shared / "data" / "environment" / f"PRSA_Data_{station}_20130301-20170228.csv.gz"


@cache
def brute_indices(file: Path) -> tuple[int | None, ...]:
    """Compute the index of the 24 hours that end with each hour, by the plain words of the norm."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [
            {name: None if row[name] == "NA" else int(Fraction(row[name]) * 10_000) for name in LIMITS}
            for row in csv.DictReader(lines)
        ]
    nothing: dict[str, int | None] = dict.fromkeys(LIMITS)
    rows = [*[nothing] * 23, *rows]  # before the file begins nothing is known
    return tuple(_brute_index(rows[begin : begin + 24]) for begin in range(len(rows) - 23))


def _brute_index(day: list[dict[str, int | None]]) -> int | None:
    parts = []
    for name, limits in LIMITS.items():
        values = [row[name] for row in day]
        if name == "O3":
            means = [mean for end in range(8, len(values) + 1) if (mean := _mean(values[end - 8 : end], 6)) is not None]
            mean = max(means) if means and (len(means) >= 14 or max(means) > 160 * 10_000) else None
        else:
            mean = _mean(values, 20)
        if mean is not None:
            place = next((place for place, limit in enumerate(limits) if mean <= limit * 10_000), len(limits))
            if place == len(limits):
                parts.append(500)
            elif place:
                low, high = limits[place - 1] * 10_000, limits[place] * 10_000
                rise = KNOTS[place] - KNOTS[place - 1]
                parts.append(KNOTS[place - 1] + ceil(rise * (mean - low) / (high - low)))
            else:
                parts.append(0)
    return max(parts, default=None)


def _mean(values: list[int | None], needed: int) -> Fraction | None:
    there = [value for value in values if value is not None]
    return Fraction(sum(there), len(there)) if len(there) >= needed else None


def brute_episodes(indices: tuple[int | None, ...]) -> Iterator[Episode]:
    """Count through the hours: above 200 for 6, not above for 12, gaps of at most 3 in between."""
    since = opened = None
    high = low = gap = 0
    for hour, index in enumerate(indices):
        gap = gap + 1 if index is None else 0
        if gap > 3:
            if opened is not None and since is not None:
                yield Episode(since, opened, hour, "gap")
            since = opened = None
            high = low = 0
        elif index is not None and index > 200:
            since = hour if since is None else since
            high, low = high + 1, 0
            opened = hour if high == 6 and opened is None else opened
        elif index is not None:
            low += 1
            if opened is None:
                since, high = None, 0
            elif low == 12 and since is not None:
                yield Episode(since, opened, hour, "within")
                since, opened, high, low = None, None, 0, 0
    if opened is not None and since is not None:
        yield Episode(since, opened, None, "open")


@cache
def source(file: Path) -> Playback:
    """Return the station's hours with the derived index beside them, as the house would hold them."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        series = samples(table(lines, ZONE))
    raw = Playback(series)
    derived = []
    for end in ends(FIRST, HOURS):
        day = (end - HOUR).astimezone(ZONE).date()
        found = index_of_24_hours(raw.window(end, DAY_WINDOW), day, ZONE)
        if found.value is not None:
            derived.append(Sample(end - HOUR, found.value, found.flags, found.note))
    return Playback({**series, rules.INDEX: derived})


def judged(
    shared: Path, station: str, test: Test, window: timedelta, limits: dict[str, float], *quantities: str
) -> list[Played]:
    return list(play(test, source(file_of(shared, station)).of(*quantities), window, limits, ends(FIRST, HOURS)))


def local(played: Played) -> tuple[str, str, str]:
    """Return kind, the local end of the hour it was said after, and since when."""
    since = played.verdict.since
    assert since is not None
    shown = [at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M") for at in (played.at, since)]
    return played.verdict.kind, shown[0], shown[1]


@pytest.mark.parametrize(("station", "count", "by_gap"), [("Wanliu", 111, 2), ("Gucheng", 115, 7)])
def test_heavy_pollution_of_four_years_is_what_the_brute_force_counts(
    shared: Path, station: str, count: int, by_gap: int
) -> None:
    limits = {one.id: one.value for one in rules.HEAVY_POLLUTION_LIMITS}
    played = judged(shared, station, rules.heavy_pollution, rules.HEAVY_POLLUTION_WINDOW, limits, rules.INDEX)
    expected = list(brute_episodes(brute_indices(file_of(shared, station))))
    hour = [(one.at - FIRST) // HOUR - 1 for one in played]
    found = []
    for place in range(0, len(played), 2):
        opening, closing = played[place].verdict, played[place + 1].verdict if place + 1 < len(played) else None
        assert opening.since is not None
        found.append(
            Episode(
                (opening.since - FIRST) // HOUR,
                hour[place],
                None if closing is None else hour[place + 1],
                "open" if closing is None else str(closing.facts["cause"]),
            )
        )
    assert found == expected
    assert (len(found), sum(one.cause == "gap" for one in found)) == (count, by_gap)


def test_the_index_of_every_24_hours_is_what_the_brute_force_computes(shared: Path) -> None:
    file = file_of(shared, "Wanliu")
    derived = source(file).window(FIRST + HOURS * HOUR, HOURS * HOUR).values(rules.INDEX, HOURS)
    assert derived == list(brute_indices(file))


def test_the_week_of_february_2014(shared: Path) -> None:
    limits = {one.id: one.value for one in rules.HEAVY_POLLUTION_LIMITS}
    played = judged(shared, "Wanliu", rules.heavy_pollution, rules.HEAVY_POLLUTION_WINDOW, limits, rules.INDEX)
    week = [one for one in played if date(2014, 2, 18) < one.at.date() < date(2014, 3, 1)]
    assert [local(one) for one in week] == [
        ("opens", "2014-02-20 23:00", "2014-02-20 17:00"),
        ("closes", "2014-02-25 21:00", "2014-02-25 17:00"),
        ("opens", "2014-02-27 08:00", "2014-02-27 02:00"),
        ("closes", "2014-02-27 22:00", "2014-02-27 10:00"),
    ]
    assert [one.verdict.facts.get("cause") for one in week] == [None, "gap", None, "within"]
    assert {one.verdict.facts["primary"] for one in week if one.verdict.kind == "opens"} == {"pm25"}


def test_the_implausible_reading_of_26_february_2014_is_found(shared: Path) -> None:
    limits = {one.id: one.value for one in rules.IMPLAUSIBLE_LIMITS}
    test, window = rules.implausible_reading, rules.IMPLAUSIBLE_WINDOW
    played = judged(shared, "Wanliu", test, window, limits, *POLLUTANTS)
    (found,) = [one for one in played if one.verdict.kind == "opens" and one.at.date() == date(2014, 2, 26)]
    assert local(found) == ("opens", "2014-02-26 18:00", "2014-02-26 15:00")
    assert found.verdict.facts == {"quantity": "pm25", "before": 539.0, "value": 3.0, "after": 328.0, "hours": 2}


def test_slipped_decimal_points_of_carbon_monoxide_are_found(shared: Path) -> None:
    limits = {one.id: one.value for one in rules.IMPLAUSIBLE_LIMITS}
    played = judged(shared, "Wanliu", rules.implausible_reading, rules.IMPLAUSIBLE_WINDOW, limits, *POLLUTANTS)
    opened = {local(one)[2]: one.verdict.facts for one in played if one.verdict.kind == "opens"}
    assert len(opened) == 15
    slipped = opened["2015-06-05 09:00"]
    assert slipped == {"quantity": "co", "before": 6000.0, "value": 600.0, "after": 8000.0, "hours": 1}


def test_silences_of_six_hours_and_more(shared: Path) -> None:
    limits = {one.id: one.value for one in rules.SILENT_LIMITS}
    played = judged(shared, "Wanliu", rules.silent_station, rules.SILENT_WINDOW, limits, *POLLUTANTS)
    begins = [begin for begin, hours in _brute_silence(file_of(shared, "Wanliu")) if hours >= 6]
    since = [one.verdict.since for one in played if one.verdict.kind == "opens"]
    assert since == [FIRST + begin * HOUR for begin in begins]
    assert len(begins) == 7


def _brute_silence(file: Path) -> Iterator[tuple[int, int]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        silent = [all(row[name] == "NA" for name in LIMITS) for row in csv.DictReader(lines)]
    begin = None
    for hour, state in enumerate([*silent, False]):
        if state and begin is None:
            begin = hour
        elif not state and begin is not None:
            yield begin, hour - begin
            begin = None


def test_an_instrument_stuck_for_a_day_is_found(shared: Path) -> None:
    limits = {one.id: one.value for one in rules.STUCK_LIMITS}
    played = judged(shared, "Wanliu", rules.stuck_reading, rules.STUCK_WINDOW, limits, "pm25", "pm10", "no2", "o3")
    opened = {local(one)[2]: one.verdict.facts for one in played if one.verdict.kind == "opens"}
    assert opened["2013-03-09 14:00"] == {"quantity": "o3", "value": 69.0, "hours": 6}
    assert len(opened) == 22
    assert opened["2013-09-18 04:00"] == {"quantity": "pm25", "value": 134.0, "hours": 6}


def test_days_with_fewer_than_twenty_hours_of_particles_are_not_valid(shared: Path) -> None:
    raw = source(file_of(shared, "Wanliu")).of(*POLLUTANTS)
    found = {}
    for day in range(20, 29):
        end = datetime(2014, 2, day, tzinfo=ZONE).astimezone(UTC) + timedelta(days=1)
        found[day] = index_of_day(raw.window(end, LOCAL_DAY_WINDOW), date(2014, 2, day), ZONE).value
    assert found == {20: 269, 21: 356, 22: 335, 23: 259, 24: 322, 25: None, 26: None, 27: 69, 28: 140}
