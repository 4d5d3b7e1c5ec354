"""Telling people about cases: who holds a task's role, supervisors of what is late, operators of a missing calendar."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zhihai.ground.kind import word
from zhihai.kernel import records
from zhihai.kernel.cases.clocks import specials_of
from zhihai.kernel.cases.dossier import open_dossier
from zhihai.kernel.cases.events import (
    CaseClosed,
    CaseEvent,
    CaseOpened,
    ClockBreached,
    ClockEventTold,
    ClockWarned,
    StepTaken,
    TaskHandedOver,
)
from zhihai.kernel.cases.residents import CORRECTION, LOOK
from zhihai.kernel.channels import acts as channels
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal.acts import Heard

SUPERVISOR = "zhihai.supervisor"
OPERATOR = "zhihai.operator"


def notify(heard: Sequence[Heard]) -> None:
    """Listener: tell people what waits for them, once for each matter.

    The holders of a task's role hear that it waits, is near its end, or late; supervisors too of what is late.
    Operators hear of a year whose holidays the calendar lacks, when a case first has a provisional clock because of it.
    Whoever complained about a look, or asked for a correction, hears that it was answered.
    Tasks, holders and notices are each one question, however many events there are.
    """
    told = [(one.at, one.event) for one in heard if isinstance(one.event, CaseEvent)]
    tasks = _open_tasks({event.case for _, event in told})
    due = [one for at, event in told for one in _of_event(event, at, tasks.get(event.case, ()))]
    who = identity.holders(post for one in due for post in one.posts)
    channels.tell(
        [
            channels.Telling(
                sorted({account for post in one.posts for account in who[post]}),
                one.notice, one.facts, f"/desk/cases/{one.number}", one.once, one.at,
            )
            for one in due
        ]
    )  # fmt: skip
    _tell_calendar({event.case: at for at, event in told if isinstance(event, CaseOpened | StepTaken)})
    _tell_answered({event.case: (at, event.number) for at, event in told if isinstance(event, CaseClosed)})


@dataclass(frozen=True, slots=True)
class _Task:
    """An open task as a notice needs it; ``facts`` are those of its case."""

    id: int
    step: str
    role: str
    org_lo: int
    area_lo: int
    facts: Mapping[str, Any]

    def post(self, role: str, kind: str, at: datetime) -> identity.Post:
        """Return a role at the place of this task."""
        return identity.Post(role, self.org_lo, self.area_lo, at, kind)


@dataclass(frozen=True, slots=True)
class _Due:
    """A notice that is due to whoever holds these posts."""

    notice: str
    posts: tuple[identity.Post, ...]
    facts: Mapping[str, object]
    number: str
    once: str
    at: datetime


def _of_event(event: CaseEvent, at: datetime, tasks: Sequence[_Task]) -> Iterator[_Due]:
    if isinstance(event, CaseOpened | StepTaken):
        steps = event.steps if isinstance(event, CaseOpened) else event.opened
        yield from (_of_task(event, task, at) for task in tasks if task.step in steps)
    elif isinstance(event, TaskHandedOver):
        yield from (_of_task(event, task, at) for task in tasks if task.id == event.task)
    elif isinstance(event, ClockWarned | ClockBreached):
        yield _of_clock(event, tasks, at)


def _of_task(event: CaseEvent, task: _Task, at: datetime) -> _Due:
    told = {
        "number": event.number,
        "title": channels.Said(word(event.kind, "case", "title"), task.facts),
        "step": channels.Said(word(event.kind, "case", f"{task.step}.name"), {}),
    }
    posts = (task.post(task.role, event.kind, at),)
    return _Due("zhihai.task_opened", posts, told, event.number, f"task:{task.id}", at)


def _of_clock(event: ClockEventTold, tasks: Sequence[_Task], at: datetime) -> _Due:
    late = isinstance(event, ClockBreached)
    posts = tuple(
        task.post(role, event.kind, at)
        for task in tasks
        for role in ((task.role, SUPERVISOR) if late else (task.role,))
    )
    told = {
        "number": event.number,
        "due": event.due,
        "clock": channels.Said(word(event.kind, "case", f"clock.{event.name}"), {}),
    }
    how = "breached" if late else "warned"
    return _Due(f"zhihai.clock_{how}", posts, told, event.number, f"{how}:{event.clock}:{event.due}", at)


def _open_tasks(cases: Collection[int]) -> dict[int, list[_Task]]:
    found: dict[int, list[_Task]] = {}
    for case, id_, step, role, org_lo, area_lo, facts in records.rows(
        """SELECT t.case_id, t.id, t.step, t.role, t.org_lo, t.area_lo, c.facts FROM task t
           JOIN cases c ON c.id = t.case_id WHERE t.case_id = ANY(%s) AND t.state = 'open' ORDER BY t.id""",
        (sorted(cases),),
    ):
        task = _Task(id_, step, role, org_lo, area_lo, records.json_object(facts))
        found.setdefault(case, []).append(task)
    return found


def _tell_calendar(cases: Mapping[int, datetime]) -> None:
    found = records.rows(
        """SELECT DISTINCT case_id FROM clock WHERE case_id = ANY(%s) AND provisional AND state <> 'stopped'
           ORDER BY case_id""",
        (list(cases),),
    )
    for (case,) in found:
        dossier, at = open_dossier(case), cases[case]
        specials = specials_of(dossier.clocks)
        years = {clock.missing_year(dossier.calendar, specials) for clock in dossier.clocks if not clock.done}
        post = identity.Post(OPERATOR, dossier.org_lo, dossier.area_lo, at)
        who = identity.holders([post])[post]
        channels.tell(
            [
                channels.Telling(who, "zhihai.calendar_missing", {"year": year}, "", f"calendar:{year}", at)
                for year in sorted(year for year in years if year is not None)
            ]
        )


def _tell_answered(closed: Mapping[int, tuple[datetime, str]]) -> None:
    """Tell those who opened a case themselves; the answer stands on the page that only they see."""
    if not closed:
        return
    found = records.rows(
        "SELECT id, subject_noun, subject_id FROM cases WHERE id = ANY(%s) AND subject_noun = ANY(%s) ORDER BY id",
        (list(closed), [LOOK, CORRECTION]),
    )
    said = {(LOOK, one): who for one, who in identity.complainants(_about(found, LOOK)).items()}
    said |= {(CORRECTION, one): who for one, who in identity.correcting(_about(found, CORRECTION)).items()}
    channels.tell(
        [
            channels.Telling(
                [said[noun, about]], f"zhihai.{_ANSWERED[noun][0]}", {"number": closed[case][1]}, _ANSWERED[noun][1],
                f"answered:{case}", closed[case][0],
            )
            for case, noun, about in found if (noun, about) in said
        ]
    )  # fmt: skip


_ANSWERED = {LOOK: ("complaint_answered", "/my/complaints/"), CORRECTION: ("correction_answered", "/my/")}


def _about(found: Sequence[records.Row], noun: str) -> list[int]:
    return [row[2] for row in found if row[1] == noun]
