"""What the figures of the air-quality network are made from."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from zhihai.ground.measure import Measured, share
from zhihai.ground.reading import Flag
from zhihai.kit.kinds import CaseRow, ObservedRow, Span
from zhihai.packs.air.model.norms import POLLUTANTS

GOOD = 100
HOUR = timedelta(hours=1)


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
    return share(sum(value <= GOOD for _, value in days), len(days), tuple(place for place, _ in days))


def data_completeness(rows: tuple[ObservedRow, ...], span: Span) -> Measured:
    """Return the share of hourly values that are there and valid among those expected (数据完整率).

    Rows are the hourly values of the six pollutants. Expected is every whole hour of the period up to ``as_of`` for
    each pollutant of each device that sent any; a single device is expected even where nothing came.
    """
    valid = [place for place, row in enumerate(rows) if not row.flags & Flag.INVALID]
    devices = max(1, ceil(len({row.datastream for row in rows}) / len(POLLUTANTS)))
    hours = max(0, (min(span.ends, span.as_of) - span.starts) // HOUR)
    return share(len(valid), hours * devices * len(POLLUTANTS), tuple(valid))


def on_time_inspections(rows: tuple[CaseRow, ...], span: Span) -> Measured:
    """Return the share of inspections done in time (检查按时率), among those done or already due.

    Rows are the clocks of inspections that came due in the period. One that still runs and is not yet due is left out.
    """
    decided = [
        (place, row.stopped is not None and row.stopped <= row.due)
        for place, row in enumerate(rows)
        if row.due is not None and (row.stopped is not None or row.due <= span.as_of)
    ]
    return share(sum(in_time for _, in_time in decided), len(decided), tuple(place for place, _ in decided))
