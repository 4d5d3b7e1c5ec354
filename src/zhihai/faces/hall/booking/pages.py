"""Pages on which one books a time at a window (预约办事): windows, days and times, what holds, the hall’s screen."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import HttpResponse

from zhihai.faces.acting import tie_chosen
from zhihai.faces.anew import drawn_anew
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.hall.acting import need_resident
from zhihai.faces.hall.booking.choosing import chosen, drawing, starts_of, today
from zhihai.faces.hall.items.pages import hall
from zhihai.faces.once import done
from zhihai.faces.request import Asked
from zhihai.ground.refusal import Refused
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.offers import acts
from zhihai.kernel.offers import reads as offers
from zhihai.kernel.services import reads as services

NEXT, REFRESH = 3, 10
"""So many free times stand beside each window; the screen of a hall is drawn anew so many seconds after it was."""


def _item(request: Asked) -> tuple[str, str, int | None]:
    """Return code and name of the public item that one books about, and whose it is; empty where none is named."""
    given = request.POST if request.method == "POST" else request.GET
    card = services.catalogue().by_code.get(given.get("item", "")[:120])
    return ("", "", None) if card is None else (card.code, card.name, card.organisation)


@hall("hall/windows.jinja")
def windows(request: Asked) -> dict[str, Any]:
    """Windows where a time can be booked, those of the item's own department first, each with its next free times."""
    now, (code, name, owner) = request.clock.instant, _item(request)
    found = [one for one in offers.offers() if one.open]
    days = offers.free_days(found, cases.calendar(), at=now) if found else {}
    expected = offers.outlooks(days, today(request)) if found else {}
    rows = [
        {
            "offer": one, "soonest": offers.soonest(days[one.id], NEXT), "today": days[one.id][0],
            "outlook": expected[one.id], "own": owner is not None and one.organisation == owner,
        }
        for one in found
    ]  # fmt: skip
    rows.sort(key=lambda row: not row["own"])
    return {
        "rows": rows, "item": code, "name": name, "contacts": services.catalogue().contacts, **drawing(request),
    }  # fmt: skip


@hall("hall/window.jinja")
def window(request: Asked, window: int) -> dict[str, Any]:
    """Days and times of one window, and what whoever comes without an appointment may expect now."""
    offer, (code, name, _) = offers.offer(window), _item(request)
    return {
        "chosen": chosen(request, offer), "item": code, "name": name, "contacts": services.catalogue().contacts,
        "outlook": offers.outlooks([offer.id], today(request))[offer.id], **drawing(request),
    }  # fmt: skip


@page("hall/window_book.jinja")
def book(request: Asked, window: int) -> dict[str, Any]:
    """What one is about to book, on which terms and for whom, before it is taken."""
    return _book(request, window, request.GET.get("starts", ""), None)


def _book(request: Asked, window: int, starts: str, wrong: Refused | None) -> dict[str, Any]:
    need_resident(request)
    now, offer, tie, obstacle = request.clock.instant, offers.offer(window), tie_chosen(request), None
    code, name, _ = _item(request)
    slot = None
    try:
        slot = offers.offered(offer, starts_of(starts[:20], request), cases.calendar(), now)
        if tie is not None:
            identity.mandate_for(request.actor, tie.id, offers.SERVICE, at=now)
    except Refused as refused:
        obstacle = refused
    mine = offers.footing(request.actor, offer.terms, at=now)
    if not mine.known:
        obstacle = Refused("not_verified", "for")
    return {
        "offer": offer, "slot": slot, "tie": tie, "item": code, "name": name, "wrong": wrong,
        "obstacle": wrong or obstacle, "missed": mine.missed, "key": secrets.token_hex(16),
        "contacts": services.catalogue().contacts, **drawing(request),
    }  # fmt: skip


@posted("hall/window_book.jinja", back="hall-window")
def claim(request: Asked, window: int) -> dict[str, Any] | HttpResponse:
    """Take the place."""
    need_resident(request)
    tie, post = tie_chosen(request), request.POST
    code, name, _ = _item(request)
    try:
        asked = acts.Asked(
            offer=window, starts_at=starts_of(post.get("starts", "")[:20], request), key=post.get("key", "")[:64],
            subject=code, title=name,
        )  # fmt: skip
        made = acts.book(
            request.actor, asked, calendar=cases.calendar(), at=request.clock.instant, tie=tie.id if tie else None
        )
    except Refused as refused:
        return _book(request, window, post.get("starts", ""), refused)
    return done(request, "hall.appointments.made", "my-appointment", made.id)


def screen(request: Asked, window: int) -> HttpResponse:
    """The screen of a hall: numbers and counters alone, drawn anew by itself."""
    return drawn_anew(request, _screen(request, window=window), REFRESH)


@hall("hall/screen.jinja")
def _screen(request: Asked, window: int) -> dict[str, Any]:
    offer, day = offers.offer(window), today(request)
    return {
        "offer": offer,
        "called": offers.screen(offer.id, day),
        "outlook": offers.outlooks([offer.id], day)[offer.id],
    }
