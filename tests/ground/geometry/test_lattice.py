"""Generated cells: every point of the district has exactly one, of its own street."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon, box

from zhihai.ground.geometry.areas import AreaLocator
from zhihai.ground.geometry.lattice import GridLattice
from zhihai.ground.geometry.mending import area_m2
from zhihai.ground.identifiers.places import read_grid_code
from zhihai.ground.refusal import Refused

# Streets of an invented district: a slanting border between two, one tiny within the first, one big, one island of two.
TINY = Polygon([(100.0101, 30.0101), (100.0104, 30.0101), (100.0102, 30.0103)])
NORTH = Polygon([(100.0, 30.0), (100.03, 30.004), (100.031, 30.02), (100.0, 30.025)]).difference(TINY)
SOUTH = Polygon([(100.0, 30.0), (100.03, 30.004), (100.028, 29.98), (100.002, 29.985)])
WIDE = box(100.04, 29.95, 100.08, 29.99)
ISLES = shapely.union_all([box(100.05, 30.0, 100.06, 30.01), Point(100.07, 30.003).buffer(0.0002)])
STREETS = ("990101003", "990101001", "990101007", "990101020", "990101100")
AREAS = (NORTH, SOUTH, TINY, WIDE, ISLES)
LOCATOR = AreaLocator(AREAS)
LATTICE = GridLattice(STREETS, LOCATOR)
SHAPES = dict(zip(LATTICE.codes.tolist(), LATTICE.shapes(), strict=True))
POINTS = st.tuples(st.floats(99.999, 100.082), st.floats(29.949, 30.027))


@given(POINTS)
def test_a_point_has_one_cell_and_it_is_of_its_street(point: tuple[float, float]) -> None:
    street = LOCATOR.area_at(*point)
    code = LATTICE.cell_at(*point)
    if street is None:
        assert code is None
        return
    assert code is not None
    assert int(code) in SHAPES
    assert read_grid_code(code).street.code == STREETS[street]
    assert SHAPES[int(code)].distance(Point(point)) < 1e-9


@given(st.lists(POINTS, min_size=1, max_size=40))
def test_many_points_have_the_cells_that_each_has(points: list[tuple[float, float]]) -> None:
    lon, lat = (np.array(part) for part in zip(*points, strict=True))
    one_by_one = [LATTICE.cell_at(*point) for point in points]
    assert LATTICE.cells_at(lon, lat).tolist() == [int(code) if code else 0 for code in one_by_one]


@given(st.integers(0, len(AREAS) - 1), st.floats(0, 1))
def test_a_point_on_a_border_has_the_cell_of_the_lowest_street(index: int, along: float) -> None:
    point = AREAS[index].boundary.interpolate(along, normalized=True)
    street = LOCATOR.area_at(point.x, point.y)
    code = LATTICE.cell_at(point.x, point.y)
    assert (code is None) == (street is None)
    if code is not None and street is not None:
        assert code.startswith(STREETS[street])


def test_a_piece_belongs_to_the_nearest_own_cell() -> None:
    random = np.random.default_rng(20140220)
    lon, lat = random.uniform(100.0, 100.08, 40_000), random.uniform(29.95, 30.025, 40_000)
    street, square, cell = LOCATOR.areas_at(lon, lat), LOCATOR.raster.squares(lon, lat), LATTICE.cells_at(lon, lat)
    columns, ties = LOCATOR.raster.columns, 0
    for index, area in enumerate(STREETS):
        own, here = LATTICE.street == index, street == index
        rows, lines = np.divmod(LATTICE.squares[own], columns)
        row, line = np.divmod(np.unique(square[here]), columns)
        away = (rows - row[:, np.newaxis]) ** 2 + (lines - line[:, np.newaxis]) ** 2
        nearest = dict(
            zip((row * columns + line).tolist(), LATTICE.codes[own][away.argmin(axis=1)].tolist(), strict=True)
        )
        assert cell[here].tolist() == [nearest[place] for place in square[here].tolist()], area
        ties += int(((away == away.min(axis=1, keepdims=True)).sum(axis=1) > 1).sum())
    assert ties > 5


def test_a_street_along_the_lines_of_the_raster_has_whole_squares() -> None:
    """The spike touches squares above it along a line: a line is no piece of a cell."""
    raster = LOCATOR.raster
    corner = raster.square(100.06, 29.97)
    (west, east), (north, south) = raster.corners(np.array([corner, corner + 3 * raster.columns + 4]))
    middle = north - raster.step_lat
    body = box(west, south, east, north)
    spike = box(west - 4 * raster.step_lon, middle - 0.1 * raster.step_lat, west, middle)
    for street in (body, body.union(spike)):
        cells = GridLattice(["990101001"], AreaLocator([street])).shapes()
        assert len(cells) == 12
        assert {cell.geom_type for cell in cells} == {"Polygon"}
        assert sum(cell.area for cell in cells) == pytest.approx(street.area)


def test_cells_of_a_street_make_up_the_street() -> None:
    for index, area in enumerate(AREAS):
        cells = [SHAPES[code] for code in LATTICE.codes[LATTICE.street == index].tolist()]
        assert all(cell.is_valid and cell.geom_type in ("Polygon", "MultiPolygon") for cell in cells)
        together = shapely.union_all(cells)
        assert together.symmetric_difference(area).area < 1e-12
        assert sum(cell.area for cell in cells) == pytest.approx(area.area)


def test_cells_are_about_a_hectare() -> None:
    sizes = np.array([area_m2(cell) for cell in SHAPES.values()])
    assert np.median(sizes) == pytest.approx(10_000, rel=0.01)
    assert np.quantile(sizes, 0.9) < 16_000


def test_cells_are_numbered_from_the_north_west() -> None:
    lon, lat = LATTICE.centres()
    for index in range(len(AREAS)):
        own = LATTICE.street == index
        numbers = LATTICE.codes[own]
        assert (np.diff(numbers) > 0).all()
        east, north = lon[own], lat[own]
        same_row = np.isclose(np.diff(north), 0)
        assert (np.diff(east)[same_row] > 0).all()
        assert (np.diff(north)[~same_row] < 0).all()


def test_blocks_hold_999_cells_and_are_marked_synthetic() -> None:
    for index, street in enumerate(STREETS):
        codes = [read_grid_code(str(code)) for code in LATTICE.codes[LATTICE.street == index]]
        assert all(code.synthetic and code.street.code == street for code in codes)
        assert [(int(code.block.code[9:]), code.number) for code in codes] == [
            (901 + place // 999, place % 999 + 1) for place in range(len(codes))
        ]
    assert (LATTICE.street == 3).sum() > 999


def test_a_street_without_any_centre_has_one_cell() -> None:
    assert LATTICE.codes[LATTICE.street == 2].tolist() == [990101007901001]
    inside = TINY.representative_point()
    assert LATTICE.cell_at(inside.x, inside.y) == "990101007901001"


def test_centres_lie_in_their_own_street() -> None:
    lon, lat = LATTICE.centres()
    own = LATTICE.street != 2
    assert (LATTICE.cells_at(lon, lat)[own] == LATTICE.codes[own]).all()


def test_cells_stay_when_a_neighbour_is_added() -> None:
    alone = GridLattice(STREETS[:4], AreaLocator(AREAS[:4]))
    assert alone.codes.tolist() == LATTICE.codes[LATTICE.street < 4].tolist()


@pytest.mark.parametrize(
    ("streets", "areas", "code"),
    [
        (["990101001"], [NORTH, SOUTH], "lattice_streets"),
        (["990101"], [NORTH], "lattice_street_code"),
        (["99010100A"], [NORTH], "area_code_form"),
        (["990101001"], [box(100, 30, 100.35, 30.3)], "lattice_too_many"),
    ],
)
def test_what_no_lattice_can_be_made_of_is_refused(streets: list[str], areas: list[Polygon], code: str) -> None:
    with pytest.raises(Refused) as refused:
        GridLattice(streets, AreaLocator(areas))
    assert refused.value.code == code
