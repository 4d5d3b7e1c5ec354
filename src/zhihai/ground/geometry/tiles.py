"""Mapbox Vector Tiles 2.1, written by hand: a layer of points straight from Morton codes, and layers of shapes.

A tile is its layers one after another: ``b"".join(layers)``; no bytes is an empty tile. Attributes are text, whole
numbers, floats and truth values; browsers read whole numbers and ids exactly up to 2**53.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from zhihai.ground.geometry import wire
from zhihai.ground.geometry.morton import ZOOM, mercator, separate, tile_range
from zhihai.ground.refusal import Refused

EXTENT_BITS = 12
EXTENT = 1 << EXTENT_BITS
BUFFER = 64
VERSION = 2

# Numbers of fields, geometry types and commands: vector tile specification 2.1, sections 4.1, 4.3 and annex.
LAYER = 3
LAYER_VERSION, LAYER_NAME, LAYER_FEATURE, LAYER_KEY, LAYER_VALUE, LAYER_EXTENT = 15, 1, 2, 3, 4, 5
FEATURE_ID, FEATURE_TAGS, FEATURE_TYPE, FEATURE_GEOMETRY = 1, 2, 3, 4
VALUE_TEXT, VALUE_DOUBLE, VALUE_UNSIGNED, VALUE_SIGNED, VALUE_TRUTH = 1, 3, 5, 6, 7
POINT, LINE, POLYGON = 1, 2, 3
MOVE_TO, LINE_TO, CLOSE_PATH = 1, 2, 7
SORTS = {
    "Point": POINT, "MultiPoint": POINT, "LineString": LINE, "LinearRing": LINE, "MultiLineString": LINE,
    "Polygon": POLYGON, "MultiPolygon": POLYGON,
}  # fmt: skip

# What is drawn of lines and polygons, in tile units.
FRAME = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)

Value = str | int | float | bool
Properties = Mapping[str, Value | None]


@dataclass(frozen=True, slots=True)
class Shape:
    """One thing to be drawn: a point, line or polygon (or several of one sort) in degrees, and its attributes.

    Attributes that are ``None`` or not a number are left out. ``id`` is not negative.
    """

    geometry: BaseGeometry
    properties: Properties = field(default_factory=dict)
    id: int | None = None


class _Table:
    """The keys and values of one layer, each said once."""

    def __init__(self) -> None:
        self.keys: dict[str, int] = {}
        self.values: dict[bytes, int] = {}
        self._seen: dict[tuple[type, Value], int] = {}

    def key(self, name: str) -> int:
        return self.keys.setdefault(name, len(self.keys))

    def value(self, value: Value | None) -> int:
        """Return the index of a value, −1 for none."""
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return -1
        # The type belongs to it: True, 1 and 1.0 are one key to a dictionary and three values to a tile.
        told = type(value), value
        if told not in self._seen:
            self._seen[told] = self.values.setdefault(_encoded(value), len(self.values))
        return self._seen[told]

    def layer(self, name: str, features: bytes) -> bytes:
        """Return the whole layer, or nothing when it has no features."""
        if not features:
            return b""
        parts = [wire.number(LAYER_VERSION, VERSION), wire.block(LAYER_NAME, name.encode()), features]
        parts += [wire.block(LAYER_KEY, key.encode()) for key in self.keys]
        parts += [wire.block(LAYER_VALUE, value) for value in self.values]
        return wire.block(LAYER, b"".join((*parts, wire.number(LAYER_EXTENT, EXTENT))))


def _encoded(value: Value) -> bytes:
    if isinstance(value, str):
        return wire.block(VALUE_TEXT, value.encode())
    if isinstance(value, bool | np.bool_):
        return wire.number(VALUE_TRUTH, int(value))
    if isinstance(value, int | np.integer):
        number = int(value)
        return wire.number(VALUE_UNSIGNED, number) if number >= 0 else wire.number(VALUE_SIGNED, -2 * number - 1)
    return wire.double(VALUE_DOUBLE, float(value))


def point_layer(
    name: str,
    tile: tuple[int, int, int],
    codes: NDArray[np.int64],
    ids: NDArray[np.int64] | None = None,
    columns: Mapping[str, Sequence[Value | None] | NDArray[Any]] | None = None,
) -> bytes:
    """Return a layer of points of the tile ``(z, x, y)`` from their Morton codes, one feature a point, in order.

    ``ids`` and the ``columns`` of attributes have one entry a point; an id of 0 (the specification's default), ``None``
    and not-a-number mean the point has none. Codes outside the tile are left out, so that a layer may be cut from a
    wider query; a point layer has no buffer. A point stands at its cell's corner towards the north-west, to the pixel,
    up to zoom 14, and in the middle of its cell beyond, where cells are wider than pixels. Raises ``Refused``
    (``no_such_tile``, ``tile_id_negative``).
    """
    z, x, y = tile
    low, high = tile_range(z, x, y)
    inside = (codes >= low) & (codes <= high)
    kept = codes[inside]
    rows = len(kept)
    if not rows:
        return b""
    table = _Table()
    tags: list[wire.Column] = []
    for key, entries in (columns or {}).items():
        tags += _tag_columns(table, key, _indices(table, entries)[inside])
    east, south = _pixels(kept, z)
    drawn = [
        wire.constant(wire.varint(MOVE_TO | 1 << 3), rows),
        wire.column(wire.zigzag(east)),
        wire.column(wire.zigzag(south)),
    ]
    body = [] if ids is None else _id_columns(ids[inside])
    if tags:
        body += [wire.constant(wire.key(FEATURE_TAGS, wire.BYTES), rows), wire.column(wire.total(tags)), *tags]
    body += [wire.constant(wire.number(FEATURE_TYPE, POINT) + wire.key(FEATURE_GEOMETRY, wire.BYTES), rows)]
    body += [wire.column(wire.total(drawn)), *drawn]
    head = [wire.constant(wire.key(LAYER_FEATURE, wire.BYTES), rows), wire.column(wire.total(body))]
    return table.layer(name, wire.join(head + body).tobytes())


def _id_columns(ids: NDArray[np.int64]) -> list[wire.Column]:
    if ids.min() < 0:
        raise Refused("tile_id_negative", "ids")
    said = [wire.constant(wire.key(FEATURE_ID, wire.VARINT), len(ids)), wire.column(ids)]
    return [wire.where(ids > 0, piece) for piece in said]


def _tag_columns(table: _Table, key: str, index: NDArray[np.int64]) -> list[wire.Column]:
    present = index >= 0
    name = wire.constant(wire.varint(table.key(key)), len(index))
    return [wire.where(present, piece) for piece in (name, wire.column(np.maximum(index, 0)))]


def _indices(table: _Table, entries: Sequence[Value | None] | NDArray[Any]) -> NDArray[np.int64]:
    """Return each entry's index in the layer's values, −1 where it has none."""
    if isinstance(entries, np.ndarray) and entries.dtype != object:
        distinct, position = np.unique(entries, return_inverse=True)
        return np.array([table.value(value) for value in distinct.tolist()], dtype=np.int64)[position]
    return np.array([table.value(value) for value in entries], dtype=np.int64)


def _pixels(codes: NDArray[np.int64], z: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each code's place within its tile of zoom ``z``, in tile units."""
    below = ZOOM - z
    x, y = separate(codes & (1 << 2 * below) - 1)
    if below >= EXTENT_BITS:
        return x >> below - EXTENT_BITS, y >> below - EXTENT_BITS
    finer = EXTENT_BITS - below
    half = 1 << finer - 1
    return (x << finer) + half, (y << finer) + half


def shape_layer(name: str, tile: tuple[int, int, int], shapes: Iterable[Shape]) -> bytes:
    """Return a layer of shapes for the tile ``(z, x, y)``, clipped to it.

    Lines and polygons reach 64 units beyond the tile's edge, so that strokes do not end at it; points have no such
    buffer. Shapes that miss the tile or shrink to nothing in it are left out. Polygons must be valid; they come out
    valid on the tile's grid, outer rings clockwise as seen. Raises ``Refused`` (``no_such_tile``, ``tile_id_negative``,
    ``tile_geometry`` for a collection of mixed sorts).
    """
    tile_range(*tile)
    table = _Table()
    features: list[bytes] = []
    for shape in shapes:
        kind, commands = _drawn(shape.geometry, tile)
        if commands:
            features.append(wire.block(LAYER_FEATURE, _feature(table, shape, kind, commands)))
    return table.layer(name, b"".join(features))


def _feature(table: _Table, shape: Shape, kind: int, commands: list[int]) -> bytes:
    if shape.id is not None and shape.id < 0:
        raise Refused("tile_id_negative", "id")
    tags: list[int] = []
    for key, value in shape.properties.items():
        index = table.value(value)
        if index >= 0:
            tags += (table.key(key), index)
    parts = [] if shape.id is None else [wire.number(FEATURE_ID, shape.id)]
    if tags:
        parts.append(wire.block(FEATURE_TAGS, b"".join(map(wire.varint, tags))))
    parts.append(wire.number(FEATURE_TYPE, kind))
    parts.append(wire.block(FEATURE_GEOMETRY, wire.packed(np.array(commands, dtype=np.int64))))
    return b"".join(parts)


def _drawn(geometry: BaseGeometry, tile: tuple[int, int, int]) -> tuple[int, list[int]]:
    """Return the geometry type and the commands that draw it in the tile; no commands when nothing is left."""
    sort = SORTS.get(geometry.geom_type)
    if sort is None:
        raise Refused("tile_geometry", "geometry", given=geometry.geom_type)
    corners = _projected(np.array(geometry.bounds).reshape(2, 2), tile)
    pen = _Pen()
    if (corners.max(axis=0) < -BUFFER).any() or (corners.min(axis=0) > EXTENT + BUFFER).any():
        return sort, pen.commands
    placed = shapely.transform(geometry, lambda degrees: _projected(degrees, tile))
    if sort == POINT:
        spots = np.floor(shapely.get_coordinates(placed)).astype(np.int64)
        pen.points(spots[((spots >= 0) & (spots < EXTENT)).all(axis=1)])
    elif sort == LINE:
        for part in shapely.get_parts(shapely.clip_by_rect(placed, *FRAME.bounds)):
            pen.line(_rounded(part))
    else:
        for part in shapely.get_parts(shapely.intersection(placed, FRAME, grid_size=1.0)):
            if part.geom_type == "Polygon" and not part.is_empty:
                pen.ring(_rounded(part.exterior), clockwise=True)
                for hole in part.interiors:
                    pen.ring(_rounded(hole), clockwise=False)
    return sort, pen.commands


def _projected(degrees: NDArray[np.float64], tile: tuple[int, int, int]) -> NDArray[np.float64]:
    z, x, y = tile
    across, down = mercator(degrees[:, 0], degrees[:, 1])
    return np.column_stack((across * (1 << z) - x, down * (1 << z) - y)) * EXTENT


def _rounded(path: BaseGeometry) -> NDArray[np.int64]:
    """Return the path's corners on the tile's grid, without repeats."""
    corners = np.rint(shapely.get_coordinates(path)).astype(np.int64)
    moved = np.ones(len(corners), dtype=bool)
    moved[1:] = (corners[1:] != corners[:-1]).any(axis=1)
    return cast("NDArray[np.int64]", corners[moved])


class _Pen:
    """Writes drawing commands; each place is told relative to the one before."""

    def __init__(self) -> None:
        self.commands: list[int] = []
        self._at = np.zeros(2, dtype=np.int64)

    def points(self, spots: NDArray[np.int64]) -> None:
        if len(spots):
            self._go(MOVE_TO, spots)

    def line(self, corners: NDArray[np.int64]) -> None:
        if len(corners) > 1:
            self._go(MOVE_TO, corners[:1])
            self._go(LINE_TO, corners[1:])

    def ring(self, corners: NDArray[np.int64], *, clockwise: bool) -> None:
        """Draw a closed ring, turned the way that tells outer rings from holes: y runs down the screen."""
        x, y = corners[:-1, 0], corners[:-1, 1]
        twice_area = int(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))
        if twice_area and (twice_area > 0) != clockwise:
            corners = corners[::-1]
        self._go(MOVE_TO, corners[:1])
        self._go(LINE_TO, corners[1:-1])
        self.commands.append(CLOSE_PATH | 1 << 3)

    def _go(self, command: int, places: NDArray[np.int64]) -> None:
        steps = np.diff(places, axis=0, prepend=self._at[np.newaxis])
        self.commands.append(command | len(places) << 3)
        self.commands += wire.zigzag(steps.ravel()).tolist()
        self._at = places[-1]
