"""Pages of operation: whether all that runs behind runs, and notices to the reader."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.request import Asked, whole
from zhihai.ground.refusal import Refused
from zhihai.kernel.channels import acts as channel_acts
from zhihai.kernel.channels import reads as channels
from zhihai.kernel.exchange import reads as exchange
from zhihai.kernel.identity.kinds import RUN_CLOCK, RUN_OPERATION, SEE_OPERATION, SEE_QUARANTINE
from zhihai.kernel.journal import acts as journal_acts
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.sensing import reads as sensing
from zhihai.kernel.wiring import LISTENERS

WEEK = timedelta(days=7)
WAITING = 1000
"""Readings in quarantine are counted up to here."""
PARKED = 50
SPEEDS = (0, 1, 60, 600, 3600)
FASTEST = 86_400
"""A day in a second."""


@page("desk/operation.jinja", SEE_OPERATION)
def operation(request: Asked) -> dict[str, Any]:
    """Workers, listeners, the journal's seal, mail, packs that were refused; and the speed of a replay."""
    return _operation(request, None)


def _operation(request: Asked, wrong: Refused | None) -> dict[str, Any]:
    listeners = journal.listeners()
    return {
        "workers": journal.workers(), "listeners": listeners, "sealed": journal.sealed(settings.ZHIHAI_ANCHORS),
        "waiting": sensing.quarantined_open(WAITING), "most": WAITING,
        "sees_quarantine": request.actor.may(SEE_QUARANTINE),
        "parked": sum(one.parked for one in listeners), "notices": channels.deliveries(),
        "real": settings.ZHIHAI_REAL_WAYS,
        "faults": settings.ZHIHAI_FAULTS, "speeds": SPEEDS, "wrong": wrong,
        "may_run": request.actor.may_over(RUN_CLOCK) and request.clock.mode == "replay",
    }  # fmt: skip


@posted("desk/operation.jinja", RUN_CLOCK, back="desk-operation")
def set_speed(request: Asked) -> dict[str, Any] | HttpResponse:
    """Change the speed of a replay; 0 stands still."""
    speed = whole(request.POST.get("speed"), 5)
    try:
        if speed is None or speed > FASTEST:
            raise Refused("clock_speed", "speed")
        journal_acts.set_clock(request.actor, speed=float(speed), at=request.clock.instant)
    except Refused as refused:
        return _operation(request, refused)
    return HttpResponseRedirect(reverse("desk-operation"))


@page("desk/parked.jinja", SEE_OPERATION)
def parked(request: Asked) -> dict[str, Any]:
    """Events that a listener failed at five times, with why and since when; whoever may can give them back."""
    return _parked(request, None)


def _parked(request: Asked, wrong: Refused | None) -> dict[str, Any]:
    found = journal.parked(PARKED + 1)
    return {
        "rows": found[:PARKED], "more": len(found) > PARKED, "wrong": wrong,
        "may_give": request.actor.may_over(RUN_OPERATION),
    }  # fmt: skip


@posted("desk/parked.jinja", RUN_OPERATION, back="desk-parked")
def give_parked(request: Asked) -> dict[str, Any] | HttpResponse:
    """Give one parked event to its listener once more."""
    event = whole(request.POST.get("event"))
    listener = next((one for one in LISTENERS if one.name == request.POST.get("listener")), None)
    try:
        if event is None or listener is None:
            raise Refused("no_parked_event", "event")
        journal_acts.give_parked(request.actor, listener, event, at=request.clock.instant)
    except Refused as refused:
        return _parked(request, refused)
    return HttpResponseRedirect(reverse("desk-parked"))


@page("desk/intake.jinja", SEE_OPERATION)
def intake(request: Asked) -> dict[str, Any]:
    """What came in, request by request, and what was turned away in the last week."""
    after = request.GET.get("after", "")
    found = exchange.envelopes(whole(after), 31)
    return {
        "envelopes": found[:30], "older": str(found[29].id) if len(found) > 30 else "", "paged": bool(after),
        "turned_away": exchange.turned_away((datetime.now(UTC) - WEEK).date()),
        "waiting": sensing.quarantined_open(WAITING),
    }  # fmt: skip


@page("desk/notices.jinja")
def notices(request: Asked) -> dict[str, Any]:
    """What the reader has been told, newest first."""
    after = request.GET.get("after", "")
    found = channels.notices(request.actor.account, whole(after), 51)
    return {
        "rows": [(one, *one.say(request.language)) for one in found[:50]],
        "older": str(found[49].id) if len(found) > 50 else "", "paged": bool(after),
    }  # fmt: skip


@posted("desk/notices.jinja", back="desk-notices")
def read_notice(request: Asked, notice: int) -> HttpResponse:
    """Mark a notice as read and go where it leads."""
    channel_acts.read_notice(request.actor, notice, at=request.clock.instant)
    found = [one for one in channels.notices(request.actor.account, notice + 1, 1) if one.id == notice]
    home = "my-messages" if request.actor.sort == "resident" else "desk-notices"
    return HttpResponseRedirect(found[0].link if found and found[0].link else reverse(home))
