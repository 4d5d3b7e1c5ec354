"""Numbers of organisations before and after 2015."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import zhihai.ground.identifiers
from zhihai.ground.identifiers.organisation import (
    DEPARTMENTS,
    organisation_check,
    read_business_registration,
    read_credit_code,
    read_organisation_code,
)
from zhihai.ground.refusal import Refused
from zhihai.ground.words import read_words

WORDS = read_words(Path(zhihai.ground.identifiers.__file__).with_name("words.toml"))
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_BODIES = st.from_regex(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{9}}", fullmatch=True)


def credit_check(body: str) -> str:
    total = sum(ALPHABET.index(character) * 3**place % 31 for place, character in enumerate(body))
    return ALPHABET[(31 - total % 31) % 31]


def registration_check(body: str) -> str:
    """Compute the check digit by the hybrid system MOD 11,10, step by step as the standard tells it."""
    product = 10
    for digit in body:
        total = (product + int(digit)) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


@pytest.mark.parametrize("printed", ["71526726-X", "71092609-4", "D2143569-X"])
def test_published_organisation_codes(printed: str) -> None:
    code = read_organisation_code(printed.lower())
    assert code.check_ok
    assert code.printed == printed
    assert code.oddities() == ()


@given(st.from_regex(r"[0-9A-Z]{8}", fullmatch=True), st.integers(0, 7), st.integers(1, 9))
def test_a_wrong_digit_of_an_organisation_code_is_seen(body: str, place: int, by: int) -> None:
    right = body + organisation_check(body)
    assert read_organisation_code(right).check_ok
    digit = str(by if body[place] != str(by) else 0)
    wrong = read_organisation_code(right[:place] + digit + right[place + 1 :])
    # Characters that differ by 11 or 22 have one remainder: the standard's own blind spot.
    assert wrong.check_ok is ((int(body[place], 36) - int(digit)) % 11 == 0)


@pytest.mark.parametrize(
    "number", ["9144030071526726XG", "91110000710926094P", "91110000600037341L", "91350100M000100Y43"]
)
def test_published_credit_codes(number: str) -> None:
    code = read_credit_code(number)
    assert code.check_ok
    assert code.organisation.check_ok
    assert code.organisation.number == number[8:17]
    assert (code.department, code.sort, code.area) == ("9", "1", number[2:8])
    assert code.oddities() == ()


@given(CREDIT_BODIES)
def test_a_credit_code_is_checked_as_the_standard_says(body: str) -> None:
    right = credit_check(body)
    for check in ALPHABET:
        code = read_credit_code(body + check)
        assert code.check_ok is (check == right)
        assert all(key in WORDS for key in code.oddities())


@pytest.mark.parametrize("head", ["N2110108", "A1110108", "Y1110108"])
def test_letters_in_the_first_places_are_codes_too(head: str) -> None:
    body = head + "710926094"
    code = read_credit_code(body + credit_check(body))
    assert code.oddities() == ()
    assert (code.department, code.sort) == (head[0], head[1])


def test_what_is_odd_in_a_credit_code_is_told() -> None:
    assert read_credit_code("E1110000710926095A").oddities() == (
        "identifiers.credit.check_digit",
        "identifiers.credit.organisation_check",
        "identifiers.credit.department_unknown",
    )


def test_every_department_has_a_name() -> None:
    assert {key.rpartition(".")[2] for key in WORDS if key.startswith("identifiers.credit.department.")} == DEPARTMENTS


def test_a_published_registration_number() -> None:
    number = read_business_registration("110108000000016")
    assert number.check_ok
    assert (number.area, number.sequence, number.registrant) == ("110108", "00000001", "domestic")


@given(st.from_regex(r"[0-9]{14}", fullmatch=True))
def test_a_registration_number_is_checked_as_the_standard_says(body: str) -> None:
    right = registration_check(body)
    for check in "0123456789":
        number = read_business_registration(body + check)
        assert number.check_ok is (check == right)
        assert f"identifiers.registration.registrant.{number.registrant}" in WORDS
        assert all(key in WORDS for key in number.oddities())


@pytest.mark.parametrize(("firsts", "registrant"), [("0123", "domestic"), ("45", "foreign"), ("6789", "individual")])
def test_who_was_registered(firsts: str, registrant: str) -> None:
    for first in firsts:
        assert read_business_registration(f"110108{first}00000016").registrant == registrant


@pytest.mark.parametrize(
    ("read", "written", "code"),
    [
        (read_credit_code, "91110000710926094", "credit_code_form"),
        (read_credit_code, "9111000071092609OP", "credit_code_form"),
        (read_credit_code, "91A10000710926094P", "credit_code_form"),
        (read_organisation_code, "71526726", "organisation_code_form"),
        (read_organisation_code, "71526726-Y", "organisation_code_form"),
        (read_business_registration, "1101081234567", "business_registration_form"),
        (read_business_registration, "11010800000001X", "business_registration_form"),
    ],
)
def test_what_can_not_be_such_a_number_is_refused(read: Callable[[str, str], object], written: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read(written, "firm.number")
    assert (refused.value.code, refused.value.field) == (code, "firm.number")
    assert WORDS[f"refused.{code}"].say("zh", **refused.value.facts)
