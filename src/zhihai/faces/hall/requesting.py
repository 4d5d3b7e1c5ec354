"""Pages of asking to act for somebody by a paper that they signed (申请代办): the form, sending it, taking it back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse

from zhihai.faces.days import end_of
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.hall.acting import acting_page, need_resident
from zhihai.faces.hall.applying.pages import handed_out
from zhihai.faces.once import done
from zhihai.faces.request import Asked
from zhihai.faces.uploads import most_mebibytes
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel.forms import acts
from zhihai.kernel.forms import reads as forms
from zhihai.kernel.identity import reads as identity


@page("hall/acting_ask.jinja")
def ask(request: Asked) -> dict[str, Any]:
    """The form by which a relative asks, with the scan of the paper."""
    return _ask(request, None)


def _ask(request: Asked, wrong: Refused | None) -> dict[str, Any]:
    need_resident(request)
    now = request.clock.instant
    return {
        "own": identity.my_ties(request.actor, at=now)[0], "kinds": forms.kinds_asked(), "relations": forms.RELATIONS,
        "services": identity.services_known(), "most": min(most_mebibytes(), forms.SCAN_MEBIBYTES),
        "wrong": wrong, "written": request.POST,
        "a_day": forms.REQUESTS_A_DAY, "kept_days": forms.SCAN_DAYS,
        "today": now.astimezone(request.zone).date(),
    }  # fmt: skip


@posted("hall/acting_ask.jinja", back="my-acting-ask")
def send(request: Asked) -> dict[str, Any] | HttpResponse:
    """Send a request. The answer is the same whoever the number is; it is not written back into the page."""
    need_resident(request)
    try:
        acts.request_tie(request.actor, _given(request), at=request.clock.instant, at_machine=datetime.now(UTC))
    except NotPermitted:
        raise
    except Refused as refused:
        return _ask(request, refused)
    return done(request, "hall.asking.sent", "my-acting")


def _given(request: Asked) -> acts.TieRequestInput:
    """Read the form: the last day is a whole local day, included."""
    post, file = request.POST, request.FILES.get("scan")
    return acts.TieRequestInput(
        kind=post.get("kind", "")[:100], name=post.get("name", "")[:200], number=post.get("number", "")[:60],
        relation=post.get("relation", "")[:40],
        services=None if post.get("all") == "1" else [one[:100] for one in post.getlist("services")],
        valid_to=end_of(post.get("until", ""), "until", request.zone), file=(file.name or "") if file else "",
        content=file.read() if file else b"",
    )  # fmt: skip


@posted("hall/acting.jinja", back="my-acting")
def withdraw(request: Asked) -> dict[str, Any] | HttpResponse:
    """Take a request back."""
    need_resident(request)
    try:
        key = request.POST.get("key", "")[:60]
        if not key:
            raise Refused("no_tie_request", "key")
        acts.withdraw_tie_request(request.actor, key, at=request.clock.instant)
    except NotFound:
        raise
    except Refused as refused:
        return acting_page(request, refused)
    return done(request, "hall.asking.withdrawn", "my-acting")


@page("hall/acting.jinja")
def scan(request: Asked, key: str) -> HttpResponse:
    """Hand out the scan of one's own request, while it is kept."""
    need_resident(request)
    return handed_out(forms.own_scan(request.actor, key))
