"""The message of a station, and why one is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import zhihai.ground.station.message as message_module
from zhihai.ground.reading import Flag, Reading
from zhihai.ground.refusal import Refused
from zhihai.ground.station.message import read_message, write_message
from zhihai.ground.words import read_words

UNITS = {"pm25": {"ug/m3": Decimal(1)}, "co": {"ug/m3": Decimal(1), "mg/m3": Decimal(1000)}}
AT = datetime(2014, 2, 26, 7, tzinfo=UTC)
GOOD: dict[str, Any] = {"station": "S1", "at": "2014-02-26T15:00:00+08:00", "values": {"pm25": 339, "co": 3.7}}
WORDS = read_words(Path(message_module.__file__).with_name("words.toml"))


def body(**changes: object) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def test_values_come_out_in_their_own_unit_at_the_begin_of_the_hour_in_utc() -> None:
    assert read_message(body(unit={"co": "mg/m3"}), UNITS) == (
        Reading("S1", "pm25", AT, 339.0),
        Reading("S1", "co", AT, 3700.0),
    )


def test_conversion_is_of_decimals() -> None:
    # 1.005 * 1000 is 1004.9999999999999 in floating point.
    (reading,) = read_message(body(values={"co": 1.005}, unit={"co": "mg/m3"}), UNITS)
    assert reading.value == 1005.0


def test_null_is_a_gap_and_a_quality_sets_a_value_aside() -> None:
    said = read_message(body(values={"pm25": 12, "co": None}, quality={"pm25": "calibration", "co": "fault"}), UNITS)
    assert said == (Reading("S1", "pm25", AT, 12.0, Flag.INVALID),)


def test_an_unknown_quantity_is_handed_on_as_it_came() -> None:
    assert read_message(body(values={"radon": 4}), UNITS) == (Reading("S1", "radon", AT, 4.0),)


@pytest.mark.parametrize(
    ("sent", "code", "field"),
    [
        (b"", "station_not_json", None),
        (b"\xff\xfe{}", "station_not_json", None),
        ('{"station": "一号"}'.encode("gb18030"), "station_not_json", None),
        (b"[1]", "station_not_json", None),
        (b"[" * 100_000, "station_not_json", None),
        (b'{"station": "S1", "at": "x", "values": {"pm25": NaN}}', "station_not_json", None),
        (b'{"values": {"pm25": 1' + b"0" * 5000 + b"}}", "station_not_json", None),
        (b'{"values": {"pm25": 1e99999999999999999999}}', "station_not_json", None),
        (b'{"station": "S1", "values": {"pm25": 1, "pm25": 2}}', "station_twice", "pm25"),
        (body(station=""), "station_name", "station"),
        (body(station=7), "station_name", "station"),
        (body(station="S" * 65), "station_name", "station"),
        (body(at=None), "station_at", "at"),
        (body(at=1393398000), "station_at", "at"),
        (body(at="2014-02-26T15:00:00"), "station_at", "at"),
        (body(at="2014-02-26T15:30:00+08:00"), "station_at", "at"),
        (body(at="0001-01-01T00:00:00+08:00"), "station_at", "at"),
        (body(values=[1]), "station_table", "values"),
        (body(values={}), "station_without_values", "values"),
        (body(unit="ug/m3"), "station_table", "unit"),
        (body(unit={"no2": "ug/m3"}), "station_stray", "unit.no2"),
        (body(quality={"no2": "fault"}), "station_stray", "quality.no2"),
        (body(values={"pm25": "12"}), "station_value", "values.pm25"),
        (body(values={"pm25": True}), "station_value", "values.pm25"),
        (body(values={"pm25": [1]}), "station_value", "values.pm25"),
        (b'{"station": "S1", "at": "2014-02-26T15:00:00Z", "values": {"co": 1e400}}', "station_value", "values.co"),
        (body(values={"pm25": 10**400}), "station_value", "values.pm25"),
        (body(unit={"pm25": "ppb"}), "station_unit", "unit.pm25"),
        (body(unit={"pm25": 5}), "station_unit", "unit.pm25"),
        (body(quality={"pm25": "so-so"}), "station_quality", "quality.pm25"),
        (body(quality={"pm25": ["fault"]}), "station_quality", "quality.pm25"),
    ],
)
def test_what_can_not_be_read_is_refused_whole_with_field_and_remedy(sent: bytes, code: str, field: str | None) -> None:
    with pytest.raises(Refused) as refused:
        read_message(sent, UNITS)
    assert (refused.value.code, refused.value.field) == (code, field)
    for language in ("zh", "en"):
        assert WORDS[f"refused.{code}"].say(language, **refused.value.facts)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(sent: bytes) -> None:
    try:
        read_message(sent, UNITS)
    except Refused:
        return


@given(st.dictionaries(st.sampled_from(["pm25", "co", "x"]), st.none() | st.floats(-1e6, 1e6), min_size=1))
def test_what_is_written_is_read_again(values: dict[str, float | None]) -> None:
    local = AT.astimezone(timezone(timedelta(hours=8)))
    said = read_message(write_message("S1", local, values), UNITS)
    assert {reading.quantity: reading.value for reading in said} == {k: v for k, v in values.items() if v is not None}
    assert {reading.at for reading in said} <= {AT}
