"""The map: vector tiles read back by another's decoder, and features paged and cut by a box."""

from __future__ import annotations

from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest

from zhihai.ground.actors import SYSTEM
from zhihai.ground.geometry import morton
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import records
from zhihai.kernel.places import acts, reads, tiling

from .conftest import AT, SIDE, SOUTH, WEST, area, square, tree

Tile = tuple[int, int, int]


def tile_at(z: int, lon: float, lat: float) -> Tile:
    return (z, *morton.tile_of(morton.code_at(lon, lat), z))


def drawn(layer: str, tile: Tile) -> list[dict[str, Any]]:
    decoded: dict[str, Any] = mapbox_vector_tile.decode(
        reads.tile(layer, *tile), default_options={"y_coord_down": True}
    )
    return list(decoded[layer]["features"]) if decoded else []


@pytest.fixture
def district(load: Any) -> None:
    load(*tree(), area("110199001001", "community", "110199001"))
    acts.load_cells(SYSTEM, at=AT)


@pytest.fixture
def lamps(district: None) -> np.ndarray:
    """400 street lamps at random, as rows of longitude and latitude; their codes are five digits."""
    draw = np.random.default_rng(11)
    places = np.column_stack([draw.uniform(WEST, WEST + 2 * SIDE, 400), draw.uniform(SOUTH, SOUTH + 2 * SIDE, 400)])
    given = [acts.FacilityInput("0201", f"{n:05d}", lon, lat) for n, (lon, lat) in enumerate(places.tolist())]
    acts.load_facilities(SYSTEM, given, "synthetic", at=AT)
    return places


Many = dict[int, int]
"""Number of each facility, and the code where it stands."""


@pytest.fixture
def many(district: None) -> Many:
    """9,000 lamps: most about one corner, fifty in one place, some spread over the streets."""
    draw = np.random.default_rng(12)
    near, apart = draw.normal(0, 0.0008, (8_000, 2)), draw.uniform(0, 2 * SIDE, (950, 2))
    there = np.full((50, 2), 1.7 * SIDE)
    places = np.array([WEST, SOUTH]) + np.vstack([np.abs(near) + 0.003, apart, there])
    given = [acts.FacilityInput("0201", f"{n:05d}", lon, lat) for n, (lon, lat) in enumerate(places.tolist())]
    acts.load_facilities(SYSTEM, given, "synthetic", at=AT)
    return dict(records.rows("SELECT id, morton FROM facility"))


def squares() -> list[records.Row]:
    return records.rows("SELECT zoom, code, n FROM facility_square ORDER BY zoom, code")


def recounted() -> list[records.Row]:
    return records.rows(
        """SELECT z, morton >> 2 * (26 - z) AS code, count(*) FROM facility, generate_series(6, 20) z
           GROUP BY 1, 2 ORDER BY 1, 2"""
    )


class TestTiles:
    def test_streets_are_drawn_with_their_names(self, district: None) -> None:
        names = {
            (one["properties"]["code"], one["properties"]["name_zh"])
            for one in drawn("areas", tile_at(12, 116.31, 39.97))
        }
        assert names == {(f"11019900{n}", f"示例11019900{n}") for n in (1, 2, 3, 4)}
        assert drawn("areas", tile_at(12, 10.0, 50.0)) == []

    @pytest.mark.parametrize("zoom", [10, 13, 15])
    def test_each_street_is_named_in_one_tile_alone(self, district: None, zoom: int) -> None:
        _, west, north = tile_at(zoom, WEST, SOUTH + 4 * SIDE)
        _, east, south = tile_at(zoom, WEST + 4 * SIDE, SOUTH)
        tiles = [(zoom, x, y) for x in range(west, east + 1) for y in range(north, south + 1)]
        named = [one["properties"]["name_zh"] for tile in tiles for one in drawn("labels", tile)]
        streets = [f"示例11019900{n}" for n in (1, 2, 3, 4)]
        assert sorted(name for name in named if name in streets) == streets

    def test_new_boundaries_are_drawn_at_once(self, district: None, load: Any) -> None:
        assert drawn("areas", tile_at(14, 116.355, 40.015)) == []
        inputs = tree()
        inputs[1] = area("110199001", "street", "110199", square(5, 5))
        load(*inputs, area("110199001001", "community", "110199001"))
        assert [one["properties"]["code"] for one in drawn("areas", tile_at(14, 116.355, 40.015))] == ["110199001"]

    def test_cells_are_drawn_when_one_is_near_enough(self, district: None) -> None:
        assert drawn("cells", tile_at(13, 116.305, 39.965)) == []
        near = drawn("cells", tile_at(16, 116.305, 39.965))
        assert reads.locate(116.305, 39.965).cell in {one["properties"]["code"] for one in near}

    def test_every_facility_of_a_tile_is_drawn_and_no_other(self, lamps: np.ndarray) -> None:
        tile = tile_at(15, 116.305, 39.965)
        low, high = morton.tile_range(*tile)
        inside = [low <= code <= high for code in morton.codes_at(lamps[:, 0], lamps[:, 1]).tolist()]
        found = drawn("facilities", tile)
        assert len(found) == sum(inside) > 20
        assert {one["properties"]["kind"] for one in found} == {"0201"}

    @pytest.mark.parametrize("zoom", [0, 5, 10, 13])
    def test_farther_out_counts_in_squares_add_up(self, lamps: np.ndarray, zoom: int) -> None:
        tiles = {tile_at(zoom, lon, lat) for lon, lat in lamps.tolist()}
        counts = [one["properties"]["count"] for tile in tiles for one in drawn("facilities", tile)]
        assert sum(counts) == len(lamps)
        assert len(counts) < len(lamps)

    @pytest.mark.parametrize("zoom", [0, 11, 13, 14, 15, 16, 17, 18, 22, 26])
    def test_at_every_zoom_all_are_counted_none_twice_and_no_tile_is_too_full(self, many: Many, zoom: int) -> None:
        tiles = sorted({(zoom, *morton.tile_of(code, zoom)) for code in many.values()})
        found = [one for tile in tiles[:: 1 + len(tiles) // 200] for one in drawn("facilities", tile)]
        whole = len(tiles) <= 200
        assert max(len(drawn("facilities", tile)) for tile in tiles[:20]) <= tiling.MOST
        assert not whole or sum(one["properties"]["count"] for one in found) == len(many)
        alone = [one for one in found if one["properties"]["count"] == 1]
        assert {one["properties"]["kind"] for one in alone} <= {"0201"}
        assert len({one["id"] for one in alone}) == len(alone)
        assert {one["id"] for one in alone} <= many.keys()
        assert all(one["id"] == 0 and "kind" not in one["properties"] for one in found if one not in alone)

    @pytest.mark.parametrize("zoom", [12, 14, 15, 19])
    def test_who_stands_alone_is_drawn_where_it_stands(self, many: Many, zoom: int) -> None:
        tiles = sorted({(zoom, *morton.tile_of(code, zoom)) for code in many.values()})
        below = 2 * (morton.ZOOM - zoom)
        for tile in tiles[:12]:
            for one in drawn("facilities", tile):
                if one["properties"]["count"] == 1:
                    x, y = morton.separate(many[one["id"]] & (1 << below) - 1)
                    at = tuple(part << 12 >> below // 2 for part in (x, y))
                    half = (1 << 11 >> below // 2) if below < 24 else 0
                    assert one["geometry"]["coordinates"] == [at[0] + half, at[1] + half]

    def test_too_many_in_one_place_are_one_point_that_says_so(self, lamps: np.ndarray) -> None:
        stack = [acts.FacilityInput("0202", f"s{n}", 116.3101, 39.9701) for n in range(tiling.MOST + 1)]
        acts.load_facilities(SYSTEM, stack, "synthetic", at=AT)
        for zoom in (20, 22, 26):
            found = drawn("facilities", tile_at(zoom, 116.3101, 39.9701))
            assert max(one["properties"]["count"] for one in found) == tiling.MOST + 1
        assert sum(one["properties"]["count"] for one in drawn("facilities", (0, 0, 0))) == len(stack) + len(lamps)

    def test_the_squares_hold_what_stands_in_them_whatever_comes_goes_and_moves(self, lamps: np.ndarray) -> None:
        draw = np.random.default_rng(3)
        steps = (
            "DELETE FROM facility WHERE id = ANY(%s)",
            "UPDATE facility SET morton = morton # 5 WHERE id = ANY(%s)",
            "UPDATE facility SET morton = morton # (1 << 20) WHERE id = ANY(%s)",
            "DELETE FROM facility WHERE area_id IN (SELECT area_id FROM facility WHERE id = ANY(%s))",
        )
        for step in (*steps, *steps):
            ids = [id_ for (id_,) in records.rows("SELECT id FROM facility ORDER BY id")]
            records.execute(step, ([int(one) for one in draw.choice(ids or [0], 40)],))
            assert squares() == recounted()
        given = [acts.FacilityInput("0201", f"n{n}", WEST + SIDE / 2, SOUTH + SIDE / 2) for n in range(3)]
        acts.load_facilities(SYSTEM, given, "synthetic", at=AT)
        assert squares() == recounted()
        assert len({zoom for zoom, _, _ in squares()}) == 15

    def test_the_base_map_is_drawn_with_its_attribution(self, district: None) -> None:
        road = {
            "type": "Feature", "properties": {"fclass": "primary", "name": "示例路"},
            "geometry": {"type": "LineString", "coordinates": [[116.301, 39.961], [116.309, 39.969]]},
        }  # fmt: skip
        house = {"type": "Feature", "properties": None, "geometry": square(0.2, 0.2, 0.1)}
        acts.load_base_shapes(SYSTEM, "roads", [road], "© someone", at=AT)
        acts.load_base_shapes(SYSTEM, "buildings", [house], "© another", at=AT)
        assert reads.sources() == {"roads": "© someone", "buildings": "© another"}
        assert drawn("roads", tile_at(14, 116.305, 39.965))[0]["properties"] == {"class": "primary", "name": "示例路"}
        assert len(drawn("buildings", tile_at(14, 116.305, 39.965))) == 1
        acts.load_base_shapes(SYSTEM, "roads", [], "© nobody", at=AT)
        assert drawn("roads", tile_at(14, 116.305, 39.965)) == []

    def test_a_shape_that_can_not_be_read_is_refused_by_number(self, district: None) -> None:
        with pytest.raises(Refused) as refused:
            acts.load_base_shapes(SYSTEM, "roads", [{"geometry": {"type": "LineString"}}], "", at=AT)
        assert refused.value.field == "roads.0.geometry"

    def test_every_layer_draws_an_empty_tile_where_nothing_is(self, lamps: np.ndarray) -> None:
        for layer in reads.LAYERS:
            for zoom in (0, 14, 22, 26):
                assert isinstance(reads.tile(layer, *tile_at(zoom, -50.0, -20.0)), bytes)

    def test_there_is_no_layer_and_no_tile_beyond_those_there_are(self, district: None) -> None:
        with pytest.raises(NotFound):
            reads.tile("secrets", 0, 0, 0)
        for tile in ((27, 0, 0), (3, 8, 0), (3, 0, -1)):
            with pytest.raises(Refused) as refused:
                reads.tile("areas", *tile)
            assert refused.value.status == 404


def pages(collection: str, limit: int, **more: Any) -> list[dict[str, Any]]:
    """Walk a collection to its end."""
    found: list[dict[str, Any]] = []
    after = ""
    for _ in range(1000):
        page = reads.features(collection, after=after, limit=limit, **more)
        assert len(page.features) <= limit
        found += page.features
        if page.next is None:
            return found
        after = page.next
    raise AssertionError("the pages have no end")


class TestFeatures:
    def test_every_collection_is_walked_whole_and_in_order(self, lamps: np.ndarray) -> None:
        counts = {name: len(pages(name, 7)) for name in reads.COLLECTIONS}
        assert counts["facilities"] == 400
        assert (counts["districts"], counts["streets"], counts["communities"]) == (1, 4, 1)
        assert counts["cells"] == acts.load_cells(SYSTEM, at=AT)
        ids = [one["id"] for one in pages("facilities", 33)]
        assert ids == sorted(set(ids))

    @pytest.mark.parametrize("limit", [1, 10, 400, 1000])
    def test_a_box_keeps_what_lies_in_it(self, lamps: np.ndarray, limit: int) -> None:
        box = (116.304, 39.962, 116.312, 39.974)
        inside = {
            f"{n:05d}" for n, (lon, lat) in enumerate(lamps.tolist())
            if box[0] <= lon <= box[2] and box[1] <= lat <= box[3]
        }  # fmt: skip
        found = {one["id"] for one in pages("facilities", limit, bounds=box)}
        # A kept place is known to half a metre: lamps that near the box's edge may fall either way.
        edge = {
            f"{n:05d}" for n, (lon, lat) in enumerate(lamps.tolist())
            if min(abs(lon - box[0]), abs(lon - box[2]), abs(lat - box[1]), abs(lat - box[3])) < 1e-5
        }  # fmt: skip
        assert found - edge == inside - edge
        assert len(found) > 50

    def test_streets_of_a_box_are_those_it_meets(self, lamps: np.ndarray) -> None:
        found = [one["id"] for one in pages("streets", 1, bounds=(116.311, 39.961, 116.312, 39.962))]
        assert found == ["110199002"]

    def test_a_feature_is_geojson_with_its_place_and_provenance(self, lamps: np.ndarray) -> None:
        street = reads.feature("streets", "110199001")
        assert (street["type"], street["geometry"]["type"]) == ("Feature", "Polygon")
        assert street["properties"]["parent"] == "110199"
        assert reads.feature("communities", "110199001001")["geometry"] is None
        lamp = reads.feature("facilities", "00007")
        assert np.allclose(lamp["geometry"]["coordinates"], lamps[7], atol=1e-5)
        assert lamp["properties"]["provenance"] == "synthetic"
        cell = reads.locate(116.305, 39.965).cell or ""
        ring = reads.feature("cells", cell)["geometry"]["coordinates"][0]
        assert min(x for x, _ in ring) <= 116.305 <= max(x for x, _ in ring)

    def test_what_is_not_there_is_not_found(self, lamps: np.ndarray) -> None:
        for ask in (
            lambda: reads.features("secrets"),
            lambda: reads.feature("streets", "1"),
            lambda: reads.feature("x", "1"),
        ):
            with pytest.raises(NotFound):
                ask()
