"""Codes of places: what their digits say, and since when."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import zhihai.ground.identifiers
from zhihai.ground.identifiers.places import (
    AreaCode,
    Validity,
    county_names,
    read_area_code,
    read_component_code,
    read_grid_code,
)
from zhihai.ground.refusal import Refused
from zhihai.ground.words import read_words

WORDS = read_words(Path(zhihai.ground.identifiers.__file__).with_name("words.toml"))


def test_levels_from_community_to_province() -> None:
    code: AreaCode | None = read_area_code("110108001002")
    chain = []
    while code is not None:
        chain.append((code.code, code.level))
        code = code.parent
    assert chain == [
        ("110108001002", "community"),
        ("110108001", "street"),
        ("110108", "county"),
        ("110100", "prefecture"),
        ("110000", "province"),
    ]
    assert all(f"identifiers.area.level.{level}" in WORDS for _, level in chain)


@pytest.mark.parametrize(
    ("written", "code"),
    [("110108000000", "110108"), ("110108001000", "110108001"), ("110108000", "110108"), ("110000000000", "110000")],
)
def test_zeros_that_only_fill_are_dropped(written: str, code: str) -> None:
    assert read_area_code(written) == AreaCode(code)
    assert read_area_code(written).filled == written.ljust(12, "0")


@given(st.from_regex(r"[1-9][0-9]{5}([0-9]{3}([0-9]{3})?)?", fullmatch=True))
def test_every_code_stands_within_its_parents(written: str) -> None:
    code = read_area_code(written)
    assert read_area_code(code.filled) == code
    step: AreaCode | None = code
    while step is not None:
        assert code.within(step)
        assert step == code or not step.within(code)
        step = step.parent


def test_what_is_elsewhere_is_not_within() -> None:
    assert not read_area_code("110108001").within(read_area_code("110105"))
    assert not read_area_code("110108001").within(read_area_code("110108002"))


@pytest.mark.parametrize(
    ("code", "street", "community"),
    [
        ("110108001001", "subdistrict", "residents"),
        ("330603107200", "town", "villagers"),
        ("150525204199", "township", "residents"),
        ("110108301450", "township", "like_residents"),
        ("110108498598", "enterprise", "like_villagers"),
        ("110108901601", "unknown", "unknown"),
    ],
)
def test_sorts_of_streets_and_communities(code: str, street: str, community: str) -> None:
    assert read_area_code(code).street_sort == street
    assert read_area_code(code).community_sort == community


def test_names_of_counties_are_dated() -> None:
    (gone,) = county_names("110103")
    assert gone.name == "崇文区"
    assert [gone.validity.holds(day) for day in (date(2009, 1, 1), date(2010, 12, 31), date(2011, 1, 1))] == [
        None,
        None,
        False,
    ]
    (young,) = county_names("110118")
    assert young.name == "密云区"
    assert (young.validity.holds(date(2014, 12, 31)), young.validity.holds(date(2015, 1, 1))) == (False, True)
    old, new = county_names("120110")
    assert (old.name, old.validity.ends) == ("东郊区", date(1991, 12, 31))
    assert (new.name, new.validity.begins) == ("东丽区", date(1992, 1, 1))
    (standing,) = county_names("110108")
    assert standing.validity == Validity()
    assert county_names("999999") == ()


def test_validity_before_an_edition_is_unknown() -> None:
    shown = Validity(seen=date(2023, 1, 1))
    assert shown.holds(date(2022, 12, 31)) is None
    assert shown.holds(date(2023, 1, 1)) is True
    ended = Validity(seen=date(2023, 1, 1), ends=date(2024, 6, 30))
    assert [ended.holds(day) for day in (date(2024, 6, 30), date(2024, 7, 1))] == [True, False]


def test_grid_cells() -> None:
    cell = read_grid_code("110108011002017")
    assert (cell.street.code, cell.block.code, cell.number, cell.synthetic) == ("110108011", "110108011002", 17, False)
    assert read_grid_code("110108011901017").synthetic


@pytest.mark.parametrize(
    ("code", "kind", "scheme"),
    [
        ("3205080101000001", "0101", "standard"),
        ("1101082105012345", "2105", "local"),
        ("1101080705012345", "0705", "unknown"),
    ],
)
def test_components(code: str, kind: str, scheme: str) -> None:
    component = read_component_code(code)
    assert (component.area.code, component.kind, component.scheme) == (code[:6], kind, scheme)
    assert component.serial == int(code[-6:])


@pytest.mark.parametrize(
    ("read", "written", "code"),
    [
        (read_area_code, "11010", "area_code_form"),
        (read_area_code, "011010", "area_code_form"),
        (read_area_code, "11010８00１0", "area_code_form"),
        (read_grid_code, "11010801100201", "grid_code_form"),
        (read_grid_code, "11010801100201A", "grid_code_form"),
        (read_component_code, "320508010100001", "component_code_form"),
    ],
)
def test_what_can_not_be_a_code_is_refused(read: Callable[[str, str], object], written: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read(written, "area")
    assert (refused.value.code, refused.value.field) == (code, "area")
    assert WORDS[f"refused.{code}"].say("zh", **refused.value.facts)


def test_communities_of_a_real_district(shared: Path) -> None:
    with (shared / "data/geo/haidian_communities.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    codes = [read_area_code(row["code"]) for row in rows]
    assert len(codes) == 678
    assert all(
        code.level == "community" and code.parent == AreaCode(row["streetCode"])
        for code, row in zip(codes, rows, strict=True)
    )
    villages = [row for code, row in zip(codes, rows, strict=True) if code.community_sort == "villagers"]
    assert len(villages) == 51
    assert all(row["name"].endswith("村委会") for row in villages)
