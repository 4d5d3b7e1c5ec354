"""Reorganisation (机构改革): names, places in the tree, what one organisation takes over from another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from zhihai.ground.actors import Actor
from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.ground.trees import Node, preorder
from zhihai.kernel import records
from zhihai.kernel.identity.kinds import GRANT_ROLES, SET_DISTRICT
from zhihai.kernel.journal import acts as journal

Posts = Literal["follow", "end"]
"""What becomes of those who hold roles in an organisation that ends: they go along, or their roles end with it."""


def succeed(
    actor: Actor, old: int, new: int, cause: str, *, at: datetime, kinds: Iterable[str] | None = None,
    posts: Posts = "follow",
) -> None:  # fmt: skip
    """Let ``new`` take over from ``old`` (承接): duties, open tasks and open cases, each with an entry of its own.

    Without ``kinds`` the old organisation ends: its devices and data sets go over too, its subordinates and itself are
    placed below the successor, and what is closed stays with it: whoever has power over the successor may read it.
    With ``kinds``, full names of case kinds, only those go over and the old one remains, so that one may be split. All
    in one transaction; cases wait meanwhile. ``posts`` says whether those who hold roles in it from now on hold them in
    the successor. Raises ``NotPermitted`` without the power ``district.set`` over the whole district, and without
    ``role.grant`` where posts go over; ``Refused`` without a cause, for an organisation that is not there or has ended,
    and when one would take over from itself or from what stands above it.
    """
    actor.need(SET_DISTRICT)
    ends = kinds is None
    if ends and posts == "follow":
        actor.need(GRANT_ROLES)
    if not cause.strip():
        raise Refused("cause_needed", "cause")
    with records.atomic():
        records.execute("LOCK TABLE organisation, membership IN SHARE ROW EXCLUSIVE MODE")
        _refuse_wrong(old, new, ends=ends)
        records.execute(
            """INSERT INTO succession (old_id, new_id, kinds, ends, cause, at, actor, sort)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
            (old, new, None if kinds is None else sorted(kinds), ends, cause.strip(), at, actor.account, actor.sort),
        )
        moved = _end(actor, old, new, posts, at) if ends else 0
        data = {"from": old, "to": new, "ends": ends, "posts": moved if posts == "follow" else 0}
        journal.record(actor, "identity.succeed", "organisation", old, data, at=at)


def _refuse_wrong(old: int, new: int, *, ends: bool) -> None:
    found = {
        row[0]: row for row in records.rows(
            "SELECT id, lo, hi FROM organisation WHERE id = ANY(%s) AND successor_id IS NULL", ([old, new],)
        )
    }  # fmt: skip
    if old not in found or new not in found:
        raise Refused("no_organisation", "organisation")
    if old == new or (ends and found[old][1] <= found[new][1] <= found[old][2]):
        raise Refused("successor_below", "organisation")


def _end(actor: Actor, old: int, new: int, posts: Posts, at: datetime) -> int:
    """End an organisation, place it below its successor, and return how many roles ended in it."""
    records.execute(
        """UPDATE organisation SET successor_id = %s, parent_id = %s,
               valid_to = (%s::timestamptz AT TIME ZONE coalesce((SELECT zone FROM district), 'UTC'))::date
           WHERE id = %s""",
        (new, new, at, old),
    )
    records.execute(
        "UPDATE organisation SET successor_id = %s, parent_id = %s WHERE successor_id = %s", (new, new, old)
    )
    records.execute("UPDATE organisation SET parent_id = %s WHERE parent_id = %s", (new, old))
    nodes = [Node(*row) for row in records.rows(_NODES)]
    plant(nodes, preorder(nodes, field="organisations.parent"))
    if posts == "follow":
        for delegated in (False, True):  # a deputy follows when the one whose place it is has followed
            records.execute(
                _FOLLOW.format(heir="n.id" if delegated else "NULL", null="NOT NULL" if delegated else "NULL"),
                (new, at, actor.account, old, at),
            )
    return records.execute(
        """UPDATE membership SET valid_to = greatest(%s, valid_from), ended_by = %s
           WHERE organisation_id = %s AND ended_by IS NULL AND (valid_to IS NULL OR valid_to > %s)""",
        (at, actor.account, old, at),
    )


_FOLLOW = """INSERT INTO membership (account_id, role, organisation_id, area_id, types, valid_from, valid_to,
        granted_by, confirmed_by, ground, batch, follows, delegated_from)
    SELECT m.account_id, m.role, %s, m.area_id, m.types, greatest(m.valid_from, %s), m.valid_to, %s, m.confirmed_by,
        m.ground, m.batch, m.id, {heir}
    FROM membership m LEFT JOIN membership n ON n.follows = m.delegated_from
    WHERE m.organisation_id = %s AND m.ended_by IS NULL AND (m.valid_to IS NULL OR m.valid_to > %s)
        AND m.delegated_from IS {null} AND (m.delegated_from IS NULL OR n.id IS NOT NULL)
    ORDER BY m.id"""


_NODES = "SELECT o.code, p.code FROM organisation o LEFT JOIN organisation p ON p.id = o.parent_id ORDER BY o.lo, o.id"


def plant(nodes: Sequence[Node], order: Mapping[str, tuple[int, int]]) -> None:
    """Write the whole tree in one statement: rooms above follow once, not once for each organisation."""
    records.execute(
        """UPDATE organisation o SET parent_id = p.id, lo = t.lo, hi = t.hi
           FROM unnest(%s::text[], %s::text[], %s::int[], %s::int[]) AS t(code, parent, lo, hi)
           LEFT JOIN organisation p ON p.code = t.parent
           WHERE o.code = t.code AND (o.parent_id, o.lo, o.hi) IS DISTINCT FROM (p.id, t.lo, t.hi)""",
        (
            [node.code for node in nodes], [node.parent for node in nodes], [order[node.code][0] for node in nodes],
            [order[node.code][1] for node in nodes],
        ),
    )  # fmt: skip


def keep_names(names: Sequence[tuple[str, Named]], at: datetime) -> None:
    """Keep the names that are about to change, each with the instant until which it held."""
    records.execute(
        """INSERT INTO organisation_name (organisation_id, until, name_zh, name_en)
           SELECT o.id, %s, o.name_zh, o.name_en FROM unnest(%s::text[], %s::text[], %s::text[]) AS t(code, zh, en)
           JOIN organisation o ON o.code = t.code WHERE (o.name_zh, o.name_en) <> (t.zh, t.en)
           ON CONFLICT DO NOTHING""",
        (at, [code for code, _ in names], [name.zh for _, name in names], [name.en for _, name in names]),
    )
