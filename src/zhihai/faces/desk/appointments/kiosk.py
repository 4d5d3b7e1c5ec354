"""The kiosk of a hall (取号机): a ticket with one press, or by the code of an appointment; no name is ever shown."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect

from zhihai.faces.addresses import address
from zhihai.faces.desk.frame import page, plain_shell, posted
from zhihai.faces.hall.booking.choosing import today
from zhihai.faces.naming import telling
from zhihai.faces.request import Asked, whole
from zhihai.ground.powers import TAKE_TICKETS
from zhihai.ground.refusal import Refused
from zhihai.kernel.offers import acts
from zhihai.kernel.offers import reads as offers


@page("desk/kiosks.jinja", TAKE_TICKETS)
def kiosks(request: Asked) -> dict[str, Any]:
    """The windows for which one may give tickets: which of them this kiosk is for."""
    found = offers.offers()
    return {"rows": [one for one in found if one.open and request.actor.may_over(TAKE_TICKETS, one.org_lo, None)]}


@page("desk/kiosk.jinja", TAKE_TICKETS)
def kiosk(request: Asked, window: int) -> dict[str, Any]:
    """Take a ticket, or check in; the ticket that was just taken."""
    return _kiosk(request, window, None)


def _kiosk(request: Asked, window: int, wrong: Refused | None) -> dict[str, Any]:
    offer, now = offers.offer(window), request.clock.instant
    request.actor.need(TAKE_TICKETS, offer.org_lo, None)
    number, ticket = whole(request.GET.get("ticket")), None
    if number is not None:
        queue = offers.queue(offer.id, today(request), at=now)
        ticket = next((one for one in (*queue.waiting, *queue.called) if one.id == number), None)
    # Whoever stands at a kiosk finds no way out of it: neither the account's name nor its sign-out.
    shell = replace(plain_shell(request, telling(request.language)), account=None, home=address("desk-kiosk", window))
    return {
        "shell": shell, "offer": offer, "ticket": ticket, "wrong": wrong,
        "before": offers.before(ticket, at=now) if ticket else 0,
        "outlook": offers.outlooks([offer.id], today(request))[offer.id], "key": secrets.token_hex(16),
    }  # fmt: skip


@posted("desk/kiosk.jinja", TAKE_TICKETS, back="desk-kiosk")
def take(request: Asked, window: int) -> dict[str, Any] | HttpResponse:
    """Give a ticket: by the code of an appointment where one was typed."""
    post, now = request.POST, request.clock.instant
    try:
        if "code" in post:
            ticket = acts.check_in(request.actor, window, post.get("code", "")[:20], at=now)
        else:
            ticket = acts.take_ticket(request.actor, window, post.get("key", "")[:64], at=now)
    except Refused as refused:
        return _kiosk(request, window, refused)
    return HttpResponseRedirect(f"{address('desk-kiosk', window)}?ticket={ticket.id}")
