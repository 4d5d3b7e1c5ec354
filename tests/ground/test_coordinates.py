"""Coordinates: published values, and the way back."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import shape

from zhihai.ground.coordinates import Datum, convert
from zhihai.ground.geometry.areas import AreaLocator
from zhihai.ground.geometry.mending import mend

EARTH = Geod(ellps="WGS84")
DATA = get_args(Datum)
IN_CHINA = st.tuples(st.floats(73.4, 135.1), st.floats(3.4, 53.6))


def apart_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    return float(EARTH.inv(*one, *other)[2])


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
        ((116.404, 39.915), (116.41024449916938, 39.91640428150164)),
    ],
)
def test_published_values_of_gcj02(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert convert(*wgs84, "wgs84", "gcj02") == pytest.approx(gcj02, abs=1e-12)
    assert apart_m(convert(*gcj02, "gcj02", "wgs84"), wgs84) < 1e-6


def test_published_values_of_bd09() -> None:
    assert convert(116.404, 39.915, "gcj02", "bd09") == pytest.approx(
        (116.41036949371029, 39.92133699351021), abs=1e-12
    )
    # Published ways back stop after one step or at a threshold: ours goes on, and lies within their error.
    assert apart_m(convert(116.404, 39.915, "bd09", "gcj02"), (116.39762729119315, 39.90865673957631)) < 0.1
    assert apart_m(convert(116.404, 39.915, "gcj02", "wgs84"), (116.39775549316407, 39.913596801757805)) < 0.1


@given(IN_CHINA, st.sampled_from(DATA), st.sampled_from(DATA))
def test_there_and_back_is_the_same_place(place: tuple[float, float], source: Datum, target: Datum) -> None:
    back = convert(*convert(*place, source, target), target, source)
    assert apart_m(back, place) < 1e-3


@given(IN_CHINA, st.sampled_from(DATA))
def test_a_roundabout_way_is_the_same_way(place: tuple[float, float], target: Datum) -> None:
    through = convert(*convert(*place, "wgs84", "gcj02"), "gcj02", target)
    assert apart_m(through, convert(*place, "wgs84", target)) < 1e-3


@given(IN_CHINA)
def test_map_services_shift_by_hundreds_of_metres(place: tuple[float, float]) -> None:
    assert 5 < apart_m(place, convert(*place, "wgs84", "gcj02")) < 1000
    assert convert(*place, "wgs84", "cgcs2000") == place


@given(st.lists(IN_CHINA, min_size=1, max_size=20), st.sampled_from(DATA), st.sampled_from(DATA))
def test_many_are_converted_as_one_is(places: list[tuple[float, float]], source: Datum, target: Datum) -> None:
    lon, lat = (np.array(part) for part in zip(*places, strict=True))
    x, y = convert(lon, lat, source, target)
    assert x.shape == lon.shape
    for index, place in enumerate(places):
        assert convert(*place, source, target) == pytest.approx((x[index], y[index]), abs=1e-11)


@pytest.mark.parametrize("place", [(-104.9903, 39.7392), (151.2, -33.9), (0.1, 51.5), (116.4, 56.0)])
def test_outside_china_nothing_is_shifted(place: tuple[float, float]) -> None:
    assert convert(*place, "wgs84", "gcj02") == place
    assert convert(*place, "gcj02", "wgs84") == place


def read_points(file: Path, *columns: str) -> list[np.ndarray]:
    with gzip.open(file, "rt", encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    return [np.array([float(row[column]) for row in rows]) for column in columns]


def test_a_publisher_s_own_conversion(shared: Path) -> None:
    """Its way back is one step long: taken with our forward formula it is met to the millimetre, and misses by 2 m."""
    file = shared / "data/geo/zgc_restaurants_2022_gcj02_wgs84.csv.gz"
    lon, lat, published_lon, published_lat = read_points(file, "lon_gcj02", "lat_gcj02", "lon_wgs84", "lat_wgs84")
    x, y = convert(lon, lat, "wgs84", "gcj02")
    one_step = EARTH.inv(2 * lon - x, 2 * lat - y, published_lon, published_lat)[2]
    assert np.quantile(one_step, 0.95) < 1e-3
    exact = EARTH.inv(*convert(lon, lat, "gcj02", "wgs84"), published_lon, published_lat)[2]
    assert 1.6 < np.median(exact) < 1.9
    assert exact.max() < 25


def test_restaurants_move_into_their_streets(shared: Path) -> None:
    lon, lat = read_points(shared / "data/geo/haidian_restaurants_2012_gcj02.csv.gz", "lon", "lat")
    streets = json.loads((shared / "data/geo/haidian_streets.geojson").read_text(encoding="utf-8"))["features"]
    locator = AreaLocator([mend(shape(street["geometry"])).geometry for street in streets])
    assert len(lon) == 2915
    assert np.count_nonzero(locator.areas_at(lon, lat) >= 0) == 2751
    assert np.count_nonzero(locator.areas_at(*convert(lon, lat, "gcj02", "wgs84")) >= 0) == 2909
