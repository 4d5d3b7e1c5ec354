"""Writes of the room cases: open, take a step, pause, resume, extend, hand over; and the tick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.ground.worktime.events import extended, paused, resumed
from zhihai.ground.worktime.limits import Limit
from zhihai.kernel import house, records
from zhihai.kernel.cases import calendar as calendars
from zhihai.kernel.cases.calendar import CalendarDay
from zhihai.kernel.cases.clocks import Clock, changed_row, specials_of, terms_of
from zhihai.kernel.cases.dossier import DUTIES, LIMITS, Dossier, local_day, open_dossier, pairs
from zhihai.kernel.cases.engine import (
    Plan,
    Task,
    outcome_of,
    plan_opening,
    plan_step,
    rows_of_changes,
    rows_of_starts,
)
from zhihai.kernel.cases.events import CaseClosed, CaseEvent, CaseOpened, ClockStopped, StepTaken
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.cases.notifying import notify
from zhihai.kernel.cases.setting import load_calendar, reckon, set_duty, set_limit
from zhihai.kernel.cases.ticking import tick
from zhihai.kernel.cases.writing import Change, call, event_rows, task_row, write_change
from zhihai.kernel.identity.kinds import DIRECT_CASES, WORK_CASES

__all__ = [
    "CalendarDay",
    "CaseRef",
    "extend",
    "hand_over",
    "load_calendar",
    "notify",
    "open_case",
    "pause",
    "reckon",
    "resume",
    "set_duty",
    "set_limit",
    "take_step",
    "tick",
]


@dataclass(frozen=True, slots=True)
class CaseRef:
    """A case just opened: number of the row, number that people say."""

    id: int
    number: str


_OPENING = f"""
SELECT t.no, a.lo, o.id, o.lo, d.facts->>'prefix',
    {DUTIES.format(kind="t.name", area="a.lo")},
    {LIMITS.format(kind="t.name", day="(%s::timestamptz AT TIME ZONE d.zone)::date")}, {calendars.IN_FORCE}
FROM case_type t CROSS JOIN district d JOIN area a ON a.id = %s LEFT JOIN organisation o ON o.id = %s WHERE t.name = %s
"""


def open_case(
    actor: Actor,
    kind: str,
    *,
    at: datetime,
    area: int,
    organisation: int | None = None,
    lon: float | None = None,
    lat: float | None = None,
    cell: str | None = None,
    subject: tuple[str, int] | None = None,
    facts: Mapping[str, object] | None = None,
    provenance: str = "real",
) -> CaseRef:
    """Open a case (立案): row, number, first task and all clocks in one transaction, with its journal entry and event.

    ``kind`` is the full name of a case kind, ``area`` and ``organisation`` row numbers; without an organisation the
    duty for the first step's role decides. ``facts`` fill the case's title. Raises ``Refused`` when nobody has it.
    """
    declared = house.registry().get(CaseKind, kind)
    row = records.one(_OPENING, (at, area, organisation, kind))
    if row is None:
        records.execute("INSERT INTO case_type (name) VALUES (%s) ON CONFLICT DO NOTHING", (kind,))
        row = records.one(_OPENING, (at, area, organisation, kind))
    if row is None:
        raise NotFound("no_area", "area")
    type_no, area_lo, org, org_lo, prefix, duties, settings, calendar_column = row
    duty, set_limits, calendar = pairs(duties), pairs(settings), calendars.built(calendar_column)
    plan = plan_opening(declared)
    first = plan.opens[0]
    office = (org, org_lo) if org is not None else duty.get(first.role)
    if office is None:
        raise Refused("no_duty", "organisation", kind=kind, role=first.role)
    terms = {clock.id: terms_of(clock, set_limits.get(clock.id)) for clock in plan.starts}
    body = {
        "actor": actor.account,
        "sort": actor.sort,
        "at": at,
        "prefix": f"{prefix}-{local_day(at, calendar).year}-{declared.prefix}-",
        "case": {
            "type_no": type_no,
            "version": declared.version,
            "org_id": office[0],
            "org_lo": office[1],
            "area_id": area,
            "area_lo": area_lo,
            "cell": cell,
            "lon": lon,
            "lat": lat,
            "facts": facts or {},
            "provenance": provenance,
            "subject_noun": subject[0] if subject else None,
            "subject_id": subject[1] if subject else None,
        },
        "tasks": [task_row(kind, first, duty.get(first.role, office), 1)],
        "clocks": rows_of_starts(plan, terms, plan.specials((), at), calendar, at),
        "data": records.as_json({"kind": kind, "version": declared.version, "step": first.id, "subject": subject}),
        "events": event_rows([CaseOpened(case=0, number="", kind=kind, steps=(first.id,))]),
    }
    id_, number = call("SELECT id, number FROM zh_case_open(%s::jsonb)", body)
    return CaseRef(id_, number)


def take_step(
    actor: Actor,
    case: int,
    task: int,
    outcome: str,
    *,
    at: datetime,
    note: str = "",
    evidence: Mapping[str, object] | None = None,
) -> None:
    """End a task with one of its step's outcomes (办理): what follows opens, clocks stop and start, the case may close.

    Raises ``NotPermitted`` unless the actor holds the step's role over the task, ``Conflict`` when the task is done or
    the case has moved on, ``Refused`` for an unknown outcome or a missing note.
    """
    dossier = open_dossier(case, at)
    held = dossier.task(task)
    _may_work(actor, dossier, held)
    chosen = outcome_of(dossier.kind, held, outcome, note)
    plan = plan_step(dossier.kind, dossier.tasks, dossier.clocks, held, chosen, at)
    kept = records.as_json(evidence or {})
    change = Change(
        act="cases.take_step",
        data={"task": held.id, "step": held.step, "outcome": outcome, "round": held.round, "evidence": bool(evidence)},
        tasks_done=[
            {"id": held.id, "state": "done", "outcome": outcome, "note": note, "evidence": records.json_object(kept)},
            *({"id": other.id, "state": "withdrawn"} for other in plan.withdrawn),
        ],
        events=_events_of(dossier, plan, held, outcome, at),
    )
    _fill(change, dossier, plan, at)
    write_change(actor, dossier, change, at)


def _may_work(actor: Actor, dossier: Dossier, task: Task) -> None:
    if actor.sort == "system":
        return
    grants = [grant for grant in actor.scope.grants if grant.role == task.role]
    if not any(grant.covers(task.org_lo, dossier.area_lo, dossier.type_no, WORK_CASES) for grant in grants):
        raise NotPermitted("not_your_task", "task")


def _fill(change: Change, dossier: Dossier, plan: Plan, at: datetime) -> None:
    """Put what a plan opens, starts, changes and closes into the change."""
    for step in plan.opens:
        office = dossier.duties.get(step.role, (dossier.org, dossier.org_lo))
        change.tasks_new.append(task_row(dossier.name, step, office, dossier.round_of(step.id)))
    terms = {declared.id: dossier.terms(declared) for declared in plan.starts}
    specials = plan.specials(dossier.clocks, at)
    change.clocks_new = rows_of_starts(plan, terms, specials, dossier.calendar, at)
    change.clocks_changed = rows_of_changes(plan, specials, dossier.calendar)
    if plan.returned:
        change.set["rework"] = dossier.rework + 1
    if any(clock.read(dossier.calendar, specials, at).overdue for clock in plan.changed.values()):
        change.set["late"] = True
    if plan.closing is not None:
        change.set |= {"state": "closed", "closed_at": at, "closing": plan.closing}


def _events_of(dossier: Dossier, plan: Plan, done: Task, outcome: str, at: datetime) -> list[CaseEvent]:
    specials = plan.specials(dossier.clocks, at)
    named: dict[str, Any] = {"case": dossier.id, "number": dossier.number, "kind": dossier.name}
    events: list[CaseEvent] = [
        StepTaken(**named, step=done.step, outcome=outcome, opened=tuple(step.id for step in plan.opens))
    ]
    for clock in plan.changed.values():
        if clock.done:
            due = clock.read(dossier.calendar, specials).due
            events.append(ClockStopped(**named, clock=clock.id, name=clock.name, due=due))
    if plan.closing is not None:
        events.append(CaseClosed(**named, closing=plan.closing))
    return events


def pause(actor: Actor, case: int, clock: int, cause: str, *, at: datetime) -> None:
    """Pause a clock for a cause told in writing (暂停计时): the document and its number belong into ``cause``."""
    dossier, held = _directed(actor, case, clock, cause, at)
    if held.done or held.paused:
        raise Conflict("clock_not_running", "clock")
    _write_clock(actor, dossier, held.after(paused(at, cause.strip())), "cases.pause", at)


def resume(actor: Actor, case: int, clock: int, cause: str, *, at: datetime) -> None:
    """Let a paused clock go on (恢复计时)."""
    dossier, held = _directed(actor, case, clock, cause, at)
    if not held.paused:
        raise Conflict("clock_not_paused_now", "clock")
    _write_clock(actor, dossier, held.after(resumed(at, cause.strip())), "cases.resume", at)


def extend(actor: Actor, case: int, clock: int, amount: int, cause: str, *, at: datetime) -> None:
    """Extend a running clock by ``amount`` of its own unit, with reasons (延长, 行政许可法 art. 42)."""
    dossier, held = _directed(actor, case, clock, cause, at)
    if held.done:
        raise Conflict("clock_not_running", "clock")
    _write_clock(
        actor, dossier, held.after(extended(at, Limit(amount, held.terms.unit), cause.strip())), "cases.extend", at
    )


def _directed(actor: Actor, case: int, clock: int, cause: str, at: datetime) -> tuple[Dossier, Clock]:
    """Open the dossier for one who directs cases there; a cause must be given."""
    dossier = open_dossier(case, at)
    place = (dossier.org_lo, dossier.area_lo, dossier.type_no)
    if actor.sort != "system" and not actor.scope.covers(*place, DIRECT_CASES):
        raise NotPermitted
    if not cause.strip():
        raise Refused("cause_needed", "cause")
    return dossier, dossier.clock(clock)


def _write_clock(actor: Actor, dossier: Dossier, clock: Clock, act: str, at: datetime) -> None:
    row = changed_row(clock, dossier.calendar, specials_of(dossier.clocks))
    change = Change(act=act, data={"clock": clock.id, "name": clock.name, "due": row["due_at"]}, clocks_changed=[row])
    write_change(actor, dossier, change, at)


def hand_over(actor: Actor, case: int, task: int, organisation: int, cause: str, *, at: datetime) -> None:
    """Give an open task to another organisation (改派): the same round, its clocks run on."""
    dossier = open_dossier(case, at)
    held = dossier.task(task)
    if actor.sort != "system" and not actor.scope.covers(held.org_lo, dossier.area_lo, dossier.type_no, DIRECT_CASES):
        raise NotPermitted
    if not cause.strip():
        raise Refused("cause_needed", "cause")
    if held.state != "open":
        raise Conflict("task_done", "task")
    found = records.value("SELECT lo FROM organisation WHERE id = %s AND valid_to IS NULL", (organisation,))
    if found is None:
        raise NotFound("no_organisation", "organisation")
    change = Change(
        act="cases.hand_over",
        data={"task": held.id, "from": held.org, "to": organisation},
        tasks_moved=[{"id": held.id, "org_id": organisation, "org_lo": found}],
    )
    write_change(actor, dossier, change, at)
