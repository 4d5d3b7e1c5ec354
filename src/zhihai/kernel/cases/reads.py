"""Questions about cases: the inbox, one case with everything on its page, what a kind looks like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zhihai.ground.actors import Actor
from zhihai.ground.instants import to_micros
from zhihai.ground.refusal import NotFound
from zhihai.ground.words import Said
from zhihai.ground.worktime.calendar import WorkingCalendar
from zhihai.ground.worktime.clock import ClockReading
from zhihai.ground.worktime.strip import Strip, strip
from zhihai.kernel import records
from zhihai.kernel.cases import calendar as calendars
from zhihai.kernel.cases.clocks import Clock, clock_from, specials_of
from zhihai.kernel.cases.counting import Load, load
from zhihai.kernel.cases.dossier import SAID, kind_of
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.cases.listing import (
    CaseLine,
    by_number,
    clock_rows,
    closed,
    place_of,
    recent,
)
from zhihai.kernel.identity.kinds import DIRECT_CASES, SEE_CASES, WORK_CASES
from zhihai.kernel.identity.reads import predicate
from zhihai.kernel.journal.reads import CaseHead

__all__ = [
    "CaseLine",
    "CaseView",
    "ClockView",
    "InboxPage",
    "InboxRow",
    "Load",
    "TaskView",
    "by_number",
    "calendar",
    "case_view",
    "clock_rows",
    "closed",
    "heads",
    "inbox",
    "load",
    "recent",
]

calendar = calendars.current
FAR = 9000  # year of a task that nothing binds


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock as a page shows it: its reading at the page's instant, and the strip."""

    id: int
    task: int | None
    name: str
    clock: Clock
    reading: ClockReading
    strip: Strip


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One open task in a list: the case it belongs to, where, whose, and the clock that binds it first."""

    task: int
    case: int
    number: str
    kind: str
    version: int
    step: str
    role: str
    org: int
    area: int
    facts: dict[str, Any]
    opened_at: datetime
    due: datetime | None
    late: bool
    provenance: str
    mode: str
    clock: ClockView | None
    cursor: str


@dataclass(frozen=True, slots=True)
class InboxPage:
    """A page of an inbox; ``next`` is the cursor of the page after it, ``None`` on the last."""

    rows: tuple[InboxRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task on a case's page; ``may_work`` says whether the reader may end it.

    ``moves`` tells each time it was handed over: ``from`` and ``to`` an organisation, ``cause``, ``at``, ``by``.
    """

    id: int
    step: str
    role: str
    org: int
    round: int
    state: str
    opened_at: datetime
    done_at: datetime | None
    actor: int | None
    actor_sort: str | None
    outcome: str | None
    note: str | Said
    evidence: dict[str, Any]
    moves: tuple[dict[str, Any], ...]
    may_work: bool


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with all that its page shows (案件)."""

    id: int
    number: str
    kind_name: str
    kind: CaseKind
    org: int
    area: int
    cell: str | None
    lon: float | None
    lat: float | None
    subject: tuple[str, int] | None
    facts: dict[str, Any]
    state: str
    opened_at: datetime
    due: datetime | None
    closed_at: datetime | None
    closing: str | None
    late: bool
    rework: int
    mode: str
    provenance: str
    seq: int
    tasks: tuple[TaskView, ...]
    clocks: tuple[ClockView, ...]
    may_direct: bool


_INBOX = """
SELECT t.id, t.sort_at, t.step, t.role, t.org_id, t.opened_at, c.id, c.number, k.name, c.version, c.area_id, c.facts,
    c.due_at, c.late, c.provenance, c.mode
FROM task t JOIN cases c ON c.id = t.case_id JOIN case_type k ON k.no = t.type_no
WHERE t.state = 'open' AND {predicate} {filters} ORDER BY t.sort_at, t.id LIMIT %s
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
    """Return open tasks by what is due first, in two questions and without counting.

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
    params: list[object] = [*access.params]
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
    found = records.rows(_INBOX.format(predicate=access.sql, filters=" ".join(filters)), (*params, limit + 1))
    page = found[:limit]
    binding = _binding_clocks([row[6] for row in page], at)
    rows = tuple(_inbox_row(row, binding) for row in page)
    return InboxPage(rows, rows[-1].cursor if len(found) > limit else None)


def _inbox_row(row: records.Row, binding: dict[int, list[ClockView]]) -> InboxRow:
    task, sort_at, step, role, org, opened_at, case, number, kind, version, area, facts, _, late, provenance, mode = row
    clocks = [view for view in binding.get(case, ()) if view.task in (None, task)]
    dated = [(view.reading.due, view.id, view) for view in clocks if view.reading.due is not None]
    first = min(dated)[2] if dated else None
    return InboxRow(
        task,
        case,
        number,
        kind,
        version,
        step,
        role,
        org,
        area,
        records.json_object(facts),
        opened_at,
        None if sort_at.year >= FAR else sort_at,
        late,
        provenance,
        mode,
        first or next(iter(clocks), None),
        f"{to_micros(sort_at)}-{task}",
    )


def _binding_clocks(cases: list[int], at: datetime) -> dict[int, list[ClockView]]:
    if not cases:
        return {}
    found = records.rows(
        f"""SELECT k.case_id, to_json(k), {calendars.IN_FORCE} FROM clock k
            WHERE k.case_id = ANY(%s) AND (k.state <> 'stopped' OR k.sort = 'special') ORDER BY k.id""",
        (cases,),
    )
    by_case: dict[int, list[Clock]] = {}
    for case, row, _ in found:
        by_case.setdefault(case, []).append(clock_from(records.json_object(row)))
    if not found:
        return {}
    calendar = calendars.built(found[0][2])
    views = {case: _clock_views(clocks, calendar, at) for case, clocks in by_case.items()}
    return {case: [view for view in shown if not view.clock.done] for case, shown in views.items()}


def _clock_views(clocks: list[Clock], calendar: WorkingCalendar, at: datetime) -> list[ClockView]:
    """Read clocks at an instant; one that has stopped as it was reckoned then, whatever calendar is in force now."""
    specials = specials_of(clocks)
    views = []
    for clock in clocks:
        if clock.done:
            reading = clock.read(calendars.of_version(clock.calendar, calendar), specials)
        else:
            reading = clock.read(calendar, specials, at)
        views.append(ClockView(clock.id, clock.task, clock.name, clock, reading, strip(reading)))
    return views


_CASE = f"""
SELECT c.id, c.number, k.name, c.version, c.org_id, c.area_id, c.cell, c.lon, c.lat, c.subject_noun, c.subject_id,
    c.facts, c.state, c.opened_at, c.due_at, c.closed_at, c.closing, c.late, c.rework, c.mode, c.provenance, c.seq,
    c.org_lo, c.area_lo, c.type_no, (SELECT json_agg(t ORDER BY t.id) FROM task t WHERE t.case_id = c.id),
    (SELECT json_agg(x ORDER BY x.id) FROM clock x WHERE x.case_id = c.id), {calendars.IN_FORCE}
FROM cases c JOIN case_type k ON k.no = c.type_no WHERE c.number = %s AND ({{case}} OR EXISTS (
    SELECT 1 FROM task t WHERE t.case_id = c.id AND {{task}}))
"""


def case_view(actor: Actor, number: str, at: datetime) -> CaseView:
    """Return a case with tasks and clocks, in one question.

    Raises ``NotFound`` alike when there is none and when the actor may not see it: by the case's own place or by a task
    that an organisation in the actor's scope had.
    """
    whole = predicate(actor, SEE_CASES, org="c.org_lo", area="c.area_lo", type_="c.type_no")
    part = predicate(actor, SEE_CASES, org="t.org_lo", area="t.area_lo", type_="t.type_no")
    row = records.one(_CASE.format(case=whole.sql, task=part.sql), (number, *whole.params, *part.params))
    if row is None:
        raise NotFound("no_case", "number")
    place = (row[22], row[23], row[24])
    clocks = [clock_from(one) for one in records.json_list(row[26] or "[]")]
    return CaseView(
        id=row[0],
        number=row[1],
        kind_name=row[2],
        kind=kind_of(row[2], row[3]),
        org=row[4],
        area=row[5],
        cell=row[6],
        lon=row[7],
        lat=row[8],
        subject=None if row[9] is None else (row[9], row[10]),
        facts=records.json_object(row[11]),
        state=row[12],
        opened_at=row[13],
        due=row[14],
        closed_at=row[15],
        closing=row[16],
        late=row[17],
        rework=row[18],
        mode=row[19],
        provenance=row[20],
        seq=row[21],
        tasks=tuple(_task_view(actor, task, row[23], row[24]) for task in records.json_list(row[25] or "[]")),
        clocks=tuple(_clock_views(clocks, calendars.built(row[27]), at)),
        may_direct=actor.may_over(DIRECT_CASES, *place),
    )


def _task_view(actor: Actor, task: dict[str, Any], area_lo: int, type_no: int) -> TaskView:
    mine = any(
        grant.role == task["role"] and grant.covers(task["org_lo"], area_lo, type_no, WORK_CASES)
        for grant in actor.scope.grants
    )
    evidence = dict(task["evidence"])
    said = evidence.pop(SAID, None) if isinstance(evidence.get(SAID), dict) else None
    return TaskView(
        id=task["id"],
        step=task["step"],
        role=task["role"],
        org=task["org_id"],
        round=task["round"],
        state=task["state"],
        opened_at=datetime.fromisoformat(task["opened_at"]),
        done_at=datetime.fromisoformat(task["done_at"]) if task["done_at"] else None,
        actor=task["actor"],
        actor_sort=task["actor_sort"],
        outcome=task["outcome"],
        note=task["note"] if said is None else Said(said["key"], said["facts"]),
        evidence=evidence,
        moves=tuple(task["moves"]),
        may_work=task["state"] == "open" and mine,
    )


def heads() -> Iterator[CaseHead]:
    """Yield number, length of its chain and hash of the last entry of every case: for verification, not for pages."""
    after = 0
    while page := records.rows("SELECT id, seq, last_h FROM cases WHERE id > %s ORDER BY id LIMIT 5000", (after,)):
        yield from ((id_, seq, bytes(last)) for id_, seq, last in page)
        after = page[-1][0]
