"""Definitions of forms as JSON, and back: the same dataclasses, whoever wrote them.

An object of a field or a term names its ``sort``; what is left out has its default. What does not fit is told with the
path to it.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from functools import cache
from typing import Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from zhihai.ground.forms import fields as field_sorts
from zhihai.ground.forms import language
from zhihai.ground.forms.soundness import Flaw, Path

T = TypeVar("T")

FIELDS: Mapping[str, type[field_sorts.Field]] = {
    "text": field_sorts.Text, "number": field_sorts.Number, "money": field_sorts.Money, "day": field_sorts.DayField,
    "choice": field_sorts.Choice, "choices": field_sorts.Choices, "yes_no": field_sorts.YesNo,
    "citizen_number": field_sorts.CitizenNumber, "credit_code": field_sorts.CreditCode, "phone": field_sorts.Phone,
    "email": field_sorts.Email, "address": field_sorts.Address, "files": field_sorts.Files,
    "declaration": field_sorts.Declaration, "computed": field_sorts.Computed, "group": field_sorts.Group,
}  # fmt: skip
"""The sorts of fields by the name they have in a definition."""
CONDITIONS: Mapping[str, type] = {
    "all": language.All, "any": language.Some, "not": language.Not, "is": language.Is, "one_of": language.OneOf,
    "filled": language.Filled, "compare": language.Compare,
}  # fmt: skip
QUANTITIES: Mapping[str, type] = {
    "answer": language.Answer, "constant": language.Constant, "day": language.Day, "sum": language.Sum,
    "minus": language.Minus, "product": language.Product, "total": language.Total, "count": language.Count,
    "years": language.Years,
}  # fmt: skip
SORT_OF: Mapping[type, str] = {made: sort for table in (FIELDS, CONDITIONS, QUANTITIES) for sort, made in table.items()}
TABLES = (CONDITIONS, QUANTITIES)


class Unsound(ValueError):
    """A form that can not be: all that is wrong with it."""

    def __init__(self, flaws: tuple[Flaw, ...]) -> None:
        super().__init__("; ".join(f"{'.'.join(one.path)}: {one.code} {dict(one.facts)}" for one in flaws))
        self.flaws = flaws


def encode(thing: object, *, whole: bool = False) -> Any:
    """Return a definition, or a part of one, as JSON takes it; defaults are left out unless it is to be ``whole``."""
    if is_dataclass(thing):
        made = {"sort": SORT_OF[type(thing)]} if type(thing) in SORT_OF else {}
        for one in fields(thing):
            value = getattr(thing, one.name)
            if whole or one.default is MISSING or value != one.default:
                made[one.name] = encode(value, whole=whole)
        return made
    if isinstance(thing, tuple):
        return [encode(one, whole=whole) for one in thing]
    return thing.isoformat() if isinstance(thing, date) else thing


def decode(sort: type[T], value: object, path: Path = ()) -> T:
    """Return the dataclass that a JSON value stands for. Raises :class:`Unsound`."""
    if not isinstance(value, dict):
        raise Unsound((Flaw(path, "object"),))
    of: Any = sort
    hints = _hints(of)
    given = {name: one for name, one in value.items() if not (name == "sort" and sort in SORT_OF)}
    flaws = [Flaw((*path, name), "unknown_name", {"name": name[:48]}) for name in given if name not in hints]
    flaws += [Flaw(path, "missing_name", {"name": name}) for name in _needed(of) if name not in given]
    made: dict[str, Any] = {}
    for name in hints:
        if name in given:
            try:
                made[name] = _typed(hints[name], given[name], (*path, name))
            except Unsound as unsound:
                flaws += unsound.flaws
    if flaws:
        raise Unsound(tuple(flaws))
    try:
        return sort(**made)
    except Unsound as unsound:
        raise Unsound(tuple(Flaw((*path, *one.path), one.code, one.facts) for one in unsound.flaws)) from None
    except ValueError:  # a kind's id
        raise Unsound((Flaw((*path, "id"), "id"),)) from None


@cache
def _hints(sort: Any) -> dict[str, Any]:
    return {name: hint for name, hint in get_type_hints(sort).items() if get_origin(hint) is not ClassVar}


@cache
def _needed(sort: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(sort) if one.default is MISSING and one.default_factory is MISSING)


def _typed(hint: Any, value: object, path: Path) -> object:
    """Return a value of the type that a hint names."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple:
        return _several(inner[0], value, path)
    if origin is Literal:
        if value in inner and not isinstance(value, bool):
            return value
        raise Unsound((Flaw(path, "one_of", {"options": ", ".join(map(str, inner))}),))
    if origin in (Union, types.UnionType):
        return _any_of(inner, value, path)
    if hint is field_sorts.Field:
        return decode(_sort(FIELDS, value, path), value, path)
    if is_dataclass(hint) and isinstance(hint, type):
        return decode(hint, value, path)
    return _plain(hint, value, path)


def _several(hint: Any, value: object, path: Path) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise Unsound((Flaw(path, "list"),))
    made: list[object] = []
    flaws: list[Flaw] = []
    for number, one in enumerate(value):
        try:
            made.append(_typed(hint, one, (*path, str(number))))
        except Unsound as unsound:
            flaws += unsound.flaws
    if flaws:
        raise Unsound(tuple(flaws))
    return tuple(made)


def _any_of(hints: tuple[Any, ...], value: object, path: Path) -> object:
    """Return a value that may be of several types: a term, something or nothing, a text or yes and no."""
    if value is None and type(None) in hints:
        return None
    held = [hint for hint in hints if hint is not type(None)]
    if len(held) == 1:
        return _typed(held[0], value, path)
    for table in TABLES:
        if set(table.values()) == set(held):
            return decode(_sort(table, value, path), value, path)
    for hint in held:
        if type(value) is hint:
            return value
    raise Unsound((Flaw(path, "text_or_flag"),))


def _sort(table: Mapping[str, type], value: object, path: Path) -> type:
    sort = value.get("sort") if isinstance(value, dict) else None
    made = table.get(sort) if isinstance(sort, str) else None
    if made is None:
        raise Unsound((Flaw((*path, "sort"), "one_of", {"options": ", ".join(table)}),))
    return made


def _plain(hint: Any, value: object, path: Path) -> object:
    if hint is date:
        try:
            return date.fromisoformat(value) if isinstance(value, str) else _wrong(path, "no_date")
        except ValueError:
            return _wrong(path, "no_date")
    if type(value) is not hint:
        return _wrong(path, {str: "text", int: "integer", bool: "flag"}[hint])
    return value


def _wrong(path: Path, code: str) -> object:
    raise Unsound((Flaw(path, code),))
