"""Beginning what is given in (我要办理、我要咨询): for whom, and what it takes, before a word is written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect

from zhihai.faces.acting import tie_chosen
from zhihai.faces.addresses import address
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.hall.acting import need_resident
from zhihai.faces.hall.disclosure.markdown import opening
from zhihai.faces.hall.items.pages import tongue_of
from zhihai.faces.naming import organisation_names
from zhihai.faces.request import Asked
from zhihai.ground.refusal import Refused
from zhihai.kernel.disclosure import reads as disclosure
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.services import acts
from zhihai.kernel.services import reads as services

SIMILAR = 4
"""So many questions that are answered already stand before one asks."""


@page("hall/begin.jinja")
def begin(request: Asked, code: str) -> dict[str, Any]:
    """Say for whom it would be to apply for an item, what papers it takes and how long."""
    return _begin(request, services.find_matter(services.for_items(), code), None)


@posted("hall/begin.jinja", back="hall-item")
def start(request: Asked, code: str) -> dict[str, Any] | HttpResponse:
    """Begin a draft to apply for an item, for oneself or for whom one acts, or go on with it; lead to its form."""
    return _start(request, services.for_items(), code, "")


@page("hall/begin.jinja")
def begin_matter(request: Asked, kind: str) -> dict[str, Any]:
    """Say for whom a matter of another kind would be; ``?item=`` says which item it concerns, ``?to=`` for whom."""
    item, to = request.GET.get("item", "")[:200], request.GET.get("to", "")[:40]
    return _begin(request, services.find_matter(kind, item, to), None)


@posted("hall/begin.jinja", back="hall-begin")
def start_matter(request: Asked, kind: str) -> dict[str, Any] | HttpResponse:
    """Begin a draft of a matter of another kind, or go on with it; lead to its form."""
    return _start(request, kind, request.POST.get("item", "")[:200], request.POST.get("to", "")[:40])


def _begin(request: Asked, matter: services.Matter, wrong: Refused | None) -> dict[str, Any]:
    need_resident(request)
    tie, obstacle, item = tie_chosen(request), None, matter.item
    try:
        services.refuse_applicant(request.actor, matter, at=request.clock.instant, tie=tie.id if tie else None)
    except Refused as refused:
        obstacle = refused
    applying = matter.kind.item == "required"
    chosen = matter.kind.addressed and item is None
    return {
        "matter": matter, "item": item, "applying": applying, "tie": tie, "wrong": wrong, "obstacle": wrong or obstacle,
        "materials": item.fields.get("materials") if applying and item else None,
        "promised": item.fields.get("promised") if applying and item else None,
        "offices": _offices(request) if chosen else [],
        "to": matter.subject.partition(f"/{services.ORGANISATION}/")[2] if chosen else "",
        "contacts": services.catalogue().contacts, **_answered(request, matter),
    }  # fmt: skip


def _answered(request: Asked, matter: services.Matter) -> dict[str, Any]:
    """Return what was asked before and is answered publicly: like what was typed, else about the same item."""
    if disclosure.kinds_out_of(matter.name) not in disclosure.kinds("answers"):
        return {"before": False}
    sought, shown = request.GET.get("q", "").strip()[:200], tuple[disclosure.Answer, ...]()
    if sought:
        shown = disclosure.answers().like(sought, SIMILAR)
    elif matter.item:
        shown = disclosure.answers().listed({matter.item.code})[:SIMILAR]
    return {
        "before": True, "sought": sought, "answers": shown, "opening": opening, "tongue": tongue_of,
        "names": organisation_names() if shown else {},
    }  # fmt: skip


def _offices(request: Asked) -> list[tuple[str, str]]:
    """Return the organisations there are, in the order of their tree, as a form offers them."""
    return [(one.code, one.name.say(request.language)) for one in identity.organisations() if one.ended is None]


def _start(request: Asked, kind: str, item: str, organisation: str) -> dict[str, Any] | HttpResponse:
    need_resident(request)
    now, tie = request.clock.instant, tie_chosen(request)
    try:
        key = acts.begin_application(
            request.actor, item, at=now, at_machine=datetime.now(UTC), tie=tie.id if tie else None, kind=kind,
            organisation=organisation,
        )  # fmt: skip
    except Refused as refused:
        return _begin(request, services.find_matter(kind, item, organisation), refused)
    return HttpResponseRedirect(address("apply", key=key))
