"""Living a brought-in case through: its past steps by its kind's rules, up to the rows that acts would have left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from zhihai.ground.refusal import Refused
from zhihai.ground.worktime.events import started
from zhihai.kernel import records
from zhihai.kernel.cases.clocks import Clock, Settled, settled, specials_of
from zhihai.kernel.cases.engine import Plan, Task, outcome_of, plan_opening, plan_step
from zhihai.kernel.cases.groundwork import Groundwork
from zhihai.kernel.cases.histories import CaseHistory, PastStep
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.cases.writing import NEVER

Row = Sequence[object]


@dataclass(slots=True)
class Past:
    """A case lived through: its row, and those of its tasks, clocks and entries, in the columns of the stages."""

    row: Row
    tasks: list[Row]
    clocks: list[Row]
    entries: list[Row]


@dataclass(slots=True)
class _Life:
    """A case while it is lived through; tasks and clocks go by their place in it, from 0."""

    history: CaseHistory
    kind: CaseKind
    day: date
    org: int
    base: Groundwork
    at: datetime
    tasks: list[Task] = field(default_factory=list)
    opened: list[datetime] = field(default_factory=list)
    done: dict[int, PastStep] = field(default_factory=dict)
    withdrawn: dict[int, datetime] = field(default_factory=dict)
    clocks: list[Clock] = field(default_factory=list)
    closing: str | None = None
    rework: int = 0

    def follow(self, plan: Plan, at: datetime) -> None:
        """Do what a plan says: steps open, clocks start and stop, the case closes."""
        name = self.history.kind
        for task in plan.withdrawn:
            self.tasks[task.id] = replace(task, state="withdrawn")
            self.withdrawn[task.id] = at
        for id_, clock in plan.changed.items():
            self.clocks[id_] = clock
        for step in plan.opens:
            office = self.base.footing.duty(name, step.role, self.history.area)
            round_ = 1 + sum(task.step == step.id for task in self.tasks)
            org = self.org if office is None else office
            role = self.base.role(name, step.role)
            self.tasks.append(Task(len(self.tasks), step.id, role, org, 0, round_, "open", None))
            self.opened.append(at)
        for declared in plan.starts:
            timed = None if declared.times is None else self._open(declared.times)
            terms = self.base.terms(name, self.kind, declared, self.day)
            self.clocks.append(
                Clock(
                    len(self.clocks), timed, declared.id, declared.sort, "running", terms, (started(at),), None, None,
                    None, None, None, "", False,
                )
            )  # fmt: skip
        self.rework += plan.returned
        self.closing = plan.closing or self.closing

    def take(self, past: PastStep) -> None:
        """Take a step as it was taken; raises ``Refused`` when nobody was waiting for it."""
        number = self._open(past.step)
        if number is None:
            raise Refused("step_not_waiting", "step", step=past.step)
        if past.organisation is not None and past.organisation not in self.base.footing.offices:
            raise Refused("no_organisation", "organisation")
        chosen = outcome_of(self.kind, self.tasks[number], past.outcome, noted=True)
        task = self.tasks[number]
        plan = plan_step(self.kind, self.tasks, self.clocks, task, chosen, past.at)
        org = task.org if past.organisation is None else past.organisation
        self.tasks[number] = replace(task, state="done", outcome=past.outcome, org=org)
        self.done[number] = past
        self.follow(plan, past.at)

    def _open(self, step: str) -> int | None:
        waiting = (task.id for task in reversed(self.tasks) if task.step == step and task.state == "open")
        return next(waiting, None)


def relive(history: CaseHistory, base: Groundwork, at: datetime) -> Past:
    """Live a history through by the version of its kind that was in force when it was opened; ``at`` is now.

    Raises ``Refused`` (``history_order``) for instants out of order or to come, ``step_not_waiting`` for a step that
    nobody was waiting for, and as the acts do for an outcome there is not.
    """
    kind, day = base.kind(history.kind, history.opened_at)
    life = _Life(history, kind, day, base.office(history.kind, kind, history), base, at)
    life.follow(plan_opening(kind), history.opened_at)
    before = history.opened_at
    for number, past in enumerate(history.steps):
        place = f"steps.{number}"
        if past.at < before:
            raise Refused("history_order", f"{place}.at", at=past.at.isoformat())
        try:
            life.take(past)
        except Refused as refused:
            raise Refused(refused.code, f"{place}.{refused.field}", status=refused.status, **refused.facts) from refused
        before = past.at
    if before > at:
        raise Refused("history_order", "opened_at" if not history.steps else f"{place}.at", at=before.isoformat())
    return _told(life)


def _told(life: _Life) -> Past:
    specials = specials_of(life.clocks)
    readings = [settled(clock, life.base.footing.calendar, specials, life.at) for clock in life.clocks]
    running = [one for one in readings if one.state == "running" and one.due is not None]
    history = life.history
    closed_at = history.steps[-1].at if life.closing else None
    footing = life.base.footing
    number = f"{footing.prefix}-{life.day.year}-{life.kind.prefix}-"
    entries = _entries(life)
    row = (
        number, footing.types[history.kind], life.kind.version, life.org, history.area, history.cell, history.lon,
        history.lat, records.as_json(history.facts), "closed" if life.closing else "open", history.opened_at,
        min((one.due for one in running if one.due), default=None), closed_at, life.closing,
        any(one.late for one in readings), life.rework, history.provenance, len(entries),
    )  # fmt: skip
    clocks = [_clock_row(clock, reading) for clock, reading in zip(life.clocks, readings, strict=True)]
    return Past(row, [_task_row(life, task, running) for task in life.tasks], clocks, entries)


def _task_row(life: _Life, task: Task, running: list[Settled]) -> Row:
    past = life.done.get(task.id)
    sort_at = NEVER
    if task.state == "open":
        sort_at = min((one.due for one in running if one.due and one.task in (None, task.id)), default=NEVER)
    done_at = past.at if past else life.withdrawn.get(task.id)
    return (
        task.id, task.step, task.role, task.org, task.round, task.state, life.opened[task.id], sort_at, done_at,
        task.outcome, past.note if past else "",
    )  # fmt: skip


def _clock_row(clock: Clock, kept: Settled) -> Row:
    stopped_at = clock.events[-1].at if clock.done else None
    return (
        clock.task, clock.name, clock.sort, kept.state, clock.events[0].at, kept.due, kept.warn, kept.next_at,
        stopped_at, kept.warned, kept.breached, records.as_json(clock.terms), records.as_json(clock.events),
        kept.calendar, kept.provisional,
    )  # fmt: skip


def _entries(life: _Life) -> list[Row]:
    """Return what the journal is told: of the case, and of each past step, by its place in the chain."""
    history = life.history
    first = {
        "kind": history.kind, "version": life.kind.version, "opened_at": history.opened_at, "steps": len(history.steps)
    }  # fmt: skip
    entries: list[Row] = [(1, "cases.bring_in", records.as_json(first))]
    for place, (number, past) in enumerate(life.done.items(), 2):
        told = {
            "step": past.step, "outcome": past.outcome, "round": life.tasks[number].round, "taken_at": past.at
        }  # fmt: skip
        entries.append((place, "cases.bring_in_step", records.as_json(told)))
    return entries
