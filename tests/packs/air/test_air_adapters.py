"""Reading air-quality stations: message and published table, and the gaps of the real files."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from zhihai.ground.reading import Reading
from zhihai.ground.refusal import Refused
from zhihai.packs.air.adapters import COLUMNS, station, table

ZONE = ZoneInfo("Asia/Shanghai")
GAPS = {
    "Wanliu": {"pm25": 382, "pm10": 284, "so2": 575, "no2": 1070, "co": 1812, "o3": 2107},
    "Guanyuan": {"pm25": 616, "pm10": 429, "so2": 474, "no2": 659, "co": 1753, "o3": 1173},
    "Gucheng": {"pm25": 646, "pm10": 381, "so2": 507, "no2": 668, "co": 1401, "o3": 729},
}


@pytest.mark.parametrize("unit", ["mg/m3", "mg/m³"])
def test_carbon_monoxide_in_milligrams_becomes_micrograms(unit: str) -> None:
    body = (
        f'{{"station": "S1", "at": "2014-02-26T15:00:00+08:00", "values": {{"co": 5.9}}, "unit": {{"co": "{unit}"}}}}'
    )
    assert station(body.encode()) == (Reading("S1", "co", datetime(2014, 2, 26, 7, tzinfo=UTC), 5900.0),)


@pytest.mark.parametrize("unit", ["ug/m3", "µg/m³", "μg/m³"])
def test_micrograms_are_taken_as_they_are_however_written(unit: str) -> None:
    body = f'{{"station": "S1", "at": "2014-02-26T15:00Z", "values": {{"pm25": 12}}, "unit": {{"pm25": "{unit}"}}}}'
    assert [reading.value for reading in station(body.encode())] == [12.0]


def test_a_unit_of_another_world_is_refused() -> None:
    body = b'{"station": "S1", "at": "2014-02-26T15:00Z", "values": {"o3": 40}, "unit": {"o3": "ppb"}}'
    with pytest.raises(Refused) as refused:
        station(body)
    assert (refused.value.code, refused.value.field) == ("station_unit", "unit.o3")


@pytest.mark.parametrize("name", GAPS)
def test_the_real_files_are_read_to_the_last_value(shared: Path, name: str) -> None:
    file = shared / "data" / "environment" / f"PRSA_Data_{name}_20130301-20170228.csv.gz"
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = list(table(lines, ZONE))
    assert len(rows) == 35_064
    readings = [reading for row in rows for reading in row]
    found = {quantity: 35_064 - sum(one.quantity == quantity for one in readings) for quantity in GAPS[name]}
    assert found == GAPS[name]
    assert {one.device for one in readings} == {name}
    assert (readings[0].at, readings[-1].at) == (
        datetime(2013, 2, 28, 16, tzinfo=UTC),
        datetime(2017, 2, 28, 15, tzinfo=UTC),
    )
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        cells = [row[column] for row in csv.DictReader(lines) for column in COLUMNS]
    assert [one.value for one in readings] == [float(cell) for cell in cells if cell != "NA"]
