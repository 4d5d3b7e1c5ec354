"""How long somebody may act for another in this district (代办期限): what holds, on what it rests, and setting it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.refusal import Refused
from zhihai.kernel.identity import acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import SET_DISTRICT


@page("desk/terms.jinja", SET_DISTRICT)
def terms(request: Asked) -> dict[str, Any]:
    """The longest term of each kind of tie, and the form to set one."""
    return _terms(request, None)


def _terms(request: Asked, wrong: Refused | None) -> dict[str, Any]:
    return {
        "rows": identity.tie_terms(), "most": identity.LONGEST_TERM, "written": request.POST, "wrong": wrong,
        "done": said_once(request),
    }  # fmt: skip


@posted("desk/terms.jinja", SET_DISTRICT, back="desk-terms")
def set_term(request: Asked) -> dict[str, Any] | HttpResponse:
    """Set the longest term of a kind."""
    given = request.POST
    try:
        days = whole(given.get("days"), 6) or 0
        acts.set_tie_term(
            request.actor, given.get("kind", "")[:200], days, given.get("source", "")[:1000],
            at=request.clock.instant,
        )  # fmt: skip
    except Refused as refused:
        return _terms(request, refused)
    return done(request, "desk.terms.done", "desk-terms")
