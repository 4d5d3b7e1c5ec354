"""Areas that change (区划调整): names that no longer hold, places in the tree, and an area that ends in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import shapely

from zhihai.ground.actors import Actor
from zhihai.ground.named import Named
from zhihai.ground.powers import SET_DISTRICT
from zhihai.ground.refusal import Refused
from zhihai.ground.trees import Node, preorder
from zhihai.kernel import records
from zhihai.kernel.journal import acts as journal


def unite_areas(actor: Actor, old: int, new: int, *, at: datetime) -> None:
    """Let an area end in another of its level (并入): its ground belongs to ``new`` from now on.

    What lies in the old area stays there, as history says, and with what was below it comes below the successor:
    whoever has power over the successor's ground has it over all of this. Boundaries are united where both are known,
    so that points are found in the successor, and what is opened for the old area from now on is opened for the
    successor. All in one transaction. Raises ``NotPermitted`` without the power ``district.set`` over the whole
    district, ``Refused`` for an area that is not there or has ended, for two of different levels, and when one would
    end in itself or in one below it.
    """
    actor.need(SET_DISTRICT)
    with records.atomic():
        records.execute("LOCK TABLE area IN SHARE ROW EXCLUSIVE MODE")
        found = {
            row[0]: row for row in records.rows(
                "SELECT id, level, shape, lo, hi FROM area WHERE id = ANY(%s) AND successor_id IS NULL", ([old, new],)
            )
        }  # fmt: skip
        if old not in found or new not in found:
            raise Refused("no_area", "area")
        if found[old][1] != found[new][1] or found[old][3] <= found[new][3] <= found[old][4]:
            raise Refused("area_unlike", "area")
        shapes = [bytes(found[one][2]) for one in (old, new) if found[one][2] is not None]
        if len(shapes) == 2:
            united = shapely.union_all(shapely.from_wkb(shapes))
            records.execute(
                "UPDATE area SET shape = %s, bounds = %s::box WHERE id = %s",
                (shapely.to_wkb(united), box_of(united.bounds), new),
            )
        _end(old, new, at)
        journal.record(actor, "places.unite_areas", "area", old, {"from": old, "to": new}, at=at)


def _end(old: int, new: int, at: datetime) -> None:
    """End an area, and place it and what is below it below its successor."""
    records.execute(
        """UPDATE area SET successor_id = %s, parent_id = %s,
               valid_to = (%s::timestamptz AT TIME ZONE coalesce((SELECT zone FROM district), 'UTC'))::date
           WHERE id = %s""",
        (new, new, at, old),
    )
    records.execute("UPDATE area SET successor_id = %s, parent_id = %s WHERE successor_id = %s", (new, new, old))
    records.execute("UPDATE area SET parent_id = %s WHERE parent_id = %s", (new, old))
    nodes = [Node(*row) for row in records.rows(_NODES)]
    plant(nodes, preorder(nodes, field="areas.parent"))


_NODES = "SELECT a.code, p.code FROM area a LEFT JOIN area p ON p.id = a.parent_id ORDER BY a.lo, a.id"
HEIRS = "SELECT a.code, h.code FROM area a JOIN area h ON h.id = a.successor_id ORDER BY a.lo"
"""What has ended, and what it ended in."""


def plant(nodes: Sequence[Node], order: Mapping[str, tuple[int, int]]) -> None:
    """Write the whole tree in one statement, so that what keeps places follows once; boundaries count as changed."""
    records.execute(
        """UPDATE area a SET parent_id = p.id, lo = t.lo, hi = t.hi
           FROM unnest(%s::text[], %s::text[], %s::int[], %s::int[]) AS t(code, parent, lo, hi)
           LEFT JOIN area p ON p.code = t.parent
           WHERE a.code = t.code AND (a.parent_id, a.lo, a.hi) IS DISTINCT FROM (p.id, t.lo, t.hi)""",
        (
            [node.code for node in nodes], [node.parent for node in nodes], [order[node.code][0] for node in nodes],
            [order[node.code][1] for node in nodes],
        ),
    )  # fmt: skip
    records.execute(
        """UPDATE places_version
           SET version = greatest(version + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)"""
    )


def keep_names(names: Sequence[tuple[str, Named]], at: datetime) -> None:
    """Keep the names that are about to change, each with the instant until which it held."""
    records.execute(
        """INSERT INTO area_name (area_id, until, name_zh, name_en)
           SELECT a.id, %s, a.name_zh, a.name_en FROM unnest(%s::text[], %s::text[], %s::text[]) AS t(code, zh, en)
           JOIN area a ON a.code = t.code WHERE (a.name_zh, a.name_en) <> (t.zh, t.en) ON CONFLICT DO NOTHING""",
        (at, [code for code, _ in names], [name.zh for _, name in names], [name.en for _, name in names]),
    )


def box_of(bounds: tuple[float, float, float, float]) -> str:
    """Return the text of a ``box`` from west, south, east and north."""
    west, south, east, north = bounds
    return f"(({east!r},{north!r}),({west!r},{south!r}))"
