"""The tick: warns of clocks that are near their end and says which have run out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import structs

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import Conflict, Refused
from zhihai.ground.words import Said
from zhihai.kernel import records
from zhihai.kernel.cases.clocks import Clock, changed_row, specials_of
from zhihai.kernel.cases.counting import fold_load
from zhihai.kernel.cases.dossier import Dossier, open_dossier
from zhihai.kernel.cases.events import CaseEvent, ClockBreached, ClockWarned
from zhihai.kernel.cases.stepping import end_task
from zhihai.kernel.cases.writing import Change, write_change


def tick(*, at: datetime, limit: int = 500) -> int:
    """Warn and breach every clock whose instant has come by ``at``, earliest first; returns how many clocks.

    A case that somebody is changing meanwhile is left to the next tick. Catching up after standstill goes on in order,
    and what was missed is told once: a clock already past its end is breached without a warning first. Besides, what
    was counted of open cases since the last tick is added up.
    """
    fold_load()
    due = records.rows(
        """SELECT k.case_id, min(k.next_at) FROM (SELECT case_id, next_at FROM clock
           WHERE next_at <= %s ORDER BY next_at, id LIMIT %s) k GROUP BY k.case_id ORDER BY 2""",
        (at, limit),
    )
    return sum(_tick_case(case, at) for case, _ in due)


def _tick_case(case: int, at: datetime) -> int:
    dossier = open_dossier(case)
    specials = specials_of(dossier.clocks)
    rows, events = [], []
    for clock in dossier.clocks:
        moved, event = _moved(dossier, clock, at)
        if event is not None:
            rows.append(changed_row(moved, dossier.calendar, specials))
            events.append(event)
    if not rows:
        return 0
    breached = any(isinstance(event, ClockBreached) for event in events)
    late = any(isinstance(one, ClockBreached) and not dossier.of_others(dossier.clock(one.clock)) for one in events)
    change = Change(
        act="cases.breach_clocks" if breached else "cases.warn_clocks",
        data={"clocks": [row["id"] for row in rows]},
        clocks_changed=rows,
        set={"late": True} if late else {},
        events=events,
    )
    try:
        with records.atomic():
            write_change(SYSTEM, dossier, change, at)
            for event in events:
                if isinstance(event, ClockBreached):
                    _lapse(dossier, event.clock, at)
    except Conflict:
        return 0
    return len(rows)


def _lapse(before: Dossier, run_out: int, at: datetime) -> None:
    """Bring about what the law takes as having come when a clock has run out (逾期视为), if it says so of this one.

    What an office let run out is reckoned as if it had come when that clock started: 行政许可法 art. 32 (五). Time that
    was given to somebody else was theirs until its end: what follows is reckoned from now.
    """
    clock = before.clock(run_out)
    try:
        lapses = before.kind.clock(clock.name).lapses
    except Refused:  # its pack is not there now: the clock is late, and what that means is told when it is back
        return
    if lapses is None or clock.task is None or before.task(clock.task).state != "open":
        return
    dossier, since = open_dossier(before.id), at if clock.sort == "special" else clock.events[0].at
    end_task(
        SYSTEM, dossier, dossier.task(clock.task), lapses,
        at=at, note=Said("cases.lapsed", {}), evidence={}, since=since,
    )  # fmt: skip


def _moved(dossier: Dossier, clock: Clock, at: datetime) -> tuple[Clock, CaseEvent | None]:
    """Return the clock marked as warned or breached at ``at``, with the event that says so; or as it is."""
    reading = clock.read(dossier.calendar, specials_of(dossier.clocks), at)
    if reading.state == "stopped" or reading.provisional or clock.breached is not None:
        return clock, None
    named: dict[str, Any] = {
        "case": dossier.id, "number": dossier.number, "kind": dossier.name, "clock": clock.id, "name": clock.name,
        "due": reading.due,
    }  # fmt: skip
    if reading.overdue:
        return structs.replace(clock, warned=clock.warned or at, breached=at), ClockBreached(**named)
    if clock.warned is None and reading.warn_at is not None and reading.warn_at <= at:
        return structs.replace(clock, warned=at), ClockWarned(**named)
    return clock, None
