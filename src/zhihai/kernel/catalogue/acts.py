"""Writes of the room catalogue: descriptions of datasets, and their records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from math import isfinite
from typing import Any, Literal

from zhihai.ground.actors import WHOLE, Actor
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import house, records
from zhihai.kernel.catalogue.kinds import DatasetKind, Described, Field
from zhihai.kernel.identity.kinds import SET_DATA
from zhihai.kernel.journal import acts as journal

Provenance = Literal["real", "replayed", "synthetic", "mixed"]
KEY_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordInput:
    """One row to be put: ``data`` by field id, a missing field or ``None`` is unknown. Days are local."""

    key: str
    data: Mapping[str, Any]
    valid_from: date | None = None
    valid_to: date | None = None


def declare(actor: Actor, owners: Mapping[str, int], *, at: datetime) -> int:
    """Describe every dataset that the kernel and the packs declare; returns how many.

    ``owners`` gives the organisation of each duty, as the district's folder names them; a dataset whose duty nobody has
    stands without owner. Raises as :func:`describe` does.
    """
    kinds = house.registry().all(DatasetKind)
    described = (
        Described(name=name, owner=kind.owner, grade=kind.grade, fields=kind.fields, licence=kind.licence)
        for name, kind in kinds
    )
    return describe(actor, described, owners, at=at)


def describe(actor: Actor, described: Iterable[Described], owners: Mapping[str, int], *, at: datetime) -> int:
    """Write or renew descriptions of datasets, whatever room keeps their rows; returns how many.

    Raises ``NotPermitted`` without the power ``data.set`` over the whole district.
    """
    actor.need(SET_DATA)
    names = []
    with records.atomic():
        for one in described:
            fields = [{"id": field.id, "sort": field.sort, "unit": field.unit} for field in one.fields]
            records.execute(
                """INSERT INTO dataset (name, owner_id, grade, fields, licence) VALUES (%s, %s, %s, %s::jsonb, %s)
                   ON CONFLICT (name) DO UPDATE SET owner_id = EXCLUDED.owner_id, grade = EXCLUDED.grade,
                       fields = EXCLUDED.fields, licence = EXCLUDED.licence""",
                (one.name, owners.get(one.owner), one.grade, records.as_json(fields), one.licence),
            )
            names.append(one.name)
        journal.record(actor, "catalogue.describe", "dataset", None, {"names": sorted(names)}, at=at)
    return len(names)


def put_records(
    actor: Actor, dataset: str, rows: Sequence[RecordInput], *, at: datetime, provenance: Provenance, source: str = ""
) -> int:
    """Put rows into a dataset, each under its key: one that is there is replaced. Returns how many.

    ``source`` says in words where they come from. All or nothing, one entry with count and hash. Raises ``NotFound``
    for a dataset that is not described, ``NotPermitted`` without the power ``data.set`` in the organisation that owns
    it (over the whole district where nobody owns it), ``Refused`` naming row and field for a value that does not fit.
    """
    found = records.one(
        "SELECT d.fields::text, o.lo FROM dataset d LEFT JOIN organisation o ON o.id = d.owner_id WHERE d.name = %s",
        (dataset,),
    )
    if found is None:
        raise NotFound("no_dataset", "dataset", dataset=dataset)
    actor.need(SET_DATA, *((WHOLE, WHOLE) if found[1] is None else (found[1], None)))
    fields = {given["id"]: Field(**given) for given in records.json_list(found[0])}
    _check(rows, fields)
    lines = [
        {"key": row.key, "data": row.data, "valid_from": row.valid_from, "valid_to": row.valid_to}
        for row in sorted(rows, key=lambda row: row.key)
    ]
    text = records.as_json(lines)
    with records.atomic():
        records.execute(
            """INSERT INTO record (dataset, key, data, valid_from, valid_to, at)
               SELECT %s, r.key, r.data, r.valid_from, r.valid_to, %s
               FROM jsonb_to_recordset(%s::jsonb) AS r(key text, data jsonb, valid_from date, valid_to date)
               ON CONFLICT (dataset, key) DO UPDATE SET data = EXCLUDED.data, valid_from = EXCLUDED.valid_from,
                   valid_to = EXCLUDED.valid_to, at = EXCLUDED.at""",
            (dataset, at, text),
        )
        records.execute(
            """UPDATE dataset SET updated_at = %s, source = coalesce(nullif(%s, ''), source),
                   provenance = CASE WHEN provenance IN ('', %s) THEN %s ELSE 'mixed' END WHERE name = %s""",
            (at, source, provenance, provenance, dataset),
        )
        facts = {"dataset": dataset, "n": len(rows), "rows": sha256(text.encode()).hexdigest()}
        journal.record(actor, "catalogue.put_records", "dataset", None, facts, at=at)
    return len(rows)


def _check(rows: Sequence[RecordInput], fields: Mapping[str, Field]) -> None:
    seen: set[str] = set()
    for n, row in enumerate(rows):
        if not (0 < len(row.key) <= KEY_LENGTH and row.key.isprintable()):
            raise Refused("record_key", f"rows[{n}].key", most=KEY_LENGTH)
        if row.key in seen:
            raise Refused("record_twice", f"rows[{n}].key", key=row.key)
        seen.add(row.key)
        if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
            raise Refused("record_days", f"rows[{n}].valid_to")
        for id_, value in row.data.items():
            field = fields.get(id_)
            if field is None:
                raise Refused("record_field", f"rows[{n}].data.{id_}", known=", ".join(fields))
            if value is not None and not _FITS[field.sort](value):
                raise Refused("record_value", f"rows[{n}].data.{id_}", sort=field.sort)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _is_instant(value: object) -> bool:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return False
    return isinstance(value, datetime) and value.utcoffset() is not None


def _is_day(value: object) -> bool:
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            return False
    return isinstance(value, date) and not isinstance(value, datetime)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


_FITS: dict[str, Callable[[object], bool]] = {
    "text": _is_text,
    "code": _is_text,
    "number": _is_number,
    "instant": _is_instant,
    "day": _is_day,
    "flag": _is_flag,
}
