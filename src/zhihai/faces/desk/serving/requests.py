"""Pages of requests to act for another (代办申请审核): those that wait, one with its scan, accepting and refusing."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.hall.acting import last_day
from zhihai.faces.hall.applying.pages import handed_out
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.powers import SET_PEOPLE
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel.forms import acts
from zhihai.kernel.forms import reads as forms

PAGE = 50


@page("desk/tie_requests.jinja", SET_PEOPLE)
def waiting(request: Asked) -> dict[str, Any]:
    """Requests that wait in one's areas, oldest first."""
    after = whole(request.GET.get("after", "")) or 0
    found = forms.tie_requests(request.actor, after=after, limit=PAGE + 1)
    return {
        "rows": found[:PAGE], "older": str(found[PAGE - 1].id) if len(found) > PAGE else "", "paged": bool(after),
        "done": said_once(request),
    }  # fmt: skip


@page("desk/tie_request.jinja", SET_PEOPLE)
def one(request: Asked, key: str) -> dict[str, Any]:
    """One request: what was written, whether it fits anybody, the scan, and the forms that accept or refuse it."""
    return _one(request, key, None)


def _one(request: Asked, key: str, wrong: Refused | None) -> dict[str, Any]:
    found = forms.tie_request(request.actor, key)
    return {
        "asked": found, "one": found.request, "reasons": forms.REASONS, "wrong": wrong, "written": request.POST,
        "kept_days": forms.SCAN_DAYS, "last_day": last_day(found.request, request.zone),
    }  # fmt: skip


@page("desk/tie_request.jinja", SET_PEOPLE)
def scan(request: Asked, key: str) -> HttpResponse:
    """Hand out the scan of a request."""
    return handed_out(forms.scan_asked(request.actor, key))


@posted("desk/tie_request.jinja", SET_PEOPLE, back="desk-tie-requests")
def decide(request: Asked, key: str) -> dict[str, Any] | HttpResponse:
    """Accept a request, with how the person was asked, or refuse it for a reason."""
    accepts, now = request.POST.get("what") == "accept", request.clock.instant
    try:
        if accepts:
            acts.accept_tie_request(request.actor, key, request.POST.get("evidence", "")[:1000], at=now)
        else:
            acts.refuse_tie_request(request.actor, key, request.POST.get("reason", "")[:40], at=now)
    except NotPermitted:
        raise
    except Refused as refused:
        return _one(request, key, refused)
    return done(request, "desk.tie_request.accepted" if accepts else "desk.tie_request.refused", "desk-tie-requests")
