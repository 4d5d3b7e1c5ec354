"""The norms of the air quality index, read from the dated tables in ``norms.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

POLLUTANTS = ("pm25", "pm10", "so2", "no2", "co", "o3")

TICK = 10_000
"""Ticks in 1 µg/m³: concentrations are exact whole numbers of ticks, since instruments report four decimals at most."""

IAQI = (0, 50, 100, 150, 200, 300, 400, 500)
"""The sub-indices at which the tables give a concentration (HJ 633-2012 表1, HJ 633-2026 表3)."""


@dataclass(frozen=True, slots=True)
class Column:
    """One pollutant's column of the table (浓度限值): concentrations in ticks at which the sub-index reaches ``IAQI``.

    ``above`` is the sub-index beyond the last of them; ``None`` where the norm computes none there and takes the
    pollutant's other averaging period instead.
    """

    knots: tuple[int, ...]
    above: int | None

    def sub_index(self, total: int, count: int) -> int | None:
        """Return the sub-index (IAQI, 空气质量分指数) of the mean ``total / count`` in ticks, carried up (进位取整).

        Exact: a mean that stands on a breakpoint has that breakpoint's sub-index and not one more.
        """
        low = self.knots[0]
        for place, high in enumerate(self.knots[1:]):
            if total <= high * count:
                rise = IAQI[place + 1] - IAQI[place]
                return IAQI[place] - (rise * (low * count - total)) // ((high - low) * count)
            low = high
        return self.above


@dataclass(frozen=True, slots=True)
class Validity:
    """How many values a mean needs (数据有效性): hours of a day, hours of an 8-hour mean, 8-hour means of a day."""

    day_hours: int
    ozone_hours: int
    ozone_means: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One edition of the norms with the local days it governs, both ends included (标准版本).

    ``day`` and ``hour`` are columns in order of ``POLLUTANTS``: 24-hour means, of ozone the greatest 8-hour mean; and
    hourly values. ``attain`` are the daily limits of grade II in ticks. ``levels`` are the greatest index of each level
    but the last. The names of the norms and ``clauses`` say where the numbers stand in print.
    """

    id: str
    index_norm: str
    limits_norm: str
    validity_norm: str
    clauses: str
    begins: date
    ends: date | None
    levels: tuple[int, ...]
    day: tuple[Column, ...]
    hour: tuple[Column, ...]
    attain: tuple[int, ...]
    validity: Validity

    def in_force(self, day: date) -> bool:
        """Say whether this edition governs the local day."""
        return self.begins <= day and (self.ends is None or day <= self.ends)

    def level(self, index: int) -> int:
        """Return the level 1 … 6 of an index (一级 … 六级); its colour goes by the number."""
        return 1 + sum(index > greatest for greatest in self.levels)


@cache
def editions() -> tuple[Edition, ...]:
    """Return all editions, oldest first."""
    table = tomllib.loads(Path(__file__).with_name("norms.toml").read_text(encoding="utf-8"))
    return tuple(_edition(entry) for entry in table["edition"])


def edition(id_: str) -> Edition:
    """Return the edition with this id (``2012``, ``2026-stage1``, ``2026-stage2``); raises ``KeyError``."""
    return {one.id: one for one in editions()}[id_]


@cache
def edition_for(day: date) -> Edition:
    """Return the edition in force on a local day; before the first one, the first, which was then not in force."""
    in_force = (one for one in reversed(editions()) if one.begins <= day)
    return next(in_force, editions()[0])


def _edition(entry: Mapping[str, Any]) -> Edition:
    ticks = {name: TICK * (1000 if name in entry["milligram"] else 1) for name in POLLUTANTS}
    day = {name: _column(entry["day"][name], ticks[name]) for name in POLLUTANTS}
    hour = {name: _column(entry["hour"].get(name, entry["day"][name]), ticks[name]) for name in POLLUTANTS}
    return Edition(
        id=entry["id"],
        index_norm=entry["index_norm"],
        limits_norm=entry["limits_norm"],
        validity_norm=entry["validity_norm"],
        clauses=entry["clauses"],
        begins=entry["from"],
        ends=entry.get("to"),
        levels=tuple(entry["levels"]),
        day=tuple(day.values()),
        hour=tuple(hour.values()),
        attain=tuple(entry["attain"][name] * ticks[name] for name in POLLUTANTS),
        validity=Validity(**entry["validity"]),
    )


def _column(entry: Mapping[str, Any], ticks: int) -> Column:
    above = None if entry["above"] == "other" else int(entry["above"])
    return Column(tuple(knot * ticks for knot in entry["at"]), above)
