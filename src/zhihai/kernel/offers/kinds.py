"""What can be offered, and when: kinds of offers, opening hours, days that are not as their weekday."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from zhihai.ground.kind import Kind
from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused

ClaimState = Literal["held", "arrived", "served", "missed", "lapsed", "cancelled"]
"""To come, checked in, served, missed, gone by at a window that kept no list that day, given back."""
TicketState = Literal["waiting", "called", "serving", "served", "absent"]
LONGEST_NAME, LONGEST_PLACE, MOST_SESSIONS, MOST_PLACES, DAY_MINUTES = 60, 200, 6, 500, 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms a place is held (预约规则).

    ``slot_minutes`` is how long one lasts, ``ahead_days`` how far ahead one may book, ``cancel_minutes`` how long
    before its begin one may still move or cancel it. One person holds at most ``held_most`` at once. Whoever missed
    ``missed_most`` within ``missed_days`` books nothing for ``barred_days`` after the last of them, and is served
    without an appointment all the same; 0 for ``missed_most`` is no such rule.
    """

    slot_minutes: int = 30
    ahead_days: int = 14
    cancel_minutes: int = 120
    held_most: int = 2
    missed_most: int = 3
    missed_days: int = 180
    barred_days: int = 30


BOUNDS: Mapping[str, tuple[int, int]] = {
    "slot_minutes": (5, 480), "ahead_days": (0, 90), "cancel_minutes": (0, 10080), "held_most": (1, 20),
    "missed_most": (0, 20), "missed_days": (1, 730), "barred_days": (0, 180),
}  # fmt: skip
"""Between which numbers each of the terms lies."""


def check_terms(terms: Terms) -> None:
    """Raise ``Refused`` naming the first of the terms that lies outside its bounds."""
    for name, (least, most) in BOUNDS.items():
        if not least <= getattr(terms, name) <= most:
            raise Refused("offer_terms", name, least=least, most=most)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferKind(Kind):
    """Something of which there is so much at a place and a time (可约资源). Words: ``offer.<id>.name``.

    ``terms`` are what a new offer of this kind begins with; ``confirmed`` is false for demonstration values.
    Raises ``ValueError`` for terms outside their bounds.
    """

    terms: Terms = Terms()
    confirmed: bool = True

    def __post_init__(self) -> None:
        Kind.__post_init__(self)
        try:
            check_terms(self.terms)
        except Refused as refused:
            raise ValueError(f"offer {self.id}: {refused.field} is out of bounds") from None


@dataclass(frozen=True, slots=True, order=True)
class Session:
    """A stretch of a day in minutes after midnight on the district's wall, and how many are served at once in it."""

    begins: int
    ends: int
    places: int


Week = Mapping[int, Sequence[Session]]
"""Sessions by weekday, 0 Monday; a weekday that is not there is closed."""


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that is not as its weekday: its own sessions, none where it is closed, and why."""

    day: date
    sessions: tuple[Session, ...]
    why: Named


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferInput:
    """A window as whoever keeps it writes it: whose it is by number of the organisation, name, place, terms."""

    kind: str
    organisation: int
    name: Named
    place: Named
    terms: Terms
    open: bool = True


def check_sessions(sessions: Sequence[Session], field: str) -> None:
    """Raise ``Refused`` for sessions of one day that overlap, run backwards, are too many or serve nobody."""
    ordered = sorted(sessions)
    if len(ordered) > MOST_SESSIONS:
        raise Refused("offer_sessions", field, most=MOST_SESSIONS)
    for one in ordered:
        if not 0 <= one.begins < one.ends <= DAY_MINUTES or not 1 <= one.places <= MOST_PLACES:
            raise Refused("offer_session", field, most=MOST_PLACES)
    if any(a.ends > b.begins for a, b in pairwise(ordered)):
        raise Refused("offer_overlap", field)


LINE = re.compile(r"(\d{1,2}):([0-5]\d)\s*[-–—~]\s*(\d{1,2}):([0-5]\d)\s+(\d{1,3})", re.ASCII)
"""How people write a session: ``09:00-12:00 3``, the last being how many are served at once."""


def read_sessions(text: str, field: str) -> tuple[Session, ...]:
    """Read sessions of a day as people write them, one a line. Raises ``Refused`` naming what could not be read."""
    found = []
    for line in filter(None, map(str.strip, text[:1000].splitlines())):
        parts = LINE.fullmatch(line)
        if parts is None:
            raise Refused("offer_hours_text", field, given=line[:40])
        hour, minute, last_hour, last_minute, places = map(int, parts.groups())
        found.append(Session(60 * hour + minute, 60 * last_hour + last_minute, places))
    check_sessions(found, field)
    return tuple(sorted(found))


def write_sessions(sessions: Sequence[Session]) -> str:
    """Return sessions as :func:`read_sessions` reads them."""
    return "\n".join(
        f"{one.begins // 60:02d}:{one.begins % 60:02d}-{one.ends // 60:02d}:{one.ends % 60:02d} {one.places}"
        for one in sessions
    )
