"""The catalogue: datasets with owner, fields and sharing grade, and their rows as JSON or as a table.

Open datasets (无条件开放) are open to all; others as the catalogue's own rule has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpResponse, StreamingHttpResponse
from pydantic import BaseModel

from zhihai.faces.api import tables
from zhihai.faces.api.access import Called, is_anybody
from zhihai.faces.api.language import language_of
from zhihai.faces.api.pages import Code, Instant, LongLimit, Name, Text, instant_cursor, name, page, read_instant_cursor
from zhihai.faces.naming import Telling, organisation_names, telling
from zhihai.ground.actors import Actor
from zhihai.ground.kind import word
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound
from zhihai.kernel import house
from zhihai.kernel.catalogue import reads as catalogue
from zhihai.kernel.sensing import reads as sensing
from zhihai.kernel.sensing.kinds import ObservationDatasetKind

CHUNK = 1000
"""Rows asked of the store at a time for a table."""
RECORD_COLUMNS = ("key", "valid_from", "valid_to", "at")


class FieldOut(BaseModel):
    """One column of a dataset; ``unit`` is a UCUM code, empty where there is none."""

    id: str
    title: str
    sort: str
    unit: str


class DatasetOut(BaseModel):
    """A described resource.

    ``grade``: open (无条件开放), shared (无条件共享), restricted (有条件共享) or closed (不予共享). ``provenance`` is
    empty while there are no rows.
    """

    name: str
    title: str
    what: str
    owner: Name | None
    grade: str
    fields: list[FieldOut]
    licence: str
    source: str
    provenance: str
    updated_at: datetime | None


class DatasetWhole(DatasetOut):
    """A described resource, and whether the caller may read its rows."""

    readable: bool


class DatasetList(BaseModel):
    """All datasets that the caller may know of."""

    rows: list[DatasetOut]


class RecordOut(BaseModel):
    """A row of a dataset of records: its key, its fields by id, the local days it holds, when it was put."""

    key: str
    data: dict[str, Any]
    valid_from: date | None
    valid_to: date | None
    at: datetime


class MeasuredOut(BaseModel):
    """A row of a dataset of observations: what one device measured in the interval that begins at ``at``."""

    at: datetime
    device: str
    provenance: str
    values: dict[str, float]
    flags: dict[str, int]


class RowPage(BaseModel):
    """A page of rows; ``next`` goes into ``after`` for the page that follows, ``null`` on the last."""

    dataset: str
    rows: list[RecordOut] | list[MeasuredOut]
    next: str | None


def list_datasets(request: Called) -> DatasetList:
    """List the datasets of the district with their fields."""
    tell, owners = telling(language_of(request)), organisation_names()
    return DatasetList(rows=[DatasetOut(**_facts(one, tell, owners)) for one in catalogue.datasets(_actor(request))])


def get_dataset(request: Called, dataset: Code) -> DatasetWhole:
    """Show one dataset, and whether the caller may read its rows."""
    actor = _actor(request)
    facts = _facts(catalogue.dataset(actor, dataset), telling(language_of(request)), organisation_names())
    return DatasetWhole(**facts, readable=catalogue.readable(actor, dataset))


def list_rows(
    request: Called, dataset: Code, start: Instant | None = None, end: Instant | None = None, after: Text | None = None,
    limit: LongLimit = 100, format: Literal["json", "csv"] = "json",  # noqa: A002
) -> RowPage | HttpResponse:  # fmt: skip
    """List the rows of a dataset: a page in JSON, or with `format=csv` all of them as a stream.

    `start` and `end` hold for datasets of observations. In CSV a text that a spreadsheet would take for a formula has
    an apostrophe before it.
    """
    actor = _actor(request)
    described = catalogue.dataset(actor, dataset)
    if not catalogue.readable(actor, dataset):
        raise NotFound("no_dataset", "dataset", dataset=dataset)
    measured = _measured(dataset)
    if format == "csv":
        stream = _measured_table(described, start, end) if measured else _record_table(actor, described)
        response = StreamingHttpResponse(stream, content_type=tables.MEDIA)
        response.headers["Content-Disposition"] = f'attachment; filename="{described.name}.csv"'
        return response
    if not measured:
        records = catalogue.record_rows(actor, dataset, after=after or "", limit=limit + 1)
        held, cursor = page(records, limit, lambda row: row.key)
        return RowPage(dataset=dataset, rows=[_record(row) for row in held], next=cursor)
    found = sensing.resource_rows(
        dataset, after=None if after is None else read_instant_cursor(after), limit=limit + 1, **_span(start, end)
    )
    shown, cursor = page(found, limit, lambda row: instant_cursor(row.at, row.device_id))
    return RowPage(dataset=dataset, rows=[_observed(row) for row in shown], next=cursor)


def _actor(request: Called) -> Actor | None:
    return None if is_anybody(request) else request.auth


def _measured(dataset: str) -> bool:
    return any(name_ == dataset for name_, _ in house.registry().all(ObservationDatasetKind))


def _span(start: datetime | None, end: datetime | None) -> dict[str, Any]:
    return {key: at for key, at in (("start", start), ("end", end)) if at is not None}


def _record(row: catalogue.Record) -> RecordOut:
    return RecordOut(key=row.key, data=dict(row.data), valid_from=row.valid_from, valid_to=row.valid_to, at=row.at)


def _observed(row: sensing.ResourceRow) -> MeasuredOut:
    flags = {quantity: flag for quantity, flag in row.flags.items() if flag}
    return MeasuredOut(at=row.at, device=row.device, provenance=row.provenance, values=dict(row.values), flags=flags)


def _facts(one: catalogue.Dataset, tell: Telling, owners: Mapping[int, Named]) -> dict[str, Any]:
    keys = {key.id for key in sensing.KEYS} if _measured(one.name) else set()
    return {
        "name": one.name, "title": tell.kind(one.name, "dataset"), "what": tell.kind(one.name, "dataset", "what"),
        "owner": name(owners.get(one.owner or 0)), "grade": one.grade, "licence": one.licence, "source": one.source,
        "provenance": one.provenance, "updated_at": one.updated_at,
        "fields": [
            FieldOut(id=field.id, title=_title(one.name, field.id, keys, tell), sort=field.sort, unit=field.unit)
            for field in one.fields
        ],
    }  # fmt: skip


def _title(dataset: str, field: str, keys: set[str], tell: Telling) -> str:
    """Say a field: a key of every dataset of observations, a quantity of the pack, or a field of its own."""
    pack = dataset.partition(".")[0]
    own = word(dataset, "dataset", f"field.{field}")
    for key in ((f"sensing.resource.{field}",) if field in keys else ()) + (own, word(f"{pack}.{field}", "quantity")):
        if key in tell.words:
            return tell.words.say(key, tell.language)
    return field


def _measured_table(described: catalogue.Dataset, start: datetime | None, end: datetime | None) -> Iterator[bytes]:
    quantities = [field.id for field in described.fields if field.id not in {key.id for key in sensing.KEYS}]

    def rows() -> Iterator[Sequence[tables.Cell]]:
        after: tuple[datetime, int] | None = None
        while found := sensing.resource_rows(described.name, after=after, limit=CHUNK, **_span(start, end)):
            for row in found:
                values = [row.values.get(quantity) for quantity in quantities]
                flags = ";".join(f"{quantity}={flag}" for quantity, flag in sorted(row.flags.items()) if flag)
                yield [row.at, row.device, row.provenance, *values, flags]
            after = (found[-1].at, found[-1].device_id)

    return tables.lines([key.id for key in sensing.KEYS] + quantities + ["flags"], rows())


def _record_table(actor: Actor | None, described: catalogue.Dataset) -> Iterator[bytes]:
    fields = [field.id for field in described.fields]

    def rows() -> Iterator[Sequence[tables.Cell]]:
        after = ""
        while found := catalogue.record_rows(actor, described.name, after=after, limit=CHUNK):
            for row in found:
                yield [row.key, row.valid_from, row.valid_to, row.at, *(row.data.get(field) for field in fields)]
            after = found[-1].key

    return tables.lines([*RECORD_COLUMNS, *fields], rows())
