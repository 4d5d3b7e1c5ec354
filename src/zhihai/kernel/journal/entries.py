"""Entries: who did what to what, when (日志条目)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zhihai.ground.actors import Actor, ActorSort
from zhihai.kernel import records
from zhihai.kernel.journal.events import Event, encode


@dataclass(frozen=True, slots=True)
class Entry:
    """One act as the journal keeps it. ``at`` is district time in ``mode``, ``recorded_at`` machine time; both UTC.

    ``actor`` is an account's number, 0 for the system. An entry of a case has its place ``case_seq`` in the chain of
    the case ``case_id``, from 1.
    """

    id: int
    recorded_at: datetime
    at: datetime
    mode: str
    actor: int
    sort: ActorSort
    act: str
    noun: str
    subject: int | None
    case_id: int | None
    case_seq: int | None
    data: Mapping[str, Any]


def record(actor: Actor, act: str, noun: str, subject: int | None, data: Mapping[str, object], *, at: datetime) -> None:
    """Append one entry in the caller's transaction: ``act`` is ``<room>.<function>``, ``at`` district time.

    ``data`` is kept as JSON with sorted keys. It holds no personal value, only the number of the row that does, so that
    correction and erasure stay possible. Acts on a case do this within their own SQL.
    """
    records.execute(
        "SELECT zh_journal(%s, %s, %s, %s, %s, %s, %s)",
        (actor.account, actor.sort, act, noun, subject, _aware(at), records.as_json(data)),
    )


def emit(event: Event, *, at: datetime) -> None:
    """Put an event into the outbox in the caller's transaction; listeners are given it after commit."""
    records.execute("SELECT zh_emit(%s, %s, %s)", (event.topic, _aware(at), encode(event)))


_COLUMNS = "id, recorded_at, at, mode, actor, sort, act, noun, subject, case_id, case_seq, data"


def read_entries(noun: str, subject: int, *, after: int = 0, limit: int = 200) -> tuple[Entry, ...]:
    """Return the entries of one row, oldest first; ``after`` is the number of the last entry of the page before."""
    return _entries(
        f"SELECT {_COLUMNS} FROM journal_entry WHERE noun = %s AND subject = %s AND id > %s ORDER BY id LIMIT %s",
        (noun, subject, after, limit),
    )


def read_case_entries(case_id: int) -> tuple[Entry, ...]:
    """Return all entries of a case in order of its chain."""
    return _entries(f"SELECT {_COLUMNS} FROM journal_entry WHERE case_id = %s ORDER BY case_seq", (case_id,))


def _entries(sql: str, params: tuple[object, ...]) -> tuple[Entry, ...]:
    return tuple(Entry(*(*row[:-1], records.json_object(row[-1]))) for row in records.rows(sql, params))


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("the instant of an act has no time zone")
    return at
