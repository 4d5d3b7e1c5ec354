"""Pages of cases: the inbox, all cases in sight, one case, and what is done on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from zhihai.faces.desk.frame import page
from zhihai.faces.desk.history import history_of
from zhihai.faces.desk.showing import clock_line, inbox_row, process_of
from zhihai.faces.naming import account_names, area_names, organisation_names, telling
from zhihai.faces.request import Asked
from zhihai.ground.refusal import Refused
from zhihai.kernel.cases import acts, reads
from zhihai.kernel.identity.kinds import SEE_CASES, WORK_CASES

SOON = timedelta(hours=24)


@page("desk/inbox.jinja", WORK_CASES)
def inbox(request: Asked) -> dict[str, Any]:
    """Tasks of the reader's own roles, by what is due first."""
    return _list(request, mine=True)


@page("desk/inbox.jinja", SEE_CASES)
def all_cases(request: Asked) -> dict[str, Any]:
    """Every open task within the reader's sight."""
    return _list(request, mine=False)


@page("desk/closed.jinja", SEE_CASES)
def closed_cases(request: Asked) -> dict[str, Any]:
    """Closed cases within the reader's sight, latest first."""
    rows, older = reads.closed(request.actor, after=request.GET.get("after") or None)
    return {"rows": rows, "older": older, "areas": area_names(), "paged": bool(request.GET.get("after"))}


def _list(request: Asked, *, mine: bool) -> dict[str, Any]:
    now = request.clock.instant
    only = request.GET.get("only", "")
    before = {"late": now, "soon": now + SOON}.get(only)
    area = request.GET.get("area", "")
    found = reads.inbox(
        request.actor, now, mine=mine, kind=request.GET.get("kind") or None, due_before=before,
        area=int(area) if area.isdigit() and len(area) < 9 else None, after=request.GET.get("after") or None,
    )  # fmt: skip
    tell = telling(request.language)
    areas, organisations = area_names(), organisation_names()
    rows = [inbox_row(row, tell, areas, organisations, now) for row in found.rows]
    return {
        "rows": rows, "older": found.next, "mine": mine, "only": only, "area": area,
        "areas": [(str(id_), name.say(request.language)) for id_, name in areas.items()],
        "paged": bool(request.GET.get("after")),
    }  # fmt: skip


@page("desk/case.jinja")
def case(request: Asked, number: str) -> dict[str, Any]:
    """One case: what it is, where, how long there is, what comes next, and all that happened."""
    return _case_page(request, number)


def _case_page(request: Asked, number: str, wrong: Refused | None = None) -> dict[str, Any]:
    now, tell = request.clock.instant, telling(request.language)
    shown = reads.case_view(request.actor, number, now)
    people = account_names(task.actor for task in shown.tasks if task.actor)
    clocks = [clock_line(shown.kind_name, view, tell, now) for view in shown.clocks]
    order = {"running": 0, "paused": 1, "stopped": 2}
    return {
        "case": shown, "title": tell.title(shown.kind_name, shown.facts), "kind": tell.kind(shown.kind_name, "case"),
        "clocks": sorted(clocks, key=lambda clock: order[clock.state]), "process": process_of(shown), "people": people,
        "areas": area_names(), "organisations": organisation_names(), "tasks": [t for t in shown.tasks if t.state == "open"],
        "found": tell.found(str(shown.facts["rule"]).replace(".rule.", ".").removesuffix(".name"), shown.facts["found"])
        if "rule" in shown.facts
        else "",
        "history": history_of(shown, tell), "wrong": wrong,
    }  # fmt: skip


@require_POST
@page("desk/case.jinja")
def take_step(request: Asked, number: str, task: int) -> dict[str, Any] | HttpResponse:
    """End a task with the outcome of the button pressed; a refusal comes back on the page with what was written kept."""
    now = request.clock.instant
    shown = reads.case_view(request.actor, number, now)
    try:
        acts.take_step(
            request.actor, shown.id, task, request.POST.get("outcome", ""), note=request.POST.get("note", "")[:4000], at=now
        )
    except Refused as refused:
        return {**_case_page(request, number, refused), "note": request.POST.get("note", ""), "task_at_fault": task}
    return HttpResponseRedirect(reverse("desk-case", args=[number]))


@require_POST
@page("desk/case.jinja")
def direct_clock(request: Asked, number: str, clock: int) -> dict[str, Any] | HttpResponse:
    """Pause, resume or extend a clock, with the cause that was written."""
    now, cause = request.clock.instant, request.POST.get("cause", "")[:1000]
    shown = reads.case_view(request.actor, number, now)
    what, amount = request.POST.get("what", ""), request.POST.get("amount", "")
    try:
        if what == "pause":
            acts.pause(request.actor, shown.id, clock, cause, at=now)
        elif what == "resume":
            acts.resume(request.actor, shown.id, clock, cause, at=now)
        elif what == "extend" and amount.isdigit() and len(amount) < 6:
            acts.extend(request.actor, shown.id, clock, int(amount), cause, at=now)
        else:
            raise Refused("clock_act", "what")
    except Refused as refused:
        return _case_page(request, number, refused)
    return HttpResponseRedirect(reverse("desk-case", args=[number]))


@page("desk/case.jinja")
def process_bpmn(request: Asked, number: str) -> HttpResponse:
    """The case's process as a BPMN 2.0 file."""
    tell = telling(request.language)
    shown = reads.case_view(request.actor, number, request.clock.instant)
    body = reads.bpmn(shown.kind_name, shown.kind, tell.words, tell.language)
    response = HttpResponse(body, content_type="application/xml")
    response["Content-Disposition"] = f'attachment; filename="{shown.kind.id}.bpmn"'
    return response


@page("desk/search.jinja")
def search(request: Asked) -> dict[str, Any] | HttpResponse:
    """Find a case by its number or a device by its code: an exact hit opens at once."""
    asked = request.GET.get("q", "").strip()[:64]
    found = reads.by_number(request.actor, asked)
    if len(found) == 1 and found[0].number.lower() == asked.lower():
        return HttpResponseRedirect(reverse("desk-case", args=[found[0].number]))
    return {"q": asked, "found": found, "now": request.clock.instant}


def home(request: HttpRequest) -> HttpResponse:
    """The address without a path: the public wall."""
    return HttpResponseRedirect(reverse("wall"))
