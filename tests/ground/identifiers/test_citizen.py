"""Citizen ids: read as evidence, never judged."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import zhihai.ground.identifiers
from zhihai.ground.identifiers.citizen import read_citizen_id
from zhihai.ground.refusal import Refused
from zhihai.ground.words import read_words

WORDS = read_words(Path(zhihai.ground.identifiers.__file__).with_name("words.toml"))
TODAY = date(2014, 2, 20)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
EIGHTEEN = st.from_regex(r"[0-9]{17}[0-9X]", fullmatch=True)
FIFTEEN = st.from_regex(r"[0-9]{15}", fullmatch=True)


def check_by_table(body: str) -> str:
    """Compute the check character as the standard's annex prints it."""
    return "10X98765432"[sum(w * int(d) for w, d in zip(WEIGHTS, body, strict=True)) % 11]


@pytest.mark.parametrize(
    ("number", "area", "birth", "sex"),
    [
        ("11010519491231002X", "110105", date(1949, 12, 31), "female"),
        ("440524188001010014", "440524", date(1880, 1, 1), "male"),
    ],
)
def test_examples_of_the_standard(number: str, area: str, birth: date, sex: str) -> None:
    citizen = read_citizen_id(number)
    assert citizen.check_ok is True
    assert (citizen.area, citizen.birth, citizen.sex) == (area, birth, sex)
    assert citizen.sequence == number[14:17]


@pytest.mark.parametrize(
    ("written", "number"),
    [("610104620927690", "610104196209276908"), ("130503670401001", "130503196704010016")],
)
def test_fifteen_digits_are_lengthened(written: str, number: str) -> None:
    citizen = read_citizen_id(written)
    assert citizen.number == number
    assert citizen.check_ok is None
    assert read_citizen_id(number).check_ok is True


@given(EIGHTEEN)
def test_eighteen_characters_are_never_rejected(number: str) -> None:
    citizen = read_citizen_id(number)
    assert citizen.number == number
    assert citizen.check_ok is (number[-1] == check_by_table(number[:-1]))
    assert all(key in WORDS for key in citizen.oddities(TODAY))


@given(FIFTEEN)
def test_fifteen_digits_keep_their_parts(written: str) -> None:
    citizen = read_citizen_id(written)
    body = written[:6] + "19" + written[6:]
    assert citizen.number == body + check_by_table(body)
    assert all(key in WORDS for key in citizen.oddities(TODAY))


@given(FIFTEEN, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_seen(written: str, place: int, by: int) -> None:
    number = read_citizen_id(written).number
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert read_citizen_id(wrong).check_ok is False


@pytest.mark.parametrize(
    "written", ["11010519491231002x", " 110105 1949-1231 002X ", "１１０１０５１９４９１２３１００２Ｘ"]
)
def test_ways_of_writing(written: str) -> None:
    assert read_citizen_id(written).number == "11010519491231002X"


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("110105194912310021", "check_digit"),
        ("11010519490231002X", "no_such_day"),
        ("11010520491231002X", "born_later"),
        ("440524188001010014", "born_early"),
        ("99999919491231002X", "area_unknown"),
        ("110105491231996", "century"),
    ],
)
def test_oddities_are_told(written: str, key: str) -> None:
    assert f"identifiers.citizen.{key}" in read_citizen_id(written).oddities(TODAY)


def test_an_abolished_county_is_no_oddity() -> None:
    body = "11010319490101001"
    citizen = read_citizen_id(body + check_by_table(body))
    assert citizen.area_names == ("崇文区",)
    assert citizen.oddities(TODAY) == ()


@pytest.mark.parametrize("written", ["", "1101051949123100", "11010519491231X020", "11010519491231002Y", "一二三"])
def test_what_can_not_be_a_citizen_id_is_refused(written: str) -> None:
    with pytest.raises(Refused) as refused:
        read_citizen_id(written, "applicant.id")
    assert refused.value.code == "citizen_id_form"
    assert refused.value.field == "applicant.id"
    assert WORDS["refused.citizen_id_form"].say("en", **refused.value.facts)


@given(EIGHTEEN)
def test_the_number_is_not_shown(number: str) -> None:
    assert number not in repr(read_citizen_id(number))
    with pytest.raises(Refused) as refused:
        read_citizen_id(number + "0")
    assert number not in str(refused.value) + str(refused.value.facts)
