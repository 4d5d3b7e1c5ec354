"""Forms and answers at random: sound forms whose parts ask for what stands before them, and answers right and wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from zhihai.ground.forms import fields as f
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
    OneOf,
    Product,
    Quantity,
    Some,
    Sum,
    Total,
    Years,
)

TODAY = date(2014, 2, 26)
CITIZENS = ("99010119800101005X", "990101198001010084", "990101198001010083")
CREDITS = ("91990101MA00000017", "9199010100000001X0", "91110108551385082Q")
OPTIONS = ("one", "two", "three")
GRADES = st.sampled_from(f.GRADES)

Numeric = f.Number | f.Money | f.Computed


@st.composite
def plain_field(draw: st.DrawFn, id_: str) -> f.Field:
    """A field that asks for nothing else."""
    common: dict[str, Any] = {"id": id_, "required": draw(st.booleans())}
    least = draw(st.integers(0, 3))
    made: list[Any] = [lambda: f.Files(**common, most=2)] if "_" not in id_ else []
    made += [
        lambda: f.Text(**common, least=least, most=least + 5, long=draw(st.booleans())),
        lambda: f.Number(**common, least=-5, most=500, places=draw(st.integers(0, 3))),
        lambda: f.Money(**common),
        lambda: f.DayField(**common, most=draw(st.sampled_from((None, 0, 30)))),
        lambda: f.Choice(**common, options=OPTIONS),
        lambda: f.Choices(**common, options=OPTIONS, most=draw(st.sampled_from((None, 2)))),
        lambda: f.YesNo(**common),
        lambda: f.CitizenNumber(**common),
        lambda: f.CreditCode(**common),
        lambda: f.Phone(**common),
        lambda: f.Email(**common),
        lambda: f.Address(**common, most=20),
        lambda: f.Declaration(**common),
    ]
    return draw(st.sampled_from(made))()


def quantity(before: list[f.Field], groups: list[f.Group]) -> st.SearchStrategy[Quantity]:
    """A number made of what stands before."""
    numbers: list[Quantity] = [Answer(one.id) for one in before if isinstance(one, Numeric)]
    numbers += [Years(one.id) for one in before if isinstance(one, f.DayField)]
    numbers += [Count(one.id) for one in [*before, *groups] if isinstance(one, f.Group | f.Choices | f.Files)]
    numbers += [Total(one.id) for group in groups for one in group.fields if isinstance(one, f.Number | f.Money)]
    leaves = st.builds(Constant, st.integers(-50, 50), st.integers(0, 2))
    start: st.SearchStrategy[Any] = st.one_of(leaves, st.sampled_from(numbers)) if numbers else leaves
    return st.recursive(
        start,
        lambda one: st.one_of(
            st.builds(Sum, st.tuples(one, one)), st.builds(Minus, one, one), st.builds(Product, st.tuples(one, one))
        ),
        max_leaves=4,
    )


def condition(before: list[f.Field], groups: list[f.Group]) -> st.SearchStrategy[Condition]:
    """A condition on what stands before."""
    orders = st.sampled_from(("<", "<=", "=", "!=", ">=", ">"))
    leaves: list[st.SearchStrategy[Any]] = [
        st.builds(Compare, quantity(before, groups), orders, quantity(before, groups))
    ]
    for one in before:
        leaves.append(st.just(Filled(one.id)))
        if isinstance(one, f.Choice | f.Choices):
            leaves.append(st.builds(Is, st.just(one.id), st.sampled_from(OPTIONS)))
            leaves.append(st.builds(OneOf, st.just(one.id), st.just(OPTIONS[:2])))
        elif isinstance(one, f.YesNo | f.Declaration):
            leaves.append(st.builds(Is, st.just(one.id), st.booleans()))
        elif isinstance(one, f.DayField):
            day = st.builds(Day, st.sampled_from((None, "2014-01-31")), st.integers(-40, 40))
            leaves.append(st.builds(Compare, st.just(Answer(one.id)), orders, day))
    return st.recursive(
        st.one_of(leaves),
        lambda one: st.one_of(
            st.builds(All, st.tuples(one, one)), st.builds(Some, st.tuples(one, one)), st.builds(Not, one)
        ),
        max_leaves=4,
    )


@st.composite
def forms(draw: st.DrawFn, conditions: bool = True) -> tuple[tuple[f.Section, ...], tuple[f.Check, ...]]:
    """Sections and rules of a sound form; without ``conditions`` everything is always asked, and no rule is."""
    before: list[f.Field] = []
    groups: list[f.Group] = []
    sections = []
    number = 0
    for section in range(draw(st.integers(1, 3))):
        held: list[f.Field] = []
        above = draw(condition(before, groups)) if conditions and before and draw(st.booleans()) else None
        for _ in range(draw(st.integers(1, 4))):
            number += 1
            made = draw(_field(f"f{number:02d}", before, groups, conditions))
            held.append(made)
            if isinstance(made, f.Group):
                groups.append(made)
            else:
                before.append(made)
        sections.append(f.Section(id=f"s{section}", fields=tuple(held), asked=above))
    checks = [
        f.Check(id=f"c{one}", holds=draw(condition(before, groups)), at=draw(st.sampled_from(before)).id)
        for one in range(draw(st.integers(0, 3)) if conditions and before else 0)
    ]
    checks += [
        f.Check(id=f"r{one}", holds=draw(condition([*before, *group.fields], groups)), at=group.fields[0].id)
        for one, group in enumerate(groups if conditions else ())
    ]
    return tuple(sections), tuple(checks)


@st.composite
def _field(draw: st.DrawFn, id_: str, before: list[f.Field], groups: list[f.Group], conditions: bool) -> f.Field:
    sort = draw(st.integers(0, 9))
    asked = draw(condition(before, groups)) if conditions and before and draw(st.booleans()) else None
    if sort == 0:
        inner: list[f.Field] = []
        for place in range(draw(st.integers(1, 3))):
            one = draw(plain_field(f"{id_}_{place}"))
            if conditions and draw(st.booleans()):
                one = _asked(one, draw(condition([*before, *inner], groups)))
            inner.append(one)
        least = draw(st.integers(0, 2))
        return f.Group(id=id_, fields=tuple(inner), least=least, most=3, asked=asked)
    if sort == 1 and conditions:
        return f.Computed(id=id_, value=draw(quantity(before, groups)), places=draw(st.integers(0, 2)), asked=asked)
    return _asked(draw(plain_field(id_)), asked)


def _asked(one: f.Field, asked: Condition | None) -> f.Field:
    return replace(one, asked=asked)


WRONG: st.SearchStrategy[Any] = st.sampled_from(
    ("", "nonsense", "x" * 40, -99, 10**13, True, False, None, [], ["four"], ["one", "one"], {}, {"area": 1}, "\x07")
)


def right(one: f.Field) -> st.SearchStrategy[Any]:
    """Answers to a field that are right, or nearly so."""
    made: dict[type, st.SearchStrategy[Any]] = {
        f.Text: st.text("ab 海", min_size=0, max_size=8).map(str.strip),
        f.Number: st.integers(-5, 500),
        f.Money: st.integers(0, 99999),
        f.DayField: st.integers(-9000, 60).map(lambda n: (TODAY + timedelta(days=n)).isoformat()),
        f.Choice: st.sampled_from(OPTIONS),
        f.Choices: st.lists(st.sampled_from(OPTIONS), unique=True),
        f.YesNo: st.booleans(),
        f.CitizenNumber: st.sampled_from(CITIZENS),
        f.CreditCode: st.sampled_from(CREDITS),
        f.Phone: st.sampled_from(("13800000000", "01088487030", "+447700900123", "12")),
        f.Email: st.sampled_from(("a@example.org", "a@b", "某@示例.中国")),
        f.Address: st.fixed_dictionaries({"detail": st.text("示例路1号", min_size=1, max_size=9)}),
        f.Files: st.lists(st.sampled_from(("k1", "k2", "k3")), unique=True, max_size=3),
        f.Declaration: st.just(True),
        f.Computed: st.just(5),
    }
    if isinstance(one, f.Group):
        row = st.fixed_dictionaries({}, optional={inner.id: answer(inner) for inner in one.fields})
        return st.lists(row, max_size=4)
    return made[type(one)]


def answer(one: f.Field) -> st.SearchStrategy[Any]:
    """An answer to a field, mostly right."""
    return st.one_of(right(one), right(one), right(one), right(one), WRONG)


def answers(sections: tuple[f.Section, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """Answers to a form: some missing, some wrong."""
    fields = [one for section in sections for one in section.fields]
    return st.fixed_dictionaries({}, optional={one.id: answer(one) for one in fields})


@st.composite
def filled(draw: st.DrawFn, conditions: bool = True) -> tuple[Any, Any, dict[str, Any]]:
    """A form and answers to it."""
    sections, checks = draw(forms(conditions))
    return sections, checks, draw(answers(sections))
