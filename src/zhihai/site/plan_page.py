"""The plan as a page: what it names, and honestly how much of it works here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zhihai.faces.desk.frame import public
from zhihai.faces.request import Asked
from zhihai.site.plan import TARGETS, Group, Row, Tally, plan, tally


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the plan with its systems, and how much of it works."""

    group: Group
    rows: tuple[tuple[Row, Tally], ...]
    tally: Tally

    @property
    def sort(self) -> str:
        """What is counted in it: ``functions`` or ``targets``."""
        return "targets" if self.group.id == TARGETS else "functions"


def chapters() -> tuple[Chapter, ...]:
    """Return the plan chapter by chapter, in its order."""
    found = plan()
    return tuple(_chapter(group, tuple(row for row in found.rows if row.group == group.id)) for group in found.groups)


def _chapter(group: Group, rows: tuple[Row, ...]) -> Chapter:
    return Chapter(group, tuple((row, tally([row])) for row in rows), tally(rows))


@public("desk/plan.jinja")
def plan_page(request: Asked) -> dict[str, Any]:
    """Every chapter and system of the plan with its functions, *n of m*; the plan's targets are counted apart."""
    rows = plan().rows
    return {
        "chapters": chapters(),
        "functions": tally(row for row in rows if row.group != TARGETS),
        "targets": tally(row for row in rows if row.group == TARGETS),
    }
