"""Vector tiles of areas, cells, the base map and facilities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
import shapely

from zhihai.ground.geometry import morton
from zhihai.ground.geometry.morton import CELLS, tile_range
from zhihai.ground.geometry.tiles import Shape, point_layer, shape_layer
from zhihai.ground.refusal import NotFound
from zhihai.kernel import records
from zhihai.kernel.places.locating import boundaries

Tile = tuple[int, int, int]

CELLS_FROM = 14
"""Cells are drawn from this zoom on: farther out they would be a grey sheet."""
COMMUNITIES_FROM = 14
"""Names of communities are written from this zoom on; those of streets at all."""
POINTS_FROM = 14
"""Facilities are drawn one by one from this zoom on, where no more than :data:`MOST` stand in a tile."""
SQUARE_BITS = 5
"""Farther out, or where more do, a tile has 32 squares to a side, each with what stands in it as one point."""
MOST = 1 << 2 * SQUARE_BITS
"""Points that a tile has at most: what nobody can tell apart need not be drawn."""
COUNTED_FROM, COUNTED_TO = 6, 20
"""The zooms whose squares are counted already (table ``facility_square``)."""

POINTS = "SELECT morton, id, kind, 1 FROM facility WHERE morton BETWEEN %s AND %s"
MORE = f"SELECT count(*) > {MOST} FROM (SELECT FROM facility WHERE morton BETWEEN %s AND %s LIMIT {MOST + 1}) f"
COUNTED = """SELECT coalesce(f.morton, (s.code << %s) + %s), coalesce(f.id, 0), f.kind, s.n
    FROM facility_square s LEFT JOIN LATERAL (SELECT o.id, o.kind, o.morton FROM facility o
        WHERE s.n = 1 AND o.morton >= s.code << %s AND o.morton < (s.code + 1) << %s LIMIT 1) f ON true
    WHERE s.zoom = %s AND s.code BETWEEN %s AND %s"""
"""What stands in each square of a tile: place, number and kind of the one, or the square's middle and how many."""
COUNTING = """SELECT CASE WHEN g.n = 1 THEN g.morton ELSE (g.morton >> %s << %s) + %s END,
        CASE WHEN g.n = 1 THEN g.id ELSE 0 END, CASE WHEN g.n = 1 THEN g.kind END, g.n
    FROM (SELECT min(f.morton) AS morton, min(f.id) AS id, min(f.kind) AS kind, count(*) AS n FROM facility f
        WHERE f.morton BETWEEN %s AND %s GROUP BY f.morton >> %s) g"""
"""The same from the facilities themselves, for tiles so near that few hold more than :data:`MOST`."""


def tile(layer: str, z: int, x: int, y: int) -> bytes:
    """Return one vector tile, empty where there is nothing; raises ``NotFound`` for a layer there is not."""
    draw = LAYERS.get(layer)
    if draw is None:
        raise NotFound("no_layer", "layer", layer=layer)
    tile_range(z, x, y)
    return draw((z, x, y))


def sources() -> dict[str, str]:
    """Return the attribution of each layer of the base map that has shapes."""
    return dict(records.rows("SELECT DISTINCT layer, source FROM base_shape"))


def _bounds(at: Tile) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a tile with its buffer of one 64th."""
    z, x, y = at
    side = CELLS >> z
    margin = max(side // 64, 1)
    corners = np.array([max(x * side - margin, 0), min((x + 1) * side + margin, CELLS - 1)], dtype=np.int64)
    downs = np.array([max(y * side - margin, 0), min((y + 1) * side + margin, CELLS - 1)], dtype=np.int64)
    lon, lat = morton.places_of(morton.interleave(corners, downs))
    return float(lon[0]), float(lat[1]), float(lon[1]), float(lat[0])


def _box(at: Tile) -> str:
    west, south, east, north = _bounds(at)
    return f"(({east!r},{north!r}),({west!r},{south!r}))"


@lru_cache(maxsize=2)
def _area_shapes(version: str) -> tuple[tuple[Shape, tuple[float, float, float, float]], ...]:
    """The boundaries in memory: a few dozen shapes that every tile of the map asks for."""
    found = records.rows(
        """SELECT id, code, level, name_zh, name_en, shape FROM area
           WHERE shape IS NOT NULL AND successor_id IS NULL ORDER BY lo"""
    )
    shapes = []
    for id_, code, level, name_zh, name_en, shape in found:
        geometry = shapely.from_wkb(bytes(shape))
        facts = {"code": code, "level": level, "name_zh": name_zh, "name_en": name_en}
        shapes.append((Shape(geometry, facts, id_), geometry.bounds))
    return tuple(shapes)


def _areas(at: Tile) -> bytes:
    west, south, east, north = _bounds(at)
    near = [
        shape
        for shape, (left, bottom, right, top) in _area_shapes(boundaries())
        if left <= east and right >= west and bottom <= north and top >= south
    ]
    return shape_layer("areas", at, near)


@lru_cache(maxsize=2)
def _label_points(version: str) -> tuple[tuple[Shape, str], ...]:
    """One point within each boundary for its name, with the level it is of."""
    return tuple(
        (Shape(shape.geometry.representative_point(), shape.properties, shape.id), str(shape.properties["level"]))
        for shape, _ in _area_shapes(version)
    )


def _labels(at: Tile) -> bytes:
    """Draw the names of streets, and farther in those of communities, each in one tile only: none is said twice."""
    z, x, y = at
    levels = ("street", "community") if z >= COMMUNITIES_FROM else ("street",)
    low, high = tile_range(z, x, y)
    near = [
        shape
        for shape, level in _label_points(boundaries())
        if level in levels and low <= morton.code_at(shape.geometry.x, shape.geometry.y) <= high
    ]
    return shape_layer("labels", at, near)


def _cells(at: Tile) -> bytes:
    if at[0] < CELLS_FROM:
        return b""
    found = records.rows(
        """SELECT code, (bounds[1])[0], (bounds[1])[1], (bounds[0])[0], (bounds[0])[1] FROM grid_cell
           WHERE bounds && %s::box ORDER BY code""",
        (_box(at),),
    )
    return shape_layer("cells", at, (Shape(shapely.box(*row[1:]), {"code": row[0]}) for row in found))


def _base(layer: str) -> Callable[[Tile], bytes]:
    def draw(at: Tile) -> bytes:
        found = records.rows(
            "SELECT id, class, name, shape FROM base_shape WHERE layer = %s AND bounds && %s::box ORDER BY id",
            (layer, _box(at)),
        )
        return shape_layer(
            layer,
            at,
            (Shape(shapely.from_wkb(bytes(row[3])), {"class": row[1], "name": row[2]}, row[0]) for row in found),
        )

    return draw


def _facilities(at: Tile) -> bytes:
    """Draw facilities, each with number and kind; a point that stands for several has neither, only their ``count``."""
    low, high = tile_range(*at)
    if at[0] < POINTS_FROM or records.value(MORE, (low, high)):
        found = _squares(at[0], low, high)
    else:
        found = records.rows(POINTS, (low, high))
    codes, ids, counts = (np.array([row[place] for row in found], dtype=np.int64) for place in (0, 1, 3))
    return point_layer("facilities", at, codes, ids, {"kind": [row[2] for row in found], "count": counts})


def _squares(z: int, low: int, high: int) -> list[records.Row]:
    """Return what stands in each square of a tile, as one point."""
    zoom = min(max(z + SQUARE_BITS, COUNTED_FROM), morton.ZOOM)
    shift = 2 * (morton.ZOOM - zoom)
    middle = 3 << shift >> 2  # half the square's side east and south
    if zoom > COUNTED_TO:
        return records.rows(COUNTING, (shift, shift, middle, low, high, shift))
    return records.rows(COUNTED, (shift, middle, shift, shift, zoom, low >> shift, high >> shift))


LAYERS: Mapping[str, Callable[[Tile], bytes]] = {
    "areas": _areas,
    "labels": _labels,
    "cells": _cells,
    "roads": _base("roads"),
    "buildings": _base("buildings"),
    "facilities": _facilities,
}
