"""Beginning to apply for an item (我要办理): for whom, and what it takes, before a word is written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect

from zhihai.faces.acting import tie_chosen
from zhihai.faces.addresses import address
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.hall.acting import need_resident
from zhihai.faces.request import Asked
from zhihai.ground.refusal import Refused
from zhihai.kernel.services import acts
from zhihai.kernel.services import reads as services


@page("hall/begin.jinja")
def begin(request: Asked, code: str) -> dict[str, Any]:
    """Say for whom it would be, what papers it takes and how long."""
    return _begin(request, code, None)


def _begin(request: Asked, code: str, wrong: Refused | None) -> dict[str, Any]:
    need_resident(request)
    item, tie, obstacle = services.public_item(code), tie_chosen(request), None
    try:
        services.refuse_applicant(request.actor, item, at=request.clock.instant, tie=tie.id if tie else None)
    except Refused as refused:
        obstacle = refused
    return {
        "item": item, "code": code, "contacts": services.catalogue().contacts, "tie": tie,
        "wrong": wrong, "obstacle": wrong or obstacle,
        "materials": item.fields.get("materials"), "promised": item.fields.get("promised"),
    }  # fmt: skip


@posted("hall/begin.jinja", back="hall-item")
def start(request: Asked, code: str) -> dict[str, Any] | HttpResponse:
    """Begin a draft, for oneself or for whom one acts, or go on with it; lead to its form."""
    need_resident(request)
    now, tie = request.clock.instant, tie_chosen(request)
    try:
        key = acts.begin_application(
            request.actor, code, at=now, at_machine=datetime.now(UTC), tie=tie.id if tie else None
        )
    except Refused as refused:
        return _begin(request, code, refused)
    return HttpResponseRedirect(address("apply", key=key))
