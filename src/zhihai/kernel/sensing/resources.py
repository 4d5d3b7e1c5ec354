"""Resources: observations as described datasets, one row an hour (or other instant) and device (数据资源)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from zhihai.ground.refusal import NotFound
from zhihai.ground.registry import Registry
from zhihai.kernel import house, records
from zhihai.kernel.catalogue.kinds import Described, Field
from zhihai.kernel.sensing.book import EARLIEST
from zhihai.kernel.sensing.kinds import ObservationDatasetKind, QuantityKind

KEYS = (Field(id="at", sort="instant"), Field(id="device", sort="code"), Field(id="provenance", sort="code"))
"""The columns every such dataset begins with; words ``sensing.resource.<id>``."""


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """What one device measured at one instant (UTC): values and flags by quantity id; a gap has none."""

    at: datetime
    device_id: int
    device: str
    provenance: str
    values: Mapping[str, float]
    flags: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Source:
    """The datastreams of one device that belong to a dataset."""

    device: str
    provenance: str
    quantities: dict[int, str]


def described(registry: Registry) -> tuple[Described, ...]:
    """Return the description of every dataset made of observations."""
    return tuple(
        Described(
            name=name,
            owner=kind.owner,
            grade=kind.grade,
            fields=(*KEYS, *_fields(registry, name, kind)),
            licence=kind.licence,
        )
        for name, kind in registry.all(ObservationDatasetKind)
    )


def _fields(registry: Registry, name: str, kind: ObservationDatasetKind) -> tuple[Field, ...]:
    pack = name.partition(".")[0]
    units = {id_: registry.get(QuantityKind, f"{pack}.{id_}").unit for id_ in kind.quantities}
    return tuple(Field(id=id_, sort="number", unit=unit) for id_, unit in units.items())


_ROWS = """
SELECT o.at, s.device, array_agg(o.datastream_id), array_agg(o.value), array_agg(o.flags)
FROM observation o JOIN unnest(%s::int[], %s::int[]) AS s(id, device) ON s.id = o.datastream_id
WHERE o.datastream_id = ANY(%s) AND o.at >= %s AND o.at < %s AND (o.at, s.device) > (%s, %s)
GROUP BY o.at, s.device ORDER BY o.at, s.device LIMIT %s
"""


def resource_rows(
    name: str, *, after: tuple[datetime, int] | None = None, limit: int = 100, start: datetime = EARLIEST,
    end: datetime | None = None,
) -> tuple[ResourceRow, ...]:  # fmt: skip
    """Return rows of a dataset of observations from ``start`` to before ``end``, oldest first.

    ``after`` is instant and device number of the last row of the page before; fewer rows than ``limit`` are the last.
    Raises ``NotFound`` for a dataset that is not made of observations.
    """
    sources = _sources(name)
    owner = {stream: device for device, source in sources.items() for stream in source.quantities}
    known = records.one(
        "SELECT max(l.at), (SELECT min(o.at) FROM observation o WHERE o.datastream_id = ANY(%s) AND o.at >= %s) "
        "FROM latest l WHERE l.datastream_id = ANY(%s)",
        (list(owner), after[0] if after else start, list(owner)),
    )
    rows: list[ResourceRow] = []
    if not owner or known is None or known[1] is None:
        return ()
    newest, begin = known
    stop = newest + timedelta(microseconds=1) if end is None else min(end, newest + timedelta(microseconds=1))
    step, last = timedelta(hours=2 + limit // len(sources)), after or (begin, -1)
    while begin < stop and len(rows) < limit:
        until = min(begin + step, stop)
        given = (list(owner), list(owner.values()), list(owner), begin, until, *last, limit - len(rows))
        rows.extend(_row(sources, *row) for row in records.rows(_ROWS, given))
        begin, step = until, step * 2
    return tuple(rows)


def _row(
    sources: Mapping[int, _Source], at: datetime, device: int, streams: list[int], values: list[float], flags: list[int]
) -> ResourceRow:
    source = sources[device]
    names = [source.quantities[stream] for stream in streams]
    return ResourceRow(
        at, device, source.device, source.provenance, dict(zip(names, values, strict=True)),
        dict(zip(names, flags, strict=True)),
    )  # fmt: skip


def _sources(name: str) -> dict[int, _Source]:
    try:
        kind = house.registry().get(ObservationDatasetKind, name)
    except KeyError:
        raise NotFound("no_dataset", "dataset", dataset=name) from None
    pack = name.partition(".")[0]
    found = records.rows(
        """SELECT d.id, d.code, d.provenance, s.id, s.quantity FROM datastream s JOIN device d ON d.id = s.device_id
           WHERE d.kind = %s AND s.quantity = ANY(%s) ORDER BY d.id, s.id""",
        (f"{pack}.{kind.device}", [f"{pack}.{id_}" for id_ in kind.quantities]),
    )
    sources: dict[int, _Source] = {}
    for device, code, provenance, stream, quantity in found:
        sources.setdefault(device, _Source(code, provenance, {})).quantities[stream] = quantity.partition(".")[2]
    return sources
