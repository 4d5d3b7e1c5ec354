"""Days as forms bring them (日期): whole days of the district, the last of them included."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from zhihai.ground.refusal import Refused


def read_day(text: str, field: str) -> date:
    """Return the day that a form brings. Raises ``Refused`` (``no_day``) naming the field."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refused("no_day", field) from None


def begin_of(text: str, field: str, zone: ZoneInfo) -> datetime:
    """Return when a day begins in the district (UTC). Raises as :func:`read_day`, for a day too far off too."""
    return _midnight(read_day(text, field), 0, field, zone)


def end_of(text: str, field: str, zone: ZoneInfo) -> datetime:
    """Return when a day has ended: what lasts until that day lasts through it. Raises as :func:`begin_of`."""
    return _midnight(read_day(text, field), 1, field, zone)


def _midnight(day: date, later: int, field: str, zone: ZoneInfo) -> datetime:
    try:
        return datetime.combine(day + timedelta(days=later), time(), zone).astimezone(UTC)
    except OverflowError:  # the first and the last days there are lie outside what an instant can be
        raise Refused("no_day", field) from None
