"""Broken boundaries are mended, and the mending is told."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

import zhihai.ground.geometry
from zhihai.ground.geometry import mending
from zhihai.ground.geometry.mending import Mended, Overlap, area_m2, mend, overlaps
from zhihai.ground.refusal import Refused
from zhihai.ground.words import read_words

WORDS = read_words(Path(zhihai.ground.geometry.__file__).with_name("words.toml"))
SQUARE = [(100.0, 30.0), (100.4, 30.0), (100.4, 30.4), (100.0, 30.4)]
HOLE = [(100.1, 30.1), (100.3, 30.1), (100.3, 30.3), (100.1, 30.3)]
HOURGLASS = [(100.0, 30.0), (100.2, 30.2), (100.4, 30.0), (100.4, 30.4), (100.2, 30.2), (100.0, 30.4)]
with np.errstate(invalid="ignore"):
    NOT_A_NUMBER = shapely.from_wkt("POLYGON ((100 30, 101 nan, 101 31, 100 30))")
CORNERS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=3, max_size=12)


def place(corners: list[tuple[int, int]]) -> Polygon:
    return Polygon([(100 + x / 100, 30 + y / 100) for x, y in corners])


def test_a_valid_boundary_is_left_alone() -> None:
    shape = Polygon(SQUARE, [HOLE])
    assert mend(shape).geometry.equals_exact(shape)
    assert mend(shape).notes == ()


@pytest.mark.parametrize(
    ("shape", "found", "parts"),
    [
        (Polygon([(100, 30), (100.4, 30.4), (100.4, 30), (100, 30.4)]), "crosses_itself", (1, 2)),
        (Polygon(HOURGLASS), "touches_itself", (1, 2)),
        (Polygon(SQUARE, [[(101, 31), (101.1, 31), (101.1, 31.1)]]), "hole_outside", (1, 2)),
        (MultiPolygon([Polygon(SQUARE), Polygon(HOLE)]), "part_within_part", (2, 1)),
        (Polygon(SQUARE, [HOLE, [(100.15, 30.15), (100.2, 30.15), (100.2, 30.2)]]), "hole_within_hole", (1, 1)),
        (Polygon(SQUARE, [[(100, 30), (100.4, 30.4), (100.1, 30.3)]]), "falls_apart", (1, 2)),
        (MultiPolygon([Polygon(SQUARE), Polygon([(101, 31), (101, 31), (101, 31)])]), "too_few_points", (2, 1)),
    ],
)
def test_what_was_found_and_made_is_told(shape: Polygon | MultiPolygon, found: str, parts: tuple[int, int]) -> None:
    mended = mend(shape)
    assert mended.geometry.is_valid
    before, after = mended.notes
    assert before.key == f"geometry.found.{found}"
    corners = shapely.multipoints(shapely.get_coordinates(shape))
    assert corners.envelope.intersects(Point(before.facts["lon"], before.facts["lat"]))
    assert after.key == "geometry.made"
    assert (after.facts["parts_before"], after.facts["parts_after"]) == parts
    assert after.facts["area_after"] == round(area_m2(mended.geometry))
    for note in mended.notes:
        assert WORDS[note.key].say("zh", **note.facts)
        assert WORDS[note.key].say("en", **note.facts)


def mended_or_none(shape: Polygon) -> Mended | None:
    try:
        return mend(shape)
    except Refused as refused:
        if refused.code != "area_empty":
            raise
        return None


@given(CORNERS)
@example([(1, 0), (0, 0), (1, 1), (0, 1), (0, 0), (1, 1)])
@example([(0, 1), (1, 1), (0, 1), (0, 0), (1, 1)])
@example([(0, 0), (1, 1), (1, 0), (0, 0), (1, 0), (1, 1)])
@example([(1, 0), (3, 2), (0, 2), (1, 4), (3, 1), (4, 4), (4, 1), (0, 2)])
def test_whatever_encloses_something_is_mended(corners: list[tuple[int, int]]) -> None:
    shape = place(corners)
    if shape.is_valid:
        assert mend(shape).notes == ()
        return
    mended = mended_or_none(shape)
    if mended is None:
        assert sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise([*corners, corners[0]])) == 0
        return
    assert mended.geometry.is_valid
    assert not mended.geometry.is_empty
    assert mended.geometry.geom_type in ("Polygon", "MultiPolygon")
    assert all(note.key in WORDS for note in mended.notes)
    # Nothing is invented beyond the published corners.
    assert shape.envelope.buffer(1e-9).covers(mended.geometry)


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (Point(100, 30), "area_not_polygon"),
        (shapely.LineString(SQUARE), "area_not_polygon"),
        (Polygon([(442000, 4420000), (443000, 4420000), (443000, 4421000)]), "area_not_on_earth"),
        (NOT_A_NUMBER, "area_not_on_earth"),
        (Polygon([(100, 30), (101, 31), (100, 30)]), "area_empty"),
        (Polygon(), "area_empty"),
    ],
)
def test_what_can_not_be_an_area_is_refused(shape: Polygon, code: str) -> None:
    with pytest.raises(Refused) as refused:
        mend(shape, "areas.7.geometry")
    assert (refused.value.code, refused.value.field) == (code, "areas.7.geometry")
    assert WORDS[f"refused.{code}"].say("en", **refused.value.facts)


def test_what_stays_invalid_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "ROUNDS", 0)
    with pytest.raises(Refused) as refused:
        mend(Polygon(HOURGLASS), "areas.7.geometry")
    assert (refused.value.code, refused.value.field) == ("area_beyond_mending", "areas.7.geometry")
    assert WORDS["refused.area_beyond_mending"].say("en")


def test_heights_are_dropped() -> None:
    shape = Polygon([(x, y, 44.0) for x, y in SQUARE])
    assert not mend(shape).geometry.has_z


def test_areas_are_geodesic() -> None:
    one_degree = 111_319.49 * 110_574.3
    assert area_m2(box(0, 0, 1, 1)) == pytest.approx(one_degree, rel=2e-4)
    assert area_m2(Polygon(SQUARE, [HOLE])) == pytest.approx(area_m2(Polygon(SQUARE)) - area_m2(Polygon(HOLE)))


def test_overlaps_are_found() -> None:
    areas = [box(100, 30, 100.02, 30.02), box(100.02, 30, 100.04, 30.02), box(100.01, 30.01, 100.03, 30.03)]
    found = overlaps(areas)
    quarter = area_m2(box(100.01, 30.01, 100.02, 30.02))
    assert found == (Overlap(0, 2, pytest.approx(quarter)), Overlap(1, 2, pytest.approx(quarter)))
    assert overlaps(areas, above_m2=quarter * 1.01) == ()
    assert WORDS["geometry.overlap"].say("en", first="A", second="B", area=found[0].area_m2)
