"""The published polygons of a real district, as broken as they come."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from zhihai.ground.geometry.areas import AreaLocator
from zhihai.ground.geometry.lattice import GridLattice
from zhihai.ground.geometry.mending import Mended, area_m2, mend, overlaps

Streets = dict[str, Mended]


@pytest.fixture(scope="module")
def streets(shared: Path) -> Streets:
    features = json.loads((shared / "data/geo/haidian_streets.geojson").read_text(encoding="utf-8"))["features"]
    return {feature["properties"]["code"]: mend(shape(feature["geometry"])) for feature in features}


def test_three_polygons_are_mended_and_told(streets: Streets) -> None:
    told = {code: mended.notes for code, mended in streets.items() if mended.notes}
    assert set(told) == {"110108002", "110108013", "110108020"}
    assert {notes[0].key for notes in told.values()} == {"geometry.found.touches_itself"}
    assert told["110108020"][1].facts["parts_after"] == 3
    assert sum(area_m2(mended.geometry) for mended in streets.values()) == pytest.approx(430.8e6, rel=1e-3)


def test_a_loop_of_one_street_lies_in_its_neighbour(streets: Streets) -> None:
    codes = list(streets)
    (overlap,) = overlaps([mended.geometry for mended in streets.values()])
    assert {codes[overlap.first], codes[overlap.second]} == {"110108013", "110108020"}
    assert overlap.area_m2 == pytest.approx(75_029, abs=1)


def test_cells_of_the_district(streets: Streets) -> None:
    locator = AreaLocator([mended.geometry for mended in streets.values()])
    lattice = GridLattice(list(streets), locator)
    cells = Counter(lattice.street.tolist())
    assert len(cells) == 29
    assert sum(count > 999 for count in cells.values()) == 8
    assert len(lattice) == pytest.approx(43_080, rel=0.005)
    random = np.random.default_rng(2014)
    west, south, east, north = shapely.total_bounds(locator.areas)
    lon, lat = random.uniform(west, east, 100_000), random.uniform(south, north, 100_000)
    found, own = lattice.cells_at(lon, lat), locator.areas_at(lon, lat)
    numbers = np.array([int(code) for code in streets])
    assert ((found > 0) == (own >= 0)).all()
    assert (found[own >= 0] // 1_000_000 == numbers[own[own >= 0]]).all()
    naive = np.full(len(lon), -1)
    for index in range(28, -1, -1):
        naive[shapely.intersects_xy(locator.areas[index], lon, lat)] = index
    assert (own == naive).all()
