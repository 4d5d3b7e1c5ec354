"""Where a point lies: the district's boundaries as a locator and a lattice, built once a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray

from zhihai.ground.geometry.areas import NOWHERE, AreaLocator
from zhihai.ground.geometry.lattice import GridLattice
from zhihai.kernel import records


@dataclass(frozen=True, slots=True)
class Locator:
    """The streets of a district: ``areas[i]`` is the row number of the area with index ``i`` in locator and lattice."""

    areas: tuple[int, ...]
    streets: AreaLocator
    lattice: GridLattice


@dataclass(frozen=True, slots=True)
class Places:
    """Where many points lie: row numbers of streets and codes of cells as numbers, 0 where there is none."""

    areas: NDArray[np.int64]
    cells: NDArray[np.int64]


def locator() -> Locator | None:
    """Return the locator of the boundaries now loaded; ``None`` when no street has one.

    Boundaries change once in years: a process builds the locator once for the version (which row was last written).
    """
    version = records.value("SELECT coalesce(max(id), 0) || '.' || count(shape) FROM area WHERE level = 'street'")
    database = records.value("SELECT current_database()")
    return _built(f"{database}.{version}")


def forget_locator() -> None:
    """Build anew at the next question: boundaries have changed."""
    _built.cache_clear()


@lru_cache(maxsize=2)
def _built(version: str) -> Locator | None:
    found = records.rows("SELECT id, code, shape FROM area WHERE level = 'street' AND shape IS NOT NULL ORDER BY lo")
    if not found:
        return None
    streets = AreaLocator([shapely.from_wkb(bytes(shape)) for _, _, shape in found])
    return Locator(tuple(row[0] for row in found), streets, GridLattice([row[1] for row in found], streets))


def locate_many(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Places:
    """Return street and cell of many points in degrees at once; a million take about a second."""
    found = locator()
    if found is None:
        nowhere = np.zeros(len(lon), dtype=np.int64)
        return Places(nowhere, nowhere)
    index = found.streets.areas_at(lon, lat)
    areas = np.where(index == NOWHERE, 0, np.array(found.areas, dtype=np.int64)[np.maximum(index, 0)])
    return Places(areas, found.lattice.cells_at(lon, lat))
