"""Pages of a window: registering somebody who stands there, and recording and ending who acts for whom."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse

from zhihai.faces.acting import until
from zhihai.faces.days import begin_of, end_of
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.desk.people import SEXES
from zhihai.faces.naming import telling
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.refusal import Refused
from zhihai.kernel import house
from zhihai.kernel.identity import acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import SEE_PEOPLE, SET_PEOPLE, TieKind
from zhihai.kernel.places import reads as places

OPTIONAL = ("sex", "birth", "address", "phone")
"""What may be left empty: nobody needs a telephone to be registered."""


@page("desk/person_new.jinja", SET_PEOPLE)
def new_person(request: Asked) -> dict[str, Any]:
    """The form to register somebody who stands at the window."""
    return _new_person(request, None)


def _new_person(request: Asked, wrong: Refused | None) -> dict[str, Any]:
    may = request.actor.may_over
    areas = [area for area in places.areas(above="community") if may(SET_PEOPLE, None, area.lo)]
    return {
        "areas": [(str(area.id), area.name.say(request.language)) for area in areas], "sexes": SEXES,
        "written": request.POST, "wrong": wrong,
    }  # fmt: skip


@posted("desk/person_new.jinja", SET_PEOPLE, back="desk-people-new")
def register(request: Asked) -> dict[str, Any] | HttpResponse:
    """Register somebody by the document that was shown; the number is not written back into the page."""
    given = {name: request.POST.get(name, "")[:200].strip() for name in ("name", "number", "area", *OPTIONAL)}
    try:
        area = whole(given["area"], 9)
        if area is None:
            raise Refused("person_area", "area")
        asked = acts.PersonInput(
            sort="natural", number=given["number"], name=given["name"], area=area, source="window",
            facts={name: given[name] for name in OPTIONAL if given[name]}, as_of=_today(request),
        )  # fmt: skip
        shown = request.POST.get("document", "")[:1000]
        made = acts.register_at_window(request.actor, asked, shown, at=request.clock.instant)
    except Refused as refused:
        return _new_person(request, refused)
    return done(request, "desk.person_new.registered", "desk-person", made)


def _today(request: Asked) -> date:
    return request.clock.instant.astimezone(request.zone).date()


@page("desk/ties.jinja", SEE_PEOPLE)
def ties(request: Asked, person: int) -> dict[str, Any]:
    """Who acts for a person and for whom the person acts, and the forms that record and end that."""
    return _ties(request, person, None)


def _ties(request: Asked, person: int, wrong: Refused | None) -> dict[str, Any]:
    tell = telling(request.language)
    line, held = identity.ties_of(request.actor, person, at=request.clock.instant)
    kinds = dict(house.registry().all(TieKind))
    return {
        "one": line, "ties": held, "kinds": {name: kind for name, kind in kinds.items() if kind.principal == line.sort},
        "may_set": request.actor.may_over(SET_PEOPLE, None, line.area_lo), "until": lambda tie: until(tie, tell),
        "unusable": {tie.id: identity.unusable(tie) for tie in held if tie.state == "in_force"},
        "services": identity.services_known(), "today": _today(request), "wrong": wrong, "written": request.POST,
        "done": said_once(request),
    }  # fmt: skip


@posted("desk/ties.jinja", SET_PEOPLE, back="desk-person-ties")
def record(request: Asked, person: int) -> dict[str, Any] | HttpResponse:
    """Record that somebody acts for the person, both having agreed at the window."""
    post = request.POST
    kind, _, ground = post.get("rests", "").partition(":")
    try:
        ends = post.get("until", "").strip()
        given = acts.TieInput(
            kind=kind, principal=person, name=post.get("name", "")[:200], number=post.get("number", "")[:60],
            services=None if post.get("all") == "1" else post.getlist("services"),
            valid_from=begin_of(post.get("from", ""), "from", request.zone),
            valid_to=end_of(ends, "until", request.zone) if ends else None, ground=ground,
            evidence=post.get("evidence", "")[:1000],
        )  # fmt: skip
        acts.record_tie(request.actor, given, at=request.clock.instant)
    except Refused as refused:
        return _ties(request, person, refused)
    return done(request, "desk.ties.recorded", "desk-person-ties", person)


@posted("desk/ties.jinja", SET_PEOPLE, back="desk-person-ties")
def withdraw(request: Asked, person: int) -> dict[str, Any] | HttpResponse:
    """End a tie for whoever stands at the window, or by a document."""
    try:
        tie = whole(request.POST.get("tie"))
        if tie is None:
            raise Refused("no_tie", "tie")
        acts.withdraw_tie(request.actor, tie, request.POST.get("why", "")[:1000], at=request.clock.instant)
    except Refused as refused:
        return _ties(request, person, refused)
    return done(request, "desk.ties.withdrawn", "desk-person-ties", person)
