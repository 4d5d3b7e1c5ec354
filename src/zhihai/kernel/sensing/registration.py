"""Registration: devices, the datastreams their kinds give them, and keeping both in line with the kinds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from math import isfinite
from typing import get_args

from zhihai.ground.geometry.morton import code_at
from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.kernel import house, records
from zhihai.kernel.exchange.acts import Provenance
from zhihai.kernel.places import reads as places
from zhihai.kernel.sensing.book import possible_code
from zhihai.kernel.sensing.derivation import Span, derive_spans, plan_for
from zhihai.kernel.sensing.devices import Belongs, Device
from zhihai.kernel.sensing.kinds import DeviceKind, QuantityKind

CELL_M = 100.0
"""About the width of a grid cell: a position known less well than this is in no cell we could name."""
STRIDE = timedelta(days=30)
_EVERY = {"hour": 3600, "day": 86_400}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInput:
    """A device to be registered. ``kind`` is the full name of its kind, ``organisation`` whose it is.

    Position in degrees of WGS 84, ``accuracy_m`` 0 where it is exact. ``area`` is found from the position where it is
    not given. ``since`` and ``until`` are the first and last local day on which it measures: readings of other days go
    to quarantine. ``provenance``: real, replayed or synthetic.
    """

    code: str
    kind: str
    name: Named
    organisation: int
    lon: float
    lat: float
    area: int | None = None
    accuracy_m: float = 0.0
    belongs: Belongs = "own"
    since: date | None = None
    until: date | None = None
    provenance: str = "real"


def put_device(given: DeviceInput) -> int:
    """Write a device, or renew it, with its datastreams; returns its number."""
    kind = _kind(given)
    _check(given)
    area, cell = _place(given)
    known = records.value("SELECT id FROM device WHERE code = %s", (given.code,))
    id_ = records.value(
        """INSERT INTO device (code, kind, name_zh, name_en, org_id, area_id, cell, lon, lat, accuracy_m, morton,
               belongs, since, until, provenance)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (code) DO UPDATE SET kind = EXCLUDED.kind, name_zh = EXCLUDED.name_zh,
               name_en = EXCLUDED.name_en, org_id = EXCLUDED.org_id, area_id = EXCLUDED.area_id,
               cell = EXCLUDED.cell, lon = EXCLUDED.lon,
               lat = EXCLUDED.lat, accuracy_m = EXCLUDED.accuracy_m, morton = EXCLUDED.morton,
               belongs = EXCLUDED.belongs, since = EXCLUDED.since, until = EXCLUDED.until,
               provenance = EXCLUDED.provenance RETURNING id""",
        (
            given.code, given.kind, given.name.zh, given.name.en, given.organisation, area, cell, given.lon, given.lat,
            given.accuracy_m, code_at(given.lon, given.lat), given.belongs, given.since, given.until, given.provenance,
        ),
    )  # fmt: skip
    put_streams(id_, given.kind, kind, fresh=known is None)
    changed()
    return int(id_)


def changed() -> None:
    """Tell every process that its book of devices is out of date, once this transaction commits."""
    records.execute(
        """UPDATE sensing_version
           SET version = greatest(version + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)"""
    )


def put_streams(device: int, name: str, kind: DeviceKind, *, fresh: bool) -> int:
    """Give a device the datastreams of its kind; returns how many were new or changed.

    A derived stream of a device that is not ``fresh`` begins with version 0: its past is still to be computed.
    """
    registry, pack = house.registry(), name.partition(".")[0]
    changes = 0
    for quantity in kind.quantities:
        declared = registry.get(QuantityKind, f"{pack}.{quantity}")
        derivation = declared.derivation
        every = declared.every // timedelta(seconds=1) if derivation is None else _EVERY[derivation.every]
        changes += records.execute(
            """INSERT INTO datastream AS s (device_id, quantity, derived, every_s, stale_s, version)
               VALUES (%s, %s, %s, %s, %s, %s)
               ON CONFLICT (device_id, quantity) DO UPDATE SET derived = EXCLUDED.derived, every_s = EXCLUDED.every_s,
                   stale_s = EXCLUDED.stale_s
               WHERE (s.derived, s.every_s, s.stale_s) <> (EXCLUDED.derived, EXCLUDED.every_s, EXCLUDED.stale_s)""",
            (
                device, f"{pack}.{quantity}", derivation is not None, every,
                declared.stale_after // timedelta(seconds=1), derivation.version if derivation and fresh else 0,
            ),
        )  # fmt: skip
    return changes


def align_device(device: Device, kind: DeviceKind) -> int:
    """Bring a device's streams in line with its kind and compute the past of derivations that are new or have changed.

    In the caller's transaction; returns how many streams and values changed.
    """
    changes = put_streams(device.id, device.kind, kind, fresh=False)
    if changes:
        changed()
    return changes


def recompute(device: Device) -> int:
    """Compute the whole past of a device's derivations where one of them has another version than its values."""
    derived = plan_for(device).derived
    behind = [(stream.id, rule.version) for stream, rule in derived if stream.version != rule.version]
    if not behind:
        return 0
    count = sum(derive_spans([span]) for span in _past(device))
    for stream, version in behind:
        records.execute("UPDATE datastream SET version = %s WHERE id = %s", (version, stream))
    changed()
    return count + len(behind)


def _past(device: Device) -> Iterator[Span]:
    measured = [stream.id for stream in device.streams if not stream.derived]
    row = records.one("SELECT min(at), max(at) FROM observation WHERE datastream_id = ANY(%s)", (measured,))
    if row is None or row[0] is None:
        return
    first, last = row
    while first <= last:
        yield Span(device.id, first, min(first + STRIDE, last))
        first += STRIDE


def _kind(given: DeviceInput) -> DeviceKind:
    try:
        return house.registry().get(DeviceKind, given.kind)
    except KeyError:
        raise Refused("no_device_kind", "kind", kind=given.kind) from None


def _check(given: DeviceInput) -> None:
    if not possible_code(given.code):
        raise Refused("device_code", "code")
    if given.belongs not in get_args(Belongs):
        raise Refused("device_belongs", "belongs", given=given.belongs)
    if given.provenance not in get_args(Provenance):
        raise Refused("device_provenance", "provenance", given=given.provenance)
    if not (isfinite(given.accuracy_m) and given.accuracy_m >= 0):
        raise Refused("device_accuracy", "accuracy_m")
    if given.since and given.until and given.until < given.since:
        raise Refused("device_span", "until", since=given.since.isoformat())


def _place(given: DeviceInput) -> tuple[int, str | None]:
    """Return area and cell of a device; a neighbour's device outside every area stands in the district as a whole."""
    found = places.locate(given.lon, given.lat)
    cell = found.cell if given.accuracy_m <= CELL_M else None
    if given.area is not None:
        return places.area(given.area).id, cell
    if found.area is not None:
        return found.area.id, cell
    if given.belongs == "own":
        raise Refused("device_outside", "lon, lat", lon=given.lon, lat=given.lat)
    return places.areas("district")[0].id, None
