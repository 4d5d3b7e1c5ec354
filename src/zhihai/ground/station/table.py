"""The hours of stations as a table of text, in the layout of the UCI multi-site air-quality set (CC BY 4.0).

Columns ``year, month, day, hour`` give the begin of the hour in the stations' local time, ``station`` its name; a
column for each quantity follows, ``NA`` or nothing where there is no value.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from math import isfinite

from zhihai.ground.reading import Reading
from zhihai.ground.refusal import Refused

TIME = ("year", "month", "day", "hour")
NONE = frozenset({"", "NA"})

Columns = Mapping[str, tuple[str, Callable[[str], float]]]
"""For each column that is read: the quantity it holds, and how its text becomes a number."""


def read_table(lines: Iterable[str], columns: Columns, zone: tzinfo) -> Iterator[tuple[Reading, ...]]:
    """Yield the readings of each row in order, an empty tuple for a row without values.

    ``zone`` is the local time of the rows; the row of hour 15 is the interval 15:00–16:00 and stands at its begin, in
    UTC. Raises ``Refused`` for a column that is not there, and for a row that can not be read, with its line.
    """
    rows = csv.reader(lines)
    header = next(rows, [])
    for name in (*TIME, "station", *columns):
        if name not in header:
            raise Refused("station_table_column", name, column=name)
    time = [header.index(name) for name in TIME]
    station = header.index("station")
    read = [(header.index(name), name, *columns[name]) for name in columns]
    for row in rows:
        if len(row) != len(header):
            raise Refused("station_table_row", line=rows.line_num, cells=len(row), columns=len(header))
        at = _at([row[place] for place in time], zone, rows.line_num)
        yield tuple(
            Reading(row[station], quantity, at, _number(row[place], convert, name, rows.line_num))
            for place, name, quantity, convert in read
            if row[place] not in NONE
        )


def _at(cells: list[str], zone: tzinfo, line: int) -> datetime:
    try:
        year, month, day, hour = map(int, cells)
        return datetime(year, month, day, hour, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        raise Refused("station_table_time", "year, month, day, hour", line=line) from fault


def _number(cell: str, convert: Callable[[str], float], column: str, line: int) -> float:
    try:
        number = convert(cell)
    except (ValueError, KeyError) as fault:
        raise Refused("station_table_value", column, line=line, column=column) from fault
    if not isfinite(number):
        raise Refused("station_table_value", column, line=line, column=column)
    return number
