"""The message of an hourly measuring station: plain JSON, one hour of one station.

::

    {"station": "S1", "at": "2014-02-26T15:00:00+08:00", "values": {"pm25": 339, "co": 3.7, "o3": null},
     "unit": {"co": "mg/m3"}, "quality": {"pm25": "calibration"}}

``at`` is the begin of the hour with its offset from UTC. ``values`` holds a number or ``null`` (no value) for each
quantity. ``unit`` may name the unit of a quantity where it is not the quantity's own; ``quality`` may say that a value
does not stand: ``maintenance``, ``calibration`` or ``fault`` (``valid`` is taken as said where nothing is). UTF-8.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from zhihai.ground.reading import Flag, Reading
from zhihai.ground.refusal import Refused

Units = Mapping[str, Mapping[str, Decimal]]
"""For each quantity the units it may come in, by their code, and what a value is multiplied by to be in its own."""

QUALITY = {"valid": 0, "maintenance": Flag.INVALID, "calibration": Flag.INVALID, "fault": Flag.INVALID}
NAME = 64


def read_message(body: bytes, units: Units) -> tuple[Reading, ...]:
    """Return the readings of one message, in the quantities' own units; ``null`` is a gap and gives none.

    A quantity that ``units`` does not know is handed on as it came, so that it can be kept aside and looked at. The
    conversion is of decimals, so that 3.7 mg/m³ are 3,700 µg/m³. Raises ``Refused`` naming the field and the remedy.
    """
    message = _parse(body)
    station, at = _station(message), _at(message)
    values, unit, quality = (_table(message, name) for name in ("values", "unit", "quality"))
    if not values:
        raise Refused("station_without_values", "values")
    for name in ("unit", "quality"):
        stray = _table(message, name).keys() - values.keys()
        if stray:
            raise Refused("station_stray", f"{name}.{min(stray)}", quantity=min(stray))
    return tuple(
        Reading(station, name, at, _value(name, value, unit.get(name), units), _flags(name, quality.get(name, "valid")))
        for name, value in values.items()
        if value is not None
    )


def write_message(station: str, at: datetime, values: Mapping[str, float | None]) -> bytes:
    """Return the message of one hour, values in the quantities' own units: what a replay or a simulator sends."""
    return json.dumps({"station": station, "at": at.isoformat(), "values": dict(values)}).encode()


def _parse(body: bytes) -> dict[str, Any]:
    try:
        message = json.loads(
            body.decode("utf-8"), parse_float=Decimal, parse_constant=_constant, object_pairs_hook=_once
        )
    except (ValueError, ArithmeticError, RecursionError) as fault:
        raise Refused("station_not_json") from fault
    if not isinstance(message, dict):
        raise Refused("station_not_json")
    return message


def _constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Refused("station_twice", twice[:NAME], name=twice[:NAME])
    return table


def _station(message: dict[str, Any]) -> str:
    station = message.get("station")
    if not isinstance(station, str) or not 0 < len(station) <= NAME:
        raise Refused("station_name", "station", most=NAME)
    return station


def _at(message: dict[str, Any]) -> datetime:
    try:
        at = datetime.fromisoformat(message.get("at", ""))
        if at.utcoffset() is None:
            raise Refused("station_at", "at")
        at = at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as fault:
        raise Refused("station_at", "at") from fault
    if at.minute or at.second or at.microsecond:
        raise Refused("station_at", "at")
    return at


def _table(message: dict[str, Any], name: str) -> dict[str, Any]:
    table = message.get(name, {})
    if not isinstance(table, dict):
        raise Refused("station_table", name)
    return table


def _value(name: str, value: object, unit: object, units: Units) -> float:
    number = not isinstance(value, bool) and isinstance(value, (int, Decimal))
    if not number or not isfinite(_float(value)):
        raise Refused("station_value", f"values.{name}", quantity=name)
    if unit is None:
        return _float(value)
    known = units.get(name, {})
    factor = known.get(unit) if isinstance(unit, str) else None
    if factor is None:
        raise Refused("station_unit", f"unit.{name}", quantity=name, known=", ".join(known))
    return float(Decimal(str(value)) * factor)


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer beyond the range of floats
        return float("inf")


def _flags(name: str, quality: object) -> int:
    if not isinstance(quality, str) or quality not in QUALITY:
        raise Refused("station_quality", f"quality.{name}", quantity=name, known=", ".join(QUALITY))
    return int(QUALITY[quality])
