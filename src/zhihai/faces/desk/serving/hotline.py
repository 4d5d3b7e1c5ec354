"""Pages of the hotline (96181 热线): how far a matter is, guides, taking a call down, and who is to be called back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from allauth.core import ratelimit
from django.http import HttpResponse, HttpResponseRedirect

from zhihai.faces.addresses import address
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.desk.showing import inbox_row
from zhihai.faces.hall.items.pages import reason_of
from zhihai.faces.hall.matters import drawn
from zhihai.faces.naming import telling
from zhihai.faces.once import said_once
from zhihai.faces.request import Asked
from zhihai.ground.powers import ANSWER_CALLS
from zhihai.ground.refusal import Refused
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.services import acts
from zhihai.kernel.services import reads as services

RESULTS, CALLS = 8, 20


@page("desk/hotline.jinja", ANSWER_CALLS)
def hotline(request: Asked) -> dict[str, Any]:
    """The form that finds a matter for a caller, the search of guides, and who is to be called back by when."""
    return _hotline(request)


def _hotline(request: Asked, **more: Any) -> dict[str, Any]:
    typed, tell, now = request.GET.get("q", "")[:200].strip(), telling(request.language), request.clock.instant
    found = services.catalogue().search(typed, "", RESULTS, False) if typed else ()
    kind = cases.complaint_kind(services.CALL_BACK)
    due = cases.inbox(request.actor, now, kind=kind, limit=CALLS).rows if kind else ()
    return {
        "typed": typed, "found": [(one.card, reason_of(one, tell)) for one in found],
        "kinds": [(name, kind) for name, kind in services.matter_kinds() if kind.unnamed],
        "calls": [inbox_row(row, tell, request.zone, now, {}) for row in due], "course": None, "wrong": None,
        "written": request.POST, "done": said_once(request), **more,
    }  # fmt: skip


@posted("desk/hotline.jinja", ANSWER_CALLS, back="desk-hotline")
def find(request: Asked) -> dict[str, Any]:
    """Find a matter by number: with its code how it went, without it only the stage and the due day."""
    number, code = request.POST.get("number", "")[:40], request.POST.get("code", "")[:20]
    try:
        if not ratelimit.consume(request, action="progress"):
            raise Refused("too_many", status=429)
        if not number.strip():
            raise Refused("no_matter_by_code", "number")
        knows, course = acts.tell_caller(request.actor, number, code, at=request.clock.instant)
    except Refused as refused:
        return _hotline(request, wrong=refused)
    shown = drawn(course, telling(request.language), request)
    return _hotline(
        request,
        knows=knows,
        course=course,
        **{**shown, "stages": [{**one, "note": ""} for one in shown["stages"]] if knows else []},
    )


@posted("desk/hotline.jinja", ANSWER_CALLS, back="desk-hotline")
def record(request: Asked) -> dict[str, Any] | HttpResponse:
    """Take down what a caller asks or complains of: begin its form."""
    at, machine = request.clock.instant, datetime.now(UTC)
    try:
        kind, item = request.POST.get("kind", "")[:80], request.POST.get("item", "")[:80]
        key = acts.begin_call(request.actor, kind, item, at=at, at_machine=machine)
    except Refused as refused:
        return _hotline(request, wrong=refused)
    return HttpResponseRedirect(address("apply", key=key))
