"""Pages of devices: the list with what lives and what is silent, one device with its chart, the quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from zhihai.faces.design.figures import Chart, Level, Line, Place, Tone
from zhihai.faces.desk.frame import page
from zhihai.faces.naming import Telling, area_names, telling, unit_text
from zhihai.faces.request import Asked
from zhihai.ground.refusal import Refused
from zhihai.kernel import house
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.identity.kinds import SEE_DEVICES, SEE_QUARANTINE
from zhihai.kernel.rules import reads as rules
from zhihai.kernel.sensing import acts as sensing_acts
from zhihai.kernel.sensing import reads as sensing
from zhihai.kernel.sensing.kinds import DeviceKind, QuantityKind

TONES: dict[str, Tone] = {"alive": "jade", "late": "amber", "silent": "cinnabar", "never": "quiet"}
LINES: tuple[Tone, ...] = ("sea", "jade", "plum", "amber", "cinnabar", "quiet")
SPANS = {"1": timedelta(days=1), "3": timedelta(days=3), "7": timedelta(days=7), "30": timedelta(days=30)}


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device in the list: its headline value, and whether it lives."""

    id: str
    device: sensing.Device
    name: str
    kind: str
    area: str
    value: float | None
    unit: str
    digits: int
    quantity: str
    band: str
    band_no: int
    latest: sensing.Latest | None
    liveness: sensing.Liveness


def band_of(kind: DeviceKind, value: float | None) -> int:
    """Return the number of the level a headline value lies in, −1 where there are none."""
    if value is None or not kind.bands:
        return -1
    return sum(value > bound for bound in kind.bands)


def device_rows(request: Asked, tell: Telling, kind: str | None = None) -> list[DeviceRow]:
    """Return the devices with headline value and liveness at the page's instant, in three questions."""
    found = sensing.devices(kind=kind)
    newest = sensing.latest(device.id for device in found)
    areas = area_names()
    registry = house.registry()
    rows = []
    for device in found:
        declared = registry.get(DeviceKind, device.kind)
        headline = f"{device.kind.partition('.')[0]}.{declared.headline}" if declared.headline else ""
        value = newest.get((device.id, headline))
        quantity = registry.get(QuantityKind, headline) if headline else None
        level = band_of(declared, value.value if value else None)
        rows.append(
            DeviceRow(
                id=device.code, device=device, name=device.name.say(tell.language), kind=tell.kind(device.kind, "device"),
                area=areas[device.area_id].say(tell.language) if device.area_id in areas else "",
                value=value.value if value else None, unit=unit_text(quantity.unit) if quantity else "",
                digits=quantity.digits if quantity else 0,
                quantity=tell.kind(headline, "quantity", "short") if headline else "",
                band=tell.kind(device.kind, "device", f"band.{level}") if level >= 0 else "", band_no=level, latest=value,
                liveness=sensing.liveness(device, newest, request.clock.instant),
            )
        )  # fmt: skip
    return rows


def places_of(rows: list[DeviceRow]) -> list[Place]:
    """Return devices as points of a map."""
    return [
        Place(
            id=row.id, lon=row.device.lon, lat=row.device.lat, name=row.name, note=row.kind,
            value="" if row.value is None else f"{row.value:.{row.digits}f}", tone=TONES[row.liveness],
            href=reverse("desk-device", args=[row.device.code]),
        )
        for row in rows
    ]  # fmt: skip


@page("desk/devices.jinja", SEE_DEVICES)
def devices(request: Asked) -> dict[str, Any]:
    """All devices on a map and in a list that share their selection."""
    rows = device_rows(request, telling(request.language))
    return {"rows": rows, "places": places_of(rows)}


@page("desk/device.jinja", SEE_DEVICES)
def device(request: Asked, code: str) -> dict[str, Any]:
    """One device: latest values, chart of some days with gaps as gaps, findings and cases."""
    tell, now = telling(request.language), request.clock.instant
    shown = sensing.device(code)
    declared = house.registry().get(DeviceKind, shown.kind)
    newest = sensing.latest([shown.id])
    days = request.GET.get("days", "3")
    span = SPANS.get(days, SPANS["3"])
    pack = shown.kind.partition(".")[0]
    asked = request.GET.get("quantity") or declared.headline or declared.quantities[0]
    streams = [stream for stream in shown.streams if stream.short == asked] or list(shown.streams[:1])
    quantity = house.registry().get(QuantityKind, streams[0].quantity)
    found = rules.findings(device=shown.id, limit=12)
    return {
        "device": shown, "kind": tell.kind(shown.kind, "device"), "newest": newest, "days": days, "asked": asked,
        "liveness": sensing.liveness(shown, newest, now), "area": area_names().get(shown.area_id),
        "streams": [(s, house.registry().get(QuantityKind, s.quantity), newest.get((shown.id, s.quantity))) for s in shown.streams],
        "chart": chart_of(shown, streams[0], quantity, span, request, tell), "place": places_of_one(shown, tell),
        "gaps": sensing.gaps(streams[0].id, now - span, now) if not streams[0].derived else (),
        "findings": [(one, tell.kind(one.rule, "rule"), tell.found(one.rule, one.facts)) for one in found],
        "cases": cases.recent(request.actor, subject=("finding", [one.id for one in found])) if found else (), "pack": pack,
        "unit_text": unit_text,
    }  # fmt: skip


def places_of_one(shown: sensing.Device, tell: Telling) -> list[Place]:
    """Return one device as the point of a small map."""
    return [Place(id=shown.code, lon=shown.lon, lat=shown.lat, name=shown.name.say(tell.language))]


def chart_of(
    shown: sensing.Device, stream: sensing.Stream, kind: QuantityKind, span: timedelta, request: Asked, tell: Telling
) -> Chart:
    """Return the chart of one datastream up to now; the bounds of its device's levels are drawn where it is the headline."""
    now = request.clock.instant
    found = sensing.observations(stream.id, start=now - span, end=now, limit=5000)
    declared = house.registry().get(DeviceKind, shown.kind)
    levels = ()
    if declared.headline == kind.id and found:
        top = max(one.value for one in found)
        levels = tuple(
            Level(name=tell.kind(shown.kind, "device", f"band.{number + 1}"), value=bound)
            for number, bound in enumerate(declared.bands)
            if bound <= top * 1.2
        )
    name = tell.kind(stream.quantity, "quantity", "short")
    line = Line(name=name, points=tuple((one.at, one.value) for one in found))
    return Chart(lines=(line,), unit=unit_text(kind.unit), step=stream.every_s, levels=levels, digits=kind.digits)


@page("desk/quarantine.jinja", SEE_QUARANTINE)
def quarantine(request: Asked) -> dict[str, Any]:
    """Readings set aside, each with a reason a person can read."""
    return _quarantine(request, None)


def _quarantine(request: Asked, wrong: Refused | None) -> dict[str, Any]:
    after = request.GET.get("after", "")
    state = request.GET.get("state", "open")
    found = sensing.quarantined(
        after=int(after) if after.isdigit() and len(after) < 18 else None,
        state=state if state in ("open", "released", "discarded") else "open", limit=51,
    )  # fmt: skip
    tell = telling(request.language)
    rows = [(one, tell.words.say(f"quarantine.{one.reason}", tell.language, **dict(one.facts))) for one in found[:50]]
    return {"rows": rows, "older": str(found[49].id) if len(found) > 50 else "", "state": state, "wrong": wrong, "paged": bool(after)}


@require_POST
@page("desk/quarantine.jinja", SEE_QUARANTINE)
def decide(request: Asked) -> dict[str, Any] | HttpResponse:
    """Release or discard the readings that were ticked, with a note."""
    ids = [int(text) for text in request.POST.getlist("reading") if text.isdigit() and len(text) < 18]
    note, at = request.POST.get("note", "")[:1000], request.clock.instant
    try:
        if not ids:
            raise Refused("none_chosen", "reading")
        act = sensing_acts.release if request.POST.get("what") == "release" else sensing_acts.discard
        act(request.actor, ids, note, at=at)
    except Refused as refused:
        return _quarantine(request, refused)
    return HttpResponseRedirect(reverse("desk-quarantine"))
