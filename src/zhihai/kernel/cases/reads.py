"""Questions about cases: the inbox, one case with everything on its page, what a kind looks like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotFound
from zhihai.ground.words import Said
from zhihai.kernel import records
from zhihai.kernel.cases import calendar as calendars
from zhihai.kernel.cases.bringing import brought_in
from zhihai.kernel.cases.clocks import clock_from
from zhihai.kernel.cases.counting import Load, load
from zhihai.kernel.cases.course import Course, Stage, clocks_about, closed_about, course_about, subjects
from zhihai.kernel.cases.dossier import SAID, kind_of
from zhihai.kernel.cases.inbox import InboxPage, InboxRow, binding_clocks, inbox
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.cases.listing import (
    CaseLine,
    by_number,
    clock_rows,
    closed,
    recent,
)
from zhihai.kernel.cases.residents import (
    CORRECTION,
    LOOK,
    Complained,
    Corrected,
    Progress,
    complained,
    complaint_kind,
    corrected,
    progress,
)
from zhihai.kernel.cases.timing import ClockView, Timing, clock_views, timing_of
from zhihai.kernel.identity.kinds import DIRECT_CASES, SEE_CASES, WORK_CASES
from zhihai.kernel.identity.reads import predicate
from zhihai.kernel.journal.reads import CaseHead

__all__ = [
    "CORRECTION", "LOOK", "CaseLine", "CaseView", "ClockView", "Complained", "Corrected", "Course", "InboxPage",
    "InboxRow", "Load", "Progress", "Stage", "TaskView", "Timing", "binding_clocks", "brought_in", "by_number",
    "calendar", "case_view", "clock_rows", "clocks_about", "closed", "closed_about", "complained", "complaint_kind",
    "corrected", "course_about", "heads", "inbox", "load", "progress", "recent", "subjects", "timing_of",
]  # fmt: skip

calendar = calendars.current


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
    row = records.one(_CASE.format(case=whole, task=part), (number,))
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
        clocks=tuple(clock_views(clocks, calendars.built(row[27]), at)),
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
