"""What happens to a clock: the only facts, with the limit and the calendar, that its due instant comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from zhihai.ground.refusal import Refused
from zhihai.ground.worktime.limits import Limit

EventSort = Literal["started", "paused", "resumed", "extended", "stopped"]


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """One event of a clock (计时事件), plain enough to be stored as JSON.

    ``at`` is an aware instant of district time. ``cause`` is what people read: the words of the official who paused
    or extended, with the document's number; or a code that the caller can say in both languages (see ``explain``).
    ``limit`` is what an extension adds, and only that has one. Raises ``Refused``: ``clock_without_zone``,
    ``extension_limit``.
    """

    what: EventSort
    at: datetime
    cause: str = ""
    limit: Limit | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise Refused("clock_without_zone", "at", at=self.at.isoformat())
        if (self.what == "extended") is (self.limit is None):
            raise Refused("extension_limit", "limit")


def started(at: datetime, cause: str = "") -> ClockEvent:
    """The clock starts (起算): with the acceptance of an application, the dispatch of a case."""
    return ClockEvent("started", at, cause)


def paused(at: datetime, cause: str) -> ClockEvent:
    """The count stops (暂停) for a cause that is told to the applicant in writing (行政许可法 art. 45)."""
    return ClockEvent("paused", at, cause)


def resumed(at: datetime, cause: str = "") -> ClockEvent:
    """The count goes on (恢复)."""
    return ClockEvent("resumed", at, cause)


def extended(at: datetime, limit: Limit, cause: str) -> ClockEvent:
    """The limit grows by ``limit`` (延长), which must be in the limit's own unit (行政许可法 art. 42: 20 + 10 days)."""
    return ClockEvent("extended", at, cause, limit)


def stopped(at: datetime, cause: str = "") -> ClockEvent:
    """The clock ends (办结): what was promised is done, or the case is closed."""
    return ClockEvent("stopped", at, cause)
