"""Parameters of OGC API – Features part 1 (OGC 17-069r4, 7.15): read strictly, as the standard's tests ask.

A parameter that the description does not name, or a value out of order, is answered with 400 (requirements
``query-param-unknown`` and ``query-param-invalid``); a limit beyond the greatest is no fault (``fc-limit-response-1``).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from math import isfinite

from django.http import HttpRequest

from zhihai.ground.refusal import Refused

DEFAULT_LIMIT, MOST = 100, 1000
FORMATS = frozenset({"json", "geojson"})
OPEN = ("", "..")
Box = tuple[float, float, float, float]
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d))?", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class ItemsQuery:
    """What is asked of a collection: boxes (two where one passes the antimeridian), page, where it goes on."""

    boxes: tuple[Box, ...] | None
    limit: int
    after: str


def check_parameters(request: HttpRequest, known: Collection[str] = ()) -> None:
    """Raise ``Refused`` (400) for a parameter that is unknown, is given twice, or asks for a format there is not."""
    for name in request.GET:
        if name not in known and name != "f":
            raise Refused("ogc_parameter", name[:40], status=400, known=", ".join(sorted({*known, "f"})))
        if len(request.GET.getlist(name)) > 1:
            raise Refused("ogc_twice", name, status=400)
    if request.GET.get("f", "json") not in FORMATS:
        raise Refused("ogc_format", "f", status=400)


def items_query(request: HttpRequest) -> ItemsQuery:
    """Return what is asked of a collection; raises ``Refused`` (400) naming the parameter at fault."""
    check_parameters(request, ("bbox", "limit", "datetime", "after"))
    check_datetime(request.GET.get("datetime"))
    after = request.GET.get("after", "")
    if "\0" in after or len(after) > 64:
        raise Refused("cursor", "after", status=400)
    return ItemsQuery(read_bbox(request.GET.get("bbox")), read_limit(request.GET.get("limit")), after)


def read_limit(text: str | None) -> int:
    """Return the size of a page: 100 where none is given, never more than 1,000."""
    if text is None:
        return DEFAULT_LIMIT
    if not _COUNT.fullmatch(text) or int(text) < 1:
        raise Refused("ogc_limit", "limit", status=400)
    return min(int(text), MOST)


def read_bbox(text: str | None) -> tuple[Box, ...] | None:
    """Return the boxes of four numbers, or six with heights, which are passed over; ``None`` where none is given.

    Degrees of CRS84. A west greater than the east passes the antimeridian: two boxes then.
    """
    if text is None:
        return None
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise Refused("ogc_bbox", "bbox", status=400) from None
    if len(numbers) not in (4, 6) or not all(map(isfinite, numbers)):
        raise Refused("ogc_bbox", "bbox", status=400)
    west, south, east, north = numbers if len(numbers) == 4 else (*numbers[:2], *numbers[3:5])
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise Refused("ogc_bbox", "bbox", status=400)
    if west > east:
        return ((west, south, 180.0, north), (-180.0, south, east, north))
    return ((west, south, east, north),)


def check_datetime(text: str | None) -> None:
    """Raise ``Refused`` (400) for what is no instant or interval of RFC 3339.

    None of our features is bound to a time, so each matches every one (requirement ``fc-time-response``).
    """
    if text is None:
        return
    ends = text.split("/")
    instants = [_instant(end) for end in ends if len(ends) == 1 or end not in OPEN]
    backwards = len(instants) == 2 and instants[0] > instants[1]
    if len(ends) > 2 or not instants or backwards:
        raise Refused("ogc_datetime", "datetime", status=400)


def _instant(text: str) -> datetime:
    try:
        if not _DATE_TIME.fullmatch(text):
            raise ValueError(text)
        at = datetime.fromisoformat(text.upper())
    except ValueError:
        raise Refused("ogc_datetime", "datetime", status=400) from None
    return at if at.tzinfo else datetime.fromisoformat(f"{text}T00:00:00+00:00")
