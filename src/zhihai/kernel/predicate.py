"""The access predicate: a scope as constants in a condition, so that the planner sees what an index can do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import prod

from zhihai.ground.actors import Actor, Grant

NAMED = re.compile(r"[a-z0-9_.]+")
"""The names of roles, which stand in the text of a condition."""
MOST_KEYS = 500
"""A grant that stands for at most so many places in both trees is written out as keys, a wider one as ranges.

Keys let an index on all three columns be entered at each place; a range ends what the columns behind it can do.
Measured on 200,000 open tasks, five mixed grants: 1.7 ms against 6.0 ms on PostgreSQL 15, no difference on 18, which
skips (decision 0016).
"""


NOTHING = "false"
EVERYTHING = "true"


def predicate(
    actor: Actor,
    power: str,
    *,
    org: str | None = "org_lo",
    area: str | None = "area_lo",
    type_: str = "type_no",
    role: str | None = None,
    most_keys: int = MOST_KEYS,
) -> str:
    """Turn the grants that hold ``power`` into one condition over three columns, for a ``WHERE``; it has no parameters.

    ``org`` and ``area`` are columns of preorder numbers, ``type_`` of the case type number; ``org`` is ``None`` for
    rows that are no organisation's, such as people, ``area`` for what an organisation has nowhere in particular. With
    ``role``, a column, only rows asking for the role of the same grant pass: the tasks one does oneself. Each grant
    takes the form that suits it: keys where it stands for at most ``most_keys`` places, else ranges; both let the same
    rows pass. The system sees everything, an actor without a grant nothing. Agrees with ``Scope.covers`` row by row
    (property test).
    """
    if actor.sort == "system":
        return EVERYTHING
    boxes: dict[str, list[str]] = {}
    for grant in actor.scope.grants:
        if power in grant.powers:
            boxes.setdefault(grant.role if role else "", []).append(_box(grant, org, area, type_, most_keys))
    if not boxes:
        return NOTHING
    # The role stands outside what its grants cover: so an index that it leads is seen.
    by_role = (f"({_role(role, name)}({' OR '.join(found)}))" for name, found in boxes.items())
    return f"({' OR '.join(by_role)})"


def _role(column: str | None, name: str) -> str:
    if column is None:
        return ""
    if not NAMED.fullmatch(name):
        raise ValueError(f"role {name!r} is no name of a kind")
    return f"{column} = '{name}' AND "


def _box(grant: Grant, org: str | None, area: str | None, type_: str, most_keys: int) -> str:
    """Return the condition of one grant. Its numbers stand in the text: a plan is made for them, and may be kept."""
    offices, grounds = range(grant.org_lo, grant.org_hi + 1), range(grant.area_lo, grant.area_hi + 1)
    asked = [(column, numbers) for column, numbers in ((org, offices), (area, grounds)) if column is not None]
    form = _keys if prod(len(numbers) for _, numbers in asked) <= most_keys else _range
    parts = [form(column, numbers) for column, numbers in asked]
    if grant.types is not None:
        parts.append(_keys(type_, sorted(grant.types)))
    return f"({' AND '.join(parts)})"


def _range(column: str, numbers: range) -> str:
    return f"{column} BETWEEN {numbers.start:d} AND {numbers.stop - 1:d}"


def _keys(column: str, numbers: Iterable[int]) -> str:
    return f"{column} = ANY('{{{','.join(f'{number:d}' for number in numbers)}}}'::int[])"
