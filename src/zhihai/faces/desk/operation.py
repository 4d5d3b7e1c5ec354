"""Pages of operation: whether all that runs behind runs, and notices to the reader."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from zhihai.faces.desk.frame import page
from zhihai.faces.request import Asked
from zhihai.ground.refusal import Refused
from zhihai.kernel.channels import acts as channel_acts
from zhihai.kernel.channels import reads as channels
from zhihai.kernel.exchange import reads as exchange
from zhihai.kernel.identity.kinds import RUN_CLOCK, SEE_OPERATION
from zhihai.kernel.journal import acts as journal_acts
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.sensing import reads as sensing

WEEK = timedelta(days=7)
SPEEDS = (0, 1, 60, 600, 3600)


@page("desk/operation.jinja", SEE_OPERATION)
def operation(request: Asked) -> dict[str, Any]:
    """Workers, listeners, seal, intake, packs that were refused; and the speed of a replay."""
    return _operation(request, None)


def _operation(request: Asked, wrong: Refused | None) -> dict[str, Any]:
    return {
        "workers": journal.workers(), "listeners": journal.listeners(), "sealed": journal.sealed(),
        "parked": journal.parked(20), "turned_away": exchange.turned_away((datetime.now(UTC) - WEEK).date()),
        "envelopes": exchange.envelopes(limit=15), "waiting": sensing.quarantined_open(),
        "faults": settings.ZHIHAI_FAULTS, "speeds": SPEEDS, "may_run": request.actor.may(RUN_CLOCK), "wrong": wrong,
        "mail": channels.deliveries(),
    }  # fmt: skip


@require_POST
@page("desk/operation.jinja", RUN_CLOCK)
def set_speed(request: Asked) -> dict[str, Any] | HttpResponse:
    """Change the speed of a replay; 0 stands still."""
    text = request.POST.get("speed", "")
    try:
        if not (text.isdigit() and int(text) <= 86_400):
            raise Refused("clock_speed", "speed")
        journal_acts.set_clock(request.actor, speed=float(text), at=request.clock.instant)
    except Refused as refused:
        return _operation(request, refused)
    return HttpResponseRedirect(reverse("desk-operation"))


@page("desk/notices.jinja")
def notices(request: Asked) -> dict[str, Any]:
    """What the reader has been told, newest first."""
    after = request.GET.get("after", "")
    found = channels.notices(request.actor.account, int(after) if after.isdigit() and len(after) < 18 else None, 51)
    return {
        "rows": [(one, *one.say(request.language)) for one in found[:50]],
        "older": str(found[49].id) if len(found) > 50 else "", "paged": bool(after),
    }  # fmt: skip


@require_POST
@page("desk/notices.jinja")
def read_notice(request: Asked, notice: int) -> HttpResponse:
    """Mark a notice as read and go where it leads."""
    channel_acts.read_notice(request.actor, notice, at=request.clock.instant)
    found = [one for one in channels.notices(request.actor.account, notice + 1, 1) if one.id == notice]
    return HttpResponseRedirect(found[0].link if found and found[0].link else reverse("desk-notices"))
