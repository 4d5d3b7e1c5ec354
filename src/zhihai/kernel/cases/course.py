"""The course of a case as the person whose matter it is follows it (办理进度): stages, limits, what they were told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from zhihai.ground.words import Said
from zhihai.kernel import records
from zhihai.kernel.cases import calendar as calendars
from zhihai.kernel.cases.clocks import clock_from
from zhihai.kernel.cases.dossier import SAID, kind_of
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.cases.timing import ClockView, clock_views


@dataclass(frozen=True, slots=True)
class Stage:
    """One round of a step: ``done_at`` and ``outcome`` are ``None`` while it waits.

    ``told`` is what was noted for the person whose matter it is, ``None`` where the kind says that it is not for them.
    """

    step: str
    organisation: int
    opened_at: datetime
    done_at: datetime | None
    outcome: str | None
    told: str | Said | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Course:
    """How far a case is, without who worked on it: ``stages`` in the order they came."""

    number: str
    kind_name: str
    kind: CaseKind
    state: str
    organisation: int
    opened_at: datetime
    due: datetime | None
    closed_at: datetime | None
    closing: str | None
    late: bool
    mode: str
    provenance: str
    stages: tuple[Stage, ...]
    clocks: tuple[ClockView, ...]

    @property
    def waiting(self) -> tuple[Stage, ...]:
        """The stages that wait now."""
        return tuple(stage for stage in self.stages if stage.done_at is None)

    def choices(self, step: str) -> frozenset[str]:
        """Return the outcomes that a waiting step can end with."""
        if all(stage.step != step for stage in self.waiting):
            return frozenset()
        return frozenset(outcome.id for outcome in self.kind.choices(step))


_COURSE = f"""
SELECT c.number, k.name, c.version, c.state, c.org_id, c.opened_at, c.due_at, c.closed_at, c.closing, c.late, c.mode,
    c.provenance, (SELECT json_agg(t ORDER BY t.id) FROM task t WHERE t.case_id = c.id AND t.state <> 'withdrawn'),
    (SELECT json_agg(x ORDER BY x.id) FROM clock x WHERE x.case_id = c.id), {calendars.IN_FORCE}
FROM cases c JOIN case_type k ON k.no = c.type_no WHERE c.subject_noun = %s AND c.subject_id = %s
"""


def course_about(subject: tuple[str, int], at: datetime) -> Course | None:
    """Return how far the case about something is, ``None`` where there is none: for a room above, which has asked who.

    One question. Raises ``Refused`` (503) while the pack of its kind is not there.
    """
    row = records.one(_COURSE, subject)
    if row is None:
        return None
    kind = kind_of(row[1], row[2])
    clocks = [clock_from(one) for one in records.json_list(row[13] or "[]")]
    return Course(
        number=row[0], kind_name=row[1], kind=kind, state=row[3], organisation=row[4], opened_at=row[5], due=row[6],
        closed_at=row[7], closing=row[8], late=row[9], mode=row[10], provenance=row[11],
        stages=tuple(_stage(kind, task) for task in records.json_list(row[12] or "[]")),
        clocks=tuple(clock_views(clocks, calendars.built(row[14]), at)),
    )  # fmt: skip


def clocks_about(noun: str, ids: Sequence[int], *, at: datetime) -> dict[int, tuple[ClockView, ...]]:
    """Return the clocks of the cases about some things of a noun, in the order they began, read at an instant."""
    if not ids:
        return {}
    found = records.rows(
        f"""SELECT c.subject_id, (SELECT json_agg(x ORDER BY x.id) FROM clock x WHERE x.case_id = c.id),
               {calendars.IN_FORCE} FROM cases c WHERE c.subject_noun = %s AND c.subject_id = ANY(%s)""",
        (noun, list(ids)),
    )
    return {
        about: tuple(
            clock_views([clock_from(one) for one in records.json_list(clocks or "[]")], calendars.built(calendar), at)
        )
        for about, clocks, calendar in found
    }


def _stage(kind: CaseKind, task: dict[str, Any]) -> Stage:
    outcome = next((one for one in kind.step(task["step"]).outcomes if one.id == task["outcome"]), None)
    said = task["evidence"].get(SAID)
    noted: str | Said = Said(said["key"], said["facts"]) if isinstance(said, dict) else task["note"] or ""
    return Stage(
        step=task["step"],
        organisation=task["org_id"],
        opened_at=datetime.fromisoformat(task["opened_at"]),
        done_at=datetime.fromisoformat(task["done_at"]) if task["done_at"] else None,
        outcome=task["outcome"],
        told=noted if outcome is not None and outcome.told else None,
    )


def subjects(ids: Sequence[int], nouns: Sequence[str]) -> dict[int, tuple[str, int]]:
    """Return what these cases are about, by number of the row, where it is one of these nouns."""
    found = records.rows(
        "SELECT id, subject_noun, subject_id FROM cases WHERE id = ANY(%s) AND subject_noun = ANY(%s)",
        (list(ids), list(nouns)),
    )
    return {id_: (noun, about) for id_, noun, about in found}


def closed_about(kind: str, starts: datetime, ends: datetime) -> dict[int, datetime]:
    """Return what the cases of a kind that were closed within a span were about, and when: for figures."""
    found = records.rows(
        """SELECT c.subject_id, c.closed_at FROM cases c JOIN case_type k ON k.no = c.type_no
           WHERE k.name = %s AND c.state = 'closed' AND c.closed_at >= %s AND c.closed_at < %s
           AND c.subject_id IS NOT NULL""",
        (kind, starts, ends),
    )
    return dict(found)
