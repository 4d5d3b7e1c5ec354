"""Telling people about cases: those who hold a task's role, and the supervisors when a clock has run out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from zhihai.ground.kind import word
from zhihai.kernel import records
from zhihai.kernel.cases.events import CaseOpened, ClockBreached, ClockWarned, StepTaken
from zhihai.kernel.channels import acts as channels
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal.acts import Heard

SUPERVISOR = "zhihai.supervisor"


def notify(heard: Sequence[Heard]) -> None:
    """Listener: tell the holders of a task's role that it waits, is near its end, or late; once for each matter."""
    for one in heard:
        event = one.event
        if isinstance(event, CaseOpened):
            _tell_tasks(event.case, event.number, event.kind, event.steps, one.at)
        elif isinstance(event, StepTaken):
            _tell_tasks(event.case, event.number, event.kind, event.opened, one.at)
        elif isinstance(event, ClockWarned | ClockBreached):
            _tell_clock(event, one.at)


def _tell_tasks(case: int, number: str, kind: str, steps: tuple[str, ...], at: datetime) -> None:
    for task, step, role, org_lo, area_lo, facts in _tasks(case, steps):
        who = identity.holders(role, org_lo, area_lo, at=at)
        told = {
            "number": number,
            "title": channels.Said(word(kind, "case", "title"), records.json_object(facts)),
            "step": channels.Said(word(kind, "case", f"{step}.name"), {}),
        }
        channels.tell(who, "zhihai.task_opened", told, link=f"/desk/cases/{number}", once=f"task:{task}", at=at)


def _tell_clock(event: ClockWarned | ClockBreached, at: datetime) -> None:
    late = isinstance(event, ClockBreached)
    who: set[int] = set()
    for _, _, role, org_lo, area_lo, _ in _tasks(event.case, None):
        who.update(identity.holders(role, org_lo, area_lo, at=at))
        if late:
            who.update(identity.holders(SUPERVISOR, org_lo, area_lo, at=at))
    told = {
        "number": event.number, "due": event.due,
        "clock": channels.Said(word(event.kind, "case", f"clock.{event.name}"), {}),
    }  # fmt: skip
    notice = "zhihai.clock_breached" if late else "zhihai.clock_warned"
    once = f"{'breached' if late else 'warned'}:{event.clock}"
    channels.tell(sorted(who), notice, told, link=f"/desk/cases/{event.number}", once=once, at=at)


def _tasks(case: int, steps: tuple[str, ...] | None) -> list[records.Row]:
    return records.rows(
        """SELECT t.id, t.step, t.role, t.org_lo, t.area_lo, c.facts FROM task t JOIN cases c ON c.id = t.case_id
           WHERE t.case_id = %s AND t.state = 'open' AND (%s::text[] IS NULL OR t.step = ANY(%s)) ORDER BY t.id""",
        (case, None if steps is None else list(steps), None if steps is None else list(steps)),
    )
