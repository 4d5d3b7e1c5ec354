"""The district's working calendar: every version is kept whole, and built once a process."""

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


def write_days(days: Sequence[CalendarDay], sessions: Times) -> WorkingCalendar:
    """Keep a new version of the calendar, with these days beside those known, and return it.

    What was known of a day that is given anew is left out. Raises ``Refused`` for a calendar that makes no sense (see
    ``WorkingCalendar``), for the caller's transaction to be undone.
    """
    given = {(one.day.isoformat(), one.kind): (one.name.zh, one.name.en) for one in days}
    anew = {day for day, _ in given}
    known = records.json_list(
        records.value("SELECT coalesce((SELECT days FROM calendar_version ORDER BY no DESC LIMIT 1), '[]')")
    )
    kept = sorted([*(row for row in known if row[0] not in anew), *([*key, *name] for key, name in given.items())])
    digest = hashlib.sha256(records.as_json([kept, sessions]).encode()).hexdigest()[:12]
    records.execute(
        """INSERT INTO calendar_version (version, days, sessions, loaded_at)
           VALUES (%s, %s::jsonb, %s::jsonb, clock_timestamp())""",
        (digest, records.as_json(kept), records.as_json(sessions)),
    )
    return current()


IN_FORCE = """(SELECT json_build_array(v.version, d.zone) FROM calendar_version v, district d
    ORDER BY v.no DESC LIMIT 1)"""
"""A column for any question: what ``built`` needs, so that an act asks for the calendar on its way."""


def built(column: str | list[object] | None) -> WorkingCalendar:
    """Return the working calendar that the column ``IN_FORCE`` names.

    Raises ``Refused`` (503) when no calendar is loaded.
    """
    if column is None:
        raise Refused("calendar_missing", status=503)
    version, zone = records.json_list(column)
    return _built(version, ZoneInfo(zone))


def current() -> WorkingCalendar:
    """Return the working calendar in force."""
    return built(records.value(f"SELECT {IN_FORCE}"))


def of_version(version: str, now: WorkingCalendar) -> WorkingCalendar:
    """Return the calendar a clock was reckoned by: ``now`` where that is the one in force, else as it was kept."""
    return now if version == now.version else _built(version, now.zone)


@lru_cache(maxsize=16)
def _built(version: str, zone: ZoneInfo) -> WorkingCalendar:
    row = records.one("SELECT days, sessions FROM calendar_version WHERE version = %s LIMIT 1", (version,))
    if row is None:
        raise Refused("calendar_missing", status=503)
    days = [Day(date.fromisoformat(day), kind, Named(zh, en)) for day, kind, zh, en in records.json_list(row[0])]
    sessions = tuple((_minutes(begin), _minutes(end)) for begin, end in records.json_list(row[1]))
    return WorkingCalendar(days, years={one.day.year for one in days}, zone=zone, version=version, sessions=sessions)


def _minutes(text: str) -> int:
    hour, _, minute = text.partition(":")
    if not (text.isascii() and hour.isdecimal() and minute.isdecimal() and int(minute) < 60):
        raise Refused("calendar_time", "sessions", given=text)
    return int(hour) * 60 + int(minute)
