"""What the room cases tells the rest: cases opened, worked and closed, tasks handed over, clocks warned and so on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zhihai.kernel.journal.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEvent(Event):
    """Every event of a case names it: number of the row, number that people say, full name of its kind."""

    case: int
    number: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened(CaseEvent):
    """A case was opened (立案); ``steps`` are those that wait now."""

    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTaken(CaseEvent):
    """A step ended with an outcome (办理); ``opened`` are the steps that opened with it."""

    step: str
    outcome: str
    opened: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskHandedOver(CaseEvent):
    """An open task was given to another organisation (改派)."""

    task: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed(CaseEvent):
    """A case was closed for a reason (结案)."""

    closing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockEventTold(CaseEvent):
    """Something about one clock of a case: ``clock`` its row, ``name`` its id in the kind, ``due`` when it was due."""

    clock: int
    name: str
    due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockWarned(ClockEventTold):
    """A clock is near its end (预警)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockBreached(ClockEventTold):
    """A clock has run out (逾期)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockExtended(ClockEventTold):
    """A clock was extended (延长): what it promised comes later, by ``due``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStopped(ClockEventTold):
    """A clock was stopped: what it promised is done."""
