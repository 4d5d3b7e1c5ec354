"""Morton codes: one number, whose ranges are tiles."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from zhihai.ground.geometry.morton import (
    LATITUDE_LIMIT,
    ZOOM,
    code_at,
    codes_at,
    interleave,
    place_of,
    places_of,
    separate,
    tile_of,
    tile_range,
)
from zhihai.ground.refusal import Refused

EARTH = Geod(ellps="WGS84")
LON = st.floats(-180, 180)
LAT = st.floats(-85.05, 85.05)
CELL = st.integers(0, 2**26 - 1)


def naive_code(x: int, y: int) -> int:
    """Interleave by writing the bits out."""
    return int("".join(b + a for a, b in zip(f"{x:026b}", f"{y:026b}", strict=True)), 2)


def naive_tile(lon: float, lat: float, z: int) -> tuple[float, float]:
    """Return the tile's fractional column and row by the tangent, as web maps' documentation writes it."""
    phi = math.radians(lat)
    return (lon + 180) / 360 * 2**z, (1 - math.log(math.tan(phi) + 1 / math.cos(phi)) / math.pi) / 2 * 2**z


@given(CELL, CELL)
def test_bits_take_turns(x: int, y: int) -> None:
    code = interleave(x, y)
    assert code == naive_code(x, y)
    assert separate(code) == (x, y)
    assert 0 <= code < 2**52


@given(st.lists(st.tuples(CELL, CELL), min_size=1))
def test_many_codes_are_as_one(cells: list[tuple[int, int]]) -> None:
    x, y = (np.array(part, dtype=np.int64) for part in zip(*cells, strict=True))
    codes = interleave(x, y)
    assert codes.dtype == np.int64
    assert codes.tolist() == [interleave(*cell) for cell in cells]
    assert [part.tolist() for part in separate(codes)] == [x.tolist(), y.tolist()]


@given(LON, LAT)
def test_a_code_lies_where_its_point_does(lon: float, lat: float) -> None:
    code = code_at(lon, lat)
    x, y = naive_tile(lon, lat, ZOOM)
    column, row = separate(code)
    assert column == pytest.approx(x, abs=1.0001)
    assert row == pytest.approx(y, abs=1.0001)
    assert column <= x
    assert EARTH.inv(lon, lat, *place_of(code))[2] < 0.43
    assert code_at(*place_of(code)) == code


@given(LON, LAT, st.integers(0, ZOOM))
def test_a_tile_s_range_holds_its_points_and_no_others(lon: float, lat: float, z: int) -> None:
    code = code_at(lon, lat)
    x, y = tile_of(code, z)
    low, high = tile_range(z, x, y)
    assert low <= code <= high
    assert (tile_of(low, z), tile_of(high, z)) == ((x, y), (x, y))
    assert low == 0 or tile_of(low - 1, z) != (x, y)
    assert high == 2**52 - 1 or tile_of(high + 1, z) != (x, y)


@given(st.integers(0, ZOOM - 1), st.data())
def test_four_tiles_make_the_one_above(z: int, data: st.DataObject) -> None:
    x, y = (data.draw(st.integers(0, 2**z - 1)) for _ in range(2))
    low, high = tile_range(z, x, y)
    parts = sorted(tile_range(z + 1, 2 * x + i, 2 * y + j) for i in (0, 1) for j in (0, 1))
    assert parts[0][0] == low
    assert parts[-1][1] == high
    assert all(before[1] + 1 == after[0] for before, after in pairwise(parts))


@given(st.lists(st.tuples(LON, LAT), min_size=1, max_size=30))
def test_many_points_are_coded_as_one_is(points: list[tuple[float, float]]) -> None:
    lon, lat = (np.array(part) for part in zip(*points, strict=True))
    codes = codes_at(lon, lat)
    assert codes.tolist() == [code_at(*point) for point in points]
    x, y = places_of(codes)
    assert list(zip(x, y, strict=True)) == [place_of(code) for code in codes.tolist()]


def test_the_tile_that_web_maps_documentation_gives_as_its_example() -> None:
    assert tile_of(code_at(0.02435, 51.51202), 17) == (65544, 43582)


@pytest.mark.parametrize(("lon", "lat"), [(-180.0, 90.0), (180.0, -90.0), (180.0, 0.0), (0.0, LATITUDE_LIMIT)])
def test_the_edge_of_the_world_is_within_it(lon: float, lat: float) -> None:
    assert 0 <= code_at(lon, lat) < 2**52


@pytest.mark.parametrize(("lon", "lat"), [(180.1, 0.0), (39.9, 116.4), (math.nan, 0.0), (0.0, math.inf)])
def test_what_is_not_on_earth_is_refused(lon: float, lat: float) -> None:
    with pytest.raises(Refused) as refused:
        code_at(lon, lat)
    assert refused.value.code == "not_on_earth"


@pytest.mark.parametrize("tile", [(-1, 0, 0), (27, 0, 0), (1, 2, 0), (1, 0, -1)])
def test_there_are_no_other_tiles(tile: tuple[int, int, int]) -> None:
    with pytest.raises(Refused) as refused:
        tile_range(*tile)
    assert (refused.value.code, refused.value.status) == ("no_such_tile", 404)
