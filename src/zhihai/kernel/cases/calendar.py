"""The district's working calendar, kept in the records and built once a process for each version."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.ground.worktime.calendar import CalendarDay as Day
from zhihai.ground.worktime.calendar import DayKind, WorkingCalendar
from zhihai.kernel import records

Times = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day that is not what its weekday says, with the holiday's name in both languages."""

    day: date
    kind: DayKind
    name: Named


def write_days(days: Sequence[CalendarDay], sessions: Times) -> str:
    """Put days into the records beside those known, and return the new calendar's version."""
    if not days and not sessions:
        raise Refused("calendar_empty", "calendar.csv")
    for one in days:
        records.execute(
            """INSERT INTO calendar_day VALUES (%s, %s, %s, %s) ON CONFLICT (day, kind) DO UPDATE
               SET name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en""",
            (one.day, one.kind, one.name.zh, one.name.en),
        )
    known = records.rows("SELECT day, kind, name_zh, name_en FROM calendar_day ORDER BY day, kind")
    digest = hashlib.sha256(repr((known, sessions)).encode()).hexdigest()[:12]
    records.execute(
        """INSERT INTO calendar_version (version, years, sessions, loaded_at)
           VALUES (%s, %s, %s::jsonb, clock_timestamp())""",
        (digest, sorted({row[0].year for row in known}), records.as_json(sessions)),
    )
    return digest


IN_FORCE = """(SELECT json_build_array(v.version, v.years, v.sessions, d.zone) FROM calendar_version v, district d
    ORDER BY v.no DESC LIMIT 1)"""
"""A column for any question: what ``built`` needs, so that an act asks for the calendar on its way."""


def built(column: str | list[object] | None) -> WorkingCalendar:
    """Return the working calendar that the column ``IN_FORCE`` names, built once a process for each version.

    Raises ``Refused`` (503) when no calendar is loaded.
    """
    if column is None:
        raise Refused("calendar_missing", status=503)
    version, years, sessions, zone = records.json_list(column)
    return _built(version, tuple(years), tuple((begin, end) for begin, end in sessions), ZoneInfo(zone))


def current() -> WorkingCalendar:
    """Return the working calendar in force."""
    return built(records.value(f"SELECT {IN_FORCE}"))


@lru_cache(maxsize=8)
def _built(version: str, years: tuple[int, ...], sessions: Times, zone: ZoneInfo) -> WorkingCalendar:
    found = records.rows(
        "SELECT day, kind, name_zh, name_en FROM calendar_day WHERE extract(year FROM day)::int = ANY(%s) ORDER BY day",
        (list(years),),
    )
    return WorkingCalendar(
        (Day(day, kind, Named(zh, en)) for day, kind, zh, en in found), years=years, zone=zone, version=version,
        sessions=tuple((_minutes(begin), _minutes(end)) for begin, end in sessions),
    )  # fmt: skip


def _minutes(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)
