"""Instants as whole microseconds since 1970: for cursors, digests and arrays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(at: datetime) -> int:
    """Return an aware instant as whole microseconds since 1970; raises ``TypeError`` for one without offset."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """Return the instant of ``to_micros`` in UTC; one past the year 9999 is the last there is."""
    try:
        return _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def quarter_of(day: date) -> date:
    """Return the first day of the quarter (季度) that a day lies in."""
    return day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
