"""The tree of areas: loaded, renewed, mended; and what is told of the mending."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from django.db import transaction

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import house, records
from zhihai.kernel.places import acts, reads

from .conftest import AT, area, square, tree

pytestmark = pytest.mark.usefixtures("records")


def bowtie(column: float, row: float) -> dict[str, Any]:
    (a, b, c, d, _) = square(column, row)["coordinates"][0]
    return {"type": "Polygon", "coordinates": [[a, c, b, d, a]]}


class TestTree:
    def test_a_subtree_is_a_range(self, load: Any) -> None:
        load(*tree(), area("110199001001", "community", "110199001"))
        district, first, community, *others = reads.areas()
        assert (district.lo, district.hi) == (1, 6)
        assert (first.lo, first.hi, community.lo) == (2, 3, 3)
        assert [one.parent for one in (first, community, others[0])] == [district.id, first.id, district.id]
        assert reads.areas("community") == (community,)
        assert reads.area(community.id) == reads.area_by_code("110199001001") == community

    def test_renewing_keeps_numbers_of_rows_and_moves_their_places(self, load: Any) -> None:
        load()
        before = {one.code: one.id for one in reads.areas()}
        first, *rest = tree()
        load(first, area("110199000", "street", "110199"), *rest)
        after = {one.code: one for one in reads.areas()}
        assert {code: after[code].id for code in before} == before
        assert after["110199001"].lo == 3
        assert after["110199000"].bounds is None

    def test_one_that_exists_can_not_be_left_out(self, load: Any) -> None:
        load()
        with pytest.raises(Refused) as refused:
            load(*tree()[:-1])
        assert (refused.value.code, refused.value.facts) == ("tree_left_out", {"code": "110199004"})
        assert len(reads.areas()) == 5

    @pytest.mark.parametrize(
        ("wrong", "code", "field"),
        [
            (area("9", "village", None), "area_level", "areas.9"),
            (area("9", "street", "8"), "tree_parent", "areas.parent"),
            (area("9", "street", None, {"type": "Polygon"}), "area_shape", "areas.9.geometry"),
            (area("9", "street", None, {"type": "Polygon", "coordinates": [[]]}), "area_empty", "areas.9.geometry"),
            (
                area("9", "street", None, {"type": "Point", "coordinates": [1, 2]}),
                "area_not_polygon",
                "areas.9.geometry",
            ),
            (area("9", "street", None, square(9e4, 0)), "area_not_on_earth", "areas.9.geometry"),
        ],
    )
    def test_what_is_wrong_is_refused_by_name_and_nothing_is_written(
        self, load: Any, wrong: acts.AreaInput, code: str, field: str
    ) -> None:
        with pytest.raises(Refused) as refused:
            load(*tree(), wrong)
        assert (refused.value.code, refused.value.field) == (code, field)
        assert house.words().say(f"refused.{code}", "en", **refused.value.facts)
        assert reads.areas() == ()

    def test_no_area_is_found_by_what_is_no_code(self) -> None:
        for ask in (lambda: reads.area(9), lambda: reads.area_by_code("9")):
            with pytest.raises(NotFound):
                ask()


class TestTold:
    def told(self, code: str) -> list[str]:
        return [house.words().say(n["key"], "en", **n["facts"]) for n in reads.area_by_code(code).mended]

    def test_a_boundary_that_crosses_itself_is_mended_and_says_so(self, load: Any) -> None:
        inputs = tree()
        inputs[2] = area("110199002", "street", "110199", bowtie(1, 0))
        assert load(*inputs) == ("110199002",)
        found, made = self.told("110199002")
        assert "116.315" in found
        assert made
        assert self.told("110199001") == []

    def test_streets_that_overlap_say_so_and_the_first_has_the_ground(self, load: Any) -> None:
        inputs = tree()
        inputs[1] = area("110199001", "street", "110199", square(0, 0, 1.1))
        assert load(*inputs) == ()
        assert len(self.told("110199001")) == 3
        (note,) = self.told("110199002")
        assert "“110199001” and “110199002” overlap by 94," in note
        assert reads.locate(116.3105, 39.965).area == reads.area_by_code("110199001")

    def test_the_journal_tells_both(self, load: Any) -> None:
        inputs = tree()
        inputs[1] = area("110199001", "street", "110199", square(0, 0, 1.1))
        inputs[4] = area("110199004", "street", "110199", bowtie(1, 1))
        load(*inputs)
        told = json.loads(records.value("SELECT data FROM journal_entry WHERE act = 'places.load_areas'"))
        assert told["mended"] == ["110199004"]
        assert {(one["first"], one["second"]) for one in told["overlaps"]} >= {("110199001", "110199002")}


class TestLocating:
    def test_a_point_is_in_one_street_and_one_cell(self, load: Any) -> None:
        load()
        place = reads.locate(116.305, 39.965)
        assert place.area == reads.area_by_code("110199001")
        assert place.cell is not None
        assert place.cell.startswith("1101990019")
        assert len(place.cell) == 15
        assert place.community is None
        assert reads.locate(116.5, 39.9) == reads.Place(None, None)

    def test_a_point_on_a_border_belongs_to_the_first(self, load: Any) -> None:
        load()
        assert reads.locate(116.31, 39.965).area == reads.area_by_code("110199001")
        assert reads.locate(116.31, 39.97).area == reads.area_by_code("110199001")

    def test_a_community_is_known_where_its_boundary_is_loaded(self, load: Any) -> None:
        load(*tree(), area("110199001001", "community", "110199001", square(0, 0, 0.5)))
        assert reads.locate(116.302, 39.962).community == reads.area_by_code("110199001001")
        assert reads.locate(116.308, 39.968).community is None

    def test_many_points_are_located_as_one_by_one(self, load: Any) -> None:
        load()
        draw = np.random.default_rng(7)
        lon, lat = draw.uniform(116.29, 116.33, 500), draw.uniform(39.95, 39.99, 500)
        many = reads.locate_many(lon, lat)
        for number in range(500):
            one = reads.locate(lon[number], lat[number])
            assert many.areas[number] == (one.area.id if one.area else 0)
            assert many.cells[number] == int(one.cell or 0)
        assert 50 < np.count_nonzero(many.areas) < 450

    def test_a_district_without_boundaries_locates_nothing(self, load: Any) -> None:
        load(area("110199", "district", None), area("110199001", "street", "110199"))
        assert reads.locate(116.305, 39.965) == reads.Place(None, None)
        assert reads.locate_many(np.array([116.305]), np.array([39.965])).areas.tolist() == [0]
        assert acts.load_cells(SYSTEM, at=AT) == 0

    def test_new_boundaries_hold_at_once(self, load: Any) -> None:
        load()
        assert reads.locate(116.305, 39.965).area is not None
        inputs = tree()
        inputs[1] = area("110199001", "street", "110199", square(5, 5))
        load(*inputs)
        assert reads.locate(116.305, 39.965).area is None
        assert reads.locate(116.355, 40.015).area == reads.area_by_code("110199001")

    def test_boundaries_that_were_rolled_back_are_forgotten(self, load: Any) -> None:
        load()
        moved = tree()
        moved[1] = area("110199001", "street", "110199", square(5, 5))
        for _ in range(2):
            with records.atomic():
                load(*moved)
                assert reads.locate(116.305, 39.965).area is None
                transaction.set_rollback(True)
            assert reads.locate(116.305, 39.965).area == reads.area_by_code("110199001")


class TestCells:
    def test_the_generated_lattice_is_kept_and_agrees_with_locating(self, load: Any) -> None:
        load()
        count = acts.load_cells(SYSTEM, at=AT)
        assert count == records.value("SELECT count(*) FROM grid_cell")
        assert 300 < count < 500
        draw = np.random.default_rng(3)
        lon, lat = draw.uniform(116.301, 116.319, 200), draw.uniform(39.961, 39.979, 200)
        kept = {int(code) for (code,) in records.rows("SELECT code FROM grid_cell")}
        assert set(reads.locate_many(lon, lat).cells.tolist()) <= kept
        assert {row[0] for row in records.rows("SELECT DISTINCT provenance FROM grid_cell")} == {"synthetic"}

    def test_it_is_not_generated_twice(self, load: Any) -> None:
        load()
        assert acts.load_cells(SYSTEM, at=AT) == acts.load_cells(SYSTEM, at=AT)


class TestFacilities:
    def put(self, *places: tuple[str, float, float], kind: str = "0102") -> int:
        given = [acts.FacilityInput(kind, code, lon, lat) for code, lon, lat in places]
        return acts.load_facilities(SYSTEM, given, "synthetic", at=AT)

    def test_each_is_put_into_its_street_and_cell_and_kept_once(self, load: Any) -> None:
        load()
        assert self.put(("a", 116.305, 39.965), ("b", 116.315, 39.975)) == 2
        assert self.put(("b", 116.315, 39.975), ("c", 116.315, 39.965)) == 1
        assert self.put() == 0
        found = records.rows(
            "SELECT f.code, a.code, a.lo = f.area_lo, f.cell FROM facility f JOIN area a ON a.id = f.area_id"
        )
        assert {row[0]: row[1] for row in found} == {"a": "110199001", "b": "110199004", "c": "110199002"}
        assert all(row[2] and row[3] == reads.locate(116.305, 39.965).cell for row in found if row[0] == "a")

    def test_one_outside_every_street_refuses_the_batch(self, load: Any) -> None:
        load()
        with pytest.raises(Refused) as refused:
            self.put(("a", 116.305, 39.965), ("lost", 117.0, 39.965))
        assert (refused.value.code, refused.value.field) == ("place_outside", "facilities.1")
        assert "lost" in house.words().say("refused.place_outside", "en", **refused.value.facts)
        assert records.value("SELECT count(*) FROM facility") == 0

    def test_their_place_in_the_tree_follows_when_it_is_numbered_anew(self, load: Any) -> None:
        load()
        self.put(("a", 116.305, 39.965))
        first, *rest = tree()
        load(first, area("110199000", "street", "110199"), *rest)
        assert records.value("SELECT f.area_lo = a.lo FROM facility f JOIN area a ON a.id = f.area_id")
