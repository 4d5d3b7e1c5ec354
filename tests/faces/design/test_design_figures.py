"""Numbers as people read them; what charts, meters and maps are drawn from."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from zhihai.faces.design.figures import (
    Chart,
    Level,
    Line,
    Number,
    Place,
    meter,
    number_element,
    number_text,
    places_geojson,
)
from zhihai.faces.design.speech import Speech

AT = datetime(2014, 2, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("value", "digits", "said"),
    [
        (0, None, "0"),
        (1284, None, "1,284"),
        (1234567.0, None, "1,234,567"),
        (95.8, None, "95.8"),
        (-3.54, None, "−3.5"),
        (-0.04, None, "0.0"),
        (0.1234, 3, "0.123"),
        (398, 1, "398.0"),
        (Decimal("97.70"), None, "97.7"),
        (None, None, "—"),
        (math.nan, None, "—"),
        (math.inf, 2, "—"),
    ],
)
def test_numbers(value: Number | None, digits: int | None, said: str) -> None:
    assert number_text(value, digits) == said


def test_a_number_has_its_unit_and_a_missing_one_says_so(en: Speech) -> None:
    assert number_element(en, 398, "µg/m³") == '<span class="num">398<span class="unit">\u00a0µg/m³</span></span>'
    missing = str(number_element(en, None, "µg/m³"))
    assert '<span class="unseen">no data</span>' in missing
    assert "µg" not in missing


def test_a_unit_is_escaped(en: Speech) -> None:
    assert "<b>" not in number_element(en, 1, "<b>")


def test_a_meter_places_value_target_and_baseline() -> None:
    made = meter(95.8, 100, target=95, baseline=97.7)
    assert (made.filled, made.target, made.baseline) == (95.8, 95.0, 97.7)
    over = meter(12, 10)
    assert (over.filled, over.target, over.baseline) == (100.0, None, None)
    with pytest.raises(ValueError, match="above zero"):
        meter(1, 0)


def _chart() -> Chart:
    one = Line(name="A", points=((AT, 1.0), (AT + HOUR, None), (AT + 2 * HOUR, 3.0)))
    two = Line(name="B", points=((AT + HOUR, 5.0),), tone="plum")
    return Chart(lines=(one, two), unit="µg/m³", step=3600, levels=(Level(name="limit", value=75),))


def test_the_table_behind_a_chart_has_every_instant_and_leaves_holes() -> None:
    assert _chart().rows() == [
        (AT + 2 * HOUR, [3.0, None]),
        (AT + HOUR, [None, 5.0]),
        (AT, [1.0, None]),
    ]


def test_what_the_script_reads_of_a_chart() -> None:
    told = _chart().as_json()
    assert told["lines"] == [
        {
            "name": "A",
            "tone": "sea",
            "points": [["2014-02-20T00:00:00Z", 1.0], ["2014-02-20T01:00:00Z", None], ["2014-02-20T02:00:00Z", 3.0]],
        },
        {"name": "B", "tone": "plum", "points": [["2014-02-20T01:00:00Z", 5.0]]},
    ]
    assert told["levels"] == [{"name": "limit", "value": 75, "tone": "amber"}]


def test_a_chart_of_gaps_alone_is_empty() -> None:
    assert not _chart().empty
    assert Chart(lines=(Line(name="A", points=((AT, None),)),), unit="", step=60).empty


def test_places_are_geojson_whether_made_in_python_or_in_a_template() -> None:
    place = Place(id="7", lon=116.3, lat=39.9, name="A", tone="cinnabar")
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [116.3, 39.9]},
        "properties": {"id": "7", "name": "A", "note": "", "value": "", "tone": "cinnabar", "href": ""},
    }
    assert places_geojson([place])["features"] == [feature]
    given = {"id": "7", "lon": 116.3, "lat": 39.9, "name": "A", "tone": "cinnabar"}
    assert places_geojson([given])["features"] == [feature]
    with pytest.raises(TypeError, match="colour"):
        places_geojson([{**given, "colour": "red"}])
