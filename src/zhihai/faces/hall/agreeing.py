"""My consents: which systems may know what of whoever has signed in, since when, when last asked; taking it back."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked
from zhihai.ground.refusal import Refused
from zhihai.kernel.trust import acts as trust_acts
from zhihai.kernel.trust import reads as trust


@page("hall/consents.jinja")
def consents(request: Asked) -> dict[str, Any]:
    """All that one has agreed to."""
    return _consents(request, None)


def _consents(request: Asked, wrong: Refused | None) -> dict[str, Any]:
    return {"rows": trust.consents(request.actor), "wrong": wrong, "done": said_once(request)}


@posted("hall/consents.jinja", back="my-consents")
def withdraw(request: Asked) -> dict[str, Any] | HttpResponse:
    """Take one back."""
    try:
        trust_acts.withdraw_consent(request.actor, request.POST.get("client", "")[:100], at=request.clock.instant)
    except Refused as refused:
        return _consents(request, refused)
    return done(request, "hall.consents.withdrawn", "my-consents")
