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
    """The streets of a district, and its communities where boundaries of them are loaded.

    ``areas[i]`` is the row number of the street with index ``i`` in locator and lattice, ``communities[i]`` that of the
    community with index ``i`` in ``blocks``, which is ``None`` while no community has a boundary.
    """

    areas: tuple[int, ...]
    streets: AreaLocator
    lattice: GridLattice
    communities: tuple[int, ...]
    blocks: AreaLocator | None


@dataclass(frozen=True, slots=True)
class Places:
    """Where many points lie: row numbers of streets and codes of cells as numbers, 0 where there is none."""

    areas: NDArray[np.int64]
    cells: NDArray[np.int64]


def locator() -> Locator | None:
    """Return the locator of the boundaries now loaded; ``None`` when no street has one.

    Boundaries change once in years: a process builds the locator once for each version of them.
    """
    return _built(boundaries())


def boundaries() -> str:
    """Return which boundaries are loaded: a name that never stands for two states, in any database."""
    return str(records.value("SELECT current_database() || '.' || version FROM places_version"))


@lru_cache(maxsize=2)
def _built(version: str) -> Locator | None:
    found = records.rows(
        "SELECT id, code, shape, level FROM area WHERE shape IS NOT NULL AND successor_id IS NULL ORDER BY lo"
    )
    streets = [row for row in found if row[3] == "street"]
    communities = [row for row in found if row[3] == "community"]
    if not streets:
        return None
    located = _located(streets)
    return Locator(
        tuple(row[0] for row in streets), located, GridLattice([row[1] for row in streets], located),
        tuple(row[0] for row in communities), _located(communities) if communities else None,
    )  # fmt: skip


def _located(found: list[records.Row]) -> AreaLocator:
    return AreaLocator([shapely.from_wkb(bytes(row[2])) for row in found])


def locate_many(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Places:
    """Return street and cell of many points in degrees at once; a million take about a second."""
    found = locator()
    if found is None:
        nowhere = np.zeros(len(lon), dtype=np.int64)
        return Places(nowhere, nowhere)
    index = found.streets.areas_at(lon, lat)
    areas = np.where(index == NOWHERE, 0, np.array(found.areas, dtype=np.int64)[np.maximum(index, 0)])
    return Places(areas, found.lattice.cells_at(lon, lat))
