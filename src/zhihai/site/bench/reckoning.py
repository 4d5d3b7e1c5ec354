"""Rows of a calendar change: every running clock looked at, and those that it moves written anew."""

from __future__ import annotations

from datetime import datetime, timedelta

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.journal import reads as journal
from zhihai.site.bench.crowd import timed
from zhihai.site.bench.figures import Row

DAY, YEAR = timedelta(days=1), timedelta(days=365)
GOAL_CLOCKS = 1_000_000
_STALE = """SELECT EXISTS (SELECT FROM clock k WHERE k.state <> 'stopped' AND k.calendar <>
    (SELECT version FROM calendar_version ORDER BY no DESC LIMIT 1))"""
_RUNNING = "SELECT count(*) FROM clock WHERE state <> 'stopped'"
_SUM = "SELECT count(*) FROM journal_entry WHERE act = 'cases.reckon'"


def reckoning() -> tuple[Row, Row]:
    """Make the next working day a day off, and measure until no clock stands under the calendar before.

    One round: it touches every clock. The platform's own background work takes part, as it would. The second row is the
    same time for a million clocks, in proportion.
    """
    at = journal.now()
    calendar = case_reads.calendar()
    day = at.astimezone(calendar.zone).date() + DAY
    while not calendar.sessions_of(day):
        day += DAY
    running = int(records.value(_RUNNING))
    written = int(records.value(_SUM))
    off = cases.CalendarDay(day=day, kind="in_lieu_holiday", name=calendar.holidays(day - YEAR, day)[-1].name)
    cases.load_calendar(SYSTEM, [off], sessions=journal.clock().facts["sessions"], at=at)
    seconds = timed(lambda: _until_done(at))
    moved = int(records.value(_SUM)) - written
    rows = (("reckoned", seconds, running, 60.0 * running / GOAL_CLOCKS), ("reckoned_cases", seconds, moved, None))
    first, second = (Row(name=name, unit="s", rounds=(took,), n=n, most=most) for name, took, n, most in rows)
    return first, second


def _until_done(at: datetime) -> None:
    """Reckon to the end. Where the platform's own worker was faster with some cases, a call may find nothing to do."""
    while cases.reckon(at=at) or records.value(_STALE):
        pass
