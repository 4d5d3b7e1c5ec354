"""What data exist, whose, and who may use them: questions of the room catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotFound
from zhihai.kernel import records
from zhihai.kernel.catalogue.kinds import Field, Grade
from zhihai.kernel.identity.kinds import SEE_OPERATION


@dataclass(frozen=True, slots=True)
class Dataset:
    """A described resource (数据资源). ``name`` is the full name of its kind, which has its words.

    ``owner`` is an organisation's number, ``None`` where the district has named none. ``provenance`` is real, replayed,
    synthetic or mixed, empty while there are no rows; ``updated_at`` is district time of their last change (UTC).
    """

    name: str
    owner: int | None
    grade: Grade
    fields: tuple[Field, ...]
    licence: str
    source: str
    provenance: str
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a dataset: its key, its fields, the local days it holds (``None``: not bounded), when it was put."""

    key: str
    data: Mapping[str, Any]
    valid_from: date | None
    valid_to: date | None
    at: datetime


_DATASET = """
SELECT d.name, d.owner_id, d.grade, d.fields, d.licence, d.source, d.provenance, d.updated_at, o.lo
FROM dataset d LEFT JOIN organisation o ON o.id = d.owner_id
"""


def _dataset(row: records.Row) -> Dataset:
    fields = tuple(Field(**field) for field in msgspec.json.decode(row[3]))
    return Dataset(row[0], row[1], row[2], fields, *row[4:8])


def _seen(actor: Actor | None, grade: Grade) -> bool:
    """Say whether the description of a dataset may be seen: of closed ones only by operators."""
    if grade == "open":
        return True
    if actor is None:
        return False
    return grade != "closed" or actor.may(SEE_OPERATION)


def _readable(actor: Actor | None, grade: Grade, owner_lo: int | None) -> bool:
    """Say whether the rows may be read: open to all, shared to all signed in, the rest to the owner's people."""
    if grade == "open":
        return True
    if actor is None:
        return False
    if grade == "shared" or actor.sort == "system":
        return True
    return owner_lo is not None and any(grant.org_lo <= owner_lo <= grant.org_hi for grant in actor.scope.grants)


def datasets(actor: Actor | None) -> tuple[Dataset, ...]:
    """Return the datasets whose description this actor may see, by name; ``None`` is somebody not signed in."""
    found = (row for row in records.rows(f"{_DATASET} ORDER BY d.name") if _seen(actor, row[2]))
    return tuple(_dataset(row) for row in found)


def dataset(actor: Actor | None, name: str) -> Dataset:
    """Return one dataset; raises ``NotFound`` when there is none or the actor may not know of it."""
    row = records.one(f"{_DATASET} WHERE d.name = %s", (name,))
    if row is None or not _seen(actor, row[2]):
        raise NotFound("no_dataset", "dataset", dataset=name)
    return _dataset(row)


def readable(actor: Actor | None, name: str) -> bool:
    """Say whether the rows of a dataset may be read.

    Open (无条件开放) by everybody, shared (无条件共享) by everybody signed in, restricted (有条件共享) and closed
    (不予共享) by those who hold a role in the owner or above it: access grants to others come with exchange.
    """
    row = records.one(f"{_DATASET} WHERE d.name = %s", (name,))
    return row is not None and _readable(actor, row[2], row[8])


def record_rows(actor: Actor | None, name: str, *, after: str = "", limit: int = 100) -> tuple[Record, ...]:
    """Return rows of a dataset by key; ``after`` is the key of the last one of the page before.

    Raises ``NotFound`` when there is no such dataset or the actor may not read its rows.
    """
    if not readable(actor, name):
        raise NotFound("no_dataset", "dataset", dataset=name)
    found = records.rows(
        """SELECT key, data, valid_from, valid_to, at FROM record WHERE dataset = %s AND key > %s
           ORDER BY key LIMIT %s""",
        (name, after, limit),
    )
    return tuple(Record(row[0], records.json_object(row[1]), *row[2:]) for row in found)
