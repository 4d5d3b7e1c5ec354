"""The published table of station hours."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import zhihai.ground.station.table as table_module
from zhihai.ground.reading import Reading
from zhihai.ground.refusal import Refused
from zhihai.ground.station.table import read_table
from zhihai.ground.words import read_words

ZONE = ZoneInfo("Asia/Shanghai")
HEAD = '"No","year","month","day","hour","PM2.5","wd","station"'
COLUMNS = {"PM2.5": ("pm25", float), "wd": ("from", {"N": 0.0, "E": 90.0}.__getitem__)}
WORDS = read_words(Path(table_module.__file__).with_name("words.toml"))


def read(*rows: str) -> list[tuple[Reading, ...]]:
    return list(read_table([HEAD, *rows], COLUMNS, ZONE))


def test_the_hour_is_local_and_stands_at_its_begin_in_utc() -> None:
    at = datetime(2014, 2, 26, 7, tzinfo=UTC)
    assert read('1,2014,2,26,15,3.5,"E","S1"') == [(Reading("S1", "pm25", at, 3.5), Reading("S1", "from", at, 90.0))]


def test_a_gap_gives_no_reading_and_an_empty_hour_still_a_row() -> None:
    assert [len(row) for row in read("1,2014,2,26,15,NA,E,S1", "2,2014,2,26,16,,NA,S1")] == [1, 0]


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        ("1,2014,2,30,15,3,E,S1", "station_table_time", "year, month, day, hour"),
        ("1,2014,2,26,24,3,E,S1", "station_table_time", "year, month, day, hour"),
        ("1,2014,2,x,1,3,E,S1", "station_table_time", "year, month, day, hour"),
        ("1,1,1,1,1,3,E,S1", "station_table_time", "year, month, day, hour"),
        ("1,2014,2,26,15,3", "station_table_row", None),
        ("1,2014,2,26,15,three,E,S1", "station_table_value", "PM2.5"),
        ("1,2014,2,26,15,inf,E,S1", "station_table_value", "PM2.5"),
        ("1,2014,2,26,15,3,UP,S1", "station_table_value", "wd"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(row: str, code: str, field: str | None) -> None:
    with pytest.raises(Refused) as refused:
        read("1,2014,2,26,14,3,E,S1", row)
    assert (refused.value.code, refused.value.field, refused.value.facts["line"]) == (code, field, 3)
    assert "3" in WORDS[f"refused.{code}"].say("en", **refused.value.facts)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(Refused) as refused:
        list(read_table(["year,month,day,hour,station,PM2.5"], COLUMNS, ZONE))
    assert (refused.value.code, refused.value.field) == ("station_table_column", "wd")
    with pytest.raises(Refused):
        list(read_table([], COLUMNS, ZONE))
