"""Reading weather stations: message and published table, and the gaps of the real files."""

from __future__ import annotations

import gzip
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from zhihai.ground.reading import Reading
from zhihai.ground.refusal import Refused
from zhihai.packs.weather.adapters import COMPASS, station, table

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2014, 2, 26, 7, tzinfo=UTC)
GAPS = {
    "Wanliu": {"temperature": 20, "dew_point": 20, "pressure": 20, "rain": 20, "wind_speed": 14, "wind_from": 123},
    "Guanyuan": {"temperature": 20, "dew_point": 20, "pressure": 20, "rain": 20, "wind_speed": 14, "wind_from": 81},
    "Gucheng": {"temperature": 51, "dew_point": 51, "pressure": 50, "rain": 43, "wind_speed": 42, "wind_from": 159},
}


def message(values: str, unit: str = "{}") -> bytes:
    text = f'{{"station": "S1", "at": "2014-02-26T15:00+08:00", "values": {values}, "unit": {unit}}}'
    return text.encode()


@pytest.mark.parametrize(
    ("values", "unit", "expected"),
    [
        ('{"temperature": -2.7}', '{"temperature": "°C"}', -2.7),
        ('{"pressure": 101.33}', '{"pressure": "kPa"}', 1013.3),
        ('{"pressure": 101330}', '{"pressure": "Pa"}', 1013.3),
        ('{"rain": 0}', "{}", 0.0),
        ('{"wind_from": 292.5}', '{"wind_from": "deg"}', 292.5),
    ],
)
def test_values_come_in_their_units(values: str, unit: str, expected: float) -> None:
    (reading,) = station(message(values, unit))
    assert (reading.value, reading.at) == (expected, AT)


def test_a_unit_that_is_not_known_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        station(message('{"temperature": 280}', '{"temperature": "K"}'))
    assert (refused.value.code, refused.value.field) == ("station_unit", "unit.temperature")


def test_the_compass_becomes_degrees() -> None:
    assert (COMPASS["N"], COMPASS["E"], COMPASS["SSW"], COMPASS["NNW"]) == (0.0, 90.0, 202.5, 337.5)
    head = "year,month,day,hour,TEMP,PRES,DEWP,RAIN,wd,WSPM,station"
    (row,) = table([head, "2014,2,26,15,NA,NA,NA,0.4,NNE,NA,S1"], ZONE)
    assert row == (Reading("S1", "rain", AT, 0.4), Reading("S1", "wind_from", AT, 22.5))


@pytest.mark.parametrize("name", GAPS)
def test_the_real_files_are_read_to_the_last_value(shared: Path, name: str) -> None:
    file = shared / "data" / "environment" / f"PRSA_Data_{name}_20130301-20170228.csv.gz"
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = list(table(lines, ZONE))
    found = Counter(reading.quantity for row in rows for reading in row)
    assert {quantity: len(rows) - found[quantity] for quantity in GAPS[name]} == GAPS[name]
