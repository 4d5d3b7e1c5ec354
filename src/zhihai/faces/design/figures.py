"""Figures: numbers as people read them, and what a chart and a map are drawn from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from markupsafe import Markup

from zhihai.faces.design.moments import iso
from zhihai.faces.design.speech import Speech

Number = int | float | Decimal
Tone = Literal["sea", "jade", "amber", "cinnabar", "plum", "quiet"]
Standing = Literal["", "ok", "warn", "bad"]

SPACE = "\u00a0"  # between a value and its unit
MINUS = "\u2212"
NONE = "—"
DAY_SECONDS = 86_400


def number_text(value: Number | None, digits: int | None = None) -> str:
    """Return ``1,284`` or ``−3.5``; ``—`` for None and for what is not a finite number.

    ``digits`` fixes the decimals; without it whole numbers have none and others one.
    """
    if value is None or not math.isfinite(value):
        return NONE
    if digits is None:
        digits = 0 if value == int(value) else 1
    text = f"{value:,.{digits}f}"
    unsigned = text.lstrip("-")
    return MINUS + unsigned if text.startswith("-") and any(c in "123456789" for c in unsigned) else unsigned


def number_element(speech: Speech, value: Number | None, unit: str = "", digits: int | None = None) -> Markup:
    """Return a number with its unit in tabular figures; a missing one says so to a screen reader too."""
    text = number_text(value, digits)
    if text == NONE:
        gone = speech.say("design.figure.missing")
        hole = Markup('<span class="num missing" title="{}">{}<span class="unseen">{}</span></span>')
        return hole.format(gone, NONE, gone)
    tail = Markup('<span class="unit">{}{}</span>').format(SPACE, unit) if unit else Markup()
    return Markup('<span class="num">{}{}</span>').format(text, tail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """A figure on its scale: the filled share, and where the target and the baseline stand (shares of 100)."""

    filled: float
    target: float | None = None
    baseline: float | None = None


def meter(value: Number, full: Number, target: Number | None = None, baseline: Number | None = None) -> Meter:
    """Return a meter whose scale runs from 0 to ``full``. Raises ``ValueError`` when ``full`` is not above zero."""
    if full <= 0:
        raise ValueError("meter: the end of the scale must be above zero")

    def share(number: Number | None) -> float | None:
        return None if number is None else round(min(100.0, max(0.0, 100 * float(number) / float(full))), 2)

    return Meter(filled=share(value) or 0.0, target=share(target), baseline=share(baseline))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a chart: (instant, value or None for a gap), in order of time. ``name`` stands at its end."""

    name: str
    points: tuple[tuple[datetime, float | None], ...]
    tone: Tone = "sea"


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A norm or target: a dashed line with its name."""

    name: str
    value: float
    tone: Tone = "amber"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What a line chart is drawn from; ``step`` is the usual distance of readings, seconds: a longer one is a gap."""

    lines: tuple[Line, ...]
    unit: str
    step: int
    levels: tuple[Level, ...] = ()
    digits: int = 0

    def as_json(self) -> dict[str, object]:
        """Return the form the script reads, from the page or from an endpoint."""
        return {
            "unit": self.unit,
            "step": self.step,
            "digits": self.digits,
            "daily": self.daily,
            "lines": [
                {"name": line.name, "tone": line.tone, "points": [[iso(at), value] for at, value in line.points]}
                for line in self.lines
            ],
            "levels": [{"name": level.name, "value": level.value, "tone": level.tone} for level in self.levels],
        }

    def rows(self) -> list[tuple[datetime, list[float | None]]]:
        """Return the table behind the chart, newest first: an instant and each line's value, None where it has none."""
        values = [dict(line.points) for line in self.lines]
        instants = sorted({at for points in values for at in points}, reverse=True)
        return [(at, [points.get(at) for points in values]) for at in instants]

    @property
    def daily(self) -> bool:
        """Say whether each value stands for a whole day, whose hour says nothing."""
        return self.step >= DAY_SECONDS

    @property
    def empty(self) -> bool:
        """Say whether there is no value at all."""
        return not any(value is not None for line in self.lines for _, value in line.points)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point on a map. ``id`` is the same as the ``data-id`` of its row in a list; ``note`` is what is going on there.

    Degrees, WGS84. ``value`` is a short text drawn beside the name (``398``).
    """

    id: str
    lon: float
    lat: float
    name: str
    note: str = ""
    value: str = ""
    tone: Tone = "sea"
    href: str = ""


def places_geojson(places: Iterable[Place | Mapping[str, Any]]) -> dict[str, object]:
    """Return places, or mappings with a place's fields, as a GeoJSON FeatureCollection, as the map reads it."""
    found = [place if isinstance(place, Place) else Place(**place) for place in places]
    return {"type": "FeatureCollection", "features": [_feature(place) for place in found]}


def _feature(place: Place) -> dict[str, object]:
    fields = asdict(place)
    point = {"type": "Point", "coordinates": [fields.pop("lon"), fields.pop("lat")]}
    return {"type": "Feature", "geometry": point, "properties": fields}
