"""The reference district, as it is shipped: streets, communities, lattice and what was mended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zhihai.site
from zhihai.kernel import house, records
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.places import reads
from zhihai.site.loading import load_district

SEEDS = Path(zhihai.site.__file__).with_name("seeds") / "haidian"
MENDED = {"永定路街道", "青龙桥街道", "马连洼街道"}


def _load() -> None:
    load_district(SEEDS, at_machine=datetime.now(UTC), live=False, demonstration=True, say=lambda *_: None)


@pytest.fixture(scope="module", autouse=True)
def haidian(store: Any, bare: str) -> Iterator[str]:
    """One copy of the reference district for all of these tests: they only read."""
    with store.copy(store.template("haidian", _load)) as name:
        yield name


def test_it_has_29_streets_and_678_communities() -> None:
    (district,) = reads.areas("district")
    streets, communities = reads.areas("street"), reads.areas("community")
    assert (len(streets), len(communities)) == (29, 678)
    assert (district.lo, district.hi) == (1, 708)
    assert {one.parent for one in communities} == {one.id for one in streets}
    assert {one.code[:9] for one in communities} == {one.code for one in streets}
    assert all(one.valid_from is None for one in communities)


def test_three_boundaries_were_mended_and_say_how() -> None:
    mended = {one.name.zh: one.mended for one in reads.areas("street") if one.mended}
    assert mended.keys() == MENDED
    for notes in mended.values():
        sentences = [house.words().say(note["key"], "en", **note["facts"]) for note in notes]
        assert all(sentences)
        assert [note["key"].split(".")[1] for note in notes][:2] == ["found", "made"]
        assert {note["key"].split(".")[1] for note in notes[2:]} <= {"overlap"}


def test_the_lattice_has_43113_cells_all_marked_synthetic() -> None:
    count, synthetic, codes = records.rows(
        "SELECT count(*), count(*) FILTER (WHERE provenance = 'synthetic'), count(DISTINCT code) FROM grid_cell"
    )[0]
    assert count == synthetic == codes == 43_113
    assert records.value("SELECT count(DISTINCT area_id) FROM grid_cell") == 29


def test_every_generated_cell_is_where_locating_finds_it() -> None:
    rows = records.rows(
        """SELECT g.code, g.area_id, (g.bounds[0])[0] + (g.bounds[1])[0], (g.bounds[0])[1] + (g.bounds[1])[1]
           FROM grid_cell g ORDER BY g.code"""
    )
    lon, lat = (np.array([row[place] / 2 for row in rows]) for place in (2, 3))
    found = reads.locate_many(lon, lat)
    codes, areas = np.array([int(row[0]) for row in rows]), np.array([row[1] for row in rows])
    # The middle of a cell cut by a border may lie across it.
    same = found.cells == codes
    assert same.mean() > 0.97
    assert (found.areas[same] == areas[same]).all()


@pytest.mark.parametrize(
    ("lon", "lat", "street"),
    [(116.3105, 39.9925, "燕园街道"), (116.2755, 39.9990, "青龙桥街道")],
)
def test_places_one_knows_lie_in_their_streets(lon: float, lat: float, street: str) -> None:
    place = reads.locate(lon, lat)
    assert place.area is not None
    assert place.area.name.zh == street
    assert place.community is None


def test_communities_are_organisations_too_and_departments_are_examples() -> None:
    sorts = [one.sort for one in identity.organisations()]
    assert (sorts.count("street"), sorts.count("community")) == (29, 678)
    assert all("示例" in one.name.zh for one in identity.organisations() if one.sort == "department")
    assert sorts.count("department") >= 10


def test_the_base_map_names_its_source() -> None:
    assert set(reads.sources()) == {"roads", "buildings"}
    assert all("OpenStreetMap" in source for source in reads.sources().values())
