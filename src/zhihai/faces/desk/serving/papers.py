"""Pages of papers of consent (代办委托书): the scan that is kept with a tie, and who on duty may help by it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.hall.applying.pages import handed_out
from zhihai.faces.naming import account_names
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked
from zhihai.faces.uploads import most_mebibytes
from zhihai.ground.powers import SET_PEOPLE
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel.forms import acts
from zhihai.kernel.forms import reads as forms


@page("desk/paper.jinja", SET_PEOPLE)
def paper(request: Asked, person: int, tie: int) -> dict[str, Any]:
    """What is kept of the paper by which somebody agreed to be helped, and the form that keeps it."""
    return _paper(request, person, tie, None)


def _paper(request: Asked, person: int, tie: int, wrong: Refused | None) -> dict[str, Any]:
    held, kept = forms.paper_of(request.actor, tie, at=request.clock.instant)
    if held.principal.id != person:
        raise NotPermitted("no_tie")
    helper = account_names([kept.helper]).get(kept.helper) if kept and kept.helper is not None else None
    return {
        "tie": held, "kept": kept, "helper": helper, "wrong": wrong, "written": request.POST, "most": most_mebibytes(),
        "done": said_once(request),
    }  # fmt: skip


@posted("desk/paper.jinja", SET_PEOPLE, back="desk-people")
def keep(request: Asked, person: int, tie: int) -> dict[str, Any] | HttpResponse:
    """Keep the scan of the paper, and say who on duty may help by it."""
    file, helper = request.FILES.get("scan"), request.POST.get("helper", "")[:150].strip()
    try:
        if file is None:
            raise Refused("paper_scan", "scan")
        acts.keep_paper(
            request.actor, tie, file.name or "", file.read(), at=request.clock.instant, helper=helper or None
        )  # fmt: skip
    except NotPermitted:
        raise
    except NotFound:
        return _paper(request, person, tie, Refused("paper_helper", "helper"))
    except Refused as refused:
        return _paper(request, person, tie, refused)
    return done(request, "desk.paper.kept_done", "desk-tie-paper", person, tie)


@page("desk/paper.jinja", SET_PEOPLE)
def file(request: Asked, person: int, tie: int) -> HttpResponse:
    """Hand out the scan."""
    return handed_out(forms.paper_told(request.actor, tie, at=request.clock.instant))
