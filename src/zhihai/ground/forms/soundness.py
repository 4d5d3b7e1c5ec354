"""Whether a form is sound: names lead somewhere, quantities fit, nothing waits for itself, and it is not too large."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from zhihai.ground.forms.fields import (
    MEBIBYTE,
    Check,
    Choice,
    Choices,
    CitizenNumber,
    Computed,
    DayField,
    Declaration,
    Field,
    Files,
    Group,
    Money,
    Number,
    Placed,
    Section,
    Text,
    YesNo,
    placed,
)
from zhihai.ground.forms.language import (
    BYS,
    CONDITIONS,
    QUANTITIES,
    Answer,
    Compare,
    Constant,
    Count,
    Day,
    Is,
    Minus,
    OneOf,
    Product,
    Sum,
    Term,
    Total,
    Years,
    field_of,
    walk,
)
from zhihai.ground.kind import ID

MOST_FIELDS, MOST_CHECKS, MOST_TERMS, MOST_DEPTH = 300, 300, 4000, 20
MOST_OPTIONS, MOST_ROWS, MOST_TEXT, MOST_FILE, MOST_FILES = 500, 100, 20_000, 20 * MEBIBYTE, 20
MOST_PLACES, MOST_NUMBER, MOST_FACTORS = 6, 10**15, 4
RESERVED = frozenset({"name", "what", "check"})
"""Words of the form itself stand under these; no part of it may go by them."""

Path = tuple[str, ...]
Measure = int | str | None
"""What a quantity is: the places of a number, ``day``, or nothing that can be compared."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a form, and where: ``path`` leads to it from the form. Words: ``forms.flaw.<code>``."""

    path: Path
    code: str
    facts: Mapping[str, str | int] = field(default_factory=dict)


def flaws_of(sections: tuple[Section, ...], checks: tuple[Check, ...]) -> Iterator[Flaw]:
    """Yield all that is wrong with a form; of a form too large, that alone."""
    fields = tuple(placed(sections))
    large = tuple(_size(sections, fields, checks))
    if large:
        yield from large
        return
    yield from _twice(sections, fields, checks)
    for one in fields:
        yield from _field(one)
    known = {one.field.id: one for one in fields}
    scoped = _Scope(known)
    for path, term, group in _roots(sections, fields, checks):
        yield from scoped.flaws(path, term, group)
    for number, check in enumerate(checks):
        if check.at not in known:
            yield Flaw(("checks", str(number), "at"), "unknown", {"field": check.at})
        elif len(scoped.groups(check)) > 1:
            yield Flaw(("checks", str(number)), "two_groups")
    yield from _circles(fields, known)


def _roots(
    sections: tuple[Section, ...], fields: tuple[Placed, ...], checks: tuple[Check, ...]
) -> Iterator[tuple[Path, Term, str | None]]:
    """Yield every term with the path to it and the group whose rows it is about; ``*`` is any one."""
    for number, section in enumerate(sections):
        if section.asked:
            yield ("sections", str(number), "asked"), section.asked, None
    for one in fields:
        group = one.group.id if one.group else None
        if one.field.asked:
            yield (*one.path, "asked"), one.field.asked, group
        if isinstance(one.field, Computed):
            yield (*one.path, "value"), one.field.value, group
    for number, check in enumerate(checks):
        yield ("checks", str(number), "holds"), check.holds, "*"
        if check.when:
            yield ("checks", str(number), "when"), check.when, "*"


def _size(sections: tuple[Section, ...], fields: tuple[Placed, ...], checks: tuple[Check, ...]) -> Iterator[Flaw]:
    if not fields:
        yield Flaw(("sections",), "empty")
    if len(fields) + len(sections) > MOST_FIELDS:
        yield Flaw(("sections",), "many_fields", {"most": MOST_FIELDS})
    if len(checks) > MOST_CHECKS:
        yield Flaw(("checks",), "many_checks", {"most": MOST_CHECKS})
    terms = 0
    for path, root, _ in _roots(sections, fields, checks):
        for inner, _term in walk(root):
            terms += 1
            if len(inner) > 2 * MOST_DEPTH:
                yield Flaw(path, "deep", {"most": MOST_DEPTH})
                return
            if terms > MOST_TERMS:
                yield Flaw(path, "many_terms", {"most": MOST_TERMS})
                return


def _twice(sections: tuple[Section, ...], fields: tuple[Placed, ...], checks: tuple[Check, ...]) -> Iterator[Flaw]:
    named: list[tuple[Path, str]] = [(("sections", str(number)), section.id) for number, section in enumerate(sections)]
    named += [(one.path, one.field.id) for one in fields]
    for group in (named, [(("checks", str(number)), check.id) for number, check in enumerate(checks)]):
        seen: set[str] = set()
        for path, id_ in group:
            if id_ in seen:
                yield Flaw((*path, "id"), "twice", {"id": id_})
            if id_ in RESERVED:
                yield Flaw((*path, "id"), "reserved", {"id": id_})
            seen.add(id_)


def _field(one: Placed) -> Iterator[Flaw]:
    """Yield what is wrong with a field in itself."""
    asked, path = one.field, one.path
    if one.group and isinstance(asked, Group):
        yield Flaw(path, "nested")
    if asked.known is not None and (one.group or isinstance(asked, Group | Files | Computed | Declaration)):
        yield Flaw((*path, "known"), "known_here")
    if one.group and isinstance(asked, Files):
        yield Flaw(path, "file_row")
    if isinstance(asked, CitizenNumber) and asked.grade != "sensitive":
        yield Flaw((*path, "grade"), "grade")
    if isinstance(asked, Choice | Choices):
        yield from _options(asked, path)
    if isinstance(asked, Group) and not asked.fields:
        yield Flaw((*path, "fields"), "empty")
    if isinstance(asked, Files) and not asked.types:
        yield Flaw((*path, "types"), "empty")
    if isinstance(asked, Computed) and asked.money and asked.places != 2:
        yield Flaw((*path, "places"), "bounds", {"least": 2, "most": 2})
    if isinstance(asked, Number | Computed) and not 0 <= asked.places <= MOST_PLACES:
        yield Flaw((*path, "places"), "bounds", {"least": 0, "most": MOST_PLACES})
    yield from (Flaw((*path, name), "bounds", {"least": low, "most": high}) for name, low, high in _outside(asked))


def _options(asked: Choice | Choices, path: Path) -> Iterator[Flaw]:
    if not 1 <= len(asked.options) <= MOST_OPTIONS:
        yield Flaw((*path, "options"), "options", {"most": MOST_OPTIONS})
    for option, times in Counter(asked.options).items():
        if times > 1:
            yield Flaw((*path, "options"), "twice", {"id": option})
        if not ID.fullmatch(option):
            yield Flaw((*path, "options"), "option_id", {"id": option[:48]})


def _outside(asked: Field) -> Iterator[tuple[str, int, int]]:
    """Yield bounds that lie outside what they may be, or the wrong way round."""
    ranges: dict[str, tuple[int, int, int]] = {}
    if isinstance(asked, Text):
        ranges = {"least": (0, asked.least, MOST_TEXT), "most": (max(1, asked.least), asked.most, MOST_TEXT)}
    elif isinstance(asked, Number | Money):
        ranges = {"least": (-MOST_NUMBER, asked.least, MOST_NUMBER), "most": (asked.least, asked.most, MOST_NUMBER)}
    elif isinstance(asked, Group):
        ranges = {"least": (0, asked.least, MOST_ROWS), "most": (max(1, asked.least), asked.most, MOST_ROWS)}
    elif isinstance(asked, Files):
        ranges = {"size": (1, asked.size, MOST_FILE), "least": (0, asked.least, MOST_FILES)}
        ranges["most"] = (max(1, asked.least), asked.most, MOST_FILES)
    elif isinstance(asked, Choices):
        there = len(asked.options)
        ranges = {"least": (0, asked.least, there)}
        ranges["most"] = (max(1, asked.least), there if asked.most is None else asked.most, there)
    elif isinstance(asked, DayField) and asked.least is not None and asked.most is not None:
        ranges = {"most": (asked.least, asked.most, MOST_NUMBER)}
    yield from ((name, low, high) for name, (low, given, high) in ranges.items() if not low <= given <= high)


class _Scope:
    """Which fields a term may ask for, and what each of them is."""

    def __init__(self, known: Mapping[str, Placed]) -> None:
        self._known = known

    def groups(self, check: Check) -> set[str]:
        """Return the groups whose rows a rule is about."""
        found = set()
        for root in (check.holds, check.when):
            for _, term in walk(root) if root else ():
                one = self._known.get(field_of(term) or "")
                if one and one.group and not isinstance(term, Total):
                    found.add(one.group.id)
        return found

    def flaws(self, path: Path, root: Term, group: str | None) -> Iterator[Flaw]:
        """Yield what is wrong within a term that stands in a group, in none (``None``), or in any one (``*``)."""
        for inner, term in walk(root):
            here = (*path, *inner)
            name = field_of(term)
            if name is not None:
                yield from self._reference((*here, "since" if isinstance(term, Years) else "field"), name, term, group)
            yield from self._term(here, term)
        if isinstance(root, QUANTITIES) and not isinstance(self.measure(root), int):
            yield Flaw(path, "no_number")

    def _reference(self, path: Path, name: str, term: Term, group: str | None) -> Iterator[Flaw]:
        one = self._known.get(name)
        if one is None:
            yield Flaw(path, "unknown", {"field": name})
            return
        if isinstance(term, Total):
            if one.group is None or not isinstance(self.measure(Answer(name)), int):
                yield Flaw(path, "no_total", {"field": name})
        elif one.group and group not in ("*", one.group.id):
            yield Flaw(path, "other_group", {"field": name, "group": one.group.id})
        yield from self._fits(path, one.field, term)

    def _fits(self, path: Path, asked: Field, term: Term) -> Iterator[Flaw]:
        """Yield where a term asks of a field what its answer can not be."""
        if isinstance(term, Count) and not isinstance(asked, Group | Files | Choices):
            yield Flaw(path, "no_count", {"field": asked.id})
        if isinstance(term, Years) and not isinstance(asked, DayField):
            yield Flaw(path, "no_day", {"field": asked.id})
        if isinstance(term, Answer) and self.measure(term) is None:
            yield Flaw(path, "no_quantity", {"field": asked.id})
        if isinstance(term, Is | OneOf):
            values: tuple[object, ...] = (term.value,) if isinstance(term, Is) else term.values
            for value in values:
                if not _can_be(asked, value):
                    yield Flaw(path, "no_such_answer", {"field": asked.id, "value": str(value)[:40]})

    def _term(self, path: Path, term: Term) -> Iterator[Flaw]:
        """Yield what is wrong with a term in itself: what it compares, adds up or names as a constant."""
        if isinstance(term, Compare):
            if term.by not in BYS:
                yield Flaw((*path, "by"), "bounds_by")
            left, right = self.measure(term.left), self.measure(term.right)
            if left is None or right is None or isinstance(left, int) != isinstance(right, int):
                yield Flaw(path, "compared")
        elif isinstance(term, Sum | Product | Minus) and self.measure(term) is None:
            yield Flaw(path, "added")
        elif isinstance(term, Constant) and not (
            abs(term.value) <= MOST_NUMBER and 0 <= term.places <= MOST_PLACES
        ):  # fmt: skip
            yield Flaw(path, "bounds", {"least": -MOST_NUMBER, "most": MOST_NUMBER})
        elif isinstance(term, Day) and (abs(term.after) > 40_000 or not (term.date is None or _is_day(term.date))):
            yield Flaw(path, "no_date")
        elif isinstance(term, CONDITIONS) and getattr(term, "of", True) == ():
            yield Flaw((*path, "of"), "empty")

    def measure(self, quantity: Term) -> Measure:
        """Return the places of a number, ``day``, or ``None`` for what is neither."""
        if isinstance(quantity, Constant):
            return quantity.places
        if isinstance(quantity, Day):
            return "day"
        if isinstance(quantity, Count | Years):
            return 0
        if isinstance(quantity, Answer | Total):
            one = self._known.get(quantity.field)
            return _measure_of(one.field) if one else None
        return self._together(quantity)

    def _together(self, quantity: Term) -> Measure:
        if isinstance(quantity, Minus):
            return _all_numbers([self.measure(quantity.left), self.measure(quantity.right)], max)
        if isinstance(quantity, Sum):
            return _all_numbers([self.measure(one) for one in quantity.of], max)
        if isinstance(quantity, Product) and len(quantity.of) <= MOST_FACTORS:
            return _all_numbers([self.measure(one) for one in quantity.of], sum)
        return None


def _all_numbers(measures: list[Measure], how: object) -> Measure:
    numbers = [one for one in measures if isinstance(one, int)]
    if not numbers or len(numbers) != len(measures):
        return None
    return sum(numbers) if how is sum else max(numbers)


def _measure_of(asked: Field) -> Measure:
    if isinstance(asked, Number | Money | Computed):
        return asked.places
    return "day" if isinstance(asked, DayField) else None


def _can_be(asked: Field, value: object) -> bool:
    if isinstance(asked, YesNo | Declaration):
        return isinstance(value, bool)
    if isinstance(asked, Choice | Choices):
        return value in asked.options
    if isinstance(asked, DayField):
        return isinstance(value, str) and _is_day(value)
    return isinstance(value, str) and not isinstance(asked, Group | Files | Computed | Number | Money)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def waits_for(fields: Iterable[Placed]) -> dict[str, frozenset[str]]:
    """Return which others each field outside groups waits for: for whether it is asked, and for what it is.

    A group waits for what its fields wait for; to wait for a field of a group is to wait for the group.
    """
    listed = tuple(fields)
    home = {one.field.id: one.group.id if one.group else one.field.id for one in listed}
    found: dict[str, set[str]] = {home[one.field.id]: set() for one in listed}
    for one in listed:
        roots: list[Term | None] = [one.field.asked, one.section.asked]
        if isinstance(one.field, Computed):
            roots.append(one.field.value)
        own = home[one.field.id]
        for root in roots:
            for _, term in walk(root) if root else ():
                name = field_of(term)
                if name is None or name not in home:
                    continue
                if home[name] != own or name == own or isinstance(term, Total):
                    found[own].add(home[name])
    return {id_: frozenset(others) for id_, others in found.items()}


def waits_in_row(group: Group) -> dict[str, frozenset[str]]:
    """Return which fields of the same row each field of a group waits for."""
    within = {one.id for one in group.fields}
    found = {}
    for one in group.fields:
        roots: list[Term | None] = [one.asked]
        if isinstance(one, Computed):
            roots.append(one.value)
        names = {field_of(term) for root in roots if root for _, term in walk(root) if not isinstance(term, Total)}
        found[one.id] = frozenset(name for name in names if name in within and name is not None)
    return found


def in_order(waits: Mapping[str, frozenset[str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return an order in which nothing comes before what it waits for, and what stands in circles."""
    left = {id_: set(others) for id_, others in waits.items()}
    followers: dict[str, list[str]] = {id_: [] for id_ in waits}
    for id_, others in waits.items():
        for other in others:
            followers[other].append(id_)
    free = [id_ for id_, others in left.items() if not others]
    order = []
    while free:
        id_ = free.pop(0)
        order.append(id_)
        for follower in followers[id_]:
            left[follower].discard(id_)
            if not left[follower]:
                free.append(follower)
    done = set(order)
    return tuple(order), tuple(id_ for id_ in waits if id_ not in done)


def _circles(fields: tuple[Placed, ...], known: Mapping[str, Placed]) -> Iterator[Flaw]:
    """Yield the fields that wait for themselves, however far around."""
    groups = [one.field for one in fields if isinstance(one.field, Group)]
    for waits in (waits_for(fields), *(waits_in_row(group) for group in groups)):
        _, circling = in_order(waits)
        if circling:
            first = known[circling[0]]
            yield Flaw(first.path, "circle", {"fields": ", ".join(circling[:5])})
