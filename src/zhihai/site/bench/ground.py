"""Rows of places: where a million points lie, and vector tiles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray

from zhihai.ground.actors import SYSTEM
from zhihai.ground.geometry import morton
from zhihai.kernel import records
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.places import acts as places
from zhihai.kernel.places import reads as where
from zhihai.site.bench.crowd import Bare, Client, crowd, timed
from zhihai.site.bench.figures import Row, percentile, rounds_of
from zhihai.site.bench.same import ask_again, statements_of

SEED = 20_140_220
CLIENTS = 4
DENSEST = 64
"""So many of the fullest tiles of zoom 14 are asked for."""
ZOOMS, OF_EACH = range(8, 23), 8
"""The zooms whose fullest tiles are asked for together, and so many of each."""
KIND = "0101"
GOAL_POINTS = 1_280_000

Tile = tuple[int, int, int]
Points = tuple[NDArray[np.float64], NDArray[np.float64]]


def scattered(count: int) -> Points:
    """Return points drawn evenly over the box of the district, by a fixed seed."""
    boxes = [one.bounds for one in where.areas("street") if one.bounds is not None]
    west, south, east, north = (
        pick(box[side] for box in boxes) for side, pick in enumerate((min, min, max, max))
    )  # fmt: skip
    draw = np.random.default_rng(SEED)
    return draw.uniform(west, east, count), draw.uniform(south, north, count)


def locating(count: int, rounds: int) -> Row:
    """Measure how long it takes to say street and cell of ``count`` points; the locator stands already."""
    lon, lat = scattered(count)
    where.locate_many(lon[:1], lat[:1])
    taken = rounds_of(rounds, lambda: timed(lambda: where.locate_many(lon, lat)))
    return Row(name="locate", unit="s", rounds=taken, n=count, most=5.0, goal_n=1_000_000)


def load_points(count: int) -> int:
    """Load synthetic facilities, clustered about a few hundred places as a town is; return how many there are."""
    draw = np.random.default_rng(SEED)
    heads = draw.integers(0, 300, 4 * count)
    lon, lat = scattered(300)
    east, north = lon[heads] + draw.normal(0, 0.004, len(heads)), lat[heads] + draw.normal(0, 0.003, len(heads))
    inside = np.flatnonzero(where.locate_many(east, north).areas)[:count]
    inputs = [
        places.FacilityInput(KIND, f"{number:016}", float(east[place]), float(north[place]))
        for number, place in enumerate(inside.tolist())
    ]
    at: datetime = journal.now()
    places.load_facilities(SYSTEM, inputs, "synthetic", at=at)
    records.execute("ANALYZE facility")
    return len(inputs)


def tiles(port: int, bare: Bare, points: int, asks: int, rounds: int) -> list[Row]:
    """Measure tiles by HTTP: areas at zooms 11 to 14, facilities in the fullest tiles at zoom 14 and of every zoom."""
    client = Client(port, {"Accept-Encoding": "gzip"})
    full = _fullest(14, DENSEST)
    areas = sorted({(z, x >> (14 - z), y >> (14 - z)) for z in range(11, 15) for _, x, y in full})
    ours = _asked(client, "areas", areas, asks, rounds)
    rows = [Row(name="tile_areas_p95", unit="ms", rounds=ours, n=len(areas), most=50.0)]
    of_all = [tile for zoom in ZOOMS for tile in _fullest(zoom, OF_EACH)]
    for name, asked in (("tile_facilities_p95", full), ("tile_facilities_zooms_p95", of_all)):
        ours = _asked(client, "facilities", asked, asks, rounds)
        same = _bare_tiles(bare, asked, asks, rounds)
        rows.append(Row(name=name, unit="ms", rounds=ours, bare=same, n=points, most=50.0, goal_n=GOAL_POINTS))
    return rows


def _asked(client: Client, layer: str, asked: Sequence[Tile], asks: int, rounds: int) -> tuple[float, ...]:
    """Ask for tiles of a layer in turn, once to warm up; return the 95th percentile of each round in milliseconds."""
    pages = [partial(client.get, f"/tiles/{layer}/{z}/{x}/{y}.mvt") for z, x, y in asked]
    crowd(CLIENTS, pages, int)
    return rounds_of(rounds, lambda: 1000 * percentile(crowd(CLIENTS, islice(cycle(pages), asks), int)[1], 0.95))


def _bare_tiles(bare: Bare, asked: Sequence[Tile], asks: int, rounds: int) -> tuple[float, ...]:
    """Ask the store what is asked for the same tiles."""
    pages = [statements_of(partial(where.tile, "facilities", *tile)) for tile in asked]
    work = [lambda page=page: ask_again(bare(), page) for page in pages]
    try:
        return rounds_of(rounds, lambda: 1000 * percentile(crowd(CLIENTS, islice(cycle(work), asks), bare)[1], 0.95))
    finally:
        bare.close()


def _fullest(zoom: int, count: int) -> list[Tile]:
    """Return the tiles of a zoom that hold the most facilities."""
    found = records.rows(
        "SELECT morton >> %s FROM facility GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT %s",
        (2 * (morton.ZOOM - zoom), count),
    )
    return [(zoom, *morton.separate(code)) for (code,) in found]
