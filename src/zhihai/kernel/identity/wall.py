"""The second wall around people: each question says whose rows it is about, and the store shows no others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from zhihai.ground.actors import ANY_TYPE, Actor
from zhihai.kernel import records
from zhihai.kernel.identity.predicate import predicate

PLATFORM = "platform"


@contextmanager
def seeing(reader: str) -> Iterator[None]:
    """Ask in one transaction for ``reader``: ``person:7``, ``own:12``, ``areas:{[2,9]}``, or the platform's own work.

    Within another transaction what was said before is said again at the end; else it ends with the transaction.
    """
    inner = records.within_transaction()
    with records.atomic():
        was = _say(reader)
        yield
        if inner:
            _say(was)


@contextmanager
def turning_to(reader: str) -> Iterator[None]:
    """Ask for another reader within :func:`seeing`, which undoes all when the block raises."""
    was = _say(reader)
    yield
    _say(was)


def _say(reader: str) -> str:
    return str(records.value("SELECT zh_read_as(%s)", (reader,)))


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
