"""Choosing a window, a day and a time (选择窗口与时段): what is free, drawn for every page on which one chooses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from zhihai.faces.request import Asked
from zhihai.ground.refusal import Refused
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.offers import reads as offers

SOONEST = 3
"""So many of the next free times are offered before all others."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a page shows of a window: its days, the one that is open on the page, and the next free times."""

    offer: offers.Offer
    days: tuple[offers.Day, ...]
    day: offers.Day | None
    soonest: tuple[offers.Slot, ...]


def chosen(request: Asked, offer: offers.Offer, moving: offers.Claim | None = None) -> Chosen:
    """Return what is free at a window; the day is the one asked for, else the first with a place left.

    The place of an appointment that is ``moving`` is free for it.
    """
    days = offers.free_days([offer], cases.calendar(), at=request.clock.instant, moving=moving)[offer.id]
    asked = request.GET.get("day", "")
    open_ = next((one for one in days if one.opening.day.isoformat() == asked), None)
    return Chosen(
        offer, days, open_ or next((one for one in days if one.left), days[0] if days else None),
        offers.soonest(days, SOONEST),
    )  # fmt: skip


def starts_of(text: str, request: Asked) -> datetime:
    """Return the instant that an address or a form names as the district's wall shows it (``2026-03-02T09:30``).

    Raises ``Refused`` where it names none.
    """
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("no_slot", "starts") from None
    if wall.tzinfo is not None or wall.year < 2000 or wall.year > 2200:
        raise Refused("no_slot", "starts")
    return wall.replace(tzinfo=request.zone).astimezone(UTC)


def said_starts(starts_at: datetime, request: Asked) -> str:
    """Return an instant as :func:`starts_of` reads it."""
    return starts_at.astimezone(request.zone).strftime("%Y-%m-%dT%H:%M")


def today(request: Asked) -> date:
    """Return the day in the district now."""
    return request.clock.instant.astimezone(request.zone).date()


def drawing(request: Asked) -> dict[str, Any]:
    """Return what templates say times with: how an address names an instant, and midnight of a day for its name."""
    return {
        "starts": lambda at: said_starts(at, request),
        "noon": lambda day: datetime(day.year, day.month, day.day, 12, tzinfo=request.zone),
        "today": today(request),
    }
