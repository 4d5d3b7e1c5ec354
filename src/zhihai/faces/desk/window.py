"""Pages of a window: registering somebody who stands there, and recording and ending who acts for whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core import signing
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
from zhihai.kernel.trust import reads as trust

READ, GOOD_FOR = "zhihai.card_read", 600
"""What a page is told of a card by, sealed against change, and for how many seconds."""
OPTIONAL = ("sex", "birth", "address", "phone")
"""What may be left empty: nobody needs a telephone to be registered."""


@page("desk/person_new.jinja", SET_PEOPLE)
def new_person(request: Asked) -> dict[str, Any]:
    """The form to register somebody who stands at the window."""
    return _new_person(request, None, request.POST)


@page("desk/person_new.jinja", SET_PEOPLE)
def new_person_by_card(request: Asked, nobody: trust.NobodyKnown) -> dict[str, Any]:
    """The same form, filled in with what a machine just read. It is this answer's alone: nothing of it is kept."""
    card = nobody.card
    written = {
        "name": card.name, "number": card.number.number, "sex": card.sex, "birth": card.birth.isoformat(),
        "address": card.address, "document": nobody.shown,
    }  # fmt: skip
    digest = identity.found_by(card.number.number)[1][0].hex()
    return {
        **_new_person(request, None, written), "by_card": True, "read_number": card.number.number,
        "reading": signing.dumps([digest, card.simulated], salt=READ), "simulated": card.simulated,
    }  # fmt: skip


def _of_card(request: Asked, number: str) -> bool | None:
    """Say whether a number was just read from a card that is simulated; ``None`` for one that was typed or changed."""
    try:
        digest, simulated = signing.loads(request.POST.get("reading", "")[:500], salt=READ, max_age=GOOD_FOR)
        return bool(simulated) if digest == identity.found_by(number)[1][0].hex() else None
    except (signing.BadSignature, ValueError, TypeError, Refused):
        return None


def _new_person(request: Asked, wrong: Refused | None, written: Mapping[str, str]) -> dict[str, Any]:
    may = request.actor.may_over
    areas = [area for area in places.areas(above="community") if may(SET_PEOPLE, None, area.lo)]
    return {
        "areas": [(str(area.id), area.name.say(request.language)) for area in areas], "sexes": SEXES,
        "written": written, "wrong": wrong, "by_card": False, "read_number": "", "reading": "", "simulated": False,
    }  # fmt: skip


@posted("desk/person_new.jinja", SET_PEOPLE, back="desk-people-new")
def register(request: Asked) -> dict[str, Any] | HttpResponse:
    """Register somebody by the document that was shown; a number that was typed is not written back into the page.

    Whoever a simulated card named is marked as invented.
    """
    given = {name: request.POST.get(name, "")[:200].strip() for name in ("name", "number", "area", *OPTIONAL)}
    simulated = _of_card(request, given["number"])
    try:
        area = whole(given["area"], 9)
        if area is None:
            raise Refused("person_area", "area")
        asked = acts.PersonInput(
            sort="natural", number=given["number"], name=given["name"], area=area, source="window",
            facts={name: given[name] for name in OPTIONAL if given[name]}, as_of=_today(request),
            provenance="synthetic" if simulated else "real",
        )  # fmt: skip
        shown = request.POST.get("document", "")[:1000]
        made = acts.register_at_window(request.actor, asked, shown, at=request.clock.instant)
    except Refused as refused:
        shown = _new_person(request, refused, request.POST)
        if simulated is None:
            return shown
        kept = {"reading": request.POST.get("reading", ""), "read_number": given["number"], "simulated": simulated}
        return {**shown, **kept}
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
