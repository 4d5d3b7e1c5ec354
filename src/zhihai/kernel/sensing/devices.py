"""Devices and their datastreams as rows (设备与数据流)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from zhihai.ground.named import Named
from zhihai.kernel import records
from zhihai.kernel.sensing.liveness import Expected

Belongs = Literal["own", "received"]


@dataclass(frozen=True, slots=True)
class Stream:
    """One quantity of one device (数据流): ``quantity`` is its full name (``air.pm25``), times are in seconds.

    ``version`` is that of the derivation by which its values were computed, 0 where they were measured.
    """

    id: int
    quantity: str
    every_s: int
    stale_s: int
    derived: bool
    version: int

    @property
    def short(self) -> str:
        """The quantity's id within its pack (``pm25``)."""
        return self.quantity.partition(".")[2]

    @property
    def expected(self) -> Expected:
        """How often it is expected to report."""
        return Expected(timedelta(seconds=self.every_s), timedelta(seconds=self.stale_s))


@dataclass(frozen=True, slots=True)
class Device:
    """A device and where it stands (设备), WGS 84, ``accuracy_m`` 0 where the position is exact.

    ``kind`` is the full name of its kind, ``area`` the name of its area. ``org_lo`` and ``area_lo`` are its places in
    the trees of organisations and areas. ``belongs``: ``own``, or ``received`` from elsewhere and never the ground of a
    case. ``since`` and ``until`` are the first and last local day on which it measures, ``None`` where unknown.
    """

    id: int
    code: str
    kind: str
    name: Named
    org_id: int
    org_lo: int
    area_id: int
    area_lo: int
    cell: str | None
    lon: float
    lat: float
    accuracy_m: float
    belongs: Belongs
    since: date | None
    until: date | None
    provenance: str
    area: Named
    streams: tuple[Stream, ...]

    @property
    def pack(self) -> str:
        """The pack that declares its kind."""
        return self.kind.partition(".")[0]

    def stream(self, quantity: str) -> Stream | None:
        """Return the datastream of a quantity, given by full name or by its id within the pack."""
        name = quantity if "." in quantity else f"{self.pack}.{quantity}"
        return next((stream for stream in self.streams if stream.quantity == name), None)


_DEVICE = """
SELECT d.id, d.code, d.kind, d.name_zh, d.name_en, d.org_id, o.lo, d.area_id, a.lo, d.cell, d.lon, d.lat, d.accuracy_m,
    d.belongs, d.since, d.until, d.provenance, a.name_zh, a.name_en,
    (SELECT json_agg(json_build_array(s.id, s.quantity, s.every_s, s.stale_s, s.derived, s.version) ORDER BY s.id)
     FROM datastream s WHERE s.device_id = d.id)
FROM device d JOIN organisation o ON o.id = d.org_id JOIN area a ON a.id = d.area_id
"""


def load_devices(condition: str, params: Sequence[object]) -> tuple[Device, ...]:
    """Return the devices that fulfil a condition on ``d`` (device), ``o`` (organisation), ``a`` (area), by number."""
    return tuple(_device(row) for row in records.rows(f"{_DEVICE} WHERE {condition} ORDER BY d.id", params))


def _device(row: records.Row) -> Device:
    streams = tuple(Stream(*columns) for columns in records.json_list(row[19] or "[]"))
    values = [*row[:3], Named(row[3], row[4]), *row[5:17], Named(row[17], row[18]), streams]
    return Device(*values)
