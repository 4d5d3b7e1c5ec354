"""Sifting: which readings are kept and which are set aside, and why. Nothing is converted, nothing is guessed.

The usual batch passes as whole columns; only readings with something wrong are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from operator import attrgetter
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from zhihai.ground.actors import Actor
from zhihai.ground.instants import from_micros, to_micros
from zhihai.ground.reading import Flag, Reading
from zhihai.kernel.identity.kinds import SEND_READINGS
from zhihai.kernel.sensing.book import Shelf

AHEAD = timedelta(hours=1)
"""A reading may run ahead of the district's clock by this much: devices' clocks are not exact."""
SENDABLE = Flag.INVALID | Flag.INCOMPLETE | Flag.RETROACTIVE | Flag.DOUBTFUL
VOUCHED = frozenset({"out_of_range", "wrong_unit"})
"""Reasons that a person who releases a reading may answer for; the others must be mended first."""
TEXT = 200
"""Longest text of a sender that is kept beside a reading set aside; the envelope keeps all of it."""
_FAR = np.iinfo(np.int64).max

_device, _quantity = attrgetter("device"), attrgetter("quantity")
_value, _flags, _unit = attrgetter("value"), attrgetter("flags"), attrgetter("unit")


@dataclass(frozen=True, slots=True)
class Held:
    """A reading set aside: its position in what was sent, the reason, what the reason's sentence is filled with."""

    position: int
    reason: str
    facts: dict[str, str | float]
    reading: dict[str, object]


@dataclass(frozen=True, slots=True)
class Sifted:
    """Readings to keep, ordered by (stream, instant), each pair once; how many came twice; and those set aside.

    ``device`` and ``stream`` are numbers of rows, ``at`` microseconds since 1970.
    """

    device: NDArray[np.int32]
    stream: NDArray[np.int32]
    at: NDArray[np.int64]
    value: NDArray[np.float64]
    flags: NDArray[np.int16]
    twice: int
    held: tuple[Held, ...]


def sift(readings: Sequence[Reading], shelf: Shelf, actor: Actor, now: datetime, *, vouched: bool = False) -> Sifted:
    """Part the readings that can be kept from those that can not.

    ``now`` is the district's. A sender must hold ``reading.send`` over each device's organisation and area. With
    ``vouched`` a person answers for range and unit. Of two readings of one stream and instant the first is kept.
    """
    get = shelf.index.get
    keys = zip(map(_device, readings), map(_quantity, readings), strict=True)
    place = np.fromiter((get(key, 0) for key in keys), np.int64, len(readings))
    at, value, flags = _instants(readings), _values(readings), _bits(readings)
    rows = shelf.columns[place]
    good = (place > 0) & ~rows["derived"] & allowed(rows, actor) & (flags >= 0) & np.isfinite(value)
    good &= (at >= rows["since"]) & (at < rows["until"]) & (at <= to_micros(now + AHEAD))
    if not vouched:
        good &= (value >= rows["low"]) & (value <= rows["high"]) & _same_unit(readings, place, shelf)
    held = tuple(_held(position, readings[position], shelf, actor, now) for position in np.flatnonzero(~good).tolist())
    kept = np.flatnonzero(good)
    kept = kept[np.lexsort((at[kept], rows["stream"][kept]))]
    stream, instants = rows["stream"][kept], at[kept]
    first = np.ones(len(kept), bool)
    first[1:] = (stream[1:] != stream[:-1]) | (instants[1:] != instants[:-1])
    chosen = kept[first]
    return Sifted(
        rows["device"][chosen], rows["stream"][chosen], at[chosen], value[chosen], flags[chosen],
        int(len(kept) - len(chosen)), held,
    )  # fmt: skip


def _instants(readings: Sequence[Reading]) -> NDArray[np.int64]:
    """Microseconds since 1970; far in the future where the instant can not be read."""
    try:
        return np.array([to_micros(reading.at) for reading in readings], np.int64)
    except TypeError:  # one without offset from UTC, or not an instant at all
        return np.array([to_micros(r.at) if _is_instant(r.at) else _FAR for r in readings], np.int64)


def _is_instant(at: object) -> bool:
    return isinstance(at, datetime) and at.utcoffset() is not None


def _values(readings: Sequence[Reading]) -> NDArray[np.float64]:
    """Values; not-a-number where one is not a number."""
    values = list(map(_value, readings))
    if set(map(type, values)) <= {float}:
        return np.array(values, np.float64)
    return np.array([_number(value) for value in values], np.float64)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.floating | np.integer):
        return float("nan")
    try:
        return float(value)
    except OverflowError:  # a whole number beyond the range of floats
        return float("inf")


def _bits(readings: Sequence[Reading]) -> NDArray[np.int16]:
    """Flags; −1 where they are not a set of bits that a sender may set."""
    if not any(map(_flags, readings)):
        return np.zeros(len(readings), np.int16)
    return np.array([int(r.flags) if _sendable(r.flags) else -1 for r in readings], np.int16)


def _sendable(flags: object) -> bool:
    return isinstance(flags, int) and not isinstance(flags, bool) and 0 <= flags <= SENDABLE


def _same_unit(readings: Sequence[Reading], place: NDArray[np.int64], shelf: Shelf) -> NDArray[np.bool_]:
    if not any(map(_unit, readings)):
        return np.ones(len(readings), bool)
    units = zip(map(_unit, readings), place.tolist(), strict=True)
    return np.array([not unit or unit == shelf.kinds[row].unit for unit, row in units], bool)


def allowed(rows: NDArray[np.void], actor: Actor) -> NDArray[np.bool_]:
    """Where the actor may send for the device: the vector form of ``Scope.covers``."""
    if actor.sort == "system":
        return np.ones(len(rows), bool)
    allowed = np.zeros(len(rows), bool)
    for grant in actor.scope.grants:
        if SEND_READINGS in grant.powers and grant.types is None:
            org, area = rows["org"], rows["area"]
            allowed |= (org >= grant.org_lo) & (org <= grant.org_hi) & (area >= grant.area_lo) & (area <= grant.area_hi)
    return allowed


def _held(position: int, reading: Reading, shelf: Shelf, actor: Actor, now: datetime) -> Held:
    reason, facts = next(_faults(reading, shelf, actor, now))
    named: dict[str, str | float] = {"device": _text(reading.device), "quantity": _text(reading.quantity)}
    return Held(position, reason, named | facts, as_sent(reading))


def _faults(
    reading: Reading, shelf: Shelf, actor: Actor, now: datetime
) -> Iterator[tuple[str, dict[str, str | float]]]:
    """Yield why a reading is set aside, the gravest reason first, with its facts."""
    place = shelf.index.get((reading.device, reading.quantity), 0)
    row, kind = shelf.columns[place], shelf.kinds[place]
    if place == 0:
        yield "unknown_quantity" if reading.device in shelf.by_code else "unknown_device", {}
    if row["derived"]:
        yield "computed_quantity", {}
    if not allowed(shelf.columns[place : place + 1], actor)[0]:
        yield "foreign_device", {}
    yield from _time_faults(reading.at, int(row["since"]), int(row["until"]), now, shelf.zone)
    if not _sendable(reading.flags):
        yield "unknown_flags", {"flags": _text(reading.flags)}
    number = _number(reading.value)
    if not isfinite(number):
        yield "not_a_number", {"value": _text(reading.value)}
    if reading.unit and reading.unit != kind.unit:
        yield "wrong_unit", {"unit": _text(reading.unit), "expected": kind.unit}
    yield "out_of_range", {"value": number, "low": kind.low, "high": kind.high, "unit": kind.unit}


def _time_faults(
    at: object, since: int, until: int, now: datetime, zone: ZoneInfo
) -> Iterator[tuple[str, dict[str, str | float]]]:
    if not isinstance(at, datetime) or at.utcoffset() is None:
        yield "time_unreadable", {"at": _text(at)}
        return
    count = to_micros(at)
    if count < since:
        yield "time_before", {"at": _told(at, zone), "since": _told(from_micros(since), zone)}
    if count > to_micros(now + AHEAD):
        yield "time_ahead", {"at": _told(at, zone), "now": _told(now, zone)}
    if count >= until:
        yield "time_after", {"at": _told(at, zone), "until": _told(from_micros(until), zone)}


def _told(at: datetime, zone: ZoneInfo) -> str:
    """Write an instant in the district's zone, to the second; as it came where the zone has none such (year 9999)."""
    try:
        return at.astimezone(zone).isoformat(timespec="seconds")
    except OverflowError:
        return at.isoformat(timespec="seconds")


def as_sent(reading: Reading) -> dict[str, object]:
    """Return a reading as it came, in a form that JSON and the store can hold."""
    return {
        "device": _text(reading.device),
        "quantity": _text(reading.quantity),
        "at": reading.at.isoformat() if isinstance(reading.at, datetime) else _text(reading.at),
        "value": _number(reading.value) if isfinite(_number(reading.value)) else _text(reading.value),
        "flags": int(reading.flags) if _sendable(reading.flags) else _text(reading.flags),
        "unit": _text(reading.unit),
    }


def _text(value: object) -> str:
    """Return what was sent as text that the store can hold: no NUL, no lone surrogate, not endless."""
    try:
        text = value if isinstance(value, str) else "null" if value is None else str(value)
    except ValueError:  # a whole number of thousands of digits
        text = type(value).__name__
    return text[:TEXT].replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
