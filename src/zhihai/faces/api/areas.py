"""Areas of the district, and where a point lies: open to all."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from zhihai.faces.api.language import language_of
from zhihai.faces.api.pages import Code, LongLimit, Name, name, page
from zhihai.faces.request import Asked
from zhihai.ground.words import Language
from zhihai.kernel import house
from zhihai.kernel.places import reads as places

Level = Literal["district", "street", "community"]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]


class AreaOut(BaseModel):
    """An area: district, street (街道、镇) or community (社区、村).

    ``bounds`` are west, south, east and north in degrees of WGS 84, ``null`` where no boundary is loaded. ``mended``
    tells what had to be mended of the boundary as published. A validity that is ``null`` is unknown, not unlimited.
    """

    code: str
    level: str
    name: Name | None
    parent: str | None
    bounds: tuple[float, float, float, float] | None
    mended: list[str]
    valid_from: date | None
    valid_to: date | None
    provenance: str


class AreaPage(BaseModel):
    """A page of areas; ``next`` goes into ``after`` for the page that follows, ``null`` on the last."""

    rows: list[AreaOut]
    next: str | None


class Located(BaseModel):
    """Where a point lies; ``null`` outside the district, or where no boundaries of that level are loaded."""

    lon: float
    lat: float
    street: AreaOut | None
    community: AreaOut | None
    cell: str | None


def list_areas(
    request: Asked, level: Level | None = None, after: Code | None = None, limit: LongLimit = 1000
) -> AreaPage:
    """List areas in the order of their tree."""
    every = places.areas()
    parents = {area.id: area.code for area in every}
    found = [area for area in every if level is None or area.level == level]
    if after is not None:
        begin = places.area_by_code(after).lo
        found = [area for area in found if area.lo > begin]
    shown, cursor = page(found[: limit + 1], limit, lambda area: area.code)
    rows = [_out(area, parents.get(area.parent or 0), language_of(request)) for area in shown]
    return AreaPage(rows=rows, next=cursor)


def get_area(request: Asked, code: Code) -> AreaOut:
    """Show one area."""
    return _whole(places.area_by_code(code), language_of(request))


def locate(request: Asked, lon: Longitude, lat: Latitude) -> Located:
    """Say where a point lies: street, community and grid cell. Degrees of WGS 84."""
    found, language = places.locate(lon, lat), language_of(request)
    street, community = (None if area is None else _whole(area, language) for area in (found.area, found.community))
    return Located(lon=lon, lat=lat, street=street, community=community, cell=found.cell)


def _whole(area: places.Area, language: Language) -> AreaOut:
    return _out(area, None if area.parent is None else places.area(area.parent).code, language)


def _out(area: places.Area, parent: str | None, language: Language) -> AreaOut:
    words = house.words()
    return AreaOut(
        code=area.code, level=area.level, name=name(area.name), parent=parent, bounds=area.bounds,
        mended=[words.say(note["key"], language, **note["facts"]) for note in area.mended], valid_from=area.valid_from,
        valid_to=area.valid_to, provenance=area.provenance,
    )  # fmt: skip
