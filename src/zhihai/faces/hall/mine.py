"""My data: what is known of the resident who signed in, from where, how surely it is theirs, and who looked at it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from zhihai.faces.acting import tie_chosen
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.desk.people import typed_value
from zhihai.faces.hall.acting import need_resident
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel.cases import acts as case_acts
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.identity import acts
from zhihai.kernel.identity import reads as identity

LOOKS = 20


@page("hall/my.jinja")
def my(request: Asked) -> dict[str, Any]:
    """The resident's own page."""
    return _my(request, None)


def _my(request: Asked, wrong: Refused | None, not_done: str = "hall.my.not_claimed") -> dict[str, Any]:
    """Draw one's own page, or that of whom one acts for; ``not_done`` heads a refusal."""
    need_resident(request)
    tie = tie_chosen(request)
    if tie is not None:
        return {"tie": tie, "seen": None, "looks": (), "wrong": wrong, "complaints": False}
    after = request.GET.get("after", "")
    mine = identity.my_data(request.actor, before=whole(after), limit=LOOKS + 1)
    return {
        "tie": None, "mine": mine, "looks": mine.looks[:LOOKS], "paged": bool(after), "wrong": wrong,
        "complaints": cases.complaint_kind() is not None, "not_done": not_done,
        "older": str(mine.looks[LOOKS - 1].id) if len(mine.looks) > LOOKS else "",
        "claiming": mine.level == 1 or (wrong is not None and mine.level < 3), "written": request.POST,
        "correctable": identity.CORRECTABLE if cases.complaint_kind(cases.CORRECTION) is not None else (),
        "asked": cases.corrected(mine.asked), "done": said_once(request),
    }  # fmt: skip


@posted("hall/my.jinja", back="my")
def claim(request: Asked) -> dict[str, Any] | HttpResponse:
    """Say who one is: name and number against the base. Neither is written back into the page."""
    name, number = request.POST.get("name", "")[:200], request.POST.get("number", "")[:60]
    try:
        acts.claim_person(request.actor, name, number, at=request.clock.instant, at_machine=datetime.now(UTC))
    except Refused as refused:
        return _my(request, refused)
    return HttpResponseRedirect(reverse("my"))


@posted("hall/my.jinja", back="my")
def correct(request: Asked) -> dict[str, Any] | HttpResponse:
    """Ask that one field be put right: it becomes a case of the window."""
    need_resident(request)
    name, value, said = (request.POST.get(one, "")[:2000] for one in ("field", "value", "said"))
    try:
        case = case_acts.ask_correction(
            request.actor, name, typed_value(name, value), said, at=request.clock.instant
        )  # fmt: skip
    except NotPermitted:
        raise
    except Refused as refused:
        return _my(request, refused, "hall.my.not_asked")
    return done(request, "hall.my.asked", "my", number=case.number)


@posted("hall/my.jinja", back="my")
def look_for(request: Asked) -> dict[str, Any] | HttpResponse:
    """See what is known of whom one acts for; it is shown in this answer alone, and a reload leads back."""
    need_resident(request)
    number = whole(request.POST.get("tie"))
    tie = tie_chosen(request)
    try:
        if number is None:
            raise Refused("no_tie", "tie")
        seen = acts.look_for(request.actor, number, at=request.clock.instant, at_machine=datetime.now(UTC))
    except Refused as refused:
        return _my(request, refused, "hall.acting.not_seen")
    if tie is None or tie.id != number:  # another tab acts for somebody else by now
        return HttpResponseRedirect(reverse("my"))
    taken = cases.complaint_kind() is not None
    return {"tie": tie, "seen": seen, "looks": seen.looks, "wrong": None, "complaints": taken}
