"""Pages of people: searching, looking at one on a ground, correcting, confirming at a window; who looked at whom."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse

from zhihai.faces.days import read_day
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.desk.serving.cards import readings
from zhihai.faces.naming import account_names
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.refusal import Refused
from zhihai.ground.words import LANGUAGES
from zhihai.kernel import house
from zhihai.kernel.identity import acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import FIELDS, GROUNDS, SEE_LOOKS, SEE_NUMBERS, SEE_PEOPLE, SET_PEOPLE, SOURCES
from zhihai.kernel.trust import acts as trust_acts
from zhihai.kernel.trust import reads as trust

BY = ("number", "credit", "name", "sound")
"""By what people are searched: a citizen's number, a credit code, the name, its pinyin."""
SEXES = ("male", "female")
MOST = 50


@page("desk/people.jinja", SEE_PEOPLE)
def people(request: Asked) -> dict[str, Any]:
    """The form to search people; what is searched for is posted, so that no number stands in an address."""
    return _people(request, "", (), None)


def _people(
    request: Asked, sought: str, found: tuple[identity.PersonLine, ...], wrong: Refused | None
) -> dict[str, Any]:
    by = request.POST.get("by", "name")
    return {
        "by": by if by in BY else "name", "ways": BY, "sought": sought, "found": found[:MOST],
        "may_set": request.actor.may(SET_PEOPLE), "readers": trust.card_readers_for(request.actor),
        "more": len(found) > MOST, "searched": bool(sought) and wrong is None, "wrong": wrong,
    }  # fmt: skip


@posted("desk/people.jinja", SEE_PEOPLE, back="desk-people")
def found_people(request: Asked) -> dict[str, Any]:
    """People whose number this is, or whose name begins so."""
    sought, by = request.POST.get("sought", "")[:200], request.POST.get("by", "name")
    try:
        return _people(request, sought, _found(request, by, sought), None)
    except Refused as refused:
        return _people(request, sought, (), refused)


def _found(request: Asked, by: str, sought: str) -> tuple[identity.PersonLine, ...]:
    if by in ("number", "credit"):
        one = identity.by_number(request.actor, "legal" if by == "credit" else "natural", sought)
        return () if one is None else (one,)
    search = identity.by_sound if by == "sound" else identity.by_name
    return search(request.actor, sought, limit=MOST + 1)


@page("desk/person.jinja", SEE_PEOPLE)
def person(request: Asked, person: int) -> dict[str, Any]:
    """One person as lists show them, and the form that asks on what ground more is wanted."""
    return _person(request, person)


def _person(request: Asked, number: int, wrong: Refused | None = None, **more: Any) -> dict[str, Any]:
    found = identity.person_page(request.actor, number)
    line, may_over = found.line, request.actor.may_over
    return {
        "one": line, "grounds": GROUNDS, "may_set": may_over(SET_PEOPLE, None, line.area_lo), "claims": found.claims,
        "may_see_number": line.sort == "natural" and may_over(SEE_NUMBERS, None, line.area_lo),
        "fields": FIELDS[line.sort], "sources": SOURCES, "today": request.clock.instant.astimezone(request.zone).date(),
        "done": said_once(request), "shown_at": found.shown_at, "referred": request.GET.get("reference", "")[:40],
        "written": request.POST, "file": None, "wrong": wrong,
        "reading": readings(request, number).get(number) if found.claims else None, **more,
    }  # fmt: skip


@posted("desk/person.jinja", SEE_PEOPLE, back="desk-person")
def look(request: Asked, person: int) -> dict[str, Any]:
    """Look at what is known of a person; it is shown in this answer alone, and a reload asks for the ground again."""
    sort = identity.person_page(request.actor, person).line.sort
    fields = set(FIELDS[sort]) - ({"number"} if request.POST.get("whole") != "1" else set())
    ground, reference = request.POST.get("ground", ""), request.POST.get("reference", "")[:1000]
    try:
        file = acts.look(
            request.actor, person, fields, ground, reference, at=request.clock.instant, at_machine=datetime.now(UTC)
        )
    except Refused as refused:
        return _person(request, person, refused)
    return _person(request, person, file=file)


@posted("desk/person.jinja", SET_PEOPLE, back="desk-person")
def correct(request: Asked, person: int) -> dict[str, Any] | HttpResponse:
    """Correct one field of a person, with where it is from."""
    given = {name: request.POST.get(name, "")[:200] for name in ("field", "value", "source", "as_of")}
    try:
        acts.correct_person(
            request.actor, person, given["field"], typed_value(given["field"], given["value"]), given["source"],
            read_day(given["as_of"], "as_of"), at=request.clock.instant,
        )  # fmt: skip
    except Refused as refused:
        return _person(request, person, refused)
    return done(request, "desk.person.corrected", "desk-person", person)


@posted("desk/person.jinja", SET_PEOPLE, back="desk-person")
def confirm(request: Asked, person: int) -> dict[str, Any] | HttpResponse:
    """Confirm that the account of somebody who stands at the window is that person's."""
    account, document = whole(request.POST.get("account")) or 0, request.POST.get("document", "")[:1000]
    try:
        if request.POST.get("by") == "card":
            trust_acts.confirm_by_card(
                request.actor, person, account, at=request.clock.instant, at_machine=datetime.now(UTC)
            )
        else:
            reason = request.POST.get("reason", "")[:1000]
            acts.confirm_person(request.actor, person, account, document, at=request.clock.instant, reason=reason)
    except Refused as refused:
        return _person(request, person, refused)
    return done(request, "desk.person.confirmed", "desk-person", person)


def typed_value(field: str, value: str) -> str:
    """Return a value as it is kept: a sex by its word in either language."""
    if field != "sex":
        return value
    said = {house.words().say(f"identity.sex.{one}", language): one for one in SEXES for language in LANGUAGES}
    return said.get(value.strip().lower(), value)


@page("desk/looks.jinja", SEE_LOOKS)
def looks(request: Asked) -> dict[str, Any]:
    """Who looked at whom in the areas one supervises, newest first; of the person the number of the record only."""
    after = request.GET.get("after", "")
    found = identity.looks_in(request.actor, before=whole(after), limit=MOST + 1)
    names = account_names(one.account for one in found if one.account is not None) if found else {}
    return {
        "rows": found[:MOST], "names": names, "older": str(found[MOST - 1].id) if len(found) > MOST else "",
        "paged": bool(after),
    }  # fmt: skip
