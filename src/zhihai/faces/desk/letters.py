"""Pages of those who tell people by hand: letters to post, people to call or to visit, and how somebody is told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast, get_args

from django.conf import settings
from django.http import HttpResponse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.hall.notices import ways_offered
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.ground.words import LANGUAGES, Language
from zhihai.kernel import house
from zhihai.kernel.channels import acts
from zhihai.kernel.channels import reads as channels
from zhihai.kernel.channels.kinds import How
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import SEE_PEOPLE, SET_PEOPLE, TELL_PEOPLE

PAGE = 50
BY_HAND: tuple[channels.Way, ...] = ("post", "person")
HOWS = get_args(How)


@page("desk/letters.jinja", TELL_PEOPLE)
def letters(request: Asked) -> dict[str, Any]:
    """What waits to be posted, or to be told by somebody, in one's areas; nobody is named."""
    asked, after = request.GET.get("way", ""), request.GET.get("after", "")
    way = cast("channels.Way", asked) if asked in BY_HAND else "post"
    found = channels.waiting_by_hand(request.actor, way, after=whole(after), limit=PAGE + 1)
    return {
        "way": way, "ways": BY_HAND,
        "rows": [(one, channels.call_notice(one.kind, request.language)) for one in found[:PAGE]],
        "older": str(found[PAGE - 1].id) if len(found) > PAGE else "", "paged": bool(after), "done": said_once(request),
        "now": datetime.now(UTC), "quiet": settings.CONFIG.quiet_hours if way == "person" else "",
    }  # fmt: skip


@page("desk/letter.jinja", TELL_PEOPLE)
def letter(request: Asked, delivery: int) -> dict[str, Any]:
    """One that waits: the button that opens it, and the form in which is noted that it was told."""
    return _letter(request, delivery, None)


def _letter(
    request: Asked, delivery: int, wrong: Refused | None, opened: channels.ToTell | None = None
) -> dict[str, Any]:  # fmt: skip
    one = opened.waiting if opened else channels.one_by_hand(request.actor, delivery)
    language = opened.language if opened else request.language
    return {
        "sender": request.district.name.say(language) if request.district else "",
        "day": house.words().say("channels.day", language, at=opened.at.astimezone(request.zone)) if opened else "",
        "one": one, "opened": opened, "called": channels.call_notice(one.kind, request.language), "wrong": wrong,
        "hows": ("letter", "visit") if one.way == "post" else ("call", "visit", "letter"), "written": request.POST,
    }  # fmt: skip


@posted("desk/letter.jinja", TELL_PEOPLE, back="desk-letters")
def open_letter(request: Asked, delivery: int) -> dict[str, Any]:
    """Show to whom it goes and what it says; the look is kept, and a reload asks again."""
    opened = acts.open_by_hand(
        request.actor, delivery, at=request.clock.instant, at_machine=datetime.now(UTC)
    )  # fmt: skip
    return _letter(request, delivery, None, opened)


@posted("desk/letter.jinja", TELL_PEOPLE, back="desk-letters")
def note(request: Asked, delivery: int) -> dict[str, Any] | HttpResponse:
    """Note that it was posted or told, or that nobody was reached."""
    how, number = request.POST.get("how", ""), request.POST.get("letter", "")[:100]
    reached = request.POST.get("reached", "") == "1"
    try:
        if how not in HOWS or request.POST.get("reached", "") not in ("0", "1"):
            raise Refused("told_how", "how")
        acts.note_told(
            request.actor, delivery, cast("How", how), reached, number, at=request.clock.instant,
            at_machine=datetime.now(UTC),
        )  # fmt: skip
    except NotPermitted:
        raise
    except Refused as refused:
        return _letter(request, delivery, refused)
    return done(request, "desk.letters.noted" if reached else "desk.letters.again", "desk-letters")


@page("desk/told_how.jinja", SEE_PEOPLE)
def told_how(request: Asked, person: int) -> dict[str, Any]:
    """How somebody wants to be told, and the form in which a window notes it."""
    return _told_how(request, person, None)


def _told_how(request: Asked, person: int, wrong: Refused | None) -> dict[str, Any]:
    line = identity.person_page(request.actor, person).line
    return {
        "one": line, "choice": channels.choice_of(None, person), "wrong": wrong,
        "ways": [way for way in channels.AT_WINDOW if way in ways_offered()],
        "may_set": request.actor.may_over(SET_PEOPLE, None, line.area_lo), "done": said_once(request),
        "written": request.POST,
    }  # fmt: skip


@posted("desk/told_how.jinja", SET_PEOPLE, back="desk-person-told")
def choose_for(request: Asked, person: int) -> dict[str, Any] | HttpResponse:
    """Note how somebody who stands at the window wants to be told."""
    ways, language = request.POST.getlist("way"), request.POST.get("language", "")
    try:
        if not ways or set(ways) - set(ways_offered()) or language not in LANGUAGES:
            raise Refused("notice_way", "way")
        acts.choose_for(
            request.actor,
            person,
            cast("list[channels.Way]", ways),
            cast("Language", language),
            at=request.clock.instant,
        )
    except NotPermitted:
        raise
    except Refused as refused:
        return _told_how(request, person, refused)
    return done(request, "desk.letters.chosen", "desk-person-told", person)
