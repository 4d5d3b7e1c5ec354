"""Terms of the language of forms, compiled into functions."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any, TypeAlias

from zhihai.ground.forms.fields import Computed, DayField, Field, Money, Number
from zhihai.ground.forms.language import (
    All,
    Answer,
    Compare,
    Condition,
    Constant,
    Count,
    Day,
    Filled,
    Is,
    Minus,
    Not,
    Product,
    Quantity,
    Some,
    Sum,
    Total,
    Years,
)
from zhihai.ground.forms.values import day_of, later, years_between

FILLED = ""
"""Beside the answers of a row stands which of them are filled; no field has this id."""
Row: TypeAlias = dict[str, Any]
"""Sound answers by the ids of fields; ``None`` is none, or one that is wrong in itself."""
Test: TypeAlias = Callable[[Row, Row, Collection[str], Collection[str], date], bool | None]
"""Says whether a condition holds, given the form's answers, the row's, which of either are filled, and today."""
Quantities: TypeAlias = Callable[[Row, Row, Collection[str], Collection[str], date], int | None]
Days: TypeAlias = Callable[[Row, Row, Collection[str], Collection[str], date], str | None]
ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, "=": operator.eq, "!=": operator.ne, ">=": operator.ge, ">": operator.gt,
}  # fmt: skip


class Terms:
    """Compiles the terms of one form, whose fields are known by id, and which of them stand in a group."""

    def __init__(self, fields: Mapping[str, Field], group_of: Mapping[str, str]) -> None:
        self._fields, self._group_of = fields, group_of

    def test(self, term: Condition) -> Test:
        """Return a condition as a function."""
        if isinstance(term, All):
            return _all([self.test(one) for one in term.of])
        if isinstance(term, Some):
            return _some([self.test(one) for one in term.of])
        if isinstance(term, Not):
            return _not(self.test(term.of))
        if isinstance(term, Compare):
            return self._compare(term)
        if isinstance(term, Filled):
            return self._filled(term.field)
        return self._one_of(term.field, {term.value} if isinstance(term, Is) else set(term.values))

    def _filled(self, name: str) -> Test:
        if name in self._group_of:
            return lambda top, row, filled, row_filled, today: name in row_filled
        return lambda top, row, filled, row_filled, today: name in filled

    def _one_of(self, name: str, values: Collection[str | bool]) -> Test:
        in_row = name in self._group_of

        def holds(top: Row, row: Row, filled: Collection[str], row_filled: Collection[str], today: date) -> bool | None:
            value = (row if in_row else top).get(name)
            if value is None:
                return None
            if isinstance(value, list):
                return any(one in values for one in value)
            return value in values

        return holds

    def _compare(self, term: Compare) -> Test:
        order = ORDERS[term.by]
        left: Quantities | Days
        right: Quantities | Days
        if self._is_day(term.left):
            left, right = self._day(term.left), self._day(term.right)
        else:
            (left, left_places), (right, right_places) = self.quantity(term.left), self.quantity(term.right)
            both = max(left_places, right_places)
            left, right = _finer(left, both - left_places), _finer(right, both - right_places)

        def holds(top: Row, row: Row, filled: Collection[str], row_filled: Collection[str], today: date) -> bool | None:
            one, other = left(top, row, filled, row_filled, today), right(top, row, filled, row_filled, today)
            return None if one is None or other is None else order(one, other)

        return holds

    def _is_day(self, term: Quantity) -> bool:
        return isinstance(term, Day) or (
            isinstance(term, Answer) and isinstance(self._fields[term.field], DayField)
        )  # fmt: skip

    def _day(self, term: Quantity) -> Days:
        if isinstance(term, Answer):
            return self._get(term.field)
        assert isinstance(term, Day)
        fixed = day_of(term.date)
        if fixed is not None:
            text = later(fixed, term.after).isoformat()
            return lambda top, row, filled, row_filled, today: text
        return lambda top, row, filled, row_filled, today: later(today, term.after).isoformat()

    def _get(self, name: str) -> Callable[[Row, Row, Collection[str], Collection[str], date], Any]:
        if name in self._group_of:
            return lambda top, row, filled, row_filled, today: row.get(name)
        return lambda top, row, filled, row_filled, today: top.get(name)

    def rounded(self, term: Quantity, places: int) -> Quantities:
        """Return a number as a function, rounded half up (away from nought) to so many places."""
        found, given = self.quantity(term)
        if given <= places:
            return _finer(found, places - given)
        step: int = 10 ** (given - places)

        def rounded(
            top: Row, row: Row, filled: Collection[str], row_filled: Collection[str], today: date
        ) -> int | None:
            value = found(top, row, filled, row_filled, today)
            if value is None:
                return None
            whole = (2 * abs(value) + step) // (2 * step)
            return whole if value >= 0 else -whole

        return rounded

    def quantity(self, term: Quantity) -> tuple[Quantities, int]:
        """Return a number as a function, and its places."""
        if isinstance(term, Constant):
            value = term.value
            return (lambda top, row, filled, row_filled, today: value), term.places
        if isinstance(term, Answer):
            return self._get(term.field), _places(self._fields[term.field])
        if isinstance(term, Total):
            return _total(self._group_of[term.field], term.field), _places(self._fields[term.field])
        if isinstance(term, Count):
            return _count(term.field, in_row=term.field in self._group_of), 0
        if isinstance(term, Years):
            return _years(self._get(term.since)), 0
        return self._together(term)

    def _together(self, term: Quantity) -> tuple[Quantities, int]:
        assert isinstance(term, Sum | Minus | Product)
        inner = [self.quantity(one) for one in ((term.left, term.right) if isinstance(term, Minus) else term.of)]
        if isinstance(term, Product):
            return _product([one for one, _ in inner]), sum(places for _, places in inner)
        both = max(places for _, places in inner)
        finer = [_finer(one, both - places) for one, places in inner]
        return _sum(finer, minus=isinstance(term, Minus)), both


def _places(asked: Field) -> int:
    assert isinstance(asked, Number | Money | Computed)
    return asked.places


def _all(tests: list[Test]) -> Test:
    def holds(top: Row, row: Row, filled: Collection[str], row_filled: Collection[str], today: date) -> bool | None:
        found: bool | None = True
        for test in tests:
            one = test(top, row, filled, row_filled, today)
            if one is False:
                return False
            if one is None:
                found = None
        return found

    return holds


def _some(tests: list[Test]) -> Test:
    def holds(top: Row, row: Row, filled: Collection[str], row_filled: Collection[str], today: date) -> bool | None:
        found: bool | None = False
        for test in tests:
            one = test(top, row, filled, row_filled, today)
            if one:
                return True
            if one is None:
                found = None
        return found

    return holds


def _not(test: Test) -> Test:
    def holds(top: Row, row: Row, filled: Collection[str], row_filled: Collection[str], today: date) -> bool | None:
        one = test(top, row, filled, row_filled, today)
        return None if one is None else not one

    return holds


def _finer(found: Quantities, places: int) -> Quantities:
    if not places:
        return found
    factor = 10**places

    def finer(top: Row, row: Row, filled: Collection[str], row_filled: Collection[str], today: date) -> int | None:
        value = found(top, row, filled, row_filled, today)
        return None if value is None else value * factor

    return finer


def _sum(parts: list[Quantities], *, minus: bool) -> Quantities:
    def total(top: Row, row: Row, filled: Collection[str], row_filled: Collection[str], today: date) -> int | None:
        values = [one(top, row, filled, row_filled, today) for one in parts]
        known = [value for value in values if value is not None]
        if len(known) != len(values):
            return None
        return known[0] - known[1] if minus else sum(known)

    return total


def _product(parts: list[Quantities]) -> Quantities:
    def product(top: Row, row: Row, filled: Collection[str], row_filled: Collection[str], today: date) -> int | None:
        made = 1
        for one in parts:
            value = one(top, row, filled, row_filled, today)
            if value is None:
                return None
            made *= value
        return made

    return product


def _total(group: str, name: str) -> Quantities:
    def total(top: Row, row: Row, filled: Collection[str], row_filled: Collection[str], today: date) -> int | None:
        rows = top.get(group)
        if rows is None:
            return None if group in filled else 0
        if any(name in one[FILLED] and one.get(name) is None for one in rows):
            return None
        return sum(one.get(name) or 0 for one in rows)

    return total


def _count(name: str, *, in_row: bool) -> Quantities:
    def count(top: Row, row: Row, filled: Collection[str], row_filled: Collection[str], today: date) -> int | None:
        value = (row if in_row else top).get(name)
        if value is None:
            return None if name in (row_filled if in_row else filled) else 0
        return len(value)

    return count


def _years(get: Callable[..., Any]) -> Quantities:
    def years(top: Row, row: Row, filled: Collection[str], row_filled: Collection[str], today: date) -> int | None:
        since = day_of(get(top, row, filled, row_filled, today))
        return None if since is None else years_between(since, today)

    return years
