"""The inbox (待办): open tasks by what is due first, in one question and without counting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zhihai.ground.actors import Actor
from zhihai.ground.instants import to_micros
from zhihai.ground.named import Named
from zhihai.kernel import house, records
from zhihai.kernel.cases import calendar as calendars
from zhihai.kernel.cases.clocks import Clock, clock_from
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.cases.listing import place_of
from zhihai.kernel.cases.timing import ClockView, Timing, clock_views, timing_of
from zhihai.kernel.identity.kinds import SEE_CASES, WORK_CASES
from zhihai.kernel.identity.reads import predicate

FAR = 9000
"""The year of a task that nothing binds."""


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One open task in a list: the case it belongs to, where, whose, and the clock that binds it first.

    ``behalf`` is the account in whose place the reader would do it, ``None`` where it is their own or not theirs.
    """

    task: int
    case: int
    number: str
    kind: str
    version: int
    step: str
    role: str
    org: Named
    area: Named
    facts: dict[str, Any]
    opened_at: datetime
    due: datetime | None
    late: bool
    provenance: str
    mode: str
    timing: Timing | None
    cursor: str
    behalf: int | None


@dataclass(frozen=True, slots=True)
class InboxPage:
    """A page of an inbox; ``next`` is the cursor of the page after it, ``None`` on the last."""

    rows: tuple[InboxRow, ...]
    next: str | None


# Which tasks is settled before anything is joined to them. A clock never paused, in a case of a kind without special
# procedures, is drawn from what is kept of it (``whole``); any other is read.
_INBOX = """
SELECT t.id, t.sort_at, t.step, t.role, t.opened_at, c.id, c.number, y.name, c.version, c.facts, c.late, c.provenance,
    c.mode, o.name_zh, o.name_en, a.name_zh, a.name_en, k.started_at, k.due_at, k.warn_at, k.provisional, k.whole,
    t.org_lo, t.area_lo, t.type_no
FROM (
    SELECT t.id, t.sort_at, t.step, t.role, t.org_id, t.opened_at, t.case_id, t.org_lo, t.area_lo, t.type_no
    FROM task t
    WHERE t.state = 'open' AND {predicate} {filters} ORDER BY t.sort_at, t.id LIMIT {most:d}
) t
JOIN cases c ON c.id = t.case_id JOIN case_type y ON y.no = c.type_no
JOIN organisation o ON o.id = t.org_id JOIN area a ON a.id = c.area_id
LEFT JOIN LATERAL (
    SELECT k.started_at, k.due_at, k.warn_at, k.provisional, k.state = 'running' AND k.events->1 IS NULL AS whole
    FROM clock k WHERE k.case_id = c.id AND k.state <> 'stopped' AND (k.task_id IS NULL OR k.task_id = t.id)
    ORDER BY k.due_at, k.id LIMIT 1
) k ON true
ORDER BY t.sort_at, t.id
"""


def inbox(
    actor: Actor,
    at: datetime,
    *,
    mine: bool = True,
    kind: str | None = None,
    area: int | None = None,
    due_before: datetime | None = None,
    after: str | None = None,
    limit: int = 50,
) -> InboxPage:
    """Return open tasks by what is due first, without counting.

    ``mine`` keeps those whose role the actor holds there, else all that the actor may see. ``after`` is the cursor of
    the page before; raises ``Refused`` for one that is not ours.
    """
    access = predicate(
        actor,
        WORK_CASES if mine else SEE_CASES,
        org="t.org_lo",
        area="t.area_lo",
        type_="t.type_no",
        role="t.role" if mine else None,
    )
    filters: list[str] = []
    params: list[object] = []
    for condition, given in (
        ("t.type_no = (SELECT no FROM case_type WHERE name = %s)", kind),
        ("t.area_lo BETWEEN (SELECT lo FROM area WHERE id = %s) AND (SELECT hi FROM area WHERE id = %s)", area),
        ("t.sort_at < %s", due_before),
    ):
        if given is not None:
            filters.append(f"AND {condition}")
            params.extend([given] * condition.count("%s"))
    if after is not None:
        filters.append("AND (t.sort_at, t.id) > (%s, %s)")
        params.extend(place_of(after))
    # How many stands in the text: a plan kept for any number would be one for a tenth of the table.
    found = records.rows(_INBOX.format(predicate=access, filters=" ".join(filters), most=limit + 1), params)
    page = found[:limit]
    read = binding_clocks([(row[0], row[5]) for row in page if row[21] is False or (row[21] and _special(row[7]))], at)
    rows = tuple(_row(row, read, at, actor) for row in page)
    return InboxPage(rows, rows[-1].cursor if len(found) > limit else None)


def _special(kind: str) -> bool:
    """Say whether cases of a kind may have special procedures, whose time other clocks do not count."""
    try:
        versions = house.registry().versions(CaseKind, kind)
    except KeyError:  # its pack was taken away
        return True
    return any(clock.sort == "special" for version in versions for clock in version.clocks)


def _row(row: records.Row, read: dict[int, ClockView], at: datetime, actor: Actor) -> InboxRow:
    task, sort_at, step, role, opened_at, case, number, kind, version, facts, late, provenance, mode = row[:13]
    start, due, warn, provisional, whole = row[17:22]
    behalf = actor.behalf(WORK_CASES, row[22], row[23], row[24], role)
    timing = timing_of(read[task], at) if task in read else Timing(start, due, warn, provisional=provisional)
    return InboxRow(
        task, case, number, kind, version, step, role, Named(row[13], row[14]), Named(row[15], row[16]),
        records.json_object(facts), opened_at, None if sort_at.year >= FAR else sort_at, late, provenance, mode,
        None if whole is None else timing, f"{to_micros(sort_at)}-{task}", behalf,
    )  # fmt: skip


def binding_clocks(tasks: Iterable[tuple[int, int]], at: datetime) -> dict[int, ClockView]:
    """Return the clock that binds each of these (task, case) first, read at ``at``; none where none runs."""
    wanted = list(tasks)
    if not wanted:
        return {}
    found = records.rows(
        f"""SELECT k.case_id, to_json(k), {calendars.IN_FORCE} FROM clock k
            WHERE k.case_id = ANY(%s) AND (k.state <> 'stopped' OR k.sort = 'special') ORDER BY k.id""",
        ([case for _, case in wanted],),
    )
    by_case: dict[int, list[Clock]] = {}
    for case, row, _ in found:
        by_case.setdefault(case, []).append(clock_from(records.json_object(row)))
    if not found:
        return {}
    calendar = calendars.built(found[0][2])
    views = {case: clock_views(clocks, calendar, at) for case, clocks in by_case.items()}
    bound = {
        task: [view for view in views.get(case, ()) if not view.clock.done and view.task in (None, task)]
        for task, case in wanted
    }
    return {task: _first(clocks) for task, clocks in bound.items() if clocks}


def _first(clocks: list[ClockView]) -> ClockView:
    dated = [(view.reading.due, view.id, view) for view in clocks if view.reading.due is not None]
    return min(dated)[2] if dated else clocks[0]
