"""Definitions as JSON: where one is wrong is told by line, and what was written is read as people write."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhihai.ground.forms import fields as f
from zhihai.ground.forms.codec import Unsound, decode
from zhihai.ground.forms.json_text import MOST_CHARACTERS, Unreadable, read_json
from zhihai.ground.forms.values import judge_of, read_answer, shown_number
from zhihai.kernel.forms.kinds import FormKind

DEFINITION = """{
  "id": "stall",
  "sections": [
    {"id": "who", "fields": [
      {"sort": "text", "id": "owner", "most": 40},
      {"sort": "choice", "id": "goods", "options": ["fruit", "books"]},
      {"sort": "number", "id": "size", "asked": {"sort": "is", "field": "goods", "value": "books"}}
    ]}
  ],
  "checks": []
}
"""


def lines(text: str) -> list[tuple[int, str]]:
    read = read_json(text)
    with pytest.raises(Unsound) as raised:
        decode(FormKind, read.value)
    return [(read.line_of(one.path)[0], one.code) for one in raised.value.flaws]


def test_a_definition_is_the_kind_it_stands_for() -> None:
    kind = decode(FormKind, read_json(DEFINITION).value)
    assert (kind.id, kind.version, kind.valid_from) == ("stall", 1, date(2000, 1, 1))
    assert kind.sections[0].fields[0] == f.Text(id="owner", most=40)


@pytest.mark.parametrize(
    ("was", "becomes", "line", "code"),
    [
        ('"field": "goods"', '"field": "goodz"', 7, "unknown"),
        ('"value": "books"', '"value": "cakes"', 7, "no_such_answer"),
        ('"sort": "text"', '"sort": "texts"', 5, "one_of"),
        ('"most": 40', '"most": "40"', 5, "integer"),
        ('"most": 40', '"most": true', 5, "integer"),
        ('"most": 40', '"mots": 40', 5, "unknown_name"),
        ('"id": "owner", ', "", 5, "missing_name"),
        ('"id": "owner"', '"id": "Owner!"', 5, "id"),
        ('["fruit", "books"]', '"fruit"', 6, "list"),
        ('"checks": []', '"checks": [{"id": "late", "at": "owner", "holds": {"sort": "not", "of": 1}}]', 10, "one_of"),
        ('"id": "stall",', '"id": "stall", "valid_from": "tomorrow",', 2, "no_date"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_its_line(was: str, becomes: str, line: int, code: str) -> None:
    assert was in DEFINITION
    assert (line, code) in lines(DEFINITION.replace(was, becomes, 1))


def test_all_that_is_wrong_is_told_at_once() -> None:
    wrong = DEFINITION.replace('"most": 40', '"most": "x"').replace('"options"', '"choices"')
    assert lines(wrong) == [(5, "integer"), (6, "unknown_name"), (6, "missing_name")]


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("{", "no_name", (1, 2)),
        ('{"a": 1,\n "a": 2}', "name_twice", (2, 2)),
        ('{"a" 1}', "punctuation", (1, 6)),
        ("[1,\n2,\n]", "no_value", (3, 1)),
        ('{"a": "\n"}', "string", (1, 7)),
        ('"\\ud800"', "string", (1, 1)),
        ("{} {}", "more_text", (1, 4)),
        ("[" * 100_000, "deep_text", (1, 66)),
        ("9" * 21, "no_value", (1, 1)),
        ("NaN", "no_value", (1, 1)),
        ("", "no_value", (1, 1)),
        (" " * (MOST_CHARACTERS + 1), "long_text", (1, 1)),
    ],
)
def test_what_is_no_json_is_told_by_its_place(text: str, code: str, position: tuple[int, int]) -> None:
    with pytest.raises(Unreadable) as raised:
        read_json(text)
    found = raised.value
    before = text[: found.at]
    assert (found.code, (before.count("\n") + 1, found.at - before.rfind("\n"))) == (code, position)


@given(st.text(max_size=200))
def test_no_text_whatever_is_read_wrongly(text: str) -> None:
    try:
        read = read_json(text)
        decode(FormKind, read.value)
    except (Unreadable, Unsound):
        return
    raise AssertionError(text)


TODAY = date(2014, 2, 26)


@pytest.mark.parametrize(
    ("asked", "written", "kept"),
    [
        (f.Number(id="nn", places=2), ["１２．５"], 1250),
        (f.Number(id="nn"), ["1,234,567"], 1_234_567),
        (f.Number(id="nn"), ["12.0"], 12),
        (f.Number(id="nn"), ["12.5"], "12.5"),
        (f.Number(id="nn", least=-9), [" -3 "], -3),
        (f.Number(id="nn"), ["1e5"], "1e5"),
        (f.Money(id="mm"), ["100"], 10_000),
        (f.Money(id="mm"), ["=1+1"], "=1+1"),
        (f.Phone(id="pp"), ["+86 138 0000-0000"], "13800000000"),
        (f.CitizenNumber(id="cc"), ["99010119800101005x"], "99010119800101005X"),
        (f.Text(id="tt"), ["  a \n b "], "a b"),
        (f.Text(id="tt", long=True), ["a\r\nb "], "a\nb"),
        (f.Text(id="tt"), ["   "], None),
        (f.YesNo(id="yy"), ["no"], False),
        (f.Declaration(id="dd"), [], None),
        (f.Choices(id="cc", options=("one", "two")), ["two", "one"], ["one", "two"]),
        (f.Address(id="aa"), ["", "示例路 1 号"], {"detail": "示例路 1 号"}),
    ],
)
def test_what_people_write_is_read(asked: f.Field, written: list[str], kept: Any) -> None:
    assert read_answer(asked, written) == kept


@pytest.mark.parametrize("sign", ["", "-"])
def test_a_number_beyond_what_a_page_reads_exactly_stays_as_it_was_written(sign: str) -> None:
    """The server read it as a number, the page left it: they judged the same answer differently."""
    asked = f.Number(id="nn", places=3)
    assert read_answer(asked, [f"{sign}99999999999999"]) == f"{sign}99999999999999"
    assert read_answer(asked, [f"{sign}9007199254740.991"]) == int(f"{sign}9007199254740991")
    assert read_answer(asked, [f"{sign}9007199254740.992"]) == f"{sign}9007199254740.992"


@pytest.mark.parametrize(
    ("asked", "value", "code"),
    [
        (f.CitizenNumber(id="cc"), "990101198001010051", "citizen_digit"),
        (f.CitizenNumber(id="cc"), "99010119800101005", "citizen"),
        (f.CreditCode(id="cc"), "91990101MA00000011", "credit_digit"),
        (f.Phone(id="pp"), "12345", "phone"),
        (f.Email(id="ee"), "a@b", "email"),
        (f.DayField(id="dd"), "2014-2-1", "day"),
        (f.Text(id="tt"), "a\x00b", "text"),
        (f.Text(id="tt", most=3), "海淀区河", "length"),
        (f.Files(id="ff"), ["../../etc"], "file"),
        (f.Address(id="aa"), {"area": "990101001", "detail": "x", "more": 1}, "address"),
    ],
)
def test_what_is_wrong_with_an_answer_is_named(asked: f.Field, value: object, code: str) -> None:
    wrong = judge_of(asked)(value, TODAY)
    assert wrong is not None
    assert wrong[0] == code


def test_numbers_are_shown_as_people_write_them() -> None:
    assert [shown_number(*pair) for pair in ((1250, 2), (-5, 2), (7, 0), (0, 1))] == ["12.50", "-0.05", "7", "0.0"]
