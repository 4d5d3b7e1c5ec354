"""The wall (区情): one public screen of what is going on, made of aggregates and stations only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from zhihai.faces.anew import drawn_anew
from zhihai.faces.compressing import compressed
from zhihai.faces.design.figures import Chart, Line, Place, Tone, number_text
from zhihai.faces.design.shell import Shell
from zhihai.faces.desk.devices import TONES, band_of, levels_of
from zhihai.faces.desk.figures import public_figures, tile_of
from zhihai.faces.desk.frame import district_name, marks_of
from zhihai.faces.naming import Telling, telling, unit_text
from zhihai.faces.request import Asked
from zhihai.kernel import house
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.places import reads as places
from zhihai.kernel.rules import reads as rules
from zhihai.kernel.sensing import reads as sensing
from zhihai.kernel.sensing.kinds import DeviceKind, QuantityKind

THREE_DAYS = timedelta(hours=72)
BAD_FROM = 3
"""From this level of a headline on (of those that have levels) the wall says so in red; one below in amber."""
BAND_TONES: tuple[Tone, ...] = ("jade", "jade", "amber", "cinnabar", "cinnabar", "plum")
REFRESH = 60
"""Seconds after which the wall is drawn anew."""
KINDS = 10
"""So many kinds of cases stand on the wall by themselves."""


@dataclass(frozen=True, slots=True)
class Headline:
    """What one own device says now: the figure the wall leads with."""

    device: sensing.Device
    name: str
    quantity: str
    value: float | None
    unit: str
    digits: int
    band: str
    band_no: int
    note: str
    latest: sensing.Latest | None
    liveness: sensing.Liveness

    @property
    def standing(self) -> str:
        """How the tile is coloured."""
        return "bad" if self.band_no >= BAD_FROM else "warn" if self.band_no == BAD_FROM - 1 else ""

    @property
    def tone(self) -> Tone:
        """How the point is coloured: by level where there are levels, else by liveness."""
        if self.liveness in ("silent", "never") or self.band_no < 0:
            return TONES[self.liveness] if self.liveness in ("silent", "never") else "sea"
        return BAND_TONES[min(self.band_no, len(BAND_TONES) - 1)]


@compressed
def wall(request: Asked) -> HttpResponse:
    """The wall. Anyone may read it; cases are counted, never named; it is drawn anew every minute by itself."""
    tell = telling(request.language)
    inside = SESSION_KEY in request.session
    shell = Shell(
        district=district_name(request),
        face=tell.words.say("wall.face", tell.language),
        home=reverse("wall"),
        sign_in="" if inside else reverse("account_login"),
        desk=reverse("home") if inside else "",
        marks=marks_of(request),
    )
    shown = headlines(request, tell)
    lead = next((one for one in shown if one.device.belongs == "own" and one.band_no >= 0), None)
    open_ = rules.findings(open_only=True, limit=20)
    known = {one.device.id: one for one in shown}
    context: dict[str, Any] = {
        "shell": shell,
        "tell": tell,
        "headlines": shown,
        "lead": lead,
        "places": points(shown),
        "bounds": _bounds(),
        "chart": course_of(lead, request, tell) if lead else None,
        "alerts": [
            (one, tell.kind(one.rule, "rule"), tell.found(one.rule, one.facts), known.get(one.device)) for one in open_
        ],
        "loads": _loads(tell),
        "tiles": [tile_of(one, tell) for one in public_figures(of_matters=False)],
        "sources": sorted(set(places.sources().values())),
    }
    return drawn_anew(request, render(request, "wall/wall.jinja", context), REFRESH)


def _loads(tell: Telling) -> list[tuple[cases.Load, str]]:
    """Return what is open and late by kind, what is latest first; kinds that find no room on a wall are one line."""
    found = cases.load()
    shown = [(one, tell.kind(one.kind, "case")) for one in found[:KINDS]]
    rest = found[KINDS:]
    if rest:
        due = min((one.earliest for one in rest if one.earliest is not None), default=None)
        together = replace(
            rest[0], open=sum(one.open for one in rest), late=sum(one.late for one in rest), earliest=due
        )
        shown.append((together, tell.words.say("wall.others", tell.language, n=len(rest))))
    return shown


def headlines(request: Asked, tell: Telling) -> list[Headline]:
    """Return what every device with a headline says now, own ones first."""
    found = sensing.devices()
    newest = sensing.latest(device.id for device in found)
    registry = house.registry()
    shown = []
    for device in found:
        kind = registry.get(DeviceKind, device.kind)
        if kind.headline is None:
            continue
        pack = device.kind.partition(".")[0]
        name = f"{pack}.{kind.headline}"
        quantity, latest = registry.get(QuantityKind, name), newest.get((device.id, name))
        level = band_of(kind, latest.value if latest else None)
        note = tell.facts(name, {"primary": latest.note})["primary"] if latest and latest.note else ""
        shown.append(
            Headline(
                device,
                device.name.say(tell.language),
                tell.kind(name, "quantity", "short"),
                latest.value if latest else None,
                unit_text(quantity.unit),
                quantity.digits,
                tell.kind(device.kind, "device", f"band.{level}") if level >= 0 else "",
                level,
                note,
                latest,
                sensing.liveness(device, newest, request.clock.instant),
            )
        )
    return sorted(shown, key=lambda one: (one.device.belongs != "own", one.band_no < 0, one.device.id))


def points(shown: list[Headline]) -> list[Place]:
    """Return stations as points; several at one place stand as one, by the headline that has levels."""
    by_place: dict[tuple[float, float], Headline] = {}
    for one in shown:
        by_place.setdefault((one.device.lon, one.device.lat), one)
    return [
        Place(
            id=one.device.code,
            lon=one.device.lon,
            lat=one.device.lat,
            name=one.name,
            value="" if one.value is None else number_text(one.value, one.digits),
            note=one.band,
            tone=one.tone,
        )
        for one in by_place.values()
    ]


def course_of(lead: Headline, request: Asked, tell: Telling) -> Chart:
    """Return the course of the leading figure over three days, with the bound of what is bad."""
    kind = house.registry().get(DeviceKind, lead.device.kind)
    stream = next(one for one in lead.device.streams if one.short == kind.headline)
    now = request.clock.instant
    found = sensing.observations(stream.id, start=now - THREE_DAYS, end=now, limit=500)
    top = max((one.value for one in found), default=0.0)
    line = Line(
        name=lead.name,
        points=tuple((one.at, one.value) for one in found),
        tone="cinnabar" if lead.standing == "bad" else "sea",
    )
    levels = levels_of(lead.device, stream, top, tell, lowest=BAD_FROM - 1)
    return Chart(lines=(line,), unit="", step=stream.every_s, levels=levels)


def _bounds() -> tuple[float, float, float, float] | None:
    """Return the box of the district's streets, for the map's first view."""
    boxes = [area.bounds for area in places.areas("street") if area.bounds is not None]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)
