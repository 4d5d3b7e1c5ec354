"""A case as it is answered: facts, tasks, clocks with the derivation of their due instants."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from zhihai.faces.api.pages import Name, name
from zhihai.faces.naming import Telling, account_names, area_names, organisation_names
from zhihai.ground.worktime.derivation import explain, say
from zhihai.kernel.cases.reads import CaseView, ClockView, TaskView


class ClockOut(BaseModel):
    """A clock (时限): statutory, promised, of a step, or a special procedure that stops the others.

    ``due`` is the last instant in time, ``null`` while the clock is paused; ``provisional`` says that it rests on a
    year whose holidays are not known yet, ``confirmed`` is false for a limit that is a demonstration value.
    ``elapsed`` is the share of its limit that is used, past 1 when late.
    """

    id: int
    task: int | None
    name: str
    title: str
    sort: str
    state: str
    started: datetime
    due: datetime | None
    warn_at: datetime | None
    late: bool
    provisional: bool
    confirmed: bool
    urgency: str
    elapsed: float


class ExplainedClock(ClockOut):
    """A clock with the reason of its due instant, sentence by sentence."""

    derivation: list[str]


class OutcomeOut(BaseModel):
    """One way a task can end; ``note_needed`` says that it must be told what was found."""

    id: str
    title: str
    note_needed: bool


class TaskOut(BaseModel):
    """A task of a case: one round of one step. ``may_work`` says whether the caller may end it."""

    id: int
    step: str
    title: str
    role: str
    organisation: Name | None
    round: int
    state: str
    opened_at: datetime
    done_at: datetime | None
    actor: Name | None
    actor_sort: str | None
    outcome: str | None
    outcome_title: str
    note: str
    evidence: dict[str, Any]
    may_work: bool
    outcomes: list[OutcomeOut]


class SubjectOut(BaseModel):
    """What a case is about: a row of some noun."""

    noun: str
    id: int


class CaseOut(BaseModel):
    """A case (案件) as the caller may see it, at the district's instant of the answer."""

    number: str
    kind: str
    kind_title: str
    version: int
    title: str
    organisation: Name | None
    area: Name | None
    cell: str | None
    lon: float | None
    lat: float | None
    subject: SubjectOut | None
    facts: dict[str, Any]
    state: str
    opened_at: datetime
    due: datetime | None
    closed_at: datetime | None
    closing: str | None
    closing_title: str
    late: bool
    rework: int
    mode: str
    provenance: str
    seq: int
    tasks: list[TaskOut]
    clocks: list[ExplainedClock]
    may_direct: bool


def case_out(case: CaseView, tell: Telling) -> CaseOut:
    """Return a case as it is answered."""
    areas, organisations = area_names(case.closed_at), organisation_names(case.closed_at)
    people = account_names(task.actor for task in case.tasks if task.actor)
    kind, closing = case.kind_name, case.closing
    tasks = []
    for task in case.tasks:
        actor = name(people.get(task.actor or 0))
        tasks.append(_task_out(case, task, tell, name(organisations.get(task.org)), actor))
    return CaseOut(
        number=case.number, kind=kind, kind_title=tell.kind(kind, "case"), version=case.kind.version,
        title=tell.title(kind, case.facts), organisation=name(organisations.get(case.org)),
        area=name(areas.get(case.area)), cell=case.cell, lon=case.lon, lat=case.lat,
        subject=None if case.subject is None else SubjectOut(noun=case.subject[0], id=case.subject[1]),
        facts=case.facts, state=case.state, opened_at=case.opened_at, due=case.due, closed_at=case.closed_at,
        closing=closing, closing_title=tell.kind(kind, "case", f"closing.{closing}") if closing else "",
        late=case.late, rework=case.rework, mode=case.mode, provenance=case.provenance, seq=case.seq, tasks=tasks,
        clocks=[_explained(kind, clock, tell) for clock in case.clocks], may_direct=case.may_direct,
    )  # fmt: skip


def _task_out(case: CaseView, task: TaskView, tell: Telling, organisation: Name | None, actor: Name | None) -> TaskOut:
    def said(tail: str) -> str:
        return tell.kind(case.kind_name, "case", f"{task.step}.{tail}")

    outcomes = case.kind.choices(task.step) if task.state == "open" else ()
    return TaskOut(
        id=task.id, step=task.step, title=said("name"), role=task.role, organisation=organisation, round=task.round,
        state=task.state, opened_at=task.opened_at, done_at=task.done_at, actor=actor, actor_sort=task.actor_sort,
        outcome=task.outcome, outcome_title=said(task.outcome) if task.outcome else "", note=tell.note(task.note),
        evidence=task.evidence or {}, may_work=task.may_work,
        outcomes=[OutcomeOut(id=one.id, title=said(one.id), note_needed=one.evidence) for one in outcomes],
    )  # fmt: skip


def clock_out(kind: str, view: ClockView, tell: Telling) -> ClockOut:
    """Return a clock without the derivation of its due instant."""
    return ClockOut(**_clock_facts(kind, view, tell))


def _explained(kind: str, view: ClockView, tell: Telling) -> ExplainedClock:
    source = view.clock.terms.source or tell.kind(kind, "case", f"clock.{view.name}.source")
    sentences = explain(view.reading, sort=view.clock.sort, source=source)
    said = [say(one, tell.words, tell.language) for one in sentences]
    return ExplainedClock(**_clock_facts(kind, view, tell), derivation=said)


def _clock_facts(kind: str, view: ClockView, tell: Telling) -> dict[str, Any]:
    clock, reading = view.clock, view.reading
    return {
        "id": view.id, "task": view.task, "name": view.name, "title": tell.kind(kind, "case", f"clock.{view.name}"),
        "sort": clock.sort, "state": reading.state, "started": clock.events[0].at, "due": reading.due,
        "warn_at": reading.warn_at, "late": reading.overdue, "provisional": reading.provisional,
        "confirmed": clock.terms.confirmed, "urgency": view.strip.urgency, "elapsed": view.strip.elapsed,
    }  # fmt: skip
