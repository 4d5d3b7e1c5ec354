"""A small calendar written out by hand: 2011, 2013 and 2014 as the notices of the State Council had them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from zhihai.ground.named import Named
from zhihai.ground.worktime.calendar import CalendarDay, DayKind, WorkingCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")

OFF: dict[str, tuple[str, ...]] = {
    "National Day": ("2011-10-01", "2011-10-02", "2011-10-03", "2011-10-04", "2011-10-05", "2011-10-06", "2011-10-07",
                     "2014-10-01", "2014-10-02", "2014-10-03", "2014-10-04", "2014-10-05", "2014-10-06", "2014-10-07"),
    "New Year's Day": ("2013-01-01", "2013-01-02", "2013-01-03", "2014-01-01"),
    "Spring Festival": ("2013-02-09", "2013-02-10", "2013-02-11", "2013-02-12", "2013-02-13", "2013-02-14",
                        "2013-02-15", "2014-01-31", "2014-02-01", "2014-02-02", "2014-02-03", "2014-02-04",
                        "2014-02-05", "2014-02-06"),
    "Tomb-sweeping Day": ("2014-04-05", "2014-04-06", "2014-04-07"),
    "Labour Day": ("2014-05-01", "2014-05-02", "2014-05-03"),
    "Dragon Boat Festival": ("2014-05-31", "2014-06-01", "2014-06-02"),
    "Mid-autumn Festival": ("2014-09-06", "2014-09-07", "2014-09-08"),
}  # fmt: skip
WORKED: dict[str, tuple[str, ...]] = {
    "National Day": ("2011-10-08", "2011-10-09", "2014-09-28", "2014-10-11"),
    "New Year's Day": ("2013-01-05", "2013-01-06"),
    "Spring Festival": ("2013-02-16", "2013-02-17", "2014-01-26", "2014-02-08"),
    "Labour Day": ("2014-05-04",),
}


NAMES = {"National Day": "国庆节", "Spring Festival": "春节", "Tomb-sweeping Day": "清明节"}


def rows() -> list[CalendarDay]:
    tables: list[tuple[DayKind, dict[str, tuple[str, ...]]]] = [("holiday", OFF), ("make_up_workday", WORKED)]
    return [
        CalendarDay(date.fromisoformat(day), kind, Named(NAMES.get(name, name), name))
        for kind, table in tables
        for name, days in table.items()
        for day in days
    ]


@pytest.fixture(scope="session")
def days() -> list[CalendarDay]:
    """The days of the small calendar."""
    return rows()


@pytest.fixture(scope="session")
def calendar() -> WorkingCalendar:
    """2011, 2013 and 2014 (2012 is not known), 09:00–12:00 and 13:00–18:00 in Shanghai."""
    return WorkingCalendar(rows(), years=(2011, 2013, 2014), zone=SHANGHAI, version="small")


@pytest.fixture(scope="session")
def local() -> Callable[..., datetime]:
    """Return the UTC instant of a clock time in Shanghai, given as for ``datetime``."""
    return lambda *parts: datetime(*parts, tzinfo=SHANGHAI).astimezone(UTC)


@pytest.fixture(scope="session")
def published(shared: Path) -> list[CalendarDay]:
    """The published days of 2004–2026."""
    with (shared / "data/macro/china_holidays_2004_2026.csv").open(encoding="utf-8") as file:
        return [
            CalendarDay(date.fromisoformat(row["date"]), row["kind"], Named(row["name"], row["name"]))
            for row in csv.DictReader(file)
        ]
