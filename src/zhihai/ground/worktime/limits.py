"""Limits: how long something may take, in which unit, and when to warn before it is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from zhihai.ground.refusal import Refused

Unit = Literal["working_day", "working_hour", "calendar_hour"]
"""工作日 (whole days), 工作时 (time inside working sessions), 时 (hours running day and night)."""

LimitSort = Literal["statutory", "promised", "step", "special"]
"""法定, 承诺, 环节, 特别程序: a special procedure stops the other clocks while it lasts (行政许可法 art. 45)."""

MOST: dict[Unit, int] = {"working_day": 2_600, "working_hour": 26_000, "calendar_hour": 87_600}
"""The longest limit taken in each unit: about ten years, past which a limit is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Limit:
    """An amount of time (时限), ``amount`` whole units from 1 to ``MOST``; raises ``Refused`` (``limit_amount``)."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if not 1 <= self.amount <= MOST[self.unit]:
            raise Refused("limit_amount", "amount", amount=self.amount, most=MOST[self.unit])


@dataclass(frozen=True, slots=True)
class WarnAt:
    """When to warn (预警): at ``percent`` of the limit used, or ``before`` units (the limit's own) ahead of its end.

    Exactly one is given. Published practice has both: a yellow card at 90 % of the promised time, a reminder one
    working day before. ``before`` the whole limit or more warns at the start. Raises ``Refused`` (``warning_rule``).
    """

    percent: int | None = None
    before: int | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.percent, self.before) if value is not None]
        if len(given) != 1 or given[0] < 1 or (self.percent or 0) > 99:
            raise Refused("warning_rule", "warning")
