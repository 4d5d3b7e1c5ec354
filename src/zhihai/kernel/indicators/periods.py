"""Periods of figures: local days, months and years of the district."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from zhihai.kernel.indicators.kinds import Period


def begin_of(period: Period, day: date) -> date:
    """Return the first day of the period that ``day`` lies in."""
    if period == "day":
        return day
    return day.replace(day=1) if period == "month" else day.replace(month=1, day=1)


def end_of(period: Period, starts: date) -> date:
    """Return the first day after the period that begins on ``starts``."""
    if period == "day":
        return starts + timedelta(days=1)
    if period == "month":
        return (starts + timedelta(days=31)).replace(day=1)
    return starts.replace(year=starts.year + 1)


def periods_between(period: Period, first: datetime, last: datetime, zone: ZoneInfo) -> Iterator[date]:
    """Yield the first days of all periods from the one that holds ``first`` to the one that holds ``last``."""
    starts, until = begin_of(period, first.astimezone(zone).date()), last.astimezone(zone).date()
    while starts <= until:
        yield starts
        starts = end_of(period, starts)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a local day begins."""
    return datetime.combine(day, time(), zone)
