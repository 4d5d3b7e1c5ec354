"""The program of a form: what is asked, what is wrong, what follows; wholly and from one change on."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.ground.forms.making import TODAY, answer, filled, forms

from zhihai.ground.forms import fields as f
from zhihai.ground.forms.codec import decode, encode
from zhihai.ground.forms.language import (
    Answer,
    Compare,
    Constant,
    Day,
    Is,
    Minus,
    Not,
    Product,
    Some,
    Sum,
    Total,
    Years,
)
from zhihai.ground.forms.program import Program, Sheet
from zhihai.ground.forms.schema import schema_of
from zhihai.ground.forms.soundness import flaws_of
from zhihai.kernel.forms.kinds import FormKind

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def program(*fields: f.Field, checks: tuple[f.Check, ...] = ()) -> Program:
    sections = (f.Section(id="part", fields=fields),)
    assert not list(flaws_of(sections, checks))
    return Program(sections, checks)


def codes(found: Any) -> list[tuple[str, str, int | None]]:
    return [(one.field, one.code, one.row) for one in found.faults]


def test_what_is_not_asked_is_neither_required_nor_kept() -> None:
    made = program(f.YesNo(id="firm"), f.CreditCode(id="code", asked=Is("firm", True)))
    assert codes(made.check({"firm": True}, TODAY)) == [("code", "required", None)]
    without = made.check({"firm": False, "code": "nonsense"}, TODAY)
    assert not without.faults
    assert without.answers == {"firm": False}
    assert "code" not in without.asked


def test_a_wrong_answer_makes_what_is_said_of_it_unknown_and_its_own_fault_the_only_one() -> None:
    later = f.Check(id="order", holds=Compare(Answer("begin"), "<=", Answer("end")), at="end")
    made = program(f.DayField(id="begin"), f.DayField(id="end"), checks=(later,))
    assert codes(made.check({"begin": "2014-02-30", "end": "2014-01-01"}, TODAY)) == [("begin", "day", None)]
    assert codes(made.check({"begin": "2014-02-28", "end": "2014-01-01"}, TODAY)) == [("end", "check", None)]
    shown = program(f.DayField(id="begin"), f.Text(id="why", asked=Not(Compare(Answer("begin"), "<", Day()))))
    assert "why" not in shown.check({}, TODAY).asked


def test_amounts_are_reckoned_exactly_and_rounded_half_up() -> None:
    made = program(
        f.Number(id="area", places=2),
        f.Money(id="price"),
        f.Computed(id="total", value=Product((Answer("area"), Answer("price"))), places=2, money=True),
        f.Computed(id="less", value=Minus(Constant(0), Answer("total")), places=0),
    )
    assert made.check({"area": 150, "price": 33}, TODAY).answers["total"] == 50  # 1.50 × 0.33 = 0.4950
    assert made.check({"area": 150, "price": 10_033}, TODAY).answers["less"] == -151  # 150.495 → 150.50
    assert codes(made.check({"area": 10**12, "price": 10**12}, TODAY))[0] == ("total", "too_large", None)


def test_rows_are_added_up_and_told_by_their_place() -> None:
    share = f.Number(id="share", most=100)
    whole = f.Check(id="whole", holds=Compare(Total("share"), "=", Constant(100)), at="owners")
    own = f.Check(id="own", holds=Compare(Answer("share"), ">", Constant(0)), at="share")
    made = program(f.Group(id="owners", fields=(f.Text(id="owner"), share), most=3), checks=(whole, own))
    rows = [{"owner": "甲", "share": 60}, {"owner": "乙", "share": 0}, {"share": 41, "more": 1}]
    found = made.check({"owners": rows}, TODAY)
    assert sorted(codes(found), key=str) == [
        ("owner", "required", 2), ("owners", "check", None), ("owners", "unknown_field", 2), ("share", "check", 1),
    ]  # fmt: skip
    assert codes(made.check({"owners": [rows[0], {"owner": "乙", "share": 40}]}, TODAY)) == []
    assert codes(made.check({"owners": rows + rows}, TODAY)) == [("owners", "rows", None)]
    assert codes(made.check({}, TODAY)) == [("owners", "rows", None)]


def test_an_age_turns_on_the_birthday() -> None:
    adult = f.Check(id="adult", holds=Compare(Years("birth"), ">=", Constant(18)), at="birth")
    made = program(f.DayField(id="birth", most=0), checks=(adult,))
    assert not made.check({"birth": "1996-02-26"}, TODAY).faults
    assert codes(made.check({"birth": "1996-02-27"}, TODAY)) == [("birth", "check", None)]
    assert codes(made.check({"birth": "2014-02-27"}, TODAY)) == [("birth", "day_after", None)]
    leap = made.check({"birth": "1996-02-29"}, date(2014, 2, 28))
    assert codes(leap) == [("birth", "check", None)]


def test_more_fields_than_the_form_has_are_told() -> None:
    made = program(f.Text(id="one"))
    assert codes(made.check({"one": "a", "two": "b"}, TODAY)) == [("two", "unknown_field", None)]
    assert codes(made.check({"one": {"deep": [[[]]]}}, TODAY)) == [("one", "text", None)]


def test_what_the_government_holds_is_not_judged_again() -> None:
    made = program(f.CitizenNumber(id="number", known="identity.person.number"))
    assert codes(made.check({"number": "99010119******005X"}, TODAY)) == [("number", "citizen", None)]
    assert not made.check({"number": "99010119******005X"}, TODAY, held=("number",)).faults


@SLOW
@given(filled(), st.data())
def test_a_change_finds_what_a_full_check_would(made: Any, data: st.DataObject) -> None:
    sections, checks, given_answers = made
    whole = Program(sections, checks)
    assume(any(not isinstance(one.field, f.Computed) for one in whole.nodes.values()))
    sheet = Sheet(whole, given_answers, TODAY)
    for _ in range(3):
        one = data.draw(st.sampled_from([one for one in whole.nodes.values() if not isinstance(one.field, f.Computed)]))
        value = data.draw(answer(one.field))
        given_answers = {**given_answers, one.field.id: value}
        ran = sheet.change(one.field.id, value)
        assert one.field.id in ran
        assert sheet.outcome() == whole.check(given_answers, TODAY)


def test_a_change_runs_only_what_follows_from_it() -> None:
    fields = [f.Number(id=f"n{place:02d}") for place in range(50)]
    made = program(
        *fields,
        f.Computed(id="sum", value=Sum((Answer("n00"), Answer("n01")))),
        f.Computed(id="far", value=Answer("sum")),
    )
    sheet = Sheet(made, {one.id: 1 for one in fields}, TODAY)
    assert sheet.change("n00", 2) == {"n00", "sum", "far"}
    assert sheet.change("n40", 2) == {"n40"}
    assert sheet.change("n00", 2) == {"n00"}


@SLOW
@given(forms())
def test_random_forms_are_sound_and_survive_json(made: Any) -> None:
    sections, checks = made
    kind = FormKind(id="random", sections=sections, checks=checks)
    assert decode(FormKind, json.loads(json.dumps(encode(kind)))) == kind


@SLOW
@given(filled())
def test_what_the_program_accepts_the_schema_accepts(made: Any) -> None:
    sections, checks, given_answers = made
    found = Program(sections, checks).check(given_answers, TODAY)
    schema = schema_of(sections, "https://example.org/form", "form")
    if not found.faults:
        jsonschema_rs.validator_for(schema).validate(found.answers)


RELATIVE = {"citizen_digit", "credit_digit", "day_after", "day_before", "check", "day"}
"""Faults that a schema can not know of: check digits, today, other answers, days that no calendar has."""


@SLOW
@given(filled(conditions=False))
def test_what_is_always_asked_is_judged_alike_by_program_and_schema(made: Any) -> None:
    sections, checks, given_answers = made
    found = Program(sections, checks).check(given_answers, TODAY)
    validator = jsonschema_rs.validator_for(schema_of(sections, "https://example.org/form", "form"))
    trimmed = trim(given_answers)
    if any(one.code not in RELATIVE for one in found.faults):
        assert not validator.is_valid(trimmed)
    elif not found.faults:
        assert validator.is_valid(trimmed)


def trim(value: Any) -> Any:
    """Leave out what is no answer, in rows and addresses too: as if it had not been sent."""
    if isinstance(value, dict):
        return {id_: trim(one) for id_, one in value.items() if one not in (None, "", [], {})}
    return [trim(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("fields", "checks", "code"),
    [
        ((f.Text(id="aa", asked=Is("bb", "x")),), (), "unknown"),
        ((f.Text(id="aa"), f.Text(id="aa")), (), "twice"),
        ((f.YesNo(id="aa", asked=Is("bb", True)), f.YesNo(id="bb", asked=Is("aa", True))), (), "circle"),
        ((f.Computed(id="aa", value=Answer("aa")),), (), "circle"),
        ((f.Group(id="gg", fields=(f.Group(id="hh", fields=(f.Text(id="aa"),)),)),), (), "nested"),
        ((f.Group(id="gg", fields=(f.Number(id="nn"), f.Computed(id="tt", value=Total("nn")))),), (), "circle"),
        ((f.Group(id="gg", fields=(f.YesNo(id="aa"),)), f.Text(id="bb", asked=Is("aa", True))), (), "other_group"),
        ((f.Choice(id="aa", options=("x1",)), f.Text(id="bb", asked=Is("aa", "x2"))), (), "no_such_answer"),
        ((f.Number(id="nn"), f.DayField(id="dd"), f.Text(id="tt", asked=Compare(Answer("nn"), "<", Answer("dd")))), (),
         "compared"),
        ((f.Text(id="tt"), f.Computed(id="cc", value=Answer("tt"))), (), "no_quantity"),
        ((f.DayField(id="dd"), f.Computed(id="cc", value=Answer("dd"))), (), "no_number"),
        ((f.CitizenNumber(id="cc", grade="public"),), (), "grade"),
        ((f.Text(id="tt", least=9, most=3),), (), "bounds"),
        ((f.Choice(id="cc", options=()),), (), "options"),
        ((f.Text(id="tt"),), (f.Check(id="cc", holds=Some(()), at="tt"),), "empty"),
        ((f.Text(id="tt"),), (f.Check(id="cc", holds=Is("tt", "a"), at="uu"),), "unknown"),
        ((f.Text(id="name"),), (), "reserved"),
        ((), (), "empty"),
    ],
)  # fmt: skip
def test_a_form_that_can_not_be_is_refused(fields: Any, checks: Any, code: str) -> None:
    with pytest.raises(ValueError, match=code):
        FormKind(id="form", sections=(f.Section(id="part", fields=fields),), checks=checks)


def test_a_form_is_bounded_in_size_and_depth() -> None:
    many = tuple(f.Text(id=f"f{place}") for place in range(301))
    deep: Any = Is("f0", "a")
    for _ in range(60):
        deep = Not(deep)
    for fields, code in ((many, "many_fields"), ((f.Text(id="f0"), f.Text(id="f1", asked=deep)), "deep")):
        with pytest.raises(ValueError, match=code):
            FormKind(id="form", sections=(f.Section(id="part", fields=fields),))
    wide = Sum(tuple(Constant(1) for _ in range(5000)))
    with pytest.raises(ValueError, match="many_terms"):
        FormKind(id="form", sections=(f.Section(id="part", fields=(f.Computed(id="sum", value=wide),)),))
