"""Pages of devices: the list with what lives and what is silent, one device with its chart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.urls import reverse

from zhihai.faces.design.figures import Chart, Level, Line, Place, Tone, number_text
from zhihai.faces.desk.frame import page
from zhihai.faces.desk.showing import told
from zhihai.faces.naming import Telling, map_source, telling, unit_text
from zhihai.faces.request import Asked, whole
from zhihai.kernel import house
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.identity.kinds import SEE_CASES, SEE_DEVICES
from zhihai.kernel.rules import reads as rules
from zhihai.kernel.sensing import reads as sensing
from zhihai.kernel.sensing.kinds import DeviceKind, QuantityKind

TONES: dict[str, Tone] = {"alive": "jade", "late": "amber", "silent": "cinnabar", "never": "quiet"}
LINES: tuple[Tone, ...] = ("sea", "jade", "plum", "amber", "cinnabar", "quiet")
PAGE = 12
"""So many findings, and so many cases, stand on a device's page; earlier ones behind a link."""
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


def area_of(device: sensing.Device, tell: Telling) -> str:
    """Say where a device stands: its area, or that it is a neighbour's, of whose areas the district knows none."""
    if device.belongs == "received":
        return tell.words.say("desk.device.outside", tell.language)
    return device.area.say(tell.language)


def device_rows(request: Asked, tell: Telling, kind: str | None = None) -> list[DeviceRow]:
    """Return the devices with headline value and liveness at the page's instant, in two questions."""
    found = sensing.devices(kind=kind)
    newest = sensing.latest(device.id for device in found)
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
                id=device.code,
                device=device,
                name=device.name.say(tell.language),
                kind=tell.kind(device.kind, "device"),
                area=area_of(device, tell),
                value=value.value if value else None,
                unit=unit_text(quantity.unit) if quantity else "",
                digits=quantity.digits if quantity else 0,
                quantity=tell.kind(headline, "quantity", "short") if headline else "",
                band=tell.kind(device.kind, "device", f"band.{level}") if level >= 0 else "",
                band_no=level,
                latest=value,
                liveness=sensing.liveness(device, newest, request.clock.instant),
            )
        )
    return rows


def places_of(rows: list[DeviceRow]) -> list[Place]:
    """Return devices as points of a map."""
    return [
        Place(
            id=row.id,
            lon=row.device.lon,
            lat=row.device.lat,
            name=row.name,
            note=row.kind,
            value="" if row.value is None else number_text(row.value, row.digits),
            tone=TONES[row.liveness],
            href=reverse("desk-device", args=[row.device.code]),
        )
        for row in rows
    ]


@page("desk/devices.jinja", SEE_DEVICES)
def devices(request: Asked) -> dict[str, Any]:
    """All devices on a map and in a list that share their selection."""
    rows = device_rows(request, telling(request.language))
    return {"rows": rows, "places": places_of(rows), "map_source": map_source(telling(request.language))}


@page("desk/device.jinja", SEE_DEVICES)
def device(request: Asked, code: str) -> dict[str, Any]:
    """One device: latest values, chart of some days with gaps as gaps, findings and cases."""
    tell, now = telling(request.language), request.clock.instant
    shown = sensing.device(code)
    declared = house.registry().get(DeviceKind, shown.kind)
    newest = sensing.latest([shown.id])
    days = request.GET.get("days", "3")
    span = SPANS.get(days, SPANS["3"])
    asked = request.GET.get("quantity") or declared.headline or declared.quantities[0]
    stream = shown.stream(asked) or shown.streams[0]
    chart = chart_of(shown, stream, span, request, tell)
    found, every = rules.findings_of(shown.id, after=whole(request.GET.get("findings")), limit=PAGE + 1)
    opened = _cases_of(request, every)
    return {
        "device": shown,
        "kind": tell.kind(shown.kind, "device"),
        "area": area_of(shown, tell),
        "days": days if days in SPANS else "3",
        "spans": list(SPANS),
        "stream": stream,
        "liveness": sensing.liveness(shown, newest, now),
        "streams": [
            (s, house.registry().get(QuantityKind, s.quantity), newest.get((shown.id, s.quantity)))
            for s in shown.streams
        ],
        "chart": chart,
        "missing": missing_of(shown, stream, chart, span, request),
        "place": places_of_one(shown, tell),
        "map_source": map_source(tell),
        "findings": [told(one, one.rule, tell) for one in found[:PAGE]],
        "earlier_findings": found[PAGE - 1].id if len(found) > PAGE else None,
        "cases": opened[:PAGE],
        "earlier_cases": opened[PAGE - 1].id if len(opened) > PAGE else None,
        "sees_cases": request.actor.may(SEE_CASES),
        "unit_text": unit_text,
    }


def _cases_of(request: Asked, findings: tuple[int, ...]) -> tuple[cases.CaseLine, ...]:
    """Return a page, and one more, of the cases that findings opened, of those that the reader may see."""
    if not findings or not request.actor.may(SEE_CASES):
        return ()
    after = whole(request.GET.get("cases"))
    return cases.recent(request.actor, subject=("finding", list(findings)), after=after, limit=PAGE + 1)


def missing_of(shown: sensing.Device, stream: sensing.Stream, chart: Chart, span: timedelta, request: Asked) -> int:
    """Return how many values of a measured quantity its chart lacks; of one that is computed, none."""
    if stream.derived:
        return 0
    now = request.clock.instant
    start = now - span
    if shown.since is not None:
        start = max(start, datetime.combine(shown.since, time(), request.zone))
    return max(0, int((now - start).total_seconds() // stream.every_s) - len(chart.lines[0].points))


def places_of_one(shown: sensing.Device, tell: Telling) -> list[Place]:
    """Return one device as the point of a small map."""
    return [Place(id=shown.code, lon=shown.lon, lat=shown.lat, name=shown.name.say(tell.language))]


def chart_of(shown: sensing.Device, stream: sensing.Stream, span: timedelta, request: Asked, tell: Telling) -> Chart:
    """Return the chart of one datastream up to now, with the bounds of levels where it is the headline."""
    now = request.clock.instant
    found = sensing.observations(stream.id, start=now - span, end=now, limit=5000)
    kind = house.registry().get(QuantityKind, stream.quantity)
    line = Line(
        name=tell.kind(stream.quantity, "quantity", "short"), points=tuple((one.at, one.value) for one in found)
    )
    levels = levels_of(shown, stream, max((one.value for one in found), default=0.0), tell)
    return Chart(lines=(line,), unit=unit_text(kind.unit), step=stream.every_s, levels=levels, digits=kind.digits)


def levels_of(
    shown: sensing.Device, stream: sensing.Stream, top: float, tell: Telling, lowest: int = 1
) -> tuple[Level, ...]:
    """Return where the levels of a device's headline begin, from level ``lowest`` on and as far as values reach."""
    declared = house.registry().get(DeviceKind, shown.kind)
    if stream.short != declared.headline:
        return ()
    return tuple(
        Level(name=tell.kind(shown.kind, "device", f"band.{number}"), value=bound)
        for number, bound in enumerate(declared.bands, start=1)
        if bound <= top and number >= lowest
    )
