"""Ending a task, whoever ends it: an official, the person whose matter it is, or the law when a clock has run out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import Refused
from zhihai.ground.words import LANGUAGES, Said
from zhihai.kernel import house, records
from zhihai.kernel.cases.dossier import SAID, Dossier
from zhihai.kernel.cases.engine import (
    Plan,
    Task,
    outcome_of,
    plan_step,
    rows_of_changes,
    rows_of_starts,
)
from zhihai.kernel.cases.events import CaseClosed, CaseEvent, ClockStopped, StepTaken
from zhihai.kernel.cases.writing import Change, task_row, write_change
from zhihai.kernel.identity.kinds import WORK_CASES


def end_task(
    actor: Actor, dossier: Dossier, held: Task, outcome: str, *, at: datetime, note: str | Said = "",
    evidence: Mapping[str, object], since: datetime | None = None, happened: datetime | None = None,
    apart: bool = False,
) -> None:  # fmt: skip
    """End a task of a case with an outcome, for a caller that has asked whether the actor may.

    Clocks that start then count from ``since``, where that is another instant. ``happened`` is when it came about,
    where it is entered later: clocks stop and start then. ``apart`` says that the room above that brings such an
    outcome about has done its part. Raises as :func:`~zhihai.kernel.cases.acts.take_step` does.
    What the law alone brings about (视为), the system does.
    """
    if actor.sort != "system" and outcome in dossier.kind.lapses(held.step):
        raise Refused("law_alone", "outcome", outcome=outcome)
    written, kept = _noted(note, evidence)
    chosen = outcome_of(dossier.kind, held, outcome, noted=isinstance(note, Said) or bool(written))
    if chosen.apart and not apart:
        raise Refused("outcome_apart", "outcome", outcome=outcome)
    moment = at if happened is None else _not_before_clocks(dossier, happened)
    plan = plan_step(dossier.kind, dossier.tasks, dossier.clocks, held, chosen, moment)
    change = Change(
        act="cases.take_step",
        data={"task": held.id, "step": held.step, "outcome": outcome, "round": held.round, "evidence": bool(evidence)},
        behalf=actor.behalf(WORK_CASES, held.org_lo, dossier.area_lo, dossier.type_no, held.role),
        tasks_done=[
            {"id": held.id, "state": "done", "outcome": outcome, "note": written, "evidence": kept},
            *({"id": other.id, "state": "withdrawn"} for other in plan.withdrawn),
        ],
        events=_events_of(dossier, plan, held, outcome, at),
    )
    _fill(change, dossier, plan, at, since or moment)
    write_change(actor, dossier, change, at)


def _not_before_clocks(dossier: Dossier, happened: datetime) -> datetime:
    """Return an instant, or the last one at which a clock that still goes on was changed, whichever is later."""
    return max([happened, *(clock.events[-1].at for clock in dossier.clocks if not clock.done)])


def _noted(note: str | Said, evidence: Mapping[str, object]) -> tuple[str, dict[str, Any]]:
    """Return the text of a note, and the evidence, with a sentence of the words under :data:`SAID`."""
    kept = records.json_object(records.as_json(dict(evidence)))
    if isinstance(note, str):
        return note if note.strip() else "", kept
    for language in LANGUAGES:
        note.say(house.words(), language)  # a defect is found here, not on the page
    return "", {**kept, SAID: {"key": note.key, "facts": dict(note.facts)}}


def _fill(change: Change, dossier: Dossier, plan: Plan, at: datetime, since: datetime) -> None:
    """Put what a plan opens, starts, changes and closes into the change."""
    for step in plan.opens:
        change.tasks_new.append(task_row(dossier.name, step, dossier.office(step.role), dossier.round_of(step.id)))
    terms = {declared.id: dossier.terms(declared) for declared in plan.starts}
    specials = plan.specials(dossier.clocks, at)
    change.clocks_new = rows_of_starts(plan, terms, specials, dossier.calendar, since)
    change.clocks_changed = rows_of_changes(plan, specials, dossier.calendar)
    if plan.returned:
        change.set["rework"] = dossier.rework + 1
    ours = (clock for clock in plan.changed.values() if not dossier.of_others(clock))
    if any(clock.read(dossier.calendar, specials, at).overdue for clock in ours):
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
