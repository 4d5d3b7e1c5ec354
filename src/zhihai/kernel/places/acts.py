"""Writes of the room places: areas, generated grid cells, facilities, the base map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape as shape_of

from zhihai.ground.actors import Actor
from zhihai.ground.geometry import morton
from zhihai.ground.geometry.mending import Mended, Note, mend, overlaps
from zhihai.ground.named import Named
from zhihai.ground.powers import SET_DISTRICT
from zhihai.ground.refusal import Conflict, Refused
from zhihai.ground.trees import Node, preorder
from zhihai.kernel import records
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.places.locating import locate_many, locator
from zhihai.kernel.places.uniting import HEIRS, box_of, keep_names, plant, unite_areas

__all__ = [
    "LEVELS", "AreaInput", "FacilityInput", "load_areas", "load_base_shapes", "load_cells", "load_facilities",
    "unite_areas",
]  # fmt: skip

LEVELS = ("district", "street", "community")


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaInput:
    """An area as a district's folder gives it; ``shape`` is a GeoJSON geometry in WGS 84, ``None`` where unknown."""

    code: str
    level: str
    parent: str | None
    name: Named
    shape: Mapping[str, Any] | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    valid_from: date | None = None
    provenance: str = "real"


@dataclass(frozen=True, slots=True)
class FacilityInput:
    """A thing that stands somewhere (部件): ``kind`` is its component class, ``code`` its 16-digit code."""

    kind: str
    code: str
    lon: float
    lat: float
    name: str = ""


def load_areas(actor: Actor, inputs: Sequence[AreaInput], *, at: datetime) -> tuple[str, ...]:
    """Load or renew the tree of areas; returns the codes of those whose boundary had to be mended.

    A name that changes is kept with the instant until which it held, and what has ended stays below its successor,
    whatever is given of it. Invalid polygons are mended. What was done is kept beside the area, and so is where a
    street overlaps another: a point there belongs to the first of the two. Raises ``NotPermitted`` without the power
    ``district.set`` over the whole district, ``Refused`` naming the field for an unknown level, parent or shape, and
    for an area that exists and is left out: its place in the tree would then be another's; ``Conflict`` when areas are
    united meanwhile.
    """
    actor.need(SET_DISTRICT)
    heirs = {row[0]: row[1] for row in records.rows(HEIRS)}
    inputs = [replace(one, parent=heirs.get(one.parent or "", one.parent)) for one in inputs if one.code not in heirs]
    nodes = [*(Node(one.code, one.parent) for one in inputs), *(Node(*pair) for pair in heirs.items())]
    order = preorder(nodes, field="areas.parent")
    shapes: dict[str, bytes] = {}
    notes: dict[str, list[Note]] = {}
    for one in inputs:
        if one.level not in LEVELS:
            raise Refused("area_level", f"areas.{one.code}", level=one.level)
        done = _mended(one)
        if done is not None:
            shapes[one.code], notes[one.code] = shapely.to_wkb(done.geometry), list(done.notes)
    mended = tuple(code for code, said in notes.items() if said)
    overlapping = _overlapping(sorted(inputs, key=lambda one: order[one.code]), shapes)
    for note in overlapping:
        notes[str(note.facts["first"])].append(note)
        notes[str(note.facts["second"])].append(note)
    with records.atomic():
        records.execute("LOCK TABLE area IN SHARE ROW EXCLUSIVE MODE")
        if heirs != {row[0]: row[1] for row in records.rows(HEIRS)}:
            raise Conflict("tree_moved_on", "areas")
        _refuse_left_out(inputs)
        keep_names([(one.code, one.name) for one in inputs], at)
        _write_areas(inputs, order, shapes, notes)
        plant(nodes, order)
        data = {"n": len(inputs), "mended": mended, "overlaps": [note.facts for note in overlapping]}
        journal.record(actor, "places.load_areas", "area", None, data, at=at)
    return mended


def _refuse_left_out(inputs: Sequence[AreaInput]) -> None:
    left_out = records.value(
        "SELECT code FROM area WHERE code <> ALL(%s) AND successor_id IS NULL ORDER BY code LIMIT 1",
        ([one.code for one in inputs],),
    )
    if left_out is not None:
        raise Refused("tree_left_out", "areas", code=left_out)


def _mended(one: AreaInput) -> Mended | None:
    if one.shape is None:
        return None
    field = f"areas.{one.code}.geometry"
    try:
        geometry = shape_of(one.shape)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, shapely.errors.ShapelyError) as fault:
        raise Refused("area_shape", field) from fault
    return mend(geometry, field)


def _write_areas(
    inputs: Sequence[AreaInput], order: Mapping[str, tuple[int, int]], shapes: Mapping[str, bytes],
    notes: Mapping[str, list[Note]],
) -> None:  # fmt: skip
    for one in inputs:
        shape = shapes.get(one.code)
        told = [{"key": note.key, "facts": note.facts} for note in notes.get(one.code, ())]
        records.execute(
            """INSERT INTO area (code, level, name_zh, name_en, lo, hi, shape, mended, valid_from, provenance, facts,
                   bounds)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s::jsonb, %s::box)
               ON CONFLICT (code) DO UPDATE SET level = EXCLUDED.level, name_zh = EXCLUDED.name_zh,
                   name_en = EXCLUDED.name_en, shape = EXCLUDED.shape,
                   mended = EXCLUDED.mended, valid_from = EXCLUDED.valid_from, provenance = EXCLUDED.provenance,
                   facts = EXCLUDED.facts, bounds = EXCLUDED.bounds""",
            (
                one.code, one.level, one.name.zh, one.name.en, *order[one.code], shape, records.as_json(told),
                one.valid_from, one.provenance, records.as_json(one.facts),
                None if shape is None else box_of(shapely.from_wkb(shape).bounds),
            ),
        )  # fmt: skip


def _overlapping(inputs: Sequence[AreaInput], shapes: Mapping[str, bytes]) -> list[Note]:
    """Streets that overlap, in order of the tree: a point there belongs to the first of them."""
    placed = [one.code for one in inputs if one.level == "street" and one.code in shapes]
    found = overlaps([shapely.from_wkb(shapes[code]) for code in placed])
    return [
        Note("geometry.overlap", {"first": placed[o.first], "second": placed[o.second], "area": round(o.area_m2)})
        for o in found
    ]


def load_cells(actor: Actor, *, at: datetime) -> int:
    """Generate the lattice of grid cells where a district has loaded none; returns how many there are now.

    Cells of about 10,000 m², marked synthetic, numbered in blocks 9xx of no named community. A district without
    street boundaries has none. Raises ``NotPermitted`` without the power ``district.set`` over the whole district.
    """
    actor.need(SET_DISTRICT)
    found = locator()
    if found is None:
        return 0
    lattice = found.lattice
    shapes = lattice.shapes()
    bounds = shapely.bounds(shapes)
    with records.atomic():
        if records.one("SELECT 1 FROM grid_cell LIMIT 1"):
            return int(records.value("SELECT count(*) FROM grid_cell"))
        records.copy_in(
            "COPY grid_cell (code, area_id, bounds, provenance) FROM STDIN",
            (
                (str(code), found.areas[street], box_of(tuple(box)), "synthetic")
                for code, street, box in zip(
                    lattice.codes.tolist(), lattice.street.tolist(), bounds.tolist(), strict=True
                )
            ),
        )
        journal.record(actor, "places.load_cells", "grid_cell", None, {"n": len(lattice)}, at=at)
    return len(lattice)


def load_facilities(actor: Actor, inputs: Sequence[FacilityInput], provenance: str, *, at: datetime) -> int:
    """Load facilities in bulk, each put into its street and cell; returns how many were new.

    Raises ``NotPermitted`` without the power ``district.set`` over the whole district, ``Refused`` naming the first
    that lies outside every street: nothing is written then.
    """
    actor.need(SET_DISTRICT)
    if not inputs:
        return 0
    lon = np.array([one.lon for one in inputs], dtype=np.float64)
    lat = np.array([one.lat for one in inputs], dtype=np.float64)
    codes = morton.codes_at(lon, lat)
    places = locate_many(lon, lat)
    outside = np.flatnonzero(places.areas == 0)
    if len(outside):
        raise Refused("place_outside", f"facilities.{outside[0]}", code=inputs[outside[0]].code)
    los = {row[0]: row[1] for row in records.rows("SELECT id, lo FROM area WHERE level = 'street'")}
    with records.atomic():
        records.execute("CREATE TEMP TABLE facility_in (LIKE facility INCLUDING DEFAULTS) ON COMMIT DROP")
        records.execute("ALTER TABLE facility_in ALTER id DROP IDENTITY IF EXISTS, ALTER id DROP NOT NULL")
        records.copy_in(
            "COPY facility_in (kind, code, name, area_id, area_lo, cell, morton, provenance) FROM STDIN",
            (
                (one.kind, one.code, one.name, area, los[area], str(cell), code, provenance)
                for one, area, cell, code in zip(
                    inputs, places.areas.tolist(), places.cells.tolist(), codes.tolist(), strict=True
                )
            ),
        )
        new = records.execute(
            """INSERT INTO facility (kind, code, name, area_id, area_lo, cell, morton, provenance)
               SELECT kind, code, name, area_id, area_lo, cell, morton, provenance FROM facility_in
               ON CONFLICT (code) DO NOTHING"""
        )
        records.execute("DROP TABLE facility_in")
        journal.record(actor, "places.load_facilities", "facility", None, {"n": new, "provenance": provenance}, at=at)
    return new


def load_base_shapes(
    actor: Actor, layer: str, features: Iterable[Mapping[str, Any]], source: str, *, at: datetime
) -> int:
    """Load a layer of the base map (roads, buildings) from GeoJSON features, in place of what it had.

    ``source`` is the attribution that the map shows. Returns how many shapes there are. Raises ``NotPermitted`` without
    the power ``district.set`` over the whole district.
    """
    actor.need(SET_DISTRICT)
    rows = []
    for number, one in enumerate(features):
        try:
            geometry = shape_of(one["geometry"])
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, shapely.errors.ShapelyError) as fault:
            raise Refused("area_shape", f"{layer}.{number}.geometry") from fault
        facts = one.get("properties") or {}
        rows.append(
            (
                layer,
                str(facts.get("fclass") or ""),
                str(facts.get("name") or ""),
                shapely.to_wkb(geometry),
                box_of(geometry.bounds),
                source,
            )
        )
    with records.atomic():
        records.execute("DELETE FROM base_shape WHERE layer = %s", (layer,))
        records.copy_in("COPY base_shape (layer, class, name, shape, bounds, source) FROM STDIN", rows)
        journal.record(actor, "places.load_base_shapes", "base_shape", None, {"layer": layer, "n": len(rows)}, at=at)
    return len(rows)
