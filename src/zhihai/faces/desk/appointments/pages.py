"""Pages of whoever works at a window: the day with its queue, calling and serving, appointments of others, waits."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpResponse

from zhihai.faces.days import begin_of, end_of
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.hall.booking.choosing import chosen, drawing, starts_of, today
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.actors import Actor
from zhihai.ground.powers import RUN_WINDOWS, TAKE_MATTERS
from zhihai.ground.refusal import Refused
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.offers import acts
from zhihai.kernel.offers import reads as offers

COUNTER, ENDED = "counter", 12
"""Where a session keeps at which counter somebody sits; so many tickets that are done stand on the page of the day."""


@page("desk/windows.jinja", RUN_WINDOWS)
def windows(request: Asked) -> dict[str, Any]:
    """The windows that one works at, each with who waits now."""
    found = [one for one in offers.offers() if request.actor.may_over(RUN_WINDOWS, one.org_lo, None)]
    expected = offers.outlooks([one.id for one in found], today(request)) if found else {}
    return {"rows": [(one, expected[one.id]) for one in found], "done": said_once(request)}


def run_by(actor: Actor, window: int) -> offers.Offer:
    """Return a window that somebody works at. Raises ``NotPermitted`` for another, ``NotFound`` for none."""
    found = offers.offer(window)
    actor.need(RUN_WINDOWS, found.org_lo, None)
    return found


@page("desk/window.jinja", RUN_WINDOWS)
def window(request: Asked, window: int) -> dict[str, Any]:
    """The day at a window: who is called, who waits, who is booked."""
    return _window(request, window, None)


def _window(request: Asked, window: int, wrong: Refused | None) -> dict[str, Any]:
    offer, now, day = run_by(request.actor, window), request.clock.instant, today(request)
    queue, counter = offers.queue(offer.id, day, at=now), request.session.get(COUNTER, "")
    bounds = _bounds(day, request)
    claims, displaced = offers.day_at(request.actor, offer, bounds, cases.calendar(), at=now)
    return {
        "offer": offer, "queue": queue, "counter": counter, "ended": queue.ended[:ENDED],
        "mine": next((one for one in queue.called if one.counter == counter), None),
        "others": [one for one in queue.called if one.counter != counter],
        "claims": claims, "wrong": wrong, "may_take": request.actor.may(TAKE_MATTERS),
        "waits": offers.waits((*queue.called, *queue.ended)), "written": request.POST, "key": secrets.token_hex(16),
        "displaced": displaced,
        "done": said_once(request),
    }  # fmt: skip


def _bounds(day: date, request: Asked) -> tuple[datetime, datetime]:
    return begin_of(day.isoformat(), "day", request.zone), end_of(day.isoformat(), "day", request.zone)


@posted("desk/window.jinja", RUN_WINDOWS, back="desk-window")
def call(request: Asked, window: int) -> dict[str, Any] | HttpResponse:
    """Call the next ticket to one's counter."""
    counter = request.POST.get("counter", "")[:20].strip()
    request.session[COUNTER] = counter[:12]
    try:
        called = acts.call_next(request.actor, window, counter, at=request.clock.instant)
    except Refused as refused:
        return _window(request, window, refused)
    if called is None:
        return done(request, "desk.window.nobody", "desk-window", window)
    return done(request, "desk.window.called", "desk-window", window, ticket=called.label, counter=called.counter)


TURNS: dict[str, Callable[..., offers.Ticket]] = {
    "recall": acts.recall, "serve": acts.serve, "finish": acts.finish, "pass_over": acts.pass_over,
}  # fmt: skip


@posted("desk/window.jinja", RUN_WINDOWS, back="desk-window")
def turn(request: Asked, window: int) -> dict[str, Any] | HttpResponse:
    """Call a ticket again, begin to serve it, end it, or pass it over."""
    what, ticket = request.POST.get("what", ""), whole(request.POST.get("ticket"))
    run_by(request.actor, window)
    try:
        if ticket is None or what not in TURNS:
            raise Refused("no_ticket", "ticket")
        turned = TURNS[what](request.actor, ticket, at=request.clock.instant)
    except Refused as refused:
        return _window(request, window, refused)
    return done(request, f"desk.window.done.{what}", "desk-window", window, ticket=turned.label)


@posted("desk/window.jinja", RUN_WINDOWS, back="desk-window")
def check_in(request: Asked, window: int) -> dict[str, Any] | HttpResponse:
    """Check somebody in by the code of their appointment, or take a ticket for somebody without one."""
    post, now = request.POST, request.clock.instant
    try:
        if post.get("code", "").strip():
            ticket = acts.check_in(request.actor, window, post.get("code", "")[:20], at=now)
        else:
            ticket = acts.take_ticket(request.actor, window, post.get("key", "")[:64], at=now)
    except Refused as refused:
        return _window(request, window, refused)
    return done(request, "desk.window.ticket", "desk-window", window, ticket=ticket.label)


@page("desk/window_book.jinja", RUN_WINDOWS)
def book(request: Asked, window: int) -> dict[str, Any]:
    """The form to book a time for somebody who stands there or telephones."""
    return _book(request, window, None)


def _book(request: Asked, window: int, wrong: Refused | None) -> dict[str, Any]:
    offer = run_by(request.actor, window)
    return {
        "offer": offer, "chosen": chosen(request, offer), "wrong": wrong, "written": request.POST,
        "key": secrets.token_hex(16), **drawing(request),
    }  # fmt: skip


@posted("desk/window_book.jinja", RUN_WINDOWS, back="desk-window-book")
def book_for(request: Asked, window: int) -> dict[str, Any] | HttpResponse:
    """Book a time for somebody by name and number; neither number is written back into the page."""
    post = request.POST
    try:
        asked = acts.Asked(
            offer=window, starts_at=starts_of(post.get("starts", "")[:20], request), key=post.get("key", "")[:64],
            title=post.get("title", "")[:200],
        )  # fmt: skip
        made = acts.book_for(
            request.actor, post.get("name", "")[:200], post.get("number", "")[:60], asked,
            calendar=cases.calendar(), at=request.clock.instant,
        )  # fmt: skip
    except Refused as refused:
        return _book(request, window, refused)
    return done(
        request, "desk.window.booked", "desk-window-claim", window, made.id, code=f"{made.code[:4]} {made.code[4:]}"
    )


@page("desk/window_claim.jinja", RUN_WINDOWS)
def claim(request: Asked, window: int, claim: int) -> dict[str, Any]:
    """One appointment of somebody at the window: its slip, moving it, calling it off, excusing it."""
    return _claim(request, window, claim, None)


def _claim(request: Asked, window: int, claim: int, wrong: Refused | None) -> dict[str, Any]:
    offer = run_by(request.actor, window)
    own = offers.claim_at(request.actor, offer, claim)
    return {
        "offer": offer, "own": own, "wrong": wrong, "written": request.POST, "done": said_once(request),
        "chosen": chosen(request, offer, own) if own.state == "held" else None, **drawing(request),
    }  # fmt: skip


@posted("desk/window_claim.jinja", RUN_WINDOWS, back="desk-window-claim")
def change(request: Asked, window: int, claim: int) -> dict[str, Any] | HttpResponse:
    """Move, call off or excuse an appointment of somebody."""
    post, now, actor = request.POST, request.clock.instant, request.actor
    what, why = post.get("what", "move"), post.get("why", "")[:1000]
    try:
        if what == "cancel":
            acts.cancel_for(actor, claim, why, at=now)
        elif what == "excuse":
            acts.excuse(actor, claim, why, at=now)
        else:
            starts_at = starts_of(post.get("starts", "")[:20], request)
            acts.move_for(actor, claim, starts_at, calendar=cases.calendar(), at=now)
    except Refused as refused:
        return _claim(request, window, claim, refused)
    key = what if what in ("cancel", "excuse") else "move"
    return done(request, f"desk.window.changed.{key}", "desk-window-claim", window, claim)


@page("desk/window_waits.jinja", RUN_WINDOWS)
def waits(request: Asked, window: int) -> dict[str, Any]:
    """How long people waited on a day, and the tickets that this is made from."""
    offer = run_by(request.actor, window)
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        day = today(request)
    tickets = offers.tickets_on(offer.id, day)
    earlier, later = ((day + timedelta(days=n)).isoformat() if 2000 < day.year < 2200 else "" for n in (-1, 1))
    return {
        "offer": offer, "day": day, "tickets": tickets, "waits": offers.waits(tickets), "waited": offers.waited,
        "earlier": earlier, "later": later if day < today(request) else "", **drawing(request),
    }  # fmt: skip
