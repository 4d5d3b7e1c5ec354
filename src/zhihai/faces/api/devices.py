"""Devices, what they measured last, and what before.

Devices whose readings are an open dataset are open to all, with the quantities of that dataset; the others, and every
quantity, to those who may see devices.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from pydantic import BaseModel

from zhihai.faces.api.access import Called, now
from zhihai.faces.api.language import language_of
from zhihai.faces.api.pages import Code, Instant, Limit, LongLimit, Name, Text, name, page, read_instant_cursor
from zhihai.faces.api.pages import instant_cursor as cursor_of
from zhihai.faces.naming import Telling, organisation_names, telling
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound
from zhihai.kernel import house
from zhihai.kernel.identity.kinds import SEE_DEVICES
from zhihai.kernel.sensing import reads as sensing
from zhihai.kernel.sensing.kinds import ObservationDatasetKind, QuantityKind


class StreamOut(BaseModel):
    """One quantity of a device: ``unit`` is a UCUM code, a value is expected every ``every_s`` seconds."""

    quantity: str
    title: str
    unit: str
    every_s: int
    stale_s: int
    derived: bool


class DeviceOut(BaseModel):
    """A device and where it stands: degrees of WGS 84, ``accuracy_m`` 0 where the position is exact."""

    code: str
    kind: str
    title: str
    name: Name | None
    organisation: Name | None
    area: Name | None
    cell: str | None
    lon: float
    lat: float
    accuracy_m: float
    belongs: str
    since: date | None
    until: date | None
    provenance: str
    streams: list[StreamOut]


class DevicePage(BaseModel):
    """A page of devices; ``next`` goes into ``after`` for the page that follows, ``null`` on the last."""

    rows: list[DeviceOut]
    next: str | None


class LatestOut(BaseModel):
    """The newest value of a quantity; ``at`` begins the interval it stands for."""

    quantity: str
    title: str
    unit: str
    at: datetime
    value: float
    flags: int
    note: str | None


class LatestOfDevice(BaseModel):
    """What a device measured last, and whether it is ``alive``, ``late``, ``silent`` or has ``never`` reported."""

    device: str
    liveness: str
    provenance: str
    values: list[LatestOut]


class ObservationOut(BaseModel):
    """One value; ``at`` begins the interval it stands for."""

    at: datetime
    value: float
    flags: int
    note: str | None


class ObservationPage(BaseModel):
    """A page of values, oldest first; ``next`` goes into ``after`` for the page that follows."""

    device: str
    quantity: str
    unit: str
    provenance: str
    rows: list[ObservationOut]
    next: str | None


def list_devices(request: Called, kind: Text | None = None, after: Code | None = None, limit: Limit = 50) -> DevicePage:
    """List devices in the order in which they were registered, all or of one kind."""
    begin = 0 if after is None else sensing.device(after).id
    seen = [device for device in sensing.devices(kind) if device.id > begin and streams_seen(request, device)]
    shown, cursor = page(seen[: limit + 1], limit, lambda device: device.code)
    tell, organisations = telling(language_of(request)), organisation_names()
    rows = [_out(one, streams_seen(request, one), tell, organisations.get(one.org_id)) for one in shown]
    return DevicePage(rows=rows, next=cursor)


def get_device(request: Called, code: Code) -> DeviceOut:
    """Show one device with its quantities."""
    device, streams = seen_device(request, code)
    return _out(device, streams, telling(language_of(request)), organisation_names().get(device.org_id))


def get_latest(request: Called, code: Code) -> LatestOfDevice:
    """Show the newest value of each quantity of a device, and whether the device is alive."""
    device, streams = seen_device(request, code)
    newest = sensing.latest([device.id])
    tell = telling(language_of(request))
    values = []
    for stream in streams:
        value = newest.get((device.id, stream.quantity))
        if value is not None:
            title, unit = _said(stream, tell)
            values.append(
                LatestOut(
                    quantity=stream.quantity, title=title, unit=unit, at=value.at, value=value.value, flags=value.flags,
                    note=value.note,
                )
            )  # fmt: skip
    alive = sensing.liveness(device, newest, now(request))
    return LatestOfDevice(device=device.code, liveness=alive, provenance=device.provenance, values=values)


def list_observations(
    request: Called, code: Code, quantity: Code, start: Instant | None = None, end: Instant | None = None,
    after: Text | None = None, limit: LongLimit = 500,
) -> ObservationPage:  # fmt: skip
    """List the values of one quantity from `start` to before `end`, oldest first."""
    device, streams = seen_device(request, code)
    stream = device.stream(quantity)
    if stream is None or stream not in streams:
        raise NotFound("no_quantity", "quantity", device=device.code)
    begin = None if after is None else read_instant_cursor(after)[0]
    found = sensing.observations(stream.id, after=begin, limit=limit + 1, start=start, end=end)
    shown, cursor = page(found, limit, lambda row: cursor_of(row.at, stream.id))
    return ObservationPage(
        device=device.code, quantity=stream.quantity, unit=_said(stream, telling(language_of(request)))[1],
        provenance=device.provenance, next=cursor,
        rows=[ObservationOut(at=row.at, value=row.value, flags=row.flags, note=row.note) for row in shown],
    )  # fmt: skip


def seen_device(request: Called, code: str) -> tuple[sensing.Device, Sequence[sensing.Stream]]:
    """Return a device and the datastreams of it that the caller may see; raises ``NotFound`` where that is none."""
    device = sensing.device(code)
    streams = streams_seen(request, device)
    if not streams:
        raise NotFound("no_device", "device")
    return device, streams


def streams_seen(request: Called, device: sensing.Device) -> Sequence[sensing.Stream]:
    """Return the datastreams of a device that the caller may see: all of them, or those of open datasets."""
    if request.auth.may(SEE_DEVICES):
        return device.streams
    open_ = {
        f"{device.pack}.{quantity}"
        for name_, kind in house.registry().all(ObservationDatasetKind)
        if kind.grade == "open" and f"{name_.partition('.')[0]}.{kind.device}" == device.kind
        for quantity in kind.quantities
    }
    return [stream for stream in device.streams if stream.quantity in open_]


def _said(stream: sensing.Stream, tell: Telling) -> tuple[str, str]:
    """Return name and unit of a quantity; a quantity whose pack was taken away has its full name and no unit."""
    declared = dict(house.registry().all(QuantityKind)).get(stream.quantity)
    return tell.kind(stream.quantity, "quantity"), "" if declared is None else declared.unit


def _out(
    device: sensing.Device,
    streams: Sequence[sensing.Stream],
    tell: Telling,
    organisation: Named | None,
) -> DeviceOut:
    said = [(stream, *_said(stream, tell)) for stream in streams]
    return DeviceOut(
        code=device.code, kind=device.kind, title=tell.kind(device.kind, "device"), name=name(device.name),
        organisation=name(organisation), area=name(device.area), cell=device.cell, lon=device.lon, lat=device.lat,
        accuracy_m=device.accuracy_m, belongs=device.belongs, since=device.since, until=device.until,
        provenance=device.provenance,
        streams=[
            StreamOut(
                quantity=stream.quantity, title=title, unit=unit, every_s=stream.every_s, stale_s=stream.stale_s,
                derived=stream.derived,
            )
            for stream, title, unit in said
        ],
    )  # fmt: skip
