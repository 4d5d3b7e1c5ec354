"""Generated lattice of grid cells (生成的单元网格), where a district has loaded no official ones.

Squares of 100 m (about 10,000 m²) are laid over the district. A square whose centre lies in a street is a cell of that
street. Where a street reaches into a square that is not its own, that piece belongs to the street's own cell with
the nearest centre (of equally near ones to the one numbered first); a street too small to hold any centre has one
cell, the square around a point of it. So every point of the district has exactly one cell, and it is a cell of the
point's own street; points on a border between streets are those of the street with the lowest index.

Codes have 15 digits: 9 of the street, 3 of a synthetic block from 901 on with at most 999 cells, 3 of the cell from 001
on. Cells are numbered west to east and north to south within a street. Blocks 9xx mark them as synthetic: nothing is
assigned to a named community, and numbers may change when boundaries do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import shapely
from numpy.typing import NDArray

from zhihai.ground.geometry.areas import NOWHERE, AreaLocator
from zhihai.ground.identifiers.places import read_area_code
from zhihai.ground.refusal import Refused

CELLS_PER_BLOCK = 999
FIRST_BLOCK, LAST_BLOCK = 901, 999
OUTSIDE = 0


class GridLattice:
    """The cells of all streets of a district, in order of street, block and number.

    ``streets`` are the 9-digit codes of the areas of ``locator``, in its order; the locator's raster gives the squares,
    so build it with the step of the cells (100 m). ``codes`` are the cells' codes as numbers of 15 digits,
    ``street`` the index of each cell's street, ``squares`` the number of its square in the raster.

    Raises ``Refused``: ``lattice_streets`` when there are not as many codes as areas, ``lattice_street_code`` for a
    code that is not a street's, ``lattice_too_many`` for a street of more than 98,901 cells.
    """

    def __init__(self, streets: Sequence[str], locator: AreaLocator) -> None:
        if len(streets) != len(locator.areas):
            raise Refused("lattice_streets", "streets", codes=len(streets), areas=len(locator.areas))
        for place, code in enumerate(streets):
            if read_area_code(code, f"streets.{place}").level != "street":
                raise Refused("lattice_street_code", f"streets.{place}", given=code)
        self.locator = locator
        self.street, self.squares = self._cells()
        self.codes = _numbered(np.array([int(code) for code in streets], dtype=np.int64), self.street)
        self._keys, self._cell = self._pieces()
        self._quick = dict(zip(self._keys.tolist(), self.codes[self._cell].tolist(), strict=True))

    def __len__(self) -> int:
        return len(self.codes)

    def _cells(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return street and square of every cell, ordered by street and then north to south, west to east."""
        candidates = np.unique(self.locator.squares)
        owner = self.locator.areas_at(*self.locator.raster.centres(candidates))
        street, squares = owner[owner != NOWHERE], candidates[owner != NOWHERE]
        small = np.setdiff1d(np.arange(len(self.locator.areas)), street)
        if len(small):
            points = shapely.point_on_surface(self.locator.areas[small])
            around = self.locator.raster.squares(shapely.get_x(points), shapely.get_y(points))
            street, squares = np.append(street, small), np.append(squares, around)
        order = np.lexsort((squares, street))
        return street[order], squares[order]

    def _pieces(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return, for every (street, square) that may hold a point, its key in order and the cell it belongs to."""
        keys = np.sort(self.locator.owners * self._size + self.locator.squares)
        own = self.street * self._size + self.squares
        place = np.minimum(np.searchsorted(own, keys), len(own) - 1)
        cell = np.where(own[place] == keys, place, NOWHERE)
        for index in range(len(self.locator.areas)):
            first, last = np.searchsorted(keys, (index * self._size, (index + 1) * self._size))
            homeless = first + np.flatnonzero(cell[first:last] == NOWHERE)
            begin, end = np.searchsorted(self.street, (index, index + 1))
            cell[homeless] = begin + self._nearest(keys[homeless] % self._size, self.squares[begin:end])
        return keys, cell

    def _nearest(self, squares: NDArray[np.int64], homes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return for every square the place of the nearest of ``homes``, the first of equally near ones."""
        columns = self.locator.raster.columns
        tree = shapely.STRtree(shapely.points(homes % columns, homes // columns))
        asked, found = tree.query_nearest(shapely.points(squares % columns, squares // columns), all_matches=True)
        order = np.lexsort((found, asked))
        _, first = np.unique(asked[order], return_index=True)
        return cast("NDArray[np.int64]", found[order][first])

    @property
    def _size(self) -> int:
        return self.locator.raster.columns * self.locator.raster.rows

    def cell_at(self, lon: float, lat: float) -> str | None:
        """Return the 15-digit code of the cell that holds the point, ``None`` outside all streets."""
        street = self.locator.area_at(lon, lat)
        if street is None:
            return None
        return str(self._quick[street * self._size + self.locator.raster.square(lon, lat)])

    def cells_at(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the code of the cell that holds each point as a number, 0 outside all streets."""
        street = self.locator.areas_at(lon, lat)
        keys = street * self._size + self.locator.raster.squares(lon, lat)
        place = np.searchsorted(self._keys, np.where(street == NOWHERE, self._keys[0], keys))
        return np.where(street == NOWHERE, OUTSIDE, self.codes[self._cell[place]])

    def centres(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return longitude and latitude of the middle of every cell's square."""
        return self.locator.raster.centres(self.squares)

    def shapes(self) -> NDArray[np.object_]:
        """Return the polygon of every cell: its square and the pieces that were given to it, cut to its street.

        Where streets overlap, cells of the higher index reach under those of the lower; who owns a point there is
        told by :meth:`cell_at`.
        """
        street, square = np.divmod(self._keys, self._size)
        pieces = shapely.intersection(self.locator.areas[street], self.locator.raster.boxes(square))
        parts, piece = shapely.get_parts(pieces, return_index=True)
        flat = shapely.get_dimensions(parts) == 2
        parts, cell = parts[flat], self._cell[piece[flat]]
        order = np.argsort(cell, kind="stable")
        starts = np.flatnonzero(np.diff(cell[order], prepend=-1))
        groups = np.split(parts[order], starts[1:])
        return np.array([group[0] if len(group) == 1 else shapely.union_all(group) for group in groups], dtype=object)


def _numbered(streets: NDArray[np.int64], street: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the codes of cells that stand in order of ``street``."""
    place = np.arange(len(street)) - np.searchsorted(street, street)
    block, number = FIRST_BLOCK + place // CELLS_PER_BLOCK, 1 + place % CELLS_PER_BLOCK
    over = np.flatnonzero(block > LAST_BLOCK)
    if len(over):
        limit = (LAST_BLOCK - FIRST_BLOCK + 1) * CELLS_PER_BLOCK
        raise Refused("lattice_too_many", f"streets.{street[over[0]]}", limit=limit)
    return cast("NDArray[np.int64]", (streets[street] * 1000 + block) * 1000 + number)
