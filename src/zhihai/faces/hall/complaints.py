"""Pages of complaints about looks: saying what is wrong with one, and reading how far it is and what was answered."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from zhihai.faces.acting import tie_chosen
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.hall.acting import need_resident
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel.cases import acts
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.identity import reads as identity


@page("hall/complaints.jinja")
def complaints(request: Asked) -> dict[str, Any]:
    """The resident's complaints; ``?look=`` asks for the form about one look."""
    return _complaints(request, whole(request.GET.get("look")), None)


def _complaints(request: Asked, look: int | None, wrong: Refused | None) -> dict[str, Any]:
    need_resident(request)
    tie, now = tie_chosen(request), request.clock.instant
    about = None if look is None else identity.my_look(request.actor, look, at=now, tie=tie.id if tie else None)
    return {
        "about": about if about and not about.said else None, "wrong": wrong, "written": request.POST, "tie": tie,
        "own": cases.complained(request.actor, identity.my_complaints(request.actor)),
        "done": said_once(request),
    }  # fmt: skip


@posted("hall/complaints.jinja", back="my-complaints")
def complain(request: Asked) -> dict[str, Any] | HttpResponse:
    """Complain about a look: it becomes a case. The form says for whom, so that another tab changes nothing."""
    need_resident(request)
    look, tie = whole(request.POST.get("look")), whole(request.POST.get("tie"))
    try:
        if look is None:
            raise Refused("complaint_look", "look")
        said = request.POST.get("said", "")[:2000]
        case = acts.complain(request.actor, look, said, at=request.clock.instant, tie=tie)
    except NotPermitted:
        raise
    except Refused as refused:
        return _complaints(request, look, refused)
    return done(request, "hall.complaints.taken", "my-complaints", number=case.number)
