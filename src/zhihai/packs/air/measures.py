"""What the figures of the air-quality network are made from."""

from __future__ import annotations

from datetime import datetime

from zhihai.ground.measure import Measured, share
from zhihai.ground.reading import Flag
from zhihai.kit.kinds import ObservedRow, Span

GOOD = 100


def good_days(rows: tuple[ObservedRow, ...], span: Span) -> Measured:
    """Return the share of good days (优良天数比例): index of at most 100, among the days that have a valid index.

    Rows are the index of each local day (``aqi_day``). A day whose index lacks a pollutant counts only when it is above
    100 as it stands: below, the missing one might have raised it (HJ 633-2026 5.3). There is no target for it.
    """
    days = [
        (place, row.value)
        for place, row in enumerate(rows)
        if not row.flags & Flag.INVALID and (row.value > GOOD or not row.flags & Flag.INCOMPLETE)
    ]
    good = tuple(place for place, value in days if value <= GOOD)
    return share(len(good), len(days), tuple(place for place, _ in days), good)


def data_completeness(rows: tuple[ObservedRow, ...], span: Span) -> Measured:
    """Return the share of hourly values that are there and valid among those expected (数据完整率).

    Rows are the hourly values of the six pollutants. Expected is every hour that has ended by ``as_of`` of each
    pollutant of each station, from its first day to its last: one that is silent all the while is missing too. An hour
    counts once, however many values a station sends in it.
    """
    hours: dict[tuple[int, datetime], int] = {}
    for place, row in enumerate(rows):
        if not row.flags & Flag.INVALID:
            hours.setdefault((row.datastream, row.at.replace(minute=0, second=0, microsecond=0)), place)
    return share(len(hours), span.expected, tuple(hours.values()))
