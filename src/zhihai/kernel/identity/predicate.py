"""The access predicate: a scope as constants over ranges, so that the planner sees what an index can do."""

from __future__ import annotations

from dataclasses import dataclass

from zhihai.ground.actors import Actor, Grant


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition for a ``WHERE``, with its parameters."""

    sql: str
    params: tuple[object, ...]


NOTHING = Predicate("false", ())
EVERYTHING = Predicate("true", ())


def predicate(
    actor: Actor,
    power: str,
    *,
    org: str = "org_lo",
    area: str = "area_lo",
    type_: str = "type_no",
    role: str | None = None,
) -> Predicate:
    """Turn the grants that hold ``power`` into one condition over three columns.

    ``org`` and ``area`` are columns of preorder numbers, ``type_`` of the case type number. With ``role``, a column,
    only rows asking for the role of the same grant pass: the tasks one does oneself. The system sees everything, an
    actor without a grant nothing. Agrees with ``Scope.covers`` row by row (property test).
    """
    if actor.sort == "system":
        return EVERYTHING
    boxes = [_box(grant, org, area, type_, role) for grant in actor.scope.grants if power in grant.powers]
    if not boxes:
        return NOTHING
    return Predicate(
        "(" + " OR ".join(box.sql for box in boxes) + ")", tuple(param for box in boxes for param in box.params)
    )


def _box(grant: Grant, org: str, area: str, type_: str, role: str | None) -> Predicate:
    """Return the condition of one grant. Its numbers stand in the text: a plan is made for them, and may be kept."""
    sql = f"({org} BETWEEN {grant.org_lo:d} AND {grant.org_hi:d}"
    sql += f" AND {area} BETWEEN {grant.area_lo:d} AND {grant.area_hi:d}"
    if grant.types is not None:
        sql += f" AND {type_} = ANY('{{{','.join(f'{no:d}' for no in sorted(grant.types))}}}'::int[])"
    if role is None:
        return Predicate(f"{sql})", ())
    return Predicate(f"{sql} AND {role} = %s)", (grant.role,))
