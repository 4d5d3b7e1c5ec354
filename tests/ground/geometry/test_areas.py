"""Which area a point lies in, asked one by one and all at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from zhihai.ground.geometry.areas import AreaLocator, make_raster
from zhihai.ground.refusal import Refused

# A small district: neighbours with a shared slanting border, one in two parts around a third, a gap, an overlap.
LAKE = Polygon([(100.02, 30.02), (100.03, 30.018), (100.034, 30.03), (100.021, 30.033)])
EAST = Polygon([(100.05, 30.0), (100.08, 30.0), (100.08, 30.05), (100.045, 30.05)])
AREAS: tuple[BaseGeometry, ...] = (
    Polygon([(100.0, 30.0), (100.05, 30.0), (100.045, 30.05), (100.0, 30.048)]).difference(LAKE),
    MultiPolygon([EAST, box(100.1, 30.0, 100.101, 30.001)]),
    LAKE,
    box(100.07, 30.03, 100.09, 30.06),
)
LOCATOR = AreaLocator(AREAS)
POINTS = st.tuples(st.floats(99.99, 100.11), st.floats(29.99, 30.07))
CORNERS = shapely.get_coordinates(np.array(AREAS, dtype=object)).tolist()


def naive(areas: Sequence[BaseGeometry], lon: float, lat: float) -> int | None:
    return next((index for index, area in enumerate(areas) if area.intersects(Point(lon, lat))), None)


@given(POINTS)
def test_a_point_s_area_is_the_first_that_holds_it(point: tuple[float, float]) -> None:
    assert LOCATOR.area_at(*point) == naive(AREAS, *point)


@pytest.mark.parametrize("corner", CORNERS)
def test_a_corner_belongs_to_the_lowest_of_its_areas(corner: list[float]) -> None:
    assert LOCATOR.area_at(*corner) == naive(AREAS, *corner)


@given(st.integers(0, len(AREAS) - 1), st.floats(0, 1))
def test_borders_are_exact(index: int, along: float) -> None:
    point = AREAS[index].boundary.interpolate(along, normalized=True)
    assert LOCATOR.area_at(point.x, point.y) == naive(AREAS, point.x, point.y)


def test_the_order_decides_where_areas_share_ground() -> None:
    for order in ((0, 1), (1, 0)):
        areas = [(box(100, 30, 100.01, 30.01), box(100.01, 30, 100.02, 30.01))[index] for index in order]
        locator = AreaLocator(areas)
        assert locator.area_at(100.01, 30.005) == 0
        assert locator.areas_at(np.array([100.01]), np.array([30.005])).tolist() == [0]
    assert LOCATOR.area_at(100.075, 30.04) == 1
    assert LOCATOR.area_at(100.085, 30.04) == 3


@given(st.lists(POINTS, min_size=1, max_size=40))
def test_many_points_are_located_as_one_is(points: list[tuple[float, float]]) -> None:
    lon, lat = (np.array(part) for part in zip(*points, strict=True))
    one_by_one = [LOCATOR.area_at(*point) for point in points]
    assert LOCATOR.areas_at(lon, lat).tolist() == [-1 if index is None else index for index in one_by_one]


def test_the_fineness_of_the_raster_changes_no_answer() -> None:
    random = np.random.default_rng(20140220)
    lon, lat = random.uniform(99.99, 100.11, 20_000), random.uniform(29.99, 30.07, 20_000)
    expected = LOCATOR.areas_at(lon, lat)
    assert set(expected.tolist()) == {-1, 0, 1, 2, 3}
    for step_m in (17.0, 1000.0, 50_000.0):
        assert (AreaLocator(AREAS, step_m).areas_at(lon, lat) == expected).all()


@pytest.mark.parametrize("point", [(math.nan, 30.0), (100.0, math.nan), (math.inf, 30.0), (0.0, 0.0), (-180.0, 90.0)])
def test_points_elsewhere_are_in_no_area(point: tuple[float, float]) -> None:
    assert LOCATOR.area_at(*point) is None
    assert LOCATOR.areas_at(np.array([point[0]]), np.array([point[1]])).tolist() == [-1]


def test_no_points_are_no_areas() -> None:
    assert LOCATOR.areas_at(np.empty(0), np.empty(0)).tolist() == []


def test_squares_are_as_wide_as_told() -> None:
    raster = make_raster(np.array([100.0, 29.9, 100.2, 30.3]), 100.0)
    assert raster.step_lat * 110_850 == pytest.approx(100.0, rel=1e-3)
    assert raster.step_lon * 111_320 * math.cos(math.radians(30.1)) == pytest.approx(100.0, rel=2e-3)
    squares = np.array([0, 1, raster.columns])
    lon, lat = raster.centres(squares)
    assert lon[1] > lon[0]
    assert lat[2] < lat[0]
    assert raster.squares(lon, lat).tolist() == squares.tolist()


def test_squares_stay_where_they_are_when_the_bounds_grow() -> None:
    small = make_raster(np.array([100.0, 30.0, 100.1, 30.06]), 100.0)
    large = make_raster(np.array([99.95, 29.98, 100.2, 30.08]), 100.0)
    corner = small.corners(np.array([small.square(100.05, 30.03)]))
    again = large.corners(np.array([large.square(100.05, 30.03)]))
    assert np.allclose(corner, again, atol=1e-12)


@pytest.mark.parametrize(
    ("areas", "step_m", "code"),
    [
        ([], 100.0, "area_none"),
        ([box(0, 0, 1, 1), Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])], 100.0, "area_invalid"),
        ([Polygon()], 100.0, "area_invalid"),
        ([box(100, 30, 101, 31)], 1.0, "raster_too_fine"),
    ],
)
def test_what_no_locator_can_be_made_of_is_refused(areas: list[BaseGeometry], step_m: float, code: str) -> None:
    with pytest.raises(Refused) as refused:
        AreaLocator(areas, step_m)
    assert refused.value.code == code
