"""Readings as they are sent in JSON: a quick way for what is right, a careful one that says what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from zhihai.faces.api.bodies import parse_json
from zhihai.faces.api.fields import FieldsWrong, Wrong
from zhihai.ground.reading import Reading
from zhihai.ground.refusal import Refused

MOST = 10_000
"""Readings in one request."""
TOLD = 20
"""Readings whose form is wrong are told up to this many: they are wrong all in the same way."""
NUL = rb"\u0000"
_REQUIRED, _TEXTS = ("device", "quantity", "at", "value"), ("device", "quantity", "unit")
_KNOWN = frozenset((*_REQUIRED, "unit", "flags"))


class SentReading(BaseModel):
    """One reading.

    ``device`` is the device's code, ``quantity`` the name of what it measured (``pm25``, or in full ``air.pm25``),
    ``at`` the begin of the interval the value stands for with its offset from UTC, ``value`` a number in the quantity's
    own unit, ``unit`` its UCUM code where it shall be checked, ``flags`` a sum of quality flags: 1 invalid, 2
    incomplete, 4 computed by a later norm, 8 doubtful.
    """

    model_config = ConfigDict(extra="forbid")

    device: Annotated[str, Field(min_length=1, max_length=64)]
    quantity: Annotated[str, Field(min_length=1, max_length=64)]
    at: datetime
    value: float
    unit: str = ""
    flags: Annotated[int, Field(ge=0, le=15)] = 0


ZONED = Annotated[datetime, msgspec.Meta(tz=True)]


class _Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    device: str
    quantity: str
    at: ZONED
    value: float
    unit: str = ""
    flags: int = 0


_QUICK = msgspec.json.Decoder(list[_Sent] | _Sent)


def readings_of(body: bytes) -> Sequence[Reading]:
    """Return the readings of a body: one, or an array of up to 10,000.

    A value or an instant that can not be read is handed on as it came, and will be set aside by itself. Raises
    ``Refused`` for what is not JSON (400), too many (413), none, or not of the form of readings (422, each by itself).
    """
    try:
        sent = _QUICK.decode(body) if NUL not in body else None
    except (ValueError, RecursionError):
        sent = None
    if sent is None:
        return _careful(parse_json(body))
    found = sent if isinstance(sent, list) else [sent]
    _check_count(len(found))
    return [Reading(one.device, one.quantity, one.at, one.value, one.flags, one.unit) for one in found]


def _check_count(count: int) -> None:
    if count == 0:
        raise Refused("readings_none")
    if count > MOST:
        raise Refused("readings_too_many", status=413, most=f"{MOST:,}", given=f"{count:,}")


def _careful(sent: Any) -> Sequence[Reading]:
    given = sent if isinstance(sent, list) else [sent]
    _check_count(len(given))
    wrongs: list[Wrong] = []
    readings = []
    for position, one in enumerate(given):
        wrongs.extend(_wrongs(f"readings[{position}]", one))
        if len(wrongs) >= TOLD:
            break
        if not wrongs:
            readings.append(_reading(one))
    if wrongs:
        raise FieldsWrong(wrongs[:TOLD])
    return readings


def _wrongs(place: str, one: Any) -> Iterator[Wrong]:
    if not isinstance(one, dict):
        yield Wrong(place, "object")
        return
    for name in _REQUIRED:
        if name not in one:
            yield Wrong(f"{place}.{name}", "missing")
    if stray := sorted(one.keys() - _KNOWN):
        yield Wrong(place, "unknown_of", {"known": ", ".join(sorted(_KNOWN)), "n": len(stray)})
    for name in _TEXTS:
        if name in one and not _is_text(one[name]):
            yield Wrong(f"{place}.{name}", "text")


def _is_text(value: object) -> bool:
    """Say whether a value is text that can be kept: no NUL, and no half of a pair of surrogates."""
    return isinstance(value, str) and "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _reading(one: Mapping[str, Any]) -> Reading:
    return Reading(
        one["device"], one["quantity"], _instant(one["at"]), one["value"], one.get("flags", 0), one.get("unit", "")
    )


def _instant(given: Any) -> Any:
    """Return an instant; what is none as it came, so that the reading is set aside with that reason."""
    try:
        return msgspec.convert(given, ZONED) if isinstance(given, str) else given
    except msgspec.ValidationError:
        return given
