"""The case engine: what follows when a step ends. Pure: the state of a case in, a plan of its change out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from zhihai.ground.refusal import Conflict, Refused
from zhihai.ground.worktime.calendar import WorkingCalendar
from zhihai.ground.worktime.events import started, stopped
from zhihai.kernel.cases.clocks import Clock, Specials, Terms, changed_row, new_row, specials_of, stop_all
from zhihai.kernel.cases.kinds import CaseKind, ClockKind, Outcome, Step


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a case: one round of one step, for one organisation."""

    id: int
    step: str
    role: str
    org: int
    org_lo: int
    round: int
    state: str
    outcome: str | None


@dataclass(slots=True)
class Plan:
    """What an act changes of a case: steps that open, clocks that start (with their terms) and clocks that change."""

    opens: list[Step] = field(default_factory=list)
    starts: list[ClockKind] = field(default_factory=list)
    changed: dict[int, Clock] = field(default_factory=dict)
    withdrawn: list[Task] = field(default_factory=list)
    closing: str | None = None
    returned: bool = False

    def touch(self, clocks: Iterable[Clock]) -> None:
        """Note clocks as changed; the last word on a clock holds."""
        self.changed.update((clock.id, clock) for clock in clocks)

    def now(self, clocks: Iterable[Clock]) -> list[Clock]:
        """Return the clocks as this plan leaves them so far."""
        return [self.changed.get(clock.id, clock) for clock in clocks]

    def specials(self, clocks: Iterable[Clock], at: datetime) -> Specials:
        """Return the events of the special procedures as this plan leaves them, those it starts at ``at`` included."""
        starting = [(started(at),) for declared in self.starts if declared.sort == "special"]
        return [*specials_of(self.now(clocks)), *starting]


def outcome_of(kind: CaseKind, task: Task, outcome: str, *, noted: bool) -> Outcome:
    """Return the outcome asked for; raises ``Conflict`` for a task that is done, ``Refused`` for a wrong outcome or a
    missing note where evidence is needed."""
    if task.state != "open":
        raise Conflict("task_done", "task")
    for candidate in kind.step(task.step).outcomes:
        if candidate.id == outcome:
            if candidate.evidence and not noted:
                raise Refused("note_needed", "note")
            return candidate
    raise Refused("no_outcome", "outcome", outcome=outcome)


def plan_opening(kind: CaseKind) -> Plan:
    """Plan what opens with a case: its first step, the clocks of the case and those of that step."""
    plan = Plan(opens=[kind.steps[0]])
    plan.starts = [clock for clock in kind.clocks if clock.starts is None or clock.starts == kind.steps[0].id]
    return plan


def plan_step(
    kind: CaseKind, tasks: Iterable[Task], clocks: Iterable[Clock], done: Task, outcome: Outcome, at: datetime
) -> Plan:
    """Plan what follows when ``done`` ends with ``outcome``.

    What opens is the kind's to say; an earlier step is a return. An outcome that closes withdraws what is still open
    and stops every clock.
    """
    tasks, clocks = list(tasks), list(clocks)
    plan = Plan()
    order = [step.id for step in kind.steps]
    waiting = {task.step for task in tasks if task.state == "open" and task.id != done.id}
    finished = {task.step for task in tasks if task.state == "done"}
    plan.opens = list(kind.opened_by(done.step, outcome, waiting, finished))
    plan.returned = any(order.index(step.id) <= order.index(done.step) for step in plan.opens)
    _stop_clocks_of(kind, plan, clocks, done, outcome, at)
    if outcome.closes is not None:
        plan.closing, plan.opens = outcome.closes, []
        plan.withdrawn = [task for task in tasks if task.state == "open" and task.id != done.id]
        plan.touch(stop_all(plan.now(clocks), at))
        return plan
    _start_clocks(kind, plan, clocks, at)
    return plan


def _stop_clocks_of(
    kind: CaseKind, plan: Plan, clocks: list[Clock], done: Task, outcome: Outcome, at: datetime
) -> None:
    for clock in clocks:
        ends = kind.clock(clock.name).ends_with(done.step, outcome.id)
        if ends and clock.task in (None, done.id) and not clock.done:
            plan.touch([clock.after(stopped(at))])


def _start_clocks(kind: CaseKind, plan: Plan, clocks: list[Clock], at: datetime) -> None:
    """Start the clocks of the steps that open; one that still runs is not started twice.

    Where a special procedure starts or stops, every clock it holds is reckoned anew.
    """
    opening = {step.id for step in plan.opens}
    running = {clock.name for clock in plan.now(clocks) if not clock.done}
    plan.starts = [clock for clock in kind.clocks if clock.starts in opening and clock.id not in running]
    if plan.specials(clocks, at) != specials_of(clocks):
        plan.touch(clock for clock in plan.now(clocks) if not clock.done)


def rows_of_starts(
    plan: Plan, terms: Mapping[str, Terms], specials: Specials, calendar: WorkingCalendar, at: datetime
) -> list[dict[str, Any]]:
    """Return the rows of the clocks that a plan starts, each by its terms."""
    return [new_row(kind, terms[kind.id], at, calendar, specials) for kind in plan.starts]


def rows_of_changes(plan: Plan, specials: Specials, calendar: WorkingCalendar) -> list[dict[str, Any]]:
    """Return the rows of the clocks that a plan changes."""
    return [changed_row(clock, calendar, specials) for clock in plan.changed.values()]
