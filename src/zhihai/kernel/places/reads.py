"""Where is it, what stands there: questions about areas, cells, facilities, tiles and features."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from zhihai.ground.named import FormerNames, Named, former_names, name_then
from zhihai.ground.refusal import NotFound
from zhihai.kernel import records
from zhihai.kernel.places.featuring import COLLECTIONS, FeaturePage, feature, features
from zhihai.kernel.places.locating import Places, locate_many, locator
from zhihai.kernel.places.tiling import LAYERS, sources, tile

__all__ = [
    "COLLECTIONS",
    "LAYERS",
    "Area",
    "FeaturePage",
    "Place",
    "Places",
    "area",
    "area_by_code",
    "areas",
    "feature",
    "features",
    "locate",
    "locate_many",
    "sources",
    "tile",
]


@dataclass(frozen=True, slots=True)
class Area:
    """An area of the tree district › street › community; ``bounds`` are west, south, east, north in degrees."""

    id: int
    code: str
    level: str
    name: Named
    parent: int | None
    lo: int
    hi: int
    bounds: tuple[float, float, float, float] | None
    mended: tuple[dict[str, Any], ...]
    valid_from: date | None
    valid_to: date | None
    provenance: str
    facts: dict[str, Any]
    former: FormerNames

    def named(self, at: datetime | None) -> Named:
        """Return the name it had at ``at`` (district time); ``None`` is now."""
        return name_then(self.name, self.former, at)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a point lies: its street and its cell; ``community`` ``None`` is unknown, while no boundary is loaded."""

    area: Area | None
    cell: str | None
    community: Area | None = None


_AREA = """SELECT id, code, level, name_zh, name_en, parent_id, lo, hi, (bounds[1])[0], (bounds[1])[1], (bounds[0])[0],
    (bounds[0])[1], mended, valid_from, valid_to, provenance, facts,
    (SELECT json_agg(json_build_array(n.until, n.name_zh, n.name_en) ORDER BY n.until)
     FROM area_name n WHERE n.area_id = area.id) FROM area"""


def _area(row: records.Row) -> Area:
    return Area(
        row[0],
        row[1],
        row[2],
        Named(row[3], row[4]),
        row[5],
        row[6],
        row[7],
        None if row[8] is None else (row[8], row[9], row[10], row[11]),
        tuple(records.json_list(row[12])),
        row[13],
        row[14],
        row[15],
        records.json_object(row[16]),
        former_names(records.json_list(row[17] or "[]")),
    )


def areas(level: str | None = None, *, above: str | None = None) -> tuple[Area, ...]:
    """Return the areas of a level, or all but those of the level ``above`` names, in order of the tree."""
    found = records.rows(
        f"{_AREA} WHERE (%s::text IS NULL OR level = %s) AND level IS DISTINCT FROM %s ORDER BY lo",
        (level, level, above),
    )
    return tuple(_area(row) for row in found)


def area_names(*, above: str) -> dict[int, Named]:
    """Return what the areas are called now, all but those of the level ``above`` names, in order of the tree."""
    found = records.rows("SELECT id, name_zh, name_en FROM area WHERE level <> %s ORDER BY lo", (above,))
    return {id_: Named(zh, en) for id_, zh, en in found}


_SOURCES = """
WITH RECURSIVE layers AS (
    (SELECT b.layer, b.source FROM base_shape b ORDER BY b.layer, b.id LIMIT 1)
    UNION ALL
    SELECT n.layer, n.source FROM layers l CROSS JOIN LATERAL (
        SELECT b.layer, b.source FROM base_shape b WHERE b.layer > l.layer ORDER BY b.layer, b.id LIMIT 1) n)
SELECT DISTINCT source FROM layers WHERE source <> '' ORDER BY source
"""


def base_sources() -> tuple[str, ...]:
    """Return whom a map has to name for its base (roads, buildings): the source of each layer that is loaded."""
    return tuple(source for (source,) in records.rows(_SOURCES))


def area(id_: int) -> Area:
    """Return one area; raises ``NotFound``."""
    row = records.one(f"{_AREA} WHERE id = %s", (id_,))
    if row is None:
        raise NotFound("no_area", "area")
    return _area(row)


def area_by_code(code: str) -> Area:
    """Return the area with this code; raises ``NotFound``."""
    row = records.one(f"{_AREA} WHERE code = %s", (code,))
    if row is None:
        raise NotFound("no_area", "area")
    return _area(row)


def locate(lon: float, lat: float) -> Place:
    """Return where a point in degrees of WGS 84 lies, in one call; outside the district everything is ``None``."""
    found = locator()
    street = None if found is None else found.streets.area_at(lon, lat)
    if found is None or street is None:
        return Place(None, None)
    block = None if found.blocks is None else found.blocks.area_at(lon, lat)
    community = None if block is None else area(found.communities[block])
    return Place(area(found.areas[street]), found.lattice.cell_at(lon, lat), community)
