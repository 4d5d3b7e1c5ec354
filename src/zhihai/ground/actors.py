"""Actor, grant and scope: who acts, and over what. Made by identity, passed down to every room."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from zhihai.ground.refusal import NotPermitted

WHOLE = 1
"""The first number of a tree: what is held there is held over the whole tree (全区)."""
ANY_TYPE = -1
"""No case type has this number, so only a grant for all of them covers it."""

ActorSort = Literal["person", "resident", "device", "system", "simulated"]
"""A person on duty, a resident who signed up, a device, the platform itself, a simulated official."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One ``role`` held in an organisation over an area (授权): a box in two trees, for some case types.

    The trees of organisations and areas are numbered in preorder, so that a subtree is a range: ``org_lo`` to
    ``org_hi`` and ``area_lo`` to ``area_hi``, both ends included. ``types`` are case type numbers; ``None`` is all.
    ``membership`` is the row it comes from, 0 for one that nobody gave. ``behalf`` is the account in whose place it is
    held while that one is away (代行), ``None`` for one's own.
    """

    role: str
    org_lo: int
    org_hi: int
    area_lo: int
    area_hi: int
    types: frozenset[int] | None = None
    powers: frozenset[str] = frozenset()
    membership: int = 0
    behalf: int | None = None

    def covers(self, org: int | None, area: int | None, type_: int, power: str) -> bool:
        """Say whether this grant gives ``power`` over a row standing at these places of the trees.

        ``area`` is ``None`` for what an organisation has nowhere in particular: a dataset, a device nobody knows.
        ``org`` is ``None`` for what lies somewhere and is no organisation's: a person.
        """
        return (
            power in self.powers
            and (org is None or self.org_lo <= org <= self.org_hi)
            and (area is None or self.area_lo <= area <= self.area_hi)
            and (self.types is None or type_ in self.types)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """All that an actor may do: the union of grants. The SQL predicate and this naive form must agree."""

    grants: tuple[Grant, ...] = ()

    def has(self, power: str) -> bool:
        """Say whether any grant holds ``power`` somewhere."""
        return any(power in grant.powers for grant in self.grants)

    def covers(self, org: int | None, area: int | None, type_: int, power: str) -> bool:
        """Say whether ``power`` is held over a row at these places: the reference the SQL form is tested against."""
        return any(grant.covers(org, area, type_, power) for grant in self.grants)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts (行为人): an account, a device, the system itself, or a simulated official of a replay.

    ``account`` is the account number, 0 for the system. ``name`` is what people read: a role or a duty, for the
    journal keeps only the number. ``narrowed`` says that a token gives less than the account has: with it one does not
    answer for the account itself.
    """

    account: int
    name: str
    sort: ActorSort = "person"
    scope: Scope = field(default_factory=Scope)
    narrowed: bool = False

    def may(self, power: str) -> bool:
        """Say whether the actor holds ``power`` anywhere; the system holds every power."""
        return self.sort == "system" or self.scope.has(power)

    def may_over(self, power: str, org: int | None = WHOLE, area: int | None = WHOLE, type_: int = ANY_TYPE) -> bool:
        """Say whether the actor holds ``power`` over a place in both trees, by default the whole of them."""
        return self.sort == "system" or self.scope.covers(org, area, type_, power)

    def need(self, power: str, org: int | None = WHOLE, area: int | None = WHOLE, type_: int = ANY_TYPE) -> None:
        """Raise ``NotPermitted`` unless the actor holds ``power`` over a place in both trees, by default the whole."""
        if not self.may_over(power, org, area, type_):
            raise NotPermitted

    def behalf(self, power: str, org: int, area: int, type_: int, role: str | None = None) -> int | None:
        """Return in whose place the actor uses ``power`` there; ``None`` where a grant of one's own suffices.

        With ``role`` only grants of that role count: tasks are done by those who hold it.
        """
        fitting = [
            grant for grant in self.scope.grants if role in (None, grant.role) and grant.covers(org, area, type_, power)
        ]
        if any(grant.behalf is None for grant in fitting):
            return None
        return min((grant.behalf for grant in fitting if grant.behalf is not None), default=None)


SYSTEM = Actor(account=0, name="system", sort="system")
