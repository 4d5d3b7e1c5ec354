"""Pages of a window (窗口受理): who stands there, and what is begun, gone on with and given in for them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect

from zhihai.faces.acting import until
from zhihai.faces.addresses import address
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.desk.serving.cards import readings
from zhihai.faces.hall.items.pages import reason_of
from zhihai.faces.naming import organisation_names, telling
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.powers import SEE_PEOPLE, SET_PEOPLE, TAKE_MATTERS
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.forms import reads as form_reads
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import PersonSort
from zhihai.kernel.services import acts
from zhihai.kernel.services import reads as services
from zhihai.kernel.trust import reads as trust

RESULTS = 8
SORTS = ("natural", "legal")


@page("desk/serving.jinja", TAKE_MATTERS)
def window(request: Asked) -> dict[str, Any]:
    """Whom one is serving, and the form that finds who stands there by the number on what they show."""
    return _window(request, None)


def _window(request: Asked, wrong: Refused | None, sort: str = "natural") -> dict[str, Any]:
    serving, helped = form_reads.served_by(
        request.actor, at=request.clock.instant, at_machine=datetime.now(UTC)
    )  # fmt: skip
    return {
        "serving": serving, "helped": helped, "wrong": wrong, "sort": sort, "sorts": SORTS,
        "may_search": request.actor.may(SEE_PEOPLE), "may_set": request.actor.may(SET_PEOPLE),
        "done": said_once(request), "readers": trust.card_readers_for(request.actor),
    }  # fmt: skip


@posted("desk/serving.jinja", TAKE_MATTERS, back="desk-serving")
def find(request: Asked) -> dict[str, Any] | HttpResponse:
    """Find who stands there by number; the number stands in no address."""
    sort: PersonSort = "legal" if request.POST.get("sort") == "legal" else "natural"
    try:
        found = identity.by_number(request.actor, sort, request.POST.get("number", "")[:60])
        if found is None:
            raise NotFound("no_person_here", "number")
    except Refused as refused:
        return _window(request, refused, sort)
    return HttpResponseRedirect(address("desk-serving-person", person=found.id))


@page("desk/serving_person.jinja", TAKE_MATTERS)
def person(request: Asked, person: int) -> dict[str, Any]:
    """Who was found, who may stand there for them, and what was shown."""
    return _person(request, person, None)


def _person(request: Asked, number: int, wrong: Refused | None) -> dict[str, Any]:
    line = identity.person_page(request.actor, number).line
    tell = telling(request.language)
    ties = identity.ties_told(number, services.SERVICE, at=request.clock.instant)
    read = readings(request, number, *(tie.acting.id for tie in ties))
    return {
        "read": read, "acts_for": _acts_for(request, number) if number in read and read[number].same_name else (),
        "whys": form_reads.TYPED_WHY if trust.card_readers_for(request.actor) else (),
        "one": line, "ties": [(tie, until(tie, tell)) for tie in ties], "wrong": wrong, "written": request.POST,
        "may_set": request.actor.may_over(SET_PEOPLE, None, line.area_lo),
    }  # fmt: skip


def _acts_for(request: Asked, number: int) -> list[identity.Party]:
    """Return for whom somebody acts now, whose card was read: perhaps they came for one of them."""
    _, held = identity.ties_of(request.actor, number, at=request.clock.instant)
    return [
        one.principal for one in held
        if one.acting.id == number and one.state == "in_force" and identity.unusable(one) is None
        and one.allows(services.SERVICE)
    ]  # fmt: skip


@posted("desk/serving_person.jinja", TAKE_MATTERS, back="desk-serving-person")
def receive(request: Asked, person: int) -> dict[str, Any] | HttpResponse:
    """Begin to serve whoever stands there, the document being shown."""
    tie = whole(request.POST.get("tie", ""))
    try:
        made = forms.receive(
            request.actor, person, request.POST.get("shown", "")[:1000], at=request.clock.instant,
            at_machine=datetime.now(UTC), tie=tie, why=request.POST.get("why", "")[:20],
        )  # fmt: skip
    except Refused as refused:
        return _person(request, person, refused)
    return HttpResponseRedirect(address("desk-reception", reception=made))


@posted("desk/serving.jinja", TAKE_MATTERS, back="desk-serving")
def help_by_consent(request: Asked) -> dict[str, Any] | HttpResponse:
    """Begin to help somebody who agreed to it on a paper."""
    try:
        tie = whole(request.POST.get("tie", ""))
        if tie is None:
            raise Refused("no_tie", "tie")
        made = forms.receive_by_consent(
            request.actor, tie, at=request.clock.instant, at_machine=datetime.now(UTC)
        )  # fmt: skip
    except Refused as refused:
        return _window(request, refused)
    return HttpResponseRedirect(address("desk-reception", reception=made))


@page("desk/reception.jinja", TAKE_MATTERS)
def reception(request: Asked, reception: int) -> dict[str, Any]:
    """Whom one is serving: what is begun for them, their matters, and the search for what they come for."""
    return _reception(request, reception, None)


def served(request: Asked, reception: int) -> form_reads.Reception:
    """Return whom one is serving at a window or by their consent. Raises ``NotPermitted``."""
    found = form_reads.reception(request.actor, reception, at_machine=datetime.now(UTC))
    if found.way == "call":
        raise NotPermitted("no_reception")
    return found


def _reception(request: Asked, number: int, wrong: Refused | None) -> dict[str, Any]:
    received, drafts = form_reads.serving(request.actor, number, at_machine=datetime.now(UTC))
    if received.way == "call":
        raise NotPermitted("no_reception")
    typed, tell = request.GET.get("q", "")[:200].strip(), telling(request.language)
    who = "firm" if received.sort == "legal" else "person"
    found = services.catalogue().search(typed, who, RESULTS, False) if typed else ()
    return {
        "one": received, "typed": typed, "found": [(one.card, reason_of(one, tell)) for one in found],
        "drafts": drafts, "matters": services.matters_received(received, at=request.clock.instant),
        "wrong": wrong, "done": said_once(request),
    }  # fmt: skip


@posted("desk/reception.jinja", TAKE_MATTERS, back="desk-reception")
def begin(request: Asked, reception: int) -> dict[str, Any] | HttpResponse:
    """Begin the form of an item for whom one is serving, or go on with it."""
    now, machine = request.clock.instant, datetime.now(UTC)
    served(request, reception)
    try:
        key = acts.begin_taking(
            request.actor, reception, request.POST.get("item", "")[:80], at=now, at_machine=machine
        )  # fmt: skip
    except Refused as refused:
        return _reception(request, reception, refused)
    return HttpResponseRedirect(address("apply", key=key))


@posted("desk/serving.jinja", back="desk-serving")
def end(request: Asked, reception: int) -> HttpResponse:
    """End serving somebody."""
    at, machine = request.clock.instant, datetime.now(UTC)
    call = form_reads.reception(request.actor, reception, at_machine=machine).way == "call"
    forms.end_reception(request.actor, reception, at=at, at_machine=machine)
    return done(request, "desk.reception.ended", "desk-hotline" if call else "desk-serving")


@page("desk/receipt.jinja")
def receipt(request: Asked, reception: int, number: str) -> dict[str, Any]:
    """What whoever was served takes along: the number and the code of their matter, by when it is due, whom to ask."""
    return _receipt(request, reception, number, None)


def _receipt(request: Asked, reception: int, number: str, wrong: Refused | None) -> dict[str, Any]:
    at = request.clock.instant
    received = form_reads.reception(request.actor, reception, at_machine=datetime.now(UTC))
    own = services.reached_application(request.actor, number, at=at)
    if own.person != received.person:
        raise NotFound("no_matter", "number")
    course = services.course_of(own, at=at)
    return {
        "one": received, "own": own, "course": course, "contacts": services.catalogue().contacts,
        "office": organisation_names()[received.office].say(request.language), "done": said_once(request),
        "asks": services.asks_supplement(course), "may_withdraw": services.may_withdraw(course), "wrong": wrong,
    }  # fmt: skip


@posted("desk/receipt.jinja", TAKE_MATTERS, back="desk-serving")
def supplement(request: Asked, reception: int, number: str) -> dict[str, Any] | HttpResponse:
    """Begin to give in what is missing in a matter of whom one is serving."""
    received = served(request, reception)
    try:
        key = acts.start_supplement(
            request.actor, number, at=request.clock.instant, at_machine=datetime.now(UTC), received=received
        )  # fmt: skip
    except NotFound:
        raise
    except Refused as refused:
        return _receipt(request, reception, number, refused)
    return HttpResponseRedirect(address("apply", key=key))


@posted("desk/receipt.jinja", TAKE_MATTERS, back="desk-serving")
def withdraw(request: Asked, reception: int, number: str) -> dict[str, Any] | HttpResponse:
    """Withdraw a matter of whom one is serving, who wants it so."""
    served(request, reception)
    try:
        acts.withdraw_application(request.actor, number, at=request.clock.instant)
    except NotFound:
        raise
    except Refused as refused:
        return _receipt(request, reception, number, refused)
    return done(request, "desk.reception.withdrawn", "desk-reception", reception, number=number)
