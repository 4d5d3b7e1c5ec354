"""How air-quality stations are read: their own message, and the published table that a replay plays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import tzinfo
from decimal import Decimal

from zhihai.ground.reading import Reading
from zhihai.ground.station.message import read_message
from zhihai.ground.station.table import read_table
from zhihai.packs.air.model.norms import POLLUTANTS

_MICRO, _MILLI = Decimal(1), Decimal(1000)
_MASS = {
    "ug/m3": _MICRO, "µg/m³": _MICRO, "μg/m³": _MICRO,  # the micro sign and the Greek letter
    "mg/m3": _MILLI, "mg/m³": _MILLI,
}  # fmt: skip
UNITS = dict.fromkeys(POLLUTANTS, _MASS)

COLUMNS = {
    "PM2.5": ("pm25", float),
    "PM10": ("pm10", float),
    "SO2": ("so2", float),
    "NO2": ("no2", float),
    "CO": ("co", float),
    "O3": ("o3", float),
}


def station(body: bytes) -> tuple[Reading, ...]:
    """Return the readings of one station message, all in µg/m³, carbon monoxide too.

    The message is that of :mod:`zhihai.ground.station.message`, its quantities pm25, pm10, so2, no2, co and o3, each in
    ``ug/m3`` (taken where no unit is said) or ``mg/m3``. Raises ``Refused``.
    """
    return read_message(body, UNITS)


def table(lines: Iterable[str], zone: tzinfo) -> Iterator[tuple[Reading, ...]]:
    """Yield the readings of each row of the published table, in µg/m³; the row of hour *h* is the interval [h, h+1).

    ``zone`` is the stations' local time. Raises ``Refused``.
    """
    return read_table(lines, COLUMNS, zone)
