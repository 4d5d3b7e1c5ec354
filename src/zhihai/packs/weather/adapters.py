"""How weather stations are read: their own message, and the published table that a replay plays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import tzinfo
from decimal import Decimal

from zhihai.ground.reading import Reading
from zhihai.ground.station.message import read_message
from zhihai.ground.station.table import read_table

_OWN = Decimal(1)
UNITS = {
    "temperature": {"Cel": _OWN, "°C": _OWN, "℃": _OWN},
    "dew_point": {"Cel": _OWN, "°C": _OWN, "℃": _OWN},
    "pressure": {"hPa": _OWN, "kPa": Decimal(10), "Pa": Decimal("0.01")},
    "rain": {"mm": _OWN},
    "wind_speed": {"m/s": _OWN},
    "wind_from": {"deg": _OWN, "°": _OWN},
}

_POINTS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
COMPASS = {point: 22.5 * place for place, point in enumerate(_POINTS)}

COLUMNS = {
    "TEMP": ("temperature", float),
    "DEWP": ("dew_point", float),
    "PRES": ("pressure", float),
    "RAIN": ("rain", float),
    "WSPM": ("wind_speed", float),
    "wd": ("wind_from", COMPASS.__getitem__),
}


def station(body: bytes) -> tuple[Reading, ...]:
    """Return the readings of one station message.

    The message is that of :mod:`zhihai.ground.station.message`, its quantities temperature and dew_point (Cel),
    pressure (hPa), rain (mm that fell in the hour), wind_speed (m/s, mean of the hour), wind_from (degrees the wind
    blows from, 0 is north, clockwise). Raises ``Refused``.
    """
    return read_message(body, UNITS)


def table(lines: Iterable[str], zone: tzinfo) -> Iterator[tuple[Reading, ...]]:
    """Yield the readings of each row of the published table; the row of hour *h* is the interval [h, h+1).

    ``zone`` is the stations' local time; the sixteen points of the compass become degrees. Raises ``Refused``.
    """
    return read_table(lines, COLUMNS, zone)
