"""Writing a case: every act ends in one call of ``zh_case_open`` or ``zh_case_change``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import DatabaseError

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import Conflict, NotFound, Refused
from zhihai.kernel import records
from zhihai.kernel.cases.dossier import Dossier, role_name
from zhihai.kernel.cases.engine import plan_opening, rows_of_starts
from zhihai.kernel.cases.events import CaseEvent, CaseOpened
from zhihai.kernel.cases.kinds import Step
from zhihai.kernel.cases.opening import Opening
from zhihai.kernel.identity.kinds import OPEN_CASES

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""The place in the inbox of a task that no running clock binds."""
UNTRANSLATABLE = "22P05"
"""What PostgreSQL says of a text with a NUL in it, which JSON can hold and no column can."""


@dataclass(slots=True)
class Change:
    """What one act writes of a case: SQL does it in one transaction, with journal entry and events.

    ``behalf`` is the account in whose place it is done (代行).
    """

    act: str
    data: Mapping[str, object]
    behalf: int | None = None
    tasks_done: list[dict[str, Any]] = field(default_factory=list)
    tasks_new: list[dict[str, Any]] = field(default_factory=list)
    tasks_moved: list[dict[str, Any]] = field(default_factory=list)
    tasks_sorted: list[dict[str, Any]] = field(default_factory=list)
    clocks_changed: list[dict[str, Any]] = field(default_factory=list)
    clocks_new: list[dict[str, Any]] = field(default_factory=list)
    set: dict[str, object] = field(default_factory=dict)
    events: Sequence[CaseEvent] = ()


def in_place_of(behalf: int | None) -> dict[str, object]:
    """Return what an entry says of an act that was done in somebody's place: whose."""
    return {} if behalf is None else {"for": behalf}


def task_row(name: str, step: Step, org: int, round_: int) -> dict[str, Any]:
    """Return the row of a task that opens: its role by full name, its organisation by number."""
    return {"step": step.id, "role": role_name(name, step.role), "org_id": org, "round": round_}


def write_opening(
    actor: Actor, found: Opening, place: Mapping[str, object], subject: tuple[str, int] | None, at: datetime
) -> tuple[int | None, str]:
    """Write a case that opens; returns its number, and the number people say.

    The number is ``None``, and nothing written, when what it rests on has changed since it was found.
    """
    plan = plan_opening(found.kind)
    first = plan.opens[0]
    terms = {clock.id: found.terms(clock) for clock in plan.starts}
    clocks = rows_of_starts(plan, terms, plan.specials((), at), found.footing.calendar, at)
    due, version = _earliest(_bonds(clocks)), found.kind.version
    task = task_row(found.name, first, found.first, 1) | {"sort_at": due or NEVER}
    body = {
        "actor": actor.account, "sort": actor.sort, "at": at, "prefix": found.prefix,
        "case": {
            "type_no": found.place[2], "version": version, "org_id": found.office, "area_id": found.area,
            "subject_noun": subject[0] if subject else None, "subject_id": subject[1] if subject else None,
            "due_at": due, "limits": found.limits or None, **place,
        },
        "tasks": [task],
        "clocks": clocks,
        "data": records.as_json(
            {"kind": found.name, "version": version, "step": first.id, "subject": subject}
            | in_place_of(actor.behalf(OPEN_CASES, *found.place))
        ),
        "events": event_rows([CaseOpened(case=0, number="", kind=found.name, steps=(first.id,))]),
    }  # fmt: skip
    id_, number = call("SELECT * FROM zh_case_open(%s, %s::jsonb)", body, found.footing.version)
    return id_, number


Bond = tuple[datetime, int | str | None]
"""A due instant, and what it binds: a task by number, one that opens by its step, or all tasks of the case."""


def _bonds(clocks: Iterable[Mapping[str, Any]]) -> list[Bond]:
    """Return what the running ones among clocks that start bind."""
    return [
        (one["due_at"], one.get("task") or one["step"])
        for one in clocks
        if one["state"] == "running" and one["due_at"] is not None
    ]


def _earliest(bonds: Iterable[Bond], task: int | str | None = None) -> datetime | None:
    """Return the earliest of all instants, or of those that bind one task."""
    return min((due for due, bound in bonds if task is None or bound in (None, task)), default=None)


def _bind(dossier: Dossier, change: Change) -> datetime | None:
    """Put into a change where its tasks stand in the inbox then; return when the case is due.

    A task is bound by its own running clocks and by those of the whole case. A clock that starts for a step is tied to
    that step's open task, one for a step that is not open to the case.
    """
    ended = {row["id"] for row in change.tasks_done}
    left = {task.id: task for task in dossier.tasks if task.state == "open" and task.id not in ended}
    ties: dict[str, int | str] = {task.step: task.id for task in left.values()}
    ties |= {row["step"]: row["step"] for row in change.tasks_new}
    for row in change.clocks_new:
        tie = ties.get(row["step"])
        row["task"], row["step"] = (tie, None) if isinstance(tie, int) else (None, tie)
    turned = {row["id"]: row for row in change.clocks_changed}
    bonds = _bonds(change.clocks_new)
    for clock in dossier.clocks:
        written = turned.get(clock.id)
        state, due = (written["state"], written["due_at"]) if written else (clock.state, clock.due)
        if state == "running" and due is not None:
            bonds.append((due, clock.task))
    for row in change.tasks_new:
        row["sort_at"] = _earliest(bonds, row["step"]) or NEVER
    for id_ in left:
        at = _earliest(bonds, id_) or NEVER
        if at != dossier.sorts[id_]:
            change.tasks_sorted.append({"id": id_, "sort_at": at})
    return _earliest(bonds)


def event_rows(events: Iterable[CaseEvent]) -> list[dict[str, Any]]:
    """Return events as the outbox keeps them; the SQL puts case and number into each."""
    return [{"topic": event.topic, "body": msgspec.to_builtins(event)} for event in events]


def write_change(actor: Actor, dossier: Dossier, change: Change, at: datetime) -> int:
    """Write a change; returns the case's new sequence number.

    Raises ``Conflict`` when the case has moved on since the dossier was opened: nothing is written then.
    """
    due = _bind(dossier, change)
    body = {
        "case": dossier.id,
        "seq": dossier.seq,
        "actor": actor.account,
        "sort": actor.sort,
        "act": change.act,
        "at": at,
        "data": records.as_json({**change.data, **in_place_of(change.behalf)}),
        "tasks_done": change.tasks_done,
        "tasks_new": change.tasks_new,
        "tasks_moved": change.tasks_moved,
        "tasks_sorted": change.tasks_sorted,
        "due": due,
        "clocks_changed": change.clocks_changed,
        "clocks_new": change.clocks_new,
        "set": change.set,
        "events": event_rows(change.events),
    }
    return int(call("SELECT zh_case_change(%s::jsonb)", body)[0])


def call(sql: str, body: object, *before: object) -> records.Row:
    """Call a SQL act in a transaction of its own, or a savepoint of the caller's, and put its errors into our words."""
    try:
        with records.statement():
            row = records.one(sql, (*before, records.as_json(body)))
    except UnicodeEncodeError as fault:
        raise Refused("text_unreadable") from fault
    except DatabaseError as fault:
        state = getattr(fault.__cause__, "sqlstate", None)
        if state == UNTRANSLATABLE:
            raise Refused("text_unreadable") from fault
        if state == "ZH409":
            raise Conflict("case_moved_on", "case") from fault
        if state == "ZH404":
            raise NotFound("no_case", "case") from fault
        raise
    assert row is not None
    return row
