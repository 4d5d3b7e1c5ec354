"""Cases: the inbox, one case with tasks and clocks, its course, its process, and the steps taken on it.

Everything goes through the access predicate: who may not see a case is answered as if there were none.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.http import HttpResponse
from pydantic import BaseModel, ConfigDict, Field

from zhihai.faces.api import dossiers
from zhihai.faces.api.access import Called, now
from zhihai.faces.api.dossiers import CaseOut, ClockOut
from zhihai.faces.api.language import language_of
from zhihai.faces.api.pages import Code, Id, Instant, Limit, Name, Note, Text, name
from zhihai.faces.bpmn import bpmn
from zhihai.faces.desk.history import history_of
from zhihai.faces.naming import Telling, organisations_named, telling
from zhihai.ground.refusal import NotFound
from zhihai.kernel.cases import acts, reads
from zhihai.kernel.places import reads as places

Cursor = Annotated[str, Field(max_length=39, pattern=r"^[0-9]+-[0-9]+$")]
Number = Annotated[float, Field(allow_inf_nan=False)]
Evidence = Annotated[dict[Code, Note | bool | Number | None], Field(max_length=50)]


class TaskLine(BaseModel):
    """An open task: the case it belongs to, where, whose, and the clock that binds it first."""

    task: int
    number: str
    kind: str
    title: str
    step: str
    step_title: str
    role: str
    organisation: Name | None
    area: Name | None
    opened_at: datetime
    due: datetime | None
    late: bool
    provenance: str
    mode: str
    clock: ClockOut | None


class TaskPage(BaseModel):
    """A page of open tasks, what is due first before; ``next`` goes into ``after`` for the page that follows."""

    rows: list[TaskLine]
    next: str | None


class EventOut(BaseModel):
    """One thing that happened on a case; ``sort`` says whether a person, the system or a simulated official did it."""

    at: datetime
    actor: str
    sort: str
    text: str
    note: str


class History(BaseModel):
    """All that happened on a case, newest first."""

    number: str
    events: list[EventOut]


class StepIn(BaseModel):
    """How a task ends: one of its step's outcomes, with a note and evidence where the outcome asks for them."""

    model_config = ConfigDict(extra="forbid")

    outcome: Code
    note: Note = ""
    evidence: Evidence = {}


def list_inbox(
    request: Called, mine: bool = True, kind: Text | None = None, area: Code | None = None,
    due_before: Instant | None = None, after: Cursor | None = None, limit: Limit = 50,
) -> TaskPage:  # fmt: skip
    """List open tasks by what is due first: those of the caller's own roles, or with `mine=false` all in sight.

    `area` is the code of an area, whose whole subtree counts.
    """
    at = now(request)
    found = reads.inbox(
        request.auth, at, mine=mine, kind=kind, area=None if area is None else places.area_by_code(area).id,
        due_before=due_before, after=after, limit=limit,
    )  # fmt: skip
    tell, clocks = telling(language_of(request)), reads.binding_clocks([(one.task, one.case) for one in found.rows], at)
    return TaskPage(rows=[_line(row, tell, clocks.get(row.task)) for row in found.rows], next=found.next)


def get_case(request: Called, number: Code) -> CaseOut:
    """Show one case: facts, tasks with the outcomes they may have, and clocks with the reason of each due instant."""
    return dossiers.case_out(reads.case_view(request.auth, number, now(request)), telling(language_of(request)))


def get_history(request: Called, number: Code) -> History:
    """Show all that happened on a case, as its journal has it."""
    shown = reads.case_view(request.auth, number, now(request))
    events = history_of(shown, telling(language_of(request)), organisations_named())
    return History(
        number=shown.number,
        events=[EventOut(at=one.at, actor=one.actor, sort=one.sort, text=one.text, note=one.note) for one in events],
    )


def get_process(request: Called, number: Code) -> HttpResponse:
    """Give the process of a case as BPMN 2.0 with its drawing."""
    shown = reads.case_view(request.auth, number, now(request))
    tell = telling(language_of(request))
    body = bpmn(shown.kind_name, shown.kind, tell.words, tell.language)
    return HttpResponse(body, content_type="application/xml")


def take_step(request: Called, number: Code, task: Id, step: StepIn) -> CaseOut:
    """End a task of a case with an outcome; answers the case as it stands then.

    409 says that the task is done already or the case has moved on: read it again.
    """
    at, tell = now(request), telling(language_of(request))
    shown = reads.case_view(request.auth, number, at)
    if all(one.id != task for one in shown.tasks):
        raise NotFound("no_task", "task")
    acts.take_step(request.auth, shown.id, task, step.outcome, note=step.note, evidence=dict(step.evidence), at=at)
    return dossiers.case_out(reads.case_view(request.auth, number, at), tell)


def _line(row: reads.InboxRow, tell: Telling, clock: reads.ClockView | None) -> TaskLine:
    return TaskLine(
        task=row.task, number=row.number, kind=row.kind, title=tell.title(row.kind, row.facts), step=row.step,
        step_title=tell.kind(row.kind, "case", f"{row.step}.name"), role=row.role,
        organisation=name(row.org), area=name(row.area), opened_at=row.opened_at,
        due=row.due, late=row.late, provenance=row.provenance, mode=row.mode,
        clock=None if clock is None else dossiers.clock_out(row.kind, clock, tell),
    )  # fmt: skip
