"""Pages of cases: the inbox, all cases in sight, one case, and what is done on it."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from zhihai.faces.bpmn import bpmn
from zhihai.faces.desk.frame import home_of, page, posted
from zhihai.faces.desk.history import history_of
from zhihai.faces.desk.opened import opened_by_resident
from zhihai.faces.desk.showing import clock_lines, inbox_row, process_of
from zhihai.faces.naming import Telling, account_names, area_names, map_source, organisations_named, telling
from zhihai.faces.request import Asked, whole
from zhihai.ground.powers import RECORD_DISPUTES, WRITE_DISCLOSURE
from zhihai.ground.refusal import Refused
from zhihai.ground.registry import Registry
from zhihai.ground.words import LANGUAGES
from zhihai.kernel import house
from zhihai.kernel.cases import acts, reads
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.disclosure import reads as disclosure
from zhihai.kernel.identity.kinds import REVIEW_ROLES, SEE_CASES, WORK_CASES

SOON = timedelta(hours=24)
LATEST = 12
"""So many lines of what happened stand on a case's page; earlier ones one click below."""


@page("desk/inbox.jinja")
def inbox(request: Asked) -> dict[str, Any] | HttpResponse:
    """Tasks of the reader's own roles, by what is due first; who has none begins elsewhere."""
    if not request.actor.may(WORK_CASES):
        return HttpResponseRedirect(home_of(request.actor))
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
    now, tell = request.clock.instant, telling(request.language)
    only, area, kind = (request.GET.get(name, "") for name in ("only", "area", "kind"))
    found = reads.inbox(
        request.actor,
        now,
        mine=mine,
        kind=kind or None,
        due_before={"late": now, "soon": now + SOON}.get(only),
        area=whole(area, 9),
        after=request.GET.get("after") or None,
    )
    absent = {row.behalf for row in found.rows if row.behalf is not None}
    names = account_names(absent) if absent else {}
    return {
        "rows": [inbox_row(row, tell, request.zone, now, names) for row in found.rows],
        "older": found.next,
        "mine": mine,
        "only": only,
        "area": area,
        "kind": kind,
        "paged": bool(request.GET.get("after")),
        "areas": tuple((str(id_), name.say(request.language)) for id_, name in area_names().items()),
        "kinds": _kinds(house.registry(), tell),
    }


@lru_cache(maxsize=2 * len(LANGUAGES))
def _kinds(registry: Registry, tell: Telling) -> tuple[tuple[str, str], ...]:
    """Return the kinds to choose from, the same on every page; a process has one registry, a test has several."""
    return tuple((name, tell.kind(name, "case")) for name in sorted({name for name, _ in registry.all(CaseKind)}))


@page("desk/case.jinja")
def case(request: Asked, number: str) -> dict[str, Any]:
    """One case: what it is, where, how long there is, what comes next, and all that happened."""
    return _case_page(request, number)


def _case_page(request: Asked, number: str, wrong: Refused | None = None, **written: Any) -> dict[str, Any]:
    """Draw a case; ``written`` is what stood in the form that was refused: ``task`` or ``clock`` and its fields."""
    now, tell = request.clock.instant, telling(request.language)
    shown = reads.case_view(request.actor, number, now)
    areas, offices = area_names(shown.closed_at), organisations_named()
    organisations = {id_: office.named(shown.closed_at) for id_, office in offices.items()}
    open_ = [task for task in shown.tasks if task.state == "open"]
    history = history_of(shown, tell, offices)
    return {
        "case": shown,
        "title": tell.title(shown.kind_name, shown.facts),
        "kind": tell.kind(shown.kind_name, "case"),
        "clocks": clock_lines(shown, tell, now),
        "process": process_of(shown),
        "tasks": open_,
        "note_help": {task.id: _note_help(shown, task.step, tell) for task in open_},
        "may_review": request.actor.may(REVIEW_ROLES),
        "area": areas.get(shown.area),
        "organisations": organisations,
        "offices": list(dict.fromkeys(task.org for task in open_)),
        "found": _ground(shown, tell),
        "opened": opened_by_resident(request, shown),
        "source": _source(request, shown),
        "disputable": request.actor.may(RECORD_DISPUTES) and disclosure.disputable(shown),
        "charges": disclosure.charges(request.actor, shown),
        "history": history[:LATEST],
        "earlier": history[LATEST:],
        "map_source": map_source(tell) if shown.lon is not None else "",
        "wrong": wrong,
        "written": written,
        "unsaved": written.get("note", "") if written.get("task") not in {task.id for task in open_} else "",
    }


def _source(request: Asked, shown: reads.CaseView) -> disclosure.Source | None:
    """Return what publishing from a closed case needs, for whoever may write what is published there."""
    return disclosure.source_of(shown) if shown.closed_at and request.actor.may(WRITE_DISCLOSURE) else None


MANY = 6
"""With more outcomes than so many, nobody reads a list of them."""


def _note_help(shown: reads.CaseView, step: str, tell: Telling) -> str:
    """Say what a note is for, and with which outcomes the person whose matter it is reads it."""
    told = [tell.kind(shown.kind_name, "case", f"{step}.{one.id}") for one in shown.kind.choices(step) if one.told]
    help_ = tell.words.say("desk.case.note_help", tell.language)
    if not told:
        return help_
    if len(told) > MANY:
        return f"{help_} {tell.words.say('desk.case.note_told_mostly', tell.language)}"
    between = tell.words.say("desk.case.note_between", tell.language)
    return f"{help_} {tell.words.say('desk.case.note_told', tell.language, outcomes=between.join(told))}"


def _ground(shown: reads.CaseView, tell: Telling) -> str:
    """Say what a rule found that opened the case; nothing where a person opened it."""
    if "rule" not in shown.facts:
        return ""
    return tell.found(str(shown.facts["rule"]).replace(".rule.", ".").removesuffix(".name"), shown.facts["found"])


@posted("desk/case.jinja", back="desk-case")
def take_step(request: Asked, number: str, task: int) -> dict[str, Any] | HttpResponse:
    """End a task with the outcome of the button pressed; after a refusal what was written is kept on the page."""
    now, note = request.clock.instant, request.POST.get("note", "")[:4000]
    shown = reads.case_view(request.actor, number, now)
    try:
        acts.take_step(request.actor, shown.id, task, request.POST.get("outcome", ""), note=note, at=now)
    except Refused as refused:
        return _case_page(request, number, refused, task=task, note=note)
    return HttpResponseRedirect(reverse("desk-case", args=[number]))


@posted("desk/case.jinja", back="desk-case")
def direct_clock(request: Asked, number: str, clock: int) -> dict[str, Any] | HttpResponse:
    """Pause, resume or extend a clock, with the cause that was written."""
    now, cause = request.clock.instant, request.POST.get("cause", "")[:1000]
    shown = reads.case_view(request.actor, number, now)
    what, amount = request.POST.get("what", ""), request.POST.get("amount", "").strip()
    more = whole(amount, 5)
    try:
        if what == "pause":
            acts.pause(request.actor, shown.id, clock, cause, at=now)
        elif what == "resume":
            acts.resume(request.actor, shown.id, clock, cause, at=now)
        elif what == "extend" and more:
            acts.extend(request.actor, shown.id, clock, more, cause, at=now)
        else:
            raise Refused("clock_act", "amount")
    except Refused as refused:
        return _case_page(request, number, refused, clock=clock, cause=cause, amount=amount)
    return HttpResponseRedirect(reverse("desk-case", args=[number]))


@page("desk/case.jinja")
def process_bpmn(request: Asked, number: str) -> HttpResponse:
    """The case's process as a BPMN 2.0 file."""
    tell = telling(request.language)
    shown = reads.case_view(request.actor, number, request.clock.instant)
    body = bpmn(shown.kind_name, shown.kind, tell.words, tell.language)
    response = HttpResponse(body, content_type="application/xml")
    response["Content-Disposition"] = f'attachment; filename="{shown.kind.id}.bpmn"'
    return response


@page("desk/search.jinja")
def search(request: Asked) -> dict[str, Any] | HttpResponse:
    """Find cases by the beginning of their number: an exact hit opens at once."""
    asked = request.GET.get("q", "").strip()[:64]
    found = reads.by_number(request.actor, asked)
    if len(found) == 1 and found[0].number.lower() == asked.lower():
        return HttpResponseRedirect(reverse("desk-case", args=[found[0].number]))
    return {"q": asked, "found": found, "now": request.clock.instant}


def home(request: HttpRequest) -> HttpResponse:
    """The address without a path: the public wall."""
    return HttpResponseRedirect(reverse("wall"))
