"""Vector tiles, read back by another's decoder."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from mapbox_vector_tile.Mapbox import vector_tile_pb2
from pyproj import Transformer
from shapely.geometry import LineString, MultiPoint, MultiPolygon, Point, Polygon, box, shape
from shapely.geometry.base import BaseGeometry

import zhihai.ground.geometry
from zhihai.ground.geometry import wire
from zhihai.ground.geometry.morton import ZOOM, code_at, codes_at, separate, tile_of
from zhihai.ground.geometry.tiles import BUFFER, EXTENT, Shape, point_layer, shape_layer
from zhihai.ground.refusal import Refused
from zhihai.ground.words import read_words

WORDS = read_words(Path(zhihai.ground.geometry.__file__).with_name("words.toml"))
MERCATOR = Transformer.from_crs(4326, 3857, always_xy=True)
HALF_WORLD_M = math.pi * 6378137.0
FRAME = box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
TILE = (14, 13485, 6199)


def decode(*layers: bytes) -> dict[str, Any]:
    decoded: dict[str, Any] = mapbox_vector_tile.decode(b"".join(layers), default_options={"y_coord_down": True})
    return decoded


def to_pixels(lon: np.ndarray, lat: np.ndarray, tile: tuple[int, int, int]) -> np.ndarray:
    """Return the exact place in the tile, by another's web mercator."""
    z, x, y = tile
    east, north = MERCATOR.transform(lon, lat)
    across = (np.asarray(east) / HALF_WORLD_M + 1) / 2 * 2**z - x
    down = (1 - np.asarray(north) / HALF_WORLD_M) / 2 * 2**z - y
    return np.column_stack((across, down)) * EXTENT


def from_pixels(pixels: np.ndarray, tile: tuple[int, int, int]) -> np.ndarray:
    z, x, y = tile
    east = ((pixels[:, 0] / EXTENT + x) / 2**z * 2 - 1) * HALF_WORLD_M
    north = (1 - (pixels[:, 1] / EXTENT + y) / 2**z * 2) * HALF_WORLD_M
    return np.column_stack(MERCATOR.transform(east, north, direction="INVERSE"))


def in_tile(geometry: BaseGeometry, tile: tuple[int, int, int] = TILE) -> BaseGeometry:
    """Return a geometry drawn in tile pixels as degrees."""
    return shapely.transform(geometry, lambda pixels: from_pixels(pixels, tile))


def drawn(layer: bytes) -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = decode(layer)["x"]["features"] if layer else []
    return features


@pytest.mark.parametrize("z", [0, 5, 12, 13, 14])
def test_points_stand_in_their_pixel(z: int) -> None:
    random = np.random.default_rng(z)
    lon, lat = random.uniform(116.04, 116.39, 2000), random.uniform(39.88, 40.16, 2000)
    codes = codes_at(lon, lat)
    x, y = tile_of(int(codes[0]), z)
    features = drawn(point_layer("x", (z, x, y), codes, ids=np.arange(2000)))
    expected = np.floor(to_pixels(lon, lat, (z, x, y))).astype(int)
    inside = ((expected >= 0) & (expected < EXTENT)).all(axis=1)
    assert inside[0]
    assert [feature["id"] for feature in features] == np.flatnonzero(inside).tolist()
    assert [feature["geometry"]["coordinates"] for feature in features] == expected[inside].tolist()


@pytest.mark.parametrize("z", [15, 18, 26])
def test_beyond_zoom_14_points_stand_within_their_cell(z: int) -> None:
    random = np.random.default_rng(z)
    code = code_at(116.31, 39.98)
    x, y = tile_of(code, z)
    lon, lat = from_pixels(random.uniform(0, EXTENT, (200, 2)), (z, x, y)).T
    features = drawn(point_layer("x", (z, x, y), codes_at(lon, lat)))
    got = np.array([feature["geometry"]["coordinates"] for feature in features])
    half_cell = EXTENT / 2 ** (ZOOM - z) / 2
    assert len(got) == 200
    assert np.abs(got - to_pixels(lon, lat, (z, x, y))).max() <= half_cell + 1


def test_attributes_of_points() -> None:
    codes = np.full(4, code_at(116.3, 39.9))
    columns = {
        "name": ["甲", "乙", None, "甲"],
        "value": np.array([1.5, np.nan, -2.25, 1.5]),
        "count": np.array([0, 300, -7, 2**52]),
        "late": np.array([True, False, True, False]),
        "mixed": [1, True, 1.0, "1"],
        "label": np.array(["a", "b", "b", "a"]),
    }
    z, (x, y) = 14, tile_of(int(codes[0]), 14)
    layer = point_layer("x", (z, x, y), codes, np.array([0, 127, 128, 2**53 - 1]), columns)
    features = drawn(layer)
    assert [feature["id"] for feature in features] == [0, 127, 128, 2**53 - 1]
    assert [feature["properties"] for feature in features] == [
        {"name": "甲", "value": 1.5, "count": 0, "late": True, "mixed": 1, "label": "a"},
        {"name": "乙", "count": 300, "late": False, "mixed": True, "label": "b"},
        {"value": -2.25, "count": -7, "late": True, "mixed": 1.0, "label": "b"},
        {"name": "甲", "value": 1.5, "count": 2**52, "late": False, "mixed": "1", "label": "a"},
    ]
    assert [type(feature["properties"]["mixed"]) for feature in features] == [int, bool, float, str]
    assert decode(layer)["x"]["extent"] == EXTENT
    assert decode(layer)["x"]["version"] == 2


def test_points_without_any_attribute_or_id() -> None:
    code = code_at(116.3, 39.9)
    tile = (14, *tile_of(code, 14))
    features = drawn(point_layer("x", tile, np.array([code]), columns={"name": [None]}))
    assert [feature["properties"] for feature in features] == [{}]
    assert drawn(point_layer("x", tile, np.array([code])))[0]["geometry"]["type"] == "Point"


def test_points_of_other_tiles_are_left_out() -> None:
    code = code_at(116.3, 39.9)
    x, y = tile_of(code, 14)
    assert point_layer("x", (14, x + 1, y), np.array([code]), np.array([1]), {"a": ["b"]}) == b""
    assert point_layer("x", (14, x, y), np.empty(0, dtype=np.int64)) == b""


def test_many_attributes_need_longer_lengths() -> None:
    code = code_at(116.3, 39.9)
    columns = {f"k{index}": [f"v{index}"] * 3 for index in range(200)}
    features = drawn(point_layer("x", (14, *tile_of(code, 14)), np.full(3, code), columns=columns))
    assert [feature["properties"] for feature in features] == [{k: v[0] for k, v in columns.items()}] * 3


@given(st.lists(st.tuples(st.integers(0, 2**52 - 1), st.integers(0, 2**63 - 1)), min_size=1, max_size=50))
def test_any_points_come_back(rows: list[tuple[int, int]]) -> None:
    codes, ids = (np.array(part, dtype=np.int64) for part in zip(*rows, strict=True))
    features = drawn(point_layer("x", (0, 0, 0), codes, ids, {"id": ids}))
    assert [(feature["id"], feature["properties"]["id"]) for feature in features] == [(n, n) for n in ids.tolist()]
    columns, lines = separate(codes)
    got = [feature["geometry"]["coordinates"] for feature in features]
    assert got == np.column_stack((columns >> 14, lines >> 14)).tolist()


@given(st.lists(st.integers(0, 2**63 - 1)))
def test_many_varints_are_as_one(values: list[int]) -> None:
    assert wire.packed(np.array(values, dtype=np.int64)) == b"".join(map(wire.varint, values))


def test_two_layers_make_a_tile() -> None:
    code = code_at(116.3, 39.9)
    tile = (14, *tile_of(code, 14))
    decoded = decode(
        point_layer("stations", tile, np.array([code])),
        shape_layer("streets", tile, [Shape(box(116.2, 39.8, 116.4, 40.0), {"name": "某街道"}, id=3)]),
    )
    assert set(decoded) == {"stations", "streets"}
    assert decoded["streets"]["features"][0]["id"] == 3
    assert decoded["streets"]["features"][0]["properties"] == {"name": "某街道"}


@given(
    st.lists(st.tuples(st.integers(-2000, 6000), st.integers(-2000, 6000)), min_size=3, max_size=9),
    st.lists(st.tuples(st.integers(0, 4096), st.integers(0, 4096)), max_size=3),
)
def test_polygons_keep_their_ground(hull: list[tuple[int, int]], holes: list[tuple[int, int]]) -> None:
    whole = MultiPoint(hull).convex_hull.buffer(30)
    for hole in holes:
        whole = whole.difference(Point(hole).buffer(200))
    features = drawn(shape_layer("x", TILE, [Shape(in_tile(whole))]))
    visible = whole.intersection(FRAME)
    if not features:
        assert visible.area < visible.length + 1
        return
    got = shape(features[0]["geometry"])
    assert got.is_valid
    assert FRAME.covers(got)
    # A corner moves by half a pixel each way at most.
    assert got.symmetric_difference(visible).area <= visible.length + 10


def test_holes_and_parts_are_told_apart() -> None:
    ring = box(100, 100, 1000, 1000).difference(box(300, 300, 600, 600))
    whole = MultiPolygon([*shapely.get_parts(ring), box(350, 350, 500, 500), box(2000, 2000, 2500, 2600)])
    (feature,) = drawn(shape_layer("x", TILE, [Shape(in_tile(whole))]))
    got = shape(feature["geometry"])
    assert got.equals(whole)
    assert sorted(len(part.interiors) for part in got.geoms) == [0, 0, 1]


@pytest.mark.parametrize("clockwise", [True, False])
def test_outer_rings_run_clockwise_as_seen(clockwise: bool) -> None:
    corners = [(10, 10), (20, 10), (20, 30), (10, 30)]
    outline = in_tile(Polygon(corners if clockwise else corners[::-1]))
    (feature,) = drawn(shape_layer("x", TILE, [Shape(outline)]))
    (got,) = feature["geometry"]["coordinates"]
    # The decoder keeps the order of corners; y runs down, so a positive shoelace sum is clockwise as seen.
    assert sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(got, got[1:] + got[:1], strict=True)) == 2 * 200


def test_a_ring_is_closed_by_its_last_command_and_not_by_a_corner() -> None:
    layer = shape_layer("x", TILE, [Shape(in_tile(box(10, 10, 20, 30)))])
    (feature,) = vector_tile_pb2.tile.FromString(layer).layers[0].features
    commands = list(feature.geometry)
    assert (commands[0], commands[3], commands[-1]) == (1 | 1 << 3, 2 | 3 << 3, 7 | 1 << 3)
    assert len(commands) == 11


def test_what_lies_in_the_buffer_only_is_drawn() -> None:
    beside = [LineString([(-30, 10), (-10, 20)]), box(4100, 4100, 4150, 4155), LineString([(5, -60), (9, -1)])]
    got = [shape(feature["geometry"]) for feature in drawn(shape_layer("x", TILE, [Shape(in_tile(g)) for g in beside]))]
    assert len(got) == 3
    assert all(one.equals(other) for one, other in zip(got, beside, strict=True))


def test_a_polygon_around_the_tile_fills_it_with_its_buffer() -> None:
    (feature,) = drawn(shape_layer("x", TILE, [Shape(box(100, 20, 130, 50))]))
    assert shape(feature["geometry"]).equals(FRAME)


def test_neighbours_meet_without_a_gap() -> None:
    left, right = (
        Polygon([(0, 0), (501.3, 0), (777.7, 900.4), (0, 900)]),
        Polygon([(501.3, 0), (999, 0), (777.7, 900.4)]),
    )
    shapes = [Shape(in_tile(left)), Shape(in_tile(right))]
    one, other = (shape(feature["geometry"]) for feature in drawn(shape_layer("x", TILE, shapes)))
    assert one.intersection(other).area == 0
    assert one.touches(other)


def test_lines_are_cut_to_the_tile_and_keep_their_way() -> None:
    there_and_back = LineString([(-500, 100), (2000, 100), (5000, 120), (5000, 900), (2000, 900)])
    (feature,) = drawn(shape_layer("x", TILE, [Shape(in_tile(there_and_back), {"oneway": True})]))
    assert feature["geometry"]["type"] == "MultiLineString"
    first, second = feature["geometry"]["coordinates"]
    assert first[0] == [-BUFFER, 100]
    assert first[1] == [2000, 100]
    assert first[-1][0] == EXTENT + BUFFER
    assert second == [[EXTENT + BUFFER, 900], [2000, 900]]
    assert feature["properties"] == {"oneway": True}


def test_corners_of_lines_go_to_the_nearest_place_and_are_not_repeated() -> None:
    path = LineString([(10.6, 20.4), (10.9, 20.2), (100.2, 50.7)])
    (feature,) = drawn(shape_layer("x", TILE, [Shape(in_tile(path))]))
    assert feature["geometry"]["coordinates"] == [[11, 20], [100, 51]]


def test_points_as_shapes_have_no_buffer() -> None:
    spots = in_tile(MultiPoint([(10.5, 20.5), (-3, 5), (4095.5, 7.5), (4096.5, 7)]))
    (feature,) = drawn(shape_layer("x", TILE, [Shape(spots)]))
    assert feature["geometry"]["coordinates"] == [[10, 20], [4095, 7]]


@pytest.mark.parametrize(
    "geometry",
    [
        in_tile(Point(-1, 5)),
        in_tile(LineString([(-500, -500), (-400, -300)])),
        in_tile(LineString([(5.1, 5.1), (5.2, 5.2)])),
        in_tile(box(5000, 5000, 6000, 6000)),
        in_tile(box(10.1, 10.1, 10.2, 10.2)),
        Polygon(),
    ],
)
def test_what_is_not_to_be_seen_is_left_out(geometry: BaseGeometry) -> None:
    assert shape_layer("x", TILE, [Shape(geometry, {"a": 1}, id=1)]) == b""


def test_what_can_not_be_drawn_is_refused() -> None:
    mixed = shapely.GeometryCollection([Point(116, 40), LineString([(116, 40), (117, 41)])])
    code = code_at(116.3, 39.9)
    tile = (14, *tile_of(code, 14))
    for code_, draw in {
        "tile_geometry": lambda: shape_layer("x", TILE, [Shape(mixed)]),
        "no_such_tile": lambda: shape_layer("x", (3, 8, 0), []),
        "tile_id_negative": lambda: shape_layer("x", tile, [Shape(Point(116.3, 39.9), id=-1)]),
    }.items():
        with pytest.raises(Refused) as refused:
            draw()
        assert refused.value.code == code_
        assert WORDS[f"refused.{code_}"].say("zh", **refused.value.facts)
    with pytest.raises(Refused, match="tile_id_negative"):
        point_layer("x", tile, np.array([code]), np.array([-1]))
