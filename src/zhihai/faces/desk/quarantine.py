"""The quarantine (隔离区): readings set aside, each with a reason a person can read, and what is decided on them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.naming import account_names, telling
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.refusal import Refused
from zhihai.kernel.identity.kinds import RELEASE_READINGS, SEE_QUARANTINE
from zhihai.kernel.sensing import acts
from zhihai.kernel.sensing import reads as sensing


@page("desk/quarantine.jinja", SEE_QUARANTINE)
def quarantine(request: Asked) -> dict[str, Any]:
    """Readings set aside: those that wait, or those that were released or discarded, by whom and when."""
    return _quarantine(request, None)


def _quarantine(request: Asked, wrong: Refused | None, **written: Any) -> dict[str, Any]:
    after = request.GET.get("after", "")
    state: sensing.QuarantineState = "open"
    if request.GET.get("state") == "released":
        state = "released"
    elif request.GET.get("state") == "discarded":
        state = "discarded"
    found = sensing.quarantined(after=whole(after), state=state, limit=51)
    tell = telling(request.language)
    deciders = {one.decided_by for one in found if one.decided_by is not None}
    return {
        "rows": [(one, tell.words.say(f"quarantine.{one.reason}", tell.language, **one.facts)) for one in found[:50]],
        "older": str(found[49].id) if len(found) > 50 else "",
        "state": state,
        "paged": bool(after),
        "people": account_names(deciders) if deciders else {},
        "done": said_once(request),
        "may_decide": request.actor.may(RELEASE_READINGS),
        "wrong": wrong,
        "written": written,
    }


@posted("desk/quarantine.jinja", RELEASE_READINGS, back="desk-quarantine")
def decide(request: Asked) -> dict[str, Any] | HttpResponse:
    """Release or discard the readings that were ticked, with a note; the page then says how many."""
    ids = [id_ for id_ in map(whole, request.POST.getlist("reading")) if id_ is not None]
    note, at = request.POST.get("note", "")[:1000], request.clock.instant
    released = request.POST.get("what") == "release"
    try:
        if not ids:
            raise Refused("none_chosen", "reading")
        count = (acts.release if released else acts.discard)(request.actor, ids, note, at=at)
    except Refused as refused:
        return _quarantine(request, refused, note=note, ids=ids)
    said = f"desk.quarantine.done_{'released' if released else 'discarded'}.{'one' if count == 1 else 'many'}"
    return done(request, said, "desk-quarantine", n=count)
