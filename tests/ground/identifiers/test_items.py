"""Codes of service items: each part is told, odd ones are kept as written and flagged, and none is refused."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

import zhihai.ground.identifiers
from zhihai.ground.identifiers.items import LETTERS, SORTS, national_sort, read_item_code
from zhihai.ground.identifiers.organisation import organisation_check
from zhihai.ground.words import read_words

WORDS = read_words(Path(zhihai.ground.identifiers.__file__).with_name("words.toml"))
DIGITS = st.text("0123456789", min_size=8, max_size=8)
SORT = st.sampled_from(sorted(SORTS))
MAIN, SUB = st.from_regex(r"[0-9]{5}", fullmatch=True), st.from_regex(r"[0-9]{3}", fullmatch=True)


def credit_code(body: str, area: str = "511602") -> str:
    """A social credit code of an organ whose organisation code has these eight digits."""
    front = f"11{area}{body}{organisation_check(body)}"
    return front + uscc.calc_check_digit(front)


@given(DIGITS.filter(lambda body: len(set(body)) > 1), SORT, MAIN, SUB, st.sampled_from("123456"))
def test_every_part_of_a_national_code_comes_back(body: str, sort: str, main: str, sub: str, level: str) -> None:
    organ = credit_code(body)
    code = read_item_code(f"{organ}{level}51{sort}{main}{sub}")
    assert code.form == "implementing"
    assert (code.province, code.sort, code.main, code.sub, code.level) == ("51", sort, main, sub, level)
    assert (code.organ.credit_code, code.organ.check_ok, code.basic) == (organ, True, f"51{sort}{main}{sub}")
    assert code.oddities(sort) == ()
    again = read_item_code(f"{organ}{level}51{sort}{main}{sub}07")
    assert (again.form, again.sequence, again.group) == ("handling", "07", code.group)
    assert read_item_code(code.basic).form == "basic"


@given(DIGITS.filter(lambda body: len(set(body)) > 1), st.integers(0, 17), st.sampled_from("0123456789"))
def test_a_wrong_digit_of_the_organ_is_flagged(body: str, place: int, digit: str) -> None:
    organ = credit_code(body)
    wrong = organ[:place] + digit + organ[place + 1 :]
    found = read_item_code(f"{wrong}4{'510112345000'}")
    assert found.form == "implementing"
    assert ("identifiers.item.organ_check" in found.oddities()) is (wrong != organ)


@given(st.text(max_size=80))
def test_nothing_is_refused_and_all_is_kept_as_written(written: str) -> None:
    code = read_item_code(written)
    assert code.written == written.strip()
    assert all(key in WORDS for key in code.oddities())
    assert f"identifiers.item.form.{code.form}" in WORDS
    assert (code.form == "unknown") is ("identifiers.item.form_unknown" in code.oddities())


@given(st.sampled_from(sorted(LETTERS)), MAIN, st.one_of(SUB, MAIN), DIGITS.filter(lambda body: len(set(body)) > 1))
def test_every_part_of_a_provincial_code_comes_back(letter: str, main: str, sub: str, body: str) -> None:
    code = read_item_code(f"511{letter}{main}{sub}-511602000000-000-{credit_code(body)}-1-00")
    assert code.form == "provincial"
    assert (code.sort, code.main, code.sub, code.area) == (LETTERS[letter], main, sub, "511602000000")
    assert (code.middle, code.level, code.sequence, code.organ.form) == ("000", "1", "00", "credit")
    assert code.oddities(LETTERS[letter]) == ()
    other = next(sort for sort in LETTERS.values() if sort != LETTERS[letter])
    assert code.oddities(other) == ("identifiers.item.sort_differs",)


@pytest.mark.parametrize(
    ("written", "declared", "odd"),
    [
        ("511A0081000003-511602000000-000-00877868-5-1-00", "1", ["organ_old"]),
        ("513A0161300000-511602000000-000-1151130000877869M-1-00", "20", ["sort_unknown", "organ_credit_cut"]),
        ("511A0077700002-510000000000-000-8282348-1-00", "1", ["area_province", "organ_unknown"]),
        ("E-000021-001-1111111111111111", "9", ["form_lettered_short", "organ_placeholder"]),
        ("A-005818-5818-511602000000-000-115113010087783353-1-00", "20", ["form_lettered", "sort_differs"]),
        ("511F82001002-511602000000-000-11511301452259996u-1-00", "7", ["organ_small"]),
        ("511A16007006-110108000000-000-11511301MB1D685275-2-00", "1", ["area_elsewhere"]),
        ("511A16007006-999999000000-000-11511301MB1D685275-2-00", "1", ["area_unknown", "area_elsewhere"]),
    ],
)
def test_odd_codes_say_why(written: str, declared: str, odd: list[str]) -> None:
    assert list(read_item_code(written).oddities(declared)) == [f"identifiers.item.{one}" for one in odd]


def test_sorts_are_national() -> None:
    assert [national_sort(given) for given in ("1", "20", "07", " 5 ", "99", "")] == ["01", "20", "07", "05", "", ""]


def test_the_real_codes_of_a_directory_are_read(shared: Path) -> None:
    """961 codes of a public directory: the sort read from the code is the one that stands beside it, all but twice."""
    with (shared / "data" / "codes" / "gov_service_items_a.csv").open(encoding="utf-8-sig") as file:
        rows = [(read_item_code(row["item_code"]), row["task_type"], row["area_code"]) for row in csv.DictReader(file)]
    forms = Counter(code.form for code, _, _ in rows)
    assert forms == {"provincial": 949, "lettered": 10, "lettered_short": 2}
    odd = Counter(key.rpartition(".")[2] for code, sort, _ in rows for key in code.oddities(sort))
    assert odd == {
        "organ_credit_cut": 91, "sort_unknown": 30, "organ_old": 14, "organ_unknown": 13, "form_lettered": 10,
        "form_lettered_short": 2, "organ_placeholder": 2, "sort_differs": 2, "area_province": 1, "organ_small": 1,
    }  # fmt: skip
    assert sum(not code.oddities(sort) for code, sort, _ in rows) == 813
    assert sum(code.area == area for code, _, area in rows) == 958
    assert sum(code.organ.form == "credit" and code.organ.check_ok for code, _, _ in rows) == 841
