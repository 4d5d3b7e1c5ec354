"""Which area a point lies in: for one point in a microsecond, for a million in a fraction of a second."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from zhihai.ground.refusal import Refused

NOWHERE = -1
SQUARES_LIMIT = 4_000_000

# Squares are asked about a little wider than they are (0.1 mm), so that rounding a point into the next square
# can not change its area.
MARGIN_DEGREES = 1e-9


@dataclass(frozen=True, slots=True)
class Raster:
    """Squares of equal steps in degrees, numbered row by row from the north-west.

    Squares are aligned to 180° W and the north pole and not to the areas, so that a boundary that moves does not move
    them. ``first_column`` and ``first_row`` count from there.
    """

    step_lon: float
    step_lat: float
    first_column: int
    first_row: int
    columns: int
    rows: int

    def square(self, lon: float, lat: float) -> int:
        """Return the number of the square that holds the point, −1 outside the raster or for what is not a number."""
        east, south = (lon + 180.0) / self.step_lon - self.first_column, (90.0 - lat) / self.step_lat - self.first_row
        if 0.0 <= east < self.columns and 0.0 <= south < self.rows:
            return int(south) * self.columns + int(east)
        return NOWHERE

    def squares(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the number of every point's square: the same numbers as :meth:`square`."""
        east, south = (lon + 180.0) / self.step_lon - self.first_column, (90.0 - lat) / self.step_lat - self.first_row
        inside = (east >= 0.0) & (east < self.columns) & (south >= 0.0) & (south < self.rows)
        column = np.where(inside, east, 0.0).astype(np.int64)
        row = np.where(inside, south, 0.0).astype(np.int64)
        return np.where(inside, row * self.columns + column, NOWHERE)

    def corners(self, squares: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return longitude and latitude of the north-west corner of squares."""
        row, column = np.divmod(squares, self.columns)
        return (column + self.first_column) * self.step_lon - 180.0, 90.0 - (row + self.first_row) * self.step_lat

    def centres(self, squares: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return longitude and latitude of the middle of squares."""
        west, north = self.corners(squares)
        return west + self.step_lon / 2.0, north - self.step_lat / 2.0

    def boxes(self, squares: NDArray[np.int64], margin: float = 0.0) -> NDArray[np.object_]:
        """Return squares as polygons, ``margin`` degrees wider on every side."""
        west, north = self.corners(squares)
        boxes: NDArray[np.object_] = shapely.box(
            west - margin, north - self.step_lat - margin, west + self.step_lon + margin, north + margin
        )
        return boxes

    def within(self, bounds: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the squares that a box (west, south, east, north) touches, and one more on every side."""
        west, south, east, north = bounds
        left = math.floor((west + 180.0) / self.step_lon) - self.first_column - 1
        right = math.floor((east + 180.0) / self.step_lon) - self.first_column + 1
        top = math.floor((90.0 - north) / self.step_lat) - self.first_row - 1
        bottom = math.floor((90.0 - south) / self.step_lat) - self.first_row + 1
        column = np.arange(max(left, 0), min(right, self.columns - 1) + 1, dtype=np.int64)
        row = np.arange(max(top, 0), min(bottom, self.rows - 1) + 1, dtype=np.int64)
        return (row[:, np.newaxis] * self.columns + column).ravel()


def make_raster(bounds: NDArray[np.float64], step_m: float) -> Raster:
    """Return the raster over a box (west, south, east, north) whose squares are ``step_m`` metres wide and high.

    Metres hold at the latitude of the box's middle, rounded to 0.1°; over a district a square's area changes by less
    than half a per cent from north to south. Raises ``Refused`` (``raster_too_fine``) above 4 million squares.
    """
    west, south, east, north = (float(bound) for bound in bounds)
    middle = round((south + north) / 2.0, 1)
    geod = Geod(ellps="WGS84")
    step_lon = step_m / float(geod.inv(0.0, middle, 1.0, middle)[2])
    step_lat = step_m / float(geod.inv(0.0, middle - 0.5, 0.0, middle + 0.5)[2])
    first_column, first_row = math.floor((west + 180.0) / step_lon) - 1, math.floor((90.0 - north) / step_lat) - 1
    columns = math.floor((east + 180.0) / step_lon) + 2 - first_column
    rows = math.floor((90.0 - south) / step_lat) + 2 - first_row
    if columns * rows > SQUARES_LIMIT:
        raise Refused("raster_too_fine", "step_m", squares=columns * rows, limit=SQUARES_LIMIT)
    return Raster(step_lon, step_lat, first_column, first_row, columns, rows)


class AreaLocator:
    """Finds the area that holds a point (点落区), among polygons in degrees.

    An area is known by its index in the sequence it was given in. A point on the border that areas share, or where
    areas overlap, belongs to the one with the **lowest index**; a border belongs to its area. Answers are exact: a
    raster of ``step_m`` metres knows the area of every square that lies wholly in one, and points in the other
    squares are tested against the polygons. Building takes about half a second for a district.

    Raises ``Refused``: ``area_invalid`` naming the first area that is not valid (mend it first), ``area_none`` when
    there is none, ``raster_too_fine`` when ``step_m`` is too small for the extent.
    """

    def __init__(self, areas: Sequence[BaseGeometry], step_m: float = 100.0) -> None:
        self.areas: NDArray[np.object_] = np.array(areas, dtype=object)
        if not len(self.areas):
            raise Refused("area_none", "areas")
        unsound = np.flatnonzero(~shapely.is_valid(self.areas) | shapely.is_empty(self.areas))
        if len(unsound):
            raise Refused("area_invalid", f"areas.{unsound[0]}", index=int(unsound[0]))
        self._bounds: NDArray[np.float64] = shapely.bounds(self.areas)
        self.raster = make_raster(shapely.total_bounds(self.areas), step_m)
        shapely.prepare(self.areas)
        self.squares, self.owners, whole = self._pairs()
        # Of each square: its area's index, −1 for none, or −2 − n for the n-th square with a choice.
        first = np.ones(len(self.squares), dtype=bool)
        first[1:] = self.squares[1:] != self.squares[:-1]
        starts = np.flatnonzero(first)
        self._known = np.full(self.raster.rows * self.raster.columns, NOWHERE, dtype=np.int64)
        self._known[self.squares[starts]] = self.owners[starts]
        unsure = starts[~whole[starts]]
        self._known[self.squares[unsure]] = -2 - np.arange(len(unsure))
        ends = np.append(starts[1:], len(self.squares))[~whole[starts]]
        self._choices = [tuple(self.owners[a:b].tolist()) for a, b in zip(unsure, ends, strict=True)]
        self._quick: list[int] = self._known.tolist()

    def _pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Return every (square, area) that may share a point, in that order, and whether the square is wholly in it."""
        found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]] = []
        for index, area in enumerate(self.areas):
            near = self.raster.within(self._bounds[index])
            boxes = self.raster.boxes(near, MARGIN_DEGREES)
            hit = shapely.intersects(area, boxes)
            whole = shapely.contains_properly(area, boxes[hit])
            found.append((near[hit], np.full(int(hit.sum()), index, dtype=np.int64), whole))
        squares, owners, whole = (np.concatenate(part) for part in zip(*found, strict=True))
        order = np.lexsort((owners, squares))
        return squares[order], owners[order], whole[order]

    def area_at(self, lon: float, lat: float) -> int | None:
        """Return the index of the area that holds the point, ``None`` outside all."""
        square = self.raster.square(lon, lat)
        known = NOWHERE if square < 0 else self._quick[square]
        if known >= 0:
            return known
        if known == NOWHERE:
            return None
        choices = self._choices[-2 - known]
        return next((index for index in choices if shapely.intersects_xy(self.areas[index], lon, lat)), None)

    def areas_at(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the index of the area that holds each point, −1 outside all: the same as :meth:`area_at`."""
        square = self.raster.squares(lon, lat)
        known = np.where(square < 0, NOWHERE, self._known[square])
        unsure = np.flatnonzero(known < NOWHERE)
        x, y = lon[unsure], lat[unsure]
        decided = np.full(len(unsure), NOWHERE, dtype=np.int64)
        for index in range(len(self.areas) - 1, -1, -1):
            west, south, east, north = self._bounds[index]
            near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
            decided[near[shapely.intersects_xy(self.areas[index], x[near], y[near])]] = index
        known[unsure] = decided
        return known
