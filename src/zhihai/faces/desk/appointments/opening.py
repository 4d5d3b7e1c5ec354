"""Pages of whoever keeps windows: what they are, on what terms, when they are open; whom a change concerns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpResponse

from zhihai.faces.days import read_day
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.hall.booking.choosing import drawing
from zhihai.faces.naming import telling
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.named import Named
from zhihai.ground.powers import SET_WINDOWS
from zhihai.ground.refusal import Refused
from zhihai.kernel import house
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.offers import acts
from zhihai.kernel.offers import reads as offers
from zhihai.kernel.offers.kinds import (
    BOUNDS,
    OfferInput,
    OfferKind,
    SpecialDay,
    Terms,
    read_sessions,
    write_sessions,
)

WEEKDAYS = range(7)


@page("desk/opening.jinja", SET_WINDOWS)
def opening(request: Asked) -> dict[str, Any]:
    """The windows that one keeps, and the form to make another."""
    return _opening(request, None)


def _opening(request: Asked, wrong: Refused | None) -> dict[str, Any]:
    may, tell = request.actor.may_over, telling(request.language)
    kinds = dict(house.registry().all(OfferKind))
    return {
        "rows": [one for one in offers.offers() if may(SET_WINDOWS, one.org_lo, None)], "bounds": BOUNDS,
        "organisations": [
            (one.id, one.name.say(request.language))
            for one in identity.organisations(above="community")
            if may(SET_WINDOWS, one.lo, None)
        ],
        "kinds": [(name, tell.kind(name, "offer")) for name in kinds], "terms": next(iter(kinds.values())).terms,
        "wrong": wrong, "written": request.POST, "done": said_once(request),
    }  # fmt: skip


def _given(request: Asked, *, organisation: int, kind: str, open_: bool) -> OfferInput:
    """Read a window as a form brings it. Raises ``Refused`` naming a term that is no number."""
    post = request.POST
    terms = {}
    for name, (least, most) in BOUNDS.items():
        number = whole(post.get(name, "").strip(), 5)
        if number is None:
            raise Refused("offer_terms", name, least=least, most=most)
        terms[name] = number
    return OfferInput(
        kind=kind, organisation=organisation, open=open_, terms=Terms(**terms),
        name=Named(post.get("name_zh", "").strip(), post.get("name_en", "").strip()),
        place=Named(post.get("place_zh", "").strip(), post.get("place_en", "").strip()),
    )  # fmt: skip


@posted("desk/opening.jinja", SET_WINDOWS, back="desk-opening")
def new(request: Asked) -> dict[str, Any] | HttpResponse:
    """Make a window."""
    organisation = whole(request.POST.get("organisation"), 9) or 0
    try:
        given = _given(request, organisation=organisation, kind=request.POST.get("kind", "")[:80], open_=True)
        made = acts.set_offer(request.actor, given, at=request.clock.instant)
    except Refused as refused:
        return _opening(request, refused)
    return done(request, "desk.opening.made", "desk-opening-window", made)


def kept_by(request: Asked, window: int) -> offers.Offer:
    """Return a window that one keeps. Raises ``NotPermitted`` for another, ``NotFound`` for none."""
    found = offers.offer(window)
    request.actor.need(SET_WINDOWS, found.org_lo, None)
    return found


@page("desk/opening_window.jinja", SET_WINDOWS)
def window(request: Asked, window: int) -> dict[str, Any]:
    """One window: its terms, its week, days that are not as their weekday, and whom the hours concern."""
    return _window(request, window, None)


def _window(
    request: Asked, window: int, wrong: Refused | None, *, asked: offers.Offer | None = None, part: str = ""
) -> dict[str, Any]:
    """Draw a window; ``asked`` is as it would be after what was sent in ``part``, which concerns somebody."""
    offer, calendar = kept_by(request, window), cases.calendar()
    concerned = offers.displaced_claims(request.actor, asked or offer, calendar, at=request.clock.instant)
    return {
        "offer": offer, "concerned": concerned, "asked": part if asked else "", "wrong": wrong, "bounds": BOUNDS,
        "hours": {day: write_sessions(offer.week.get(day, ())) for day in WEEKDAYS}, "weekdays": WEEKDAYS,
        "special": sorted(offer.special.values(), key=lambda one: one.day), "written": request.POST,
        "said": write_sessions,
        "next": [offer.opening(day, calendar) for day in offer.days(drawing(request)["today"])],
        "done": said_once(request), **drawing(request),
    }  # fmt: skip


def _concerns(request: Asked, offer: offers.Offer, asked: offers.Offer) -> bool:
    """Say whether a change concerns somebody whom the present hours do not, and is not to be made all the same."""
    calendar, now = cases.calendar(), request.clock.instant
    if request.POST.get("sure") == "1":
        return False
    return bool(set(offers.displaced(asked, calendar, at=now)) - set(offers.displaced(offer, calendar, at=now)))


@posted("desk/opening_window.jinja", SET_WINDOWS, back="desk-opening-window")
def terms(request: Asked, window: int) -> dict[str, Any] | HttpResponse:
    """Write what a window is and on what terms it holds places."""
    offer = kept_by(request, window)
    try:
        open_ = request.POST.get("open") == "1"
        given = _given(request, organisation=offer.organisation, kind=offer.kind, open_=open_)
        asked = replace(offer, terms=given.terms, open=given.open)
        if _concerns(request, offer, asked):
            return _window(request, window, None, asked=asked, part="terms")
        acts.set_offer(request.actor, given, window, at=request.clock.instant)
    except Refused as refused:
        return _window(request, window, refused)
    return done(request, "desk.opening.kept", "desk-opening-window", window)


@posted("desk/opening_window.jinja", SET_WINDOWS, back="desk-opening-window")
def hours(request: Asked, window: int) -> dict[str, Any] | HttpResponse:
    """Set a usual week; where that concerns somebody who is booked, tell whom before it is done."""
    offer = kept_by(request, window)
    try:
        read = {day: read_sessions(request.POST.get(f"hours-{day}", ""), f"hours-{day}") for day in WEEKDAYS}
        week = {day: sessions for day, sessions in read.items() if sessions}
        asked = replace(offer, week=week)
        if _concerns(request, offer, asked):
            return _window(request, window, None, asked=asked, part="hours")
        acts.set_hours(request.actor, window, week, at=request.clock.instant)
    except Refused as refused:
        return _window(request, window, refused)
    return done(request, "desk.opening.kept", "desk-opening-window", window)


@posted("desk/opening_window.jinja", SET_WINDOWS, back="desk-opening-window")
def special(request: Asked, window: int) -> dict[str, Any] | HttpResponse:
    """Set one day that is not as its weekday, or let it be as its weekday again."""
    offer, post, now = kept_by(request, window), request.POST, request.clock.instant
    try:
        day = read_day(post.get("day", "")[:20], "day")
        if post.get("what") == "clear":
            asked = replace(offer, special={on: one for on, one in offer.special.items() if on != day})
            if _concerns(request, offer, asked):
                return _window(request, window, None, asked=asked, part=f"clear-{day.isoformat()}")
            acts.clear_day(request.actor, window, day, at=now)
            return done(request, "desk.opening.kept", "desk-opening-window", window)
        why = Named(post.get("why_zh", "").strip(), post.get("why_en", "").strip())
        given = SpecialDay(day, read_sessions(post.get("sessions", ""), "sessions"), why)
        asked = replace(offer, special={**offer.special, day: given})
        if _concerns(request, offer, asked):
            return _window(request, window, None, asked=asked, part="special")
        acts.set_day(request.actor, window, given, at=now)
    except Refused as refused:
        return _window(request, window, refused)
    return done(request, "desk.opening.kept", "desk-opening-window", window)
