"""Writes of the room cases: open, take a step, pause, resume, extend, hand over; and the tick."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.ground.words import Said
from zhihai.ground.worktime.events import extended, paused, resumed
from zhihai.ground.worktime.limits import Limit
from zhihai.kernel import records
from zhihai.kernel.cases.beginning import CaseRef, begin
from zhihai.kernel.cases.bringing import bring_in
from zhihai.kernel.cases.calendar import CalendarDay
from zhihai.kernel.cases.clocks import Clock, changed_row, specials_of
from zhihai.kernel.cases.counting import recount
from zhihai.kernel.cases.dossier import Dossier, open_dossier
from zhihai.kernel.cases.engine import Task
from zhihai.kernel.cases.events import CaseEvent, ClockExtended, TaskHandedOver
from zhihai.kernel.cases.histories import CaseHistory, PastStep
from zhihai.kernel.cases.notifying import notify
from zhihai.kernel.cases.opening import Opening
from zhihai.kernel.cases.reckoning import reckon
from zhihai.kernel.cases.recurring import open_recurring, refuse_unreviewed
from zhihai.kernel.cases.residents import answer_about, ask_correction, complain, open_about, refuse_judge
from zhihai.kernel.cases.setting import load_calendar, set_duty, set_limit
from zhihai.kernel.cases.stepping import end_task
from zhihai.kernel.cases.ticking import tick
from zhihai.kernel.cases.writing import Change, write_change
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import DIRECT_CASES, OPEN_CASES, WORK_CASES

__all__ = [
    "CalendarDay", "CaseHistory", "CaseRef", "PastStep", "answer_about", "ask_correction", "bring_in", "complain",
    "extend", "hand_over", "load_calendar", "notify", "open_about", "open_case", "open_recurring", "pause", "reckon",
    "recount", "resume", "set_duty", "set_limit", "take_step", "tick",
]  # fmt: skip


def open_case(
    actor: Actor, kind: str, *, at: datetime, area: int, organisation: int | None = None, lon: float | None = None,
    lat: float | None = None, cell: str | None = None, subject: tuple[str, int] | None = None,
    facts: Mapping[str, object] | None = None, provenance: str = "real",
) -> CaseRef:  # fmt: skip
    """Open a case (立案): row, number, first task and all clocks in one transaction, with its journal entry and event.

    ``kind`` is the full name of a case kind, ``area`` and ``organisation`` row numbers; without an organisation the
    duty for the first step's role decides. ``facts`` fill the case's title. Raises ``NotPermitted`` without the power
    ``case.open`` over that place for that kind, ``Refused`` for an unknown kind and when nobody has the duty,
    ``NotFound`` for an area or organisation that is not there.
    """
    place = {"cell": cell, "lon": lon, "lat": lat, "provenance": provenance, "facts": facts or {}}

    def allowed(found: Opening) -> Opening:
        actor.need(OPEN_CASES, *found.place)
        return found

    return begin(actor, kind, place, subject, allowed, at=at, area=area, organisation=organisation)


def take_step(
    actor: Actor,
    case: int,
    task: int,
    outcome: str,
    *,
    at: datetime,
    note: str | Said = "",
    evidence: Mapping[str, object] | None = None,
    apart: bool = False,
    happened: datetime | None = None,
) -> None:
    """End a task with one of its step's outcomes (办理): what follows opens, clocks stop and start, the case may close.

    ``note`` is what a person wrote, or a sentence of the words, kept beside the evidence. A room above that brings an
    outcome about with rows of its own says ``apart``, and when it ``happened`` where it is entered later: clocks stop
    and start then. Raises ``NotPermitted`` unless the actor holds the step's role over the task, ``Conflict`` when the
    task is done or the case has moved on, ``Refused`` for an unknown outcome, one that the law alone or an act of its
    own brings about, or a missing note.
    """
    dossier = open_dossier(case)
    held = dossier.task(task)
    _may_work(actor, dossier, held)
    refuse_unreviewed(actor, dossier, at=at)
    end_task(actor, dossier, held, outcome, at=at, note=note, evidence=evidence or {}, apart=apart, happened=happened)


def _may_work(actor: Actor, dossier: Dossier, task: Task) -> None:
    if actor.sort == "system":
        return
    grants = [grant for grant in actor.scope.grants if grant.role == task.role]
    if not any(grant.covers(task.org_lo, dossier.area_lo, dossier.type_no, WORK_CASES) for grant in grants):
        raise NotPermitted("not_your_task", "task")
    refuse_judge(actor, dossier.subject)


def pause(actor: Actor, case: int, clock: int, cause: str, *, at: datetime) -> None:
    """Pause a clock for a cause told in writing (暂停计时): the document and its number belong into ``cause``.

    Raises ``Conflict`` for one that does not run, and for one whose kind bounds its extension: what may hold such a
    limit up are the special procedures of its kind alone (政府信息公开条例 art. 30, 32, 33).
    """
    dossier, held = _directed(actor, case, clock, cause, at)
    if held.done or held.paused:
        raise Conflict("clock_not_running", "clock")
    if dossier.kind.clock(held.name).extension is not None:
        raise Conflict("clock_not_pausable", "clock")
    _write_clock(actor, dossier, held.after(paused(at, cause.strip())), "cases.pause", at)


def resume(actor: Actor, case: int, clock: int, cause: str, *, at: datetime) -> None:
    """Let a paused clock go on (恢复计时)."""
    dossier, held = _directed(actor, case, clock, cause, at)
    if not held.paused:
        raise Conflict("clock_not_paused_now", "clock")
    _write_clock(actor, dossier, held.after(resumed(at, cause.strip())), "cases.resume", at)


def extend(actor: Actor, case: int, clock: int, amount: int, cause: str, *, at: datetime) -> None:
    """Extend a clock by ``amount`` of its own unit, with reasons, before it has run out (延长, 行政许可法 art. 42).

    It warns anew where its warning is now still to come. Raises ``Conflict`` when it has ended or run out, and where
    its kind allows one extension and it had it; ``Refused`` for more units than its kind allows.
    """
    dossier, held = _directed(actor, case, clock, cause, at)
    if held.done:
        raise Conflict("clock_not_running", "clock")
    if held.read(dossier.calendar, specials_of(dossier.clocks), at).overdue:
        raise Conflict("extension_late", "clock")
    most = dossier.kind.clock(held.name).extension
    if most is not None and any(event.what == "extended" for event in held.events):
        raise Conflict("extended_already", "clock")
    if most is not None and amount > most:
        raise Refused("extension_long", "amount", most=most)
    _write_clock(
        actor, dossier, held.after(extended(at, Limit(amount, held.terms.unit), cause.strip())), "cases.extend", at
    )


def _directed(actor: Actor, case: int, clock: int, cause: str, at: datetime) -> tuple[Dossier, Clock]:
    """Open the dossier for one who directs cases there; a cause must be given."""
    dossier = open_dossier(case)
    place = (dossier.org_lo, dossier.area_lo, dossier.type_no)
    actor.need(DIRECT_CASES, *place)
    if not cause.strip():
        raise Refused("cause_needed", "cause")
    return dossier, dossier.clock(clock)


def _write_clock(actor: Actor, dossier: Dossier, clock: Clock, act: str, at: datetime) -> None:
    specials = specials_of(dossier.clocks)
    events: list[CaseEvent] = []
    if act == "cases.extend":
        reading = clock.read(dossier.calendar, specials, at)
        clock = clock.rearmed(reading, at)
        events.append(
            ClockExtended(
                case=dossier.id, number=dossier.number, kind=dossier.name, clock=clock.id, name=clock.name,
                due=reading.due,
            )
        )  # fmt: skip
    row = changed_row(clock, dossier.calendar, specials)
    change = Change(
        act=act,
        data={"clock": clock.id, "name": clock.name, "due": row["due_at"]},
        behalf=actor.behalf(DIRECT_CASES, dossier.org_lo, dossier.area_lo, dossier.type_no),
        clocks_changed=[row],
        events=events,
    )
    write_change(actor, dossier, change, at)


def hand_over(actor: Actor, case: int, task: int, organisation: int, cause: str, *, at: datetime) -> None:
    """Give an open task to another organisation (改派): the same round, its clocks run on, the cause stays with it.

    Raises ``NotPermitted`` unless the actor directs cases where the task is now, ``Refused`` without a cause, to where
    it is already and to where nobody could do it, ``Conflict`` when it is done, ``NotFound`` for no organisation.
    """
    dossier = open_dossier(case)
    held = dossier.task(task)
    actor.need(DIRECT_CASES, held.org_lo, dossier.area_lo, dossier.type_no)
    if not cause.strip():
        raise Refused("cause_needed", "cause")
    if held.state != "open":
        raise Conflict("task_done", "task")
    if held.org == organisation:
        raise Refused("task_there_already", "organisation")
    found = records.value("SELECT lo FROM organisation WHERE id = %s AND valid_to IS NULL", (organisation,))
    if found is None:
        raise NotFound("no_organisation", "organisation")
    post = identity.Post(held.role, found, dossier.area_lo, at, dossier.name)
    if not identity.holders([post])[post]:
        raise Refused("nobody_there", "organisation")
    change = Change(
        act="cases.hand_over",
        data={"task": held.id, "from": held.org, "to": organisation},
        behalf=actor.behalf(DIRECT_CASES, held.org_lo, dossier.area_lo, dossier.type_no),
        tasks_moved=[
            {
                "id": held.id,
                "org_id": organisation,
                "move": {"from": held.org, "to": organisation, "cause": cause.strip(), "at": at, "by": actor.account},
            }
        ],
        events=[TaskHandedOver(case=dossier.id, number=dossier.number, kind=dossier.name, task=held.id)],
    )
    write_change(actor, dossier, change, at)
