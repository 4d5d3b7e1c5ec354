"""Writing a case: every act ends in one call of ``zh_case_open`` or ``zh_case_change``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from django.db import DatabaseError

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import Conflict, NotFound, Refused
from zhihai.kernel import records
from zhihai.kernel.cases.dossier import Dossier, role_name
from zhihai.kernel.cases.events import CaseEvent
from zhihai.kernel.cases.kinds import Step

UNTRANSLATABLE = "22P05"
"""What PostgreSQL says of a text with a NUL in it, which JSON can hold and no column can."""


@dataclass(slots=True)
class Change:
    """What one act writes of a case: SQL does it in one transaction, with journal entry and events."""

    act: str
    data: Mapping[str, object]
    tasks_done: list[dict[str, Any]] = field(default_factory=list)
    tasks_new: list[dict[str, Any]] = field(default_factory=list)
    tasks_moved: list[dict[str, Any]] = field(default_factory=list)
    clocks_changed: list[dict[str, Any]] = field(default_factory=list)
    clocks_new: list[dict[str, Any]] = field(default_factory=list)
    set: dict[str, object] = field(default_factory=dict)
    events: Sequence[CaseEvent] = ()


def task_row(name: str, step: Step, org: int, round_: int) -> dict[str, Any]:
    """Return the row of a task that opens: its role by full name, its organisation by number."""
    return {"step": step.id, "role": role_name(name, step.role), "org_id": org, "round": round_}


def event_rows(events: Iterable[CaseEvent]) -> list[dict[str, Any]]:
    """Return events as the outbox keeps them; the SQL puts case and number into each."""
    return [{"topic": event.topic, "body": msgspec.to_builtins(event)} for event in events]


def write_change(actor: Actor, dossier: Dossier, change: Change, at: datetime) -> int:
    """Write a change; returns the case's new sequence number.

    Raises ``Conflict`` when the case has moved on since the dossier was opened: nothing is written then.
    """
    body = {
        "case": dossier.id,
        "seq": dossier.seq,
        "actor": actor.account,
        "sort": actor.sort,
        "act": change.act,
        "at": at,
        "data": records.as_json(change.data),
        "tasks_done": change.tasks_done,
        "tasks_new": change.tasks_new,
        "tasks_moved": change.tasks_moved,
        "clocks_changed": change.clocks_changed,
        "clocks_new": change.clocks_new,
        "set": change.set,
        "events": event_rows(change.events),
    }
    return int(call("SELECT zh_case_change(%s::jsonb)", body)[0])


def call(sql: str, body: object) -> records.Row:
    """Call a SQL act in a transaction of its own, or a savepoint of the caller's, and put its errors into our words."""
    try:
        with records.statement():
            row = records.one(sql, (records.as_json(body),))
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
