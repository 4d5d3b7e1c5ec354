"""Mending of published boundaries that cross or touch themselves, and telling what was done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from zhihai.ground.refusal import Refused

REASON = re.compile(r"(?P<fault>[^\[]+)\[(?P<lon>\S+) (?P<lat>[^\s\]]+)[^\]]*\]")
FAULTS = {
    "Self-intersection": "crosses_itself",
    "Ring Self-intersection": "touches_itself",
    "Hole lies outside shell": "hole_outside",
    "Nested shells": "part_within_part",
    "Holes are nested": "hole_within_hole",
    "Interior is disconnected": "falls_apart",
    "Too few points in geometry component": "too_few_points",
}

# Corners that rounding puts off their line can leave one crossing behind (3 % of random tangles of a few corners);
# a second round mended all of 5,800 such.
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence about one shape: its words key and what fills it."""

    key: str
    facts: dict[str, object]


@dataclass(frozen=True, slots=True)
class Mended:
    """A valid polygon or several, and what was done to make it so: no notes when it was valid as it came."""

    geometry: BaseGeometry
    notes: tuple[Note, ...] = ()


def mend(geometry: BaseGeometry, field: str | None = None) -> Mended:
    """Return the polygon or multi-polygon made valid, with notes in the order: what was found, what was made of it.

    Rings that cross or touch themselves become parts of their own; what is enclosed stays enclosed, overlapping parts
    are joined, a hole outside its ring becomes a part, and pieces without area (lines, points) are dropped.
    ``geometry`` is in degrees of WGS 84; areas in the notes are geodesic, in m². Raises ``Refused`` naming the input
    ``field``: ``area_not_polygon`` for another sort of shape, ``area_not_on_earth`` for coordinates that are not finite
    or not degrees, ``area_empty`` when nothing with an area is left, ``area_beyond_mending`` when it stays invalid.
    """
    if geometry.geom_type not in ("Polygon", "MultiPolygon"):
        raise Refused("area_not_polygon", field, given=geometry.geom_type)
    corners = shapely.get_coordinates(geometry)
    if not ((abs(corners[:, 0]) <= 180.0) & (abs(corners[:, 1]) <= 90.0)).all():
        raise Refused("area_not_on_earth", field)
    geometry = shapely.force_2d(geometry)
    mended = geometry if geometry.is_valid else _made_valid(geometry)
    if mended.is_empty:
        raise Refused("area_empty", field)
    if not mended.is_valid:
        raise Refused("area_beyond_mending", field)
    return Mended(mended) if mended is geometry else Mended(mended, (_found(geometry), _made(geometry, mended)))


def _made_valid(geometry: BaseGeometry) -> BaseGeometry:
    mended = geometry
    for _ in range(ROUNDS):
        if not mended.is_valid:
            mended = shapely.make_valid(mended, method="structure", keep_collapsed=False)
    if mended.is_empty:
        # A ring that runs along one edge three times is lost above; built anew from its lines it is found.
        pieces = shapely.get_parts(shapely.get_parts(shapely.make_valid(geometry, method="linework")))
        mended = shapely.union_all(pieces[shapely.get_dimensions(pieces) == 2])
    return mended


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two areas of a sequence that share ground: their indices, the lower first, and how much in m²."""

    first: int
    second: int
    area_m2: float


def overlaps(areas: Sequence[BaseGeometry], above_m2: float = 1.0) -> tuple[Overlap, ...]:
    """Return the pairs of valid areas that share more than ``above_m2``: neighbours' boundaries seldom fit exactly.

    The words are ``geometry.overlap``; a point there belongs to the area with the lower index.
    """
    if not areas:
        return ()
    tree = shapely.STRtree(areas)
    pairs = sorted((a, b) for a, b in tree.query(areas, predicate="intersects").T.tolist() if a < b)
    shared = (Overlap(a, b, area_m2(shapely.intersection(areas[a], areas[b]))) for a, b in pairs)
    return tuple(overlap for overlap in shared if overlap.area_m2 > above_m2)


def area_m2(geometry: BaseGeometry) -> float:
    """Return the area of a shape in degrees on the WGS 84 ellipsoid, in m²."""
    flat = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
    geod = Geod(ellps="WGS84")
    return float(sum(geod.geometry_area_perimeter(shapely.orient_polygons(part))[0] for part in flat))


def _found(geometry: BaseGeometry) -> Note:
    match = REASON.fullmatch(shapely.is_valid_reason(geometry))
    if match is None or match["fault"] not in FAULTS:
        return Note("geometry.found.other", {})
    return Note(f"geometry.found.{FAULTS[match['fault']]}", {"lon": float(match["lon"]), "lat": float(match["lat"])})


def _made(before: BaseGeometry, after: BaseGeometry) -> Note:
    facts = {
        "parts_before": shapely.get_num_geometries(before).item(),
        "parts_after": shapely.get_num_geometries(after).item(),
        "area_before": round(area_m2(before)),
        "area_after": round(area_m2(after)),
    }
    return Note("geometry.made", facts)
