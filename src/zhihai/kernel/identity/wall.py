"""Who may be asked for behind the second wall around people, and the first wall over them."""

from __future__ import annotations

from zhihai.ground.actors import ANY_TYPE, Actor
from zhihai.kernel.predicate import predicate
from zhihai.kernel.wall import PLATFORM


def of_person(person: int) -> str:
    """Return the reader who sees one person and nobody else."""
    return f"person:{person:d}"


def of_own(actor: Actor) -> str:
    """Return the reader who sees the person that an account is tied to."""
    return f"own:{actor.account:d}"


def of_areas(actor: Actor, *powers: str) -> str:
    """Return the reader who sees the people of the areas over which an actor holds one of these powers."""
    if actor.sort == "system":
        return PLATFORM
    ranges = sorted(
        {(one.area_lo, one.area_hi) for one in actor.scope.grants if one.powers & set(powers) and one.types is None}
    )
    return f"areas:{{{','.join(f'[{lo:d},{hi:d}]' for lo, hi in ranges)}}}"


def condition(actor: Actor, power: str) -> str:
    """Return the first wall: the access predicate over ``person``, which lies in an area and is no organisation's."""
    return predicate(actor, power, org=None, area="area_lo", type_=str(ANY_TYPE))
