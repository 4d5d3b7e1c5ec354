"""Kinds and facts said in the reader's language, whatever the facts are like."""

from __future__ import annotations

import pytest

from zhihai.faces.naming import telling, unit_text

EPISODE = {"index": 318.4, "primary": "pm25", "peak": 420.0, "peak_primary": "pm25"}


@pytest.mark.parametrize(("unit", "text"), [("1", ""), ("ug/m3", "µg/m³"), ("Cel", "°C"), ("kat", "kat")])
def test_units_as_people_write_them(unit: str, text: str) -> None:
    assert unit_text(unit) == text


def test_a_kind_is_said_in_both_languages() -> None:
    assert telling("zh").kind("air.inspection", "case") == "重污染现场检查"
    assert telling("en").kind("air.inspection", "case") == "Heavy pollution inspection"


def test_a_kind_whose_pack_is_gone_says_its_name() -> None:
    assert telling("zh").kind("marsh.drain", "case", "title", device="x") == "marsh.drain"


def test_a_title_takes_names_in_the_language_of_the_reader() -> None:
    facts = {"device": {"zh": "东岸空气站", "en": "East Shore air station"}}
    assert telling("zh").title("air.inspection", facts) == "东岸空气站周边重污染现场检查"
    assert telling("en").title("air.inspection", facts) == "Inspection around East Shore air station: heavy pollution"


def test_a_title_without_its_facts_is_the_name_of_the_kind() -> None:
    assert telling("zh").title("air.inspection", {}) == "重污染现场检查"


@pytest.mark.parametrize(
    ("primary", "said"),
    [("pm25", "PM2.5"), ("pm25+no2", "PM2.5 + NO₂"), ("", "none"), ("radon", "radon"), ("pm25+radon", "pm25+radon")],
)
def test_codes_are_said_one_several_or_none(primary: str, said: str) -> None:
    told = telling("en").found("air.heavy_pollution", {**EPISODE, "primary": primary})
    assert told == f"24-hour AQI 318, primary pollutant {said}; peak 420"


@pytest.mark.parametrize("facts", [{}, {**EPISODE, "index": "many"}])
def test_a_finding_whose_facts_do_not_fit_is_told_by_its_rule(facts: dict[str, object]) -> None:
    tell = telling("en")
    assert tell.found("air.heavy_pollution", facts) == tell.kind("air.heavy_pollution", "rule", "what")
