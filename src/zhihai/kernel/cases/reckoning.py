"""Reckoning anew (重算): clocks that an older calendar stands under, many cases at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

import msgspec

from zhihai.ground.worktime.calendar import WorkingCalendar
from zhihai.ground.worktime.events import ClockEvent
from zhihai.ground.worktime.timeline import micros, moment
from zhihai.kernel import records
from zhihai.kernel.cases import calendar as calendars
from zhihai.kernel.cases.clocks import Clock, Settled, Terms, reckoned, specials_of

SLICE, THREADS = 1_000, 2
"""Cases of one transaction (some thousand clocks, a fifth of a second), and how many transactions at once."""

MARGIN = timedelta(days=1)
"""What a clock's stretch is taken to be longer: nothing within a day of a change is passed over."""

STALE = """SELECT v.version FROM calendar_version v
    WHERE v.version <> (SELECT x.version FROM calendar_version x ORDER BY x.no DESC LIMIT 1)
        AND EXISTS (SELECT FROM clock k WHERE k.calendar = v.version AND k.state <> 'stopped') LIMIT 1"""

NEXT = "SELECT s.case_id FROM clock s WHERE s.calendar = %s AND s.state <> 'stopped' ORDER BY s.id LIMIT %s"

TOUCHED = """SELECT k.case_id, bool_or(k.state <> 'running' OR k.sort = 'special' OR k.due_at IS NULL OR (
        k.limits->>'unit' <> 'calendar_hour' AND tstzrange(k.started_at - %s, k.due_at + %s) && %s::tstzmultirange))
    FROM clock k WHERE k.case_id = ANY(%s) AND k.state <> 'stopped' GROUP BY k.case_id"""
"""Whether the change may touch a clock of a case that has not stopped."""

RELABEL = "UPDATE clock SET calendar = %s WHERE case_id = ANY(%s) AND calendar = %s AND state <> 'stopped'"

_INSTANTS = ("due_at", "warn_at", "warned_at", "breached_at", "stopped_at")
CLOCKS = f"""SELECT k.case_id, c.seq, k.id, k.task_id, k.name, k.sort, k.state, k.limits::text, k.events::text,
        k.calendar, k.provisional,
        {", ".join(f"(date_part('epoch', k.{name}) * 1000000)::bigint" for name in _INSTANTS)}
    FROM clock k JOIN cases c ON c.id = k.case_id WHERE k.case_id = ANY(%s) ORDER BY k.case_id, k.id"""
"""Instants as microseconds since 1970, in both directions: a tenth of the cost of text; exact until 2106."""

KEPT = ("due", "warn", "next_at", "warned", "breached")
WRITE = f"SELECT zh_cases_reckoned({', '.join(['%s'] * 15)})"

_events = msgspec.json.Decoder(tuple[ClockEvent, ...], strict=False)


@dataclass(frozen=True, slots=True)
class _Reckoned:
    """A case reckoned anew: its clocks as they are, and what is to be kept of those that run."""

    id: int
    seq: int
    late: bool
    moved: tuple[int, ...]
    clocks: tuple[tuple[int, Settled], ...]


@dataclass(frozen=True, slots=True)
class _Change:
    """From which version of the calendar to which, in which spans the two differ, and at what instant it is looked."""

    stale: str
    now: WorkingCalendar
    spans: str
    at: datetime


def reckon(*, at: datetime, limit: int = 40_000) -> int:
    """Reckon anew the clocks that an older calendar stands under; returns how many cases were looked at.

    Looked at are the cases of the next ``limit`` such clocks, by two threads at once: one evaluates while the server
    writes for the other. Where the change lies outside
    the stretch of every clock of a case, none is evaluated, and they only stand under the calendar in force from now
    on. A case changes (with an entry in its chain) only where an instant does. Each slice is whole by itself: after an
    end in between, the next call goes on. A case that somebody is changing meanwhile is left to the next call.
    """
    stale = records.value(STALE)
    if stale is None:
        return 0
    now = calendars.current()
    change = _Change(stale, now, _spans(calendars.of_version(stale, now), now), at)
    cases = list(dict.fromkeys(case for (case,) in records.rows(NEXT, (stale, limit))))
    slices = [cases[first : first + SLICE] for first in range(0, len(cases), SLICE)]
    return sum(records.side_by_side(lambda one: _slice(one, change), slices, THREADS))


def _slice(cases: list[int], change: _Change) -> int:
    found = records.rows(TOUCHED, (MARGIN, MARGIN, change.spans, cases))
    touched, untouched = ([case for case, may in found if may is wanted] for wanted in (True, False))
    if untouched:
        records.execute(RELABEL, (change.now.version, untouched, change.stale))
    return len(untouched) + (_write(list(_read(touched, change)), change) if touched else 0)


def _spans(stale: WorkingCalendar, now: WorkingCalendar) -> str:
    """Return where two calendars differ, as a multirange of PostgreSQL."""
    spans = stale.differences(now)
    if spans is None:
        return "{(,)}"
    return "{" + ",".join(f"[{moment(first).isoformat()},{moment(end).isoformat()})" for first, end in spans) + "}"


def _read(cases: Sequence[int], change: _Change) -> Iterator[_Reckoned]:
    """Evaluate the running clocks of cases by the calendar in force."""
    for case, rows in groupby(records.rows(CLOCKS, (cases,)), itemgetter(0)):
        held = list(rows)
        clocks = [_clock(row) for row in held]
        specials = specials_of(clocks)
        running = [clock for clock in clocks if not clock.done]
        anew = [(clock.id, reckoned(clock, change.now, specials, change.at)) for clock in running]
        moved = tuple(clock.id for clock, (_, kept) in zip(running, anew, strict=True) if _differs(clock, kept))
        late = any(kept.breached for _, kept in anew)
        late = late or any(clock.breached or clock.stopped_late for clock in clocks if clock.done)
        yield _Reckoned(case, held[0][1], late, moved, tuple(anew))


def _clock(row: records.Row) -> Clock:
    _, _, id_, task, name, sort, state, limits, events, calendar, provisional, *instants = row
    due, warn, warned, breached, stopped = (None if one is None else _moment(one) for one in instants)
    return Clock(
        id_, task, name, sort, state, _terms(limits), _events.decode(events), due, warn, warned, breached, stopped,
        calendar, provisional,
    )  # fmt: skip


_moment = lru_cache(maxsize=65_536)(moment)
"""Most clocks end when a working day does, so many share an instant."""


@lru_cache(maxsize=4096)
def _terms(limits: str) -> Terms:
    return msgspec.json.decode(limits, type=Terms)


def _differs(clock: Clock, kept: Settled) -> bool:
    """Say whether a calendar changed something of a clock; a paused one has no end, but may have to warn anew."""
    before = (clock.due, clock.warn, clock.warned, clock.breached, clock.provisional)
    return before != (kept.due, kept.warn, kept.warned, kept.breached, kept.provisional)


def _write(cases: Sequence[_Reckoned], change: _Change) -> int:
    """Write what was reckoned in one transaction; returns of how many cases."""
    flat = [(one.id, id_, kept) for one in cases for id_, kept in one.clocks]
    arrays = (
        *(_array(getattr(one, name) for one in cases) for name in ("id", "seq", "late")),
        _array(_told(one, change) for one in cases),
        *(_array(row[place] for row in flat) for place in (1, 0)),
        _array("NULL" if kept.task is None else kept.task for _, _, kept in flat),
        *(_instants(getattr(kept, name) for _, _, kept in flat) for name in KEPT),
        _array(kept.provisional for _, _, kept in flat),
    )
    with records.statement():
        return int(records.value(WRITE, (change.at, change.now.version, *arrays)))


def _told(case: _Reckoned, change: _Change) -> str:
    """Return what the entry of a case says, as an element of an array; NULL where no instant moved."""
    if not case.moved:
        return "NULL"
    text = records.as_json({"calendar": change.now.version, "clocks": case.moved})
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _instants(instants: Iterable[datetime | None]) -> str:
    return _array("NULL" if one is None else micros(one) for one in instants)


def _array(values: Iterable[object]) -> str:
    """Return an array as PostgreSQL reads it: of numbers, of what is true or false, and of quoted text."""
    return "{" + ",".join(map(str, values)) + "}"
