"""Telling people about cases: who holds a task's role, supervisors of what is late, operators of a missing calendar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from zhihai.ground.kind import word
from zhihai.kernel import records
from zhihai.kernel.cases.clocks import specials_of
from zhihai.kernel.cases.dossier import open_dossier
from zhihai.kernel.cases.events import (
    CaseEvent,
    CaseOpened,
    ClockBreached,
    ClockEventTold,
    ClockWarned,
    StepTaken,
    TaskHandedOver,
)
from zhihai.kernel.channels import acts as channels
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal.acts import Heard

SUPERVISOR = "zhihai.supervisor"
OPERATOR = "zhihai.operator"


def notify(heard: Sequence[Heard]) -> None:
    """Listener: tell people what waits for them, once for each matter.

    The holders of a task's role hear that it waits, is near its end, or late; supervisors too of what is late.
    Operators hear of a year whose holidays the calendar lacks, when a case first has a provisional clock because of it.
    """
    for one in heard:
        event = one.event
        if isinstance(event, CaseOpened | StepTaken):
            steps = event.steps if isinstance(event, CaseOpened) else event.opened
            _tell_tasks(event, one.at, "t.step = ANY(%s)", list(steps))
            _tell_calendar(event.case, one.at)
        elif isinstance(event, TaskHandedOver):
            _tell_tasks(event, one.at, "t.id = %s", event.task)
        elif isinstance(event, ClockWarned | ClockBreached):
            _tell_clock(event, one.at)


def _tell_tasks(event: CaseEvent, at: datetime, condition: str, given: object) -> None:
    for task, step, role, org_lo, area_lo, facts in _tasks(event.case, condition, given):
        told = {
            "number": event.number,
            "title": channels.Said(word(event.kind, "case", "title"), records.json_object(facts)),
            "step": channels.Said(word(event.kind, "case", f"{step}.name"), {}),
        }
        who = identity.holders(role, org_lo, area_lo, at=at, kind=event.kind)
        link = f"/desk/cases/{event.number}"
        channels.tell(who, "zhihai.task_opened", told, link=link, once=f"task:{task}", at=at)


def _tell_clock(event: ClockEventTold, at: datetime) -> None:
    late = isinstance(event, ClockBreached)
    who: set[int] = set()
    for _, _, role, org_lo, area_lo, _ in _tasks(event.case, "true"):
        for told_role in (role, SUPERVISOR) if late else (role,):
            who.update(identity.holders(told_role, org_lo, area_lo, at=at, kind=event.kind))
    told = {
        "number": event.number,
        "due": event.due,
        "clock": channels.Said(word(event.kind, "case", f"clock.{event.name}"), {}),
    }
    notice = "zhihai.clock_breached" if late else "zhihai.clock_warned"
    once = f"{'breached' if late else 'warned'}:{event.clock}:{event.due}"
    channels.tell(sorted(who), notice, told, link=f"/desk/cases/{event.number}", once=once, at=at)


def _tell_calendar(case: int, at: datetime) -> None:
    if not records.one(
        "SELECT 1 FROM clock WHERE case_id = %s AND provisional AND state <> 'stopped' LIMIT 1", (case,)
    ):
        return
    dossier = open_dossier(case)
    specials = specials_of(dossier.clocks)
    years = {clock.missing_year(dossier.calendar, specials) for clock in dossier.clocks if not clock.done}
    who = identity.holders(OPERATOR, dossier.org_lo, dossier.area_lo, at=at)
    for year in sorted(year for year in years if year is not None):
        channels.tell(who, "zhihai.calendar_missing", {"year": year}, link="", once=f"calendar:{year}", at=at)


def _tasks(case: int, condition: str, *given: object) -> list[records.Row]:
    return records.rows(
        f"""SELECT t.id, t.step, t.role, t.org_lo, t.area_lo, c.facts FROM task t JOIN cases c ON c.id = t.case_id
            WHERE t.case_id = %s AND t.state = 'open' AND {condition} ORDER BY t.id""",
        (case, *given),
    )
