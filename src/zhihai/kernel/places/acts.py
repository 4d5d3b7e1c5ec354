"""Writes of the room places: areas, generated grid cells, facilities, the base map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape as shape_of

from zhihai.ground.actors import Actor
from zhihai.ground.geometry import morton
from zhihai.ground.geometry.mending import Note, mend, overlaps
from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.ground.trees import Node, preorder
from zhihai.kernel import records
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.places.locating import forget_locator, locate_many, locator

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

    Invalid polygons are mended and what was done is kept beside the area. Areas of one level may touch; that they
    overlap is told, not refused. Raises ``Refused`` naming the field for an unknown level, parent or shape.
    """
    order = preorder([Node(one.code, one.parent) for one in inputs], field="areas.parent")
    rows, mended = [], []
    for one in inputs:
        if one.level not in LEVELS:
            raise Refused("area_level", f"areas.{one.code}", level=one.level)
        shape, notes = _mended(one)
        if notes:
            mended.append(one.code)
        rows.append(
            (
                one.code, one.level, one.name.zh, one.name.en, *order[one.code], shape,
                records.as_json([{"key": note.key, "facts": note.facts} for note in notes]), one.valid_from,
                one.provenance, records.as_json(one.facts),
            )
        )  # fmt: skip
    with records.atomic():
        _write_areas(rows, [(one.code, one.parent) for one in inputs])
        data = {"n": len(rows), "mended": mended, "overlaps": _overlapping(inputs, rows)}
        journal.record(actor, "places.load_areas", "area", None, data, at=at)
    records.on_commit(forget_locator)
    return tuple(mended)


def _mended(one: AreaInput) -> tuple[bytes | None, tuple[Note, ...]]:
    if one.shape is None:
        return None, ()
    try:
        geometry = shape_of(one.shape)
    except (ValueError, TypeError, KeyError, AttributeError, shapely.errors.ShapelyError) as fault:
        raise Refused("area_shape", f"areas.{one.code}.geometry") from fault
    done = mend(geometry, f"areas.{one.code}.geometry")
    return shapely.to_wkb(done.geometry), done.notes


def _write_areas(rows: list[tuple[Any, ...]], parents: list[tuple[str, str | None]]) -> None:
    for row in rows:
        bounds = None if row[6] is None else _box(shapely.from_wkb(row[6]).bounds)
        records.execute(
            """INSERT INTO area (code, level, name_zh, name_en, lo, hi, shape, mended, valid_from, provenance, facts, bounds)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s::jsonb, %s::box)
               ON CONFLICT (code) DO UPDATE SET level = EXCLUDED.level, name_zh = EXCLUDED.name_zh,
                   name_en = EXCLUDED.name_en, lo = EXCLUDED.lo, hi = EXCLUDED.hi, shape = EXCLUDED.shape,
                   mended = EXCLUDED.mended, facts = EXCLUDED.facts, bounds = EXCLUDED.bounds""",
            (*row, bounds),
        )
    records.execute(
        """UPDATE area a SET parent_id = p.id FROM unnest(%s::text[], %s::text[]) AS t(code, parent)
           JOIN area p ON p.code = t.parent WHERE a.code = t.code""",
        ([code for code, _ in parents], [parent for _, parent in parents]),
    )


def _overlapping(inputs: Sequence[AreaInput], rows: list[tuple[Any, ...]]) -> list[dict[str, object]]:
    """Streets that overlap, in m²: a point there belongs to the first of them."""
    placed = [(one.code, row[6]) for one, row in zip(inputs, rows, strict=True) if one.level == "street" and row[6]]
    found = overlaps([shapely.from_wkb(shape) for _, shape in placed])
    return [{"first": placed[o.first][0], "second": placed[o.second][0], "m2": round(o.area_m2)} for o in found]


def _box(bounds: tuple[float, float, float, float]) -> str:
    west, south, east, north = bounds
    return f"(({east!r},{north!r}),({west!r},{south!r}))"


def load_cells(actor: Actor, *, at: datetime) -> int:
    """Generate the lattice of grid cells where a district has loaded none; returns how many there are now.

    Cells of about 10,000 m², marked synthetic, numbered in blocks 9xx of no named community. A district without
    street boundaries has none.
    """
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
                (str(code), found.areas[street], _box(tuple(box)), "synthetic")
                for code, street, box in zip(lattice.codes.tolist(), lattice.street.tolist(), bounds.tolist(), strict=True)
            ),
        )
        journal.record(actor, "places.load_cells", "grid_cell", None, {"n": len(lattice)}, at=at)
    return len(lattice)


def load_facilities(actor: Actor, inputs: Sequence[FacilityInput], provenance: str, *, at: datetime) -> int:
    """Load facilities in bulk, each put into its street and cell; returns how many were new.

    Raises ``Refused`` naming the first that lies outside every street: nothing is written then.
    """
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

    ``source`` is the attribution that the map shows. Returns how many shapes there are.
    """
    rows = []
    for number, one in enumerate(features):
        try:
            geometry = shape_of(one["geometry"])
        except (ValueError, TypeError, KeyError, AttributeError, shapely.errors.ShapelyError) as fault:
            raise Refused("area_shape", f"{layer}.{number}.geometry") from fault
        facts = one.get("properties") or {}
        rows.append(
            (
                layer, str(facts.get("fclass") or ""), str(facts.get("name") or ""), shapely.to_wkb(geometry),
                _box(geometry.bounds), source,
            )
        )  # fmt: skip
    with records.atomic():
        records.execute("DELETE FROM base_shape WHERE layer = %s", (layer,))
        records.copy_in("COPY base_shape (layer, class, name, shape, bounds, source) FROM STDIN", rows)
        journal.record(actor, "places.load_base_shapes", "base_shape", None, {"layer": layer, "n": len(rows)}, at=at)
    return len(rows)
