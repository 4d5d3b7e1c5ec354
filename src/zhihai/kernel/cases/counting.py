"""Counting: how much is open and late of each case type, kept in the transaction of every change (计数)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records
from zhihai.kernel.journal import acts as journal


@dataclass(frozen=True, slots=True)
class Load:
    """How much is open of one kind: open cases, those late, the earliest due instant; public, no case named."""

    kind: str
    open: int
    late: int
    earliest: datetime | None


def load() -> tuple[Load, ...]:
    """Return what is open and late by kind: aggregates that stand on the public wall. No case is counted for it."""
    found = records.rows(
        """SELECT k.name, n.open, n.late,
               (SELECT min(c.due_at) FROM cases c WHERE c.type_no = k.no AND c.state = 'open')
           FROM case_load_now n JOIN case_type k ON k.no = n.type_no WHERE n.open > 0
           ORDER BY n.late DESC, n.open DESC, k.name"""
    )
    return tuple(Load(*row) for row in found)


def fold_load() -> int:
    """Add up the changes that were counted since the last time, and return how many; what is true stays the same."""
    return int(records.value("SELECT zh_case_load_fold()"))


def recount(*, at: datetime) -> int:
    """Compare the counts kept with the cases, and count anew where they differ: a check that mends what it finds.

    Returns of how many case types the counts were wrong, with an entry in the journal where there were any. It reads
    every open case, and stops writers only while it mends.
    """
    with records.atomic():
        wrong = int(records.value("SELECT zh_case_load_recount()"))
        if wrong:
            journal.record(SYSTEM, "cases.recount", "case", None, {"kinds": wrong}, at=at)
    return wrong
