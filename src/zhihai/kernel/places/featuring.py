"""Areas, cells and facilities as features of OGC API – Features 1.0 (OGC 17-069r4): pages of GeoJSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import shapely

from zhihai.ground.geometry import morton
from zhihai.ground.refusal import NotFound
from zhihai.kernel import records

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class FeaturePage:
    """A page of features; ``next`` is where the page after it begins, ``None`` on the last."""

    features: tuple[dict[str, Any], ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Collection:
    """How a collection is asked for: its key column, its question, its filter by bounds, its row as a feature."""

    key: str
    sql: str
    within: str
    read: Callable[[records.Row], dict[str, Any]]


def _box_text(bounds: Bounds) -> str:
    west, south, east, north = bounds
    return f"(({east!r},{north!r}),({west!r},{south!r}))"


def _feature(id_: object, geometry: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "id": id_, "geometry": geometry, "properties": properties}


def _area_feature(row: records.Row) -> dict[str, Any]:
    code, level, name_zh, name_en, parent, provenance, shape = row
    geometry = None if shape is None else shapely.geometry.mapping(shapely.from_wkb(bytes(shape)))
    facts = {"level": level, "name_zh": name_zh, "name_en": name_en, "parent": parent, "provenance": provenance}
    return _feature(code, geometry, facts)


def _cell_feature(row: records.Row) -> dict[str, Any]:
    code, area, provenance, *corners = row
    return _feature(code, shapely.geometry.mapping(shapely.box(*corners)), {"area": area, "provenance": provenance})


def _facility_feature(row: records.Row) -> dict[str, Any]:
    code, kind, name, area, cell, state, provenance, place = row
    lon, lat = morton.place_of(place)
    facts = {"kind": kind, "name": name, "area": area, "cell": cell, "state": state, "provenance": provenance}
    return _feature(code, {"type": "Point", "coordinates": [round(lon, 7), round(lat, 7)]}, facts)


_AREAS = """SELECT a.code, a.level, a.name_zh, a.name_en, (SELECT p.code FROM area p WHERE p.id = a.parent_id),
    a.provenance, a.shape FROM area a WHERE a.successor_id IS NULL AND {level} AND {{where}} ORDER BY a.code LIMIT %s"""
_AREA_BOX = "a.bounds && %s::box"

COLLECTIONS: Mapping[str, Collection] = {
    "districts": Collection("a.code", _AREAS.format(level="a.level = 'district'"), _AREA_BOX, _area_feature),
    "streets": Collection("a.code", _AREAS.format(level="a.level = 'street'"), _AREA_BOX, _area_feature),
    "communities": Collection("a.code", _AREAS.format(level="a.level = 'community'"), _AREA_BOX, _area_feature),
    "cells": Collection(
        "g.code",
        """SELECT g.code, a.code, g.provenance, (g.bounds[1])[0], (g.bounds[1])[1], (g.bounds[0])[0], (g.bounds[0])[1]
           FROM grid_cell g JOIN area a ON a.id = g.area_id WHERE {where} ORDER BY g.code LIMIT %s""",
        "g.bounds && %s::box",
        _cell_feature,
    ),
    "facilities": Collection(
        "f.code",
        """SELECT f.code, f.kind, f.name, a.code, f.cell, f.state, f.provenance, f.morton
           FROM facility f JOIN area a ON a.id = f.area_id WHERE {where} ORDER BY f.code LIMIT %s""",
        "",
        _facility_feature,
    ),
}


def _collection(name: str) -> Collection:
    found = COLLECTIONS.get(name)
    if found is None:
        raise NotFound("no_collection", "collection", collection=name)
    return found


def features(name: str, *, bounds: Bounds | None = None, after: str = "", limit: int = 100) -> FeaturePage:
    """Return features of a collection in order of their code, from the one after ``after``.

    ``bounds`` (west, south, east, north in degrees) keeps those whose box it meets. Nothing is counted. Raises
    ``NotFound`` for an unknown collection.
    """
    collection = _collection(name)
    where, params = f"{collection.key} > %s", [after]
    if bounds is not None and name == "facilities":
        return _facilities_within(collection, bounds, after, limit)
    if bounds is not None:
        where += f" AND {collection.within}"
        params.append(_box_text(bounds))
    found = records.rows(collection.sql.format(where=where), (*params, limit + 1))
    return _page(collection, found, limit)


def _facilities_within(collection: Collection, bounds: Bounds, after: str, limit: int) -> FeaturePage:
    """Points of a box: the Morton range of its corners holds them all, and each is looked at."""
    west, south, east, north = bounds
    low, high = morton.code_at(west, north), morton.code_at(east, south)
    wanted: list[records.Row] = []
    while len(wanted) <= limit:
        found = records.rows(
            collection.sql.format(where=f"{collection.key} > %s AND f.morton BETWEEN %s AND %s"),
            (after, low, high, 1000),
        )
        for row in found:
            lon, lat = morton.place_of(row[-1])
            if west <= lon <= east and south <= lat <= north:
                wanted.append(row)
        if len(found) < 1000:
            break
        after = found[-1][0]
    return _page(collection, wanted[: limit + 1], limit)


def _page(collection: Collection, found: list[records.Row], limit: int) -> FeaturePage:
    page = found[:limit]
    return FeaturePage(tuple(collection.read(row) for row in page), page[-1][0] if len(found) > limit else None)


def feature(name: str, code: str) -> dict[str, Any]:
    """Return one feature of a collection by its code; raises ``NotFound``."""
    collection = _collection(name)
    found = records.rows(collection.sql.format(where=f"{collection.key} = %s"), (code, 1))
    if not found:
        raise NotFound("no_feature", "code")
    return collection.read(found[0])
