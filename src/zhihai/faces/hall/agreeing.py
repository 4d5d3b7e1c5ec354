"""My consents: which systems may know what of whoever has signed in, since when, when last asked; taking it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.request import Asked
from zhihai.ground.refusal import Refused
from zhihai.kernel import house
from zhihai.kernel.identity import acts
from zhihai.kernel.identity import reads as identity

DONE = "consents"
"""The mark of what is said once after something was done."""


@page("hall/consents.jinja")
def consents(request: Asked) -> dict[str, Any]:
    """All that one has agreed to."""
    return _consents(request, None)


def _consents(request: Asked, wrong: Refused | None) -> dict[str, Any]:
    done = [str(one) for one in messages.get_messages(request) if one.extra_tags == DONE]
    return {"rows": identity.consents(request.actor), "wrong": wrong, "done": done}


@posted("hall/consents.jinja", back="my-consents")
def withdraw(request: Asked) -> dict[str, Any] | HttpResponse:
    """Take one back."""
    try:
        acts.withdraw_consent(request.actor, request.POST.get("client", "")[:100], at=request.clock.instant)
    except Refused as refused:
        return _consents(request, refused)
    messages.success(request, house.words().say("hall.consents.withdrawn", request.language), extra_tags=DONE)
    return HttpResponseRedirect(reverse("my-consents"))
