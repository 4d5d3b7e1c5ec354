"""The language of forms: conditions and quantities as typed trees, with three truth values.

An answer that is missing, or wrong in itself, makes what is said of it *unknown*: neither true nor false (Kleene's
logic). A field is asked where its condition is true; a rule between answers is broken where it is false.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

By = Literal["<", "<=", "=", "!=", ">=", ">"]


@dataclass(frozen=True, slots=True)
class All:
    """All of these hold (全部满足)."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of these holds (任一满足)."""

    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """This does not hold."""

    of: Condition


@dataclass(frozen=True, slots=True)
class Is:
    """The answer is this option, text, day, or yes or no; of several choices: this one is among them."""

    field: str
    value: str | bool


@dataclass(frozen=True, slots=True)
class OneOf:
    """The answer is one of these; of several choices: one of these is among them."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """Something was answered, right or wrong; never unknown."""

    field: str


@dataclass(frozen=True, slots=True)
class Compare:
    """Two numbers, or two days, stand in this order."""

    left: Quantity
    by: By
    right: Quantity


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a field that is a number, an amount or a day."""

    field: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A number of the smallest step: with two ``places`` 1250 is 12.50, an amount of money is in cents (分)."""

    value: int
    places: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """A day: ``date`` in ISO 8601, or today in the district where there is none; so many days after it."""

    date: str | None = None
    after: int = 0


@dataclass(frozen=True, slots=True)
class Sum:
    """These together."""

    of: tuple[Quantity, ...]


@dataclass(frozen=True, slots=True)
class Minus:
    """The first less the second."""

    left: Quantity
    right: Quantity


@dataclass(frozen=True, slots=True)
class Product:
    """These multiplied; the places of the factors add up."""

    of: tuple[Quantity, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of a field over all rows of its group, rows without an answer left out; 0 of no rows (合计)."""

    field: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows, files or choices there are; 0 where nothing was answered."""

    field: str


@dataclass(frozen=True, slots=True)
class Years:
    """Full years from a day to today in the district: an age (周岁)."""

    since: str


Condition: TypeAlias = All | Some | Not | Is | OneOf | Filled | Compare
Quantity: TypeAlias = Answer | Constant | Day | Sum | Minus | Product | Total | Count | Years
Term: TypeAlias = Condition | Quantity

CONDITIONS = (All, Some, Not, Is, OneOf, Filled, Compare)
QUANTITIES = (Answer, Constant, Day, Sum, Minus, Product, Total, Count, Years)
BYS: tuple[By, ...] = get_args(By)


def parts(term: Term) -> tuple[tuple[str, Term], ...]:
    """Return the terms directly within a term, each with the name under which it stands there."""
    if isinstance(term, All | Some | Sum | Product):
        return tuple((f"of.{place}", one) for place, one in enumerate(term.of))
    if isinstance(term, Not):
        return (("of", term.of),)
    if isinstance(term, Compare | Minus):
        return ("left", term.left), ("right", term.right)
    return ()


def field_of(term: Term) -> str | None:
    """Return the field that a term itself asks for."""
    if isinstance(term, Years):
        return term.since
    return term.field if isinstance(term, Is | OneOf | Filled | Answer | Total | Count) else None


def walk(term: Term, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Term]]:
    """Yield a term and all within it, each with the path that leads to it. It may be as deep as a definition is."""
    left: list[tuple[tuple[str, ...], Term]] = [(path, term)]
    while left:
        here, one = left.pop()
        yield here, one
        left.extend(((*here, *name.split(".")), inner) for name, inner in parts(one))


def fields_in(term: Term | None) -> frozenset[str]:
    """Return every field that a term asks for, anywhere within it."""
    return frozenset(found for _, one in walk(term) if (found := field_of(one)) is not None) if term else frozenset()
