"""Actor, grant and scope: who acts, and over what. Made by identity, passed down to every room."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

ActorSort = Literal["person", "device", "system", "simulated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One ``role`` held in an organisation over an area (授权): a box in two trees, for some case types.

    The trees of organisations and areas are numbered in preorder, so that a subtree is a range: ``org_lo`` to
    ``org_hi`` and ``area_lo`` to ``area_hi``, both ends included. ``types`` are case type numbers; ``None`` is all.
    """

    role: str
    org_lo: int
    org_hi: int
    area_lo: int
    area_hi: int
    types: frozenset[int] | None = None
    powers: frozenset[str] = frozenset()

    def covers(self, org: int, area: int, type_: int, power: str) -> bool:
        """Say whether this grant gives ``power`` over a row standing at these places of the trees."""
        return (
            power in self.powers
            and self.org_lo <= org <= self.org_hi
            and self.area_lo <= area <= self.area_hi
            and (self.types is None or type_ in self.types)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """All that an actor may do: the union of grants. The SQL predicate and this naive form must agree."""

    grants: tuple[Grant, ...] = ()

    def has(self, power: str) -> bool:
        """Say whether any grant holds ``power`` somewhere."""
        return any(power in grant.powers for grant in self.grants)

    def covers(self, org: int, area: int, type_: int, power: str) -> bool:
        """Say whether ``power`` is held over a row at these places: the reference the SQL form is tested against."""
        return any(grant.covers(org, area, type_, power) for grant in self.grants)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts (行为人): an account, a device, the system itself, or a simulated official of a replay.

    ``account`` is the account number, 0 for the system. ``name`` is what people read: a role or a duty, for the
    journal keeps only the number.
    """

    account: int
    name: str
    sort: ActorSort = "person"
    scope: Scope = field(default_factory=Scope)

    def may(self, power: str) -> bool:
        """Say whether the actor holds ``power`` anywhere; the system holds every power."""
        return self.sort == "system" or self.scope.has(power)


SYSTEM = Actor(account=0, name="system", sort="system")
