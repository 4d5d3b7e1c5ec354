"""Messages of a resident, how somebody wants to be told, and the page on which a kind of notice is stopped."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from allauth.core import ratelimit
from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from zhihai.faces.desk.frame import page, posted, public
from zhihai.faces.hall.acting import need_resident
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.faces.stopping import read_stop
from zhihai.ground.identifiers.mobile import masked_mobile
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.ground.words import LANGUAGES, Language
from zhihai.kernel.channels import acts
from zhihai.kernel.channels import reads as channels

PAGE = 30


@page("hall/messages.jinja")
def messages(request: Asked) -> dict[str, Any]:
    """What a resident has been told, newest first, by which way, and what became of it."""
    need_resident(request)
    after = request.GET.get("after", "")
    found = channels.notices(request.actor.account, whole(after), PAGE + 1)
    return {
        "rows": [(one, *one.say(request.language)) for one in found[:PAGE]], "paged": bool(after),
        "older": str(found[PAGE - 1].id) if len(found) > PAGE else "",
    }  # fmt: skip


def ways_offered() -> tuple[channels.Way, ...]:
    """Return the ways that can be chosen: without a gateway, short messages only where everything is a trial."""
    trial = settings.ZHIHAI_DEMONSTRATION
    return tuple(way for way in channels.WAYS if way != "sms" or trial or way in settings.ZHIHAI_REAL_WAYS)


@page("hall/telling.jinja")
def telling(request: Asked) -> dict[str, Any]:
    """How one's account is told, in which language, and which kinds of notice are not wanted."""
    return _telling(request, None)


def _telling(request: Asked, wrong: Refused | None, secret: str = "") -> dict[str, Any]:
    choice = channels.choice_of(request.actor.account, None)
    resident = request.actor.sort == "resident"
    number = channels.number_of(request.actor.account, at_machine=datetime.now(UTC))
    off_by = [(f"{way}:{kind}", way, channels.call_notice(kind, request.language)) for way, kind in choice.off_by]
    return {
        "off_by": off_by, "ticked": request.POST.getlist("way") or choice.ways or (["email"] if choice.email else []),
        "number": number, "masked": masked_mobile, "gateway": "sms" in ways_offered(),
        "choice": choice, "resident": resident, "wrong": wrong, "secret": secret, "written": request.POST,
        "ways": [way for way in ways_offered() if resident or way in ("email", "sms", "webhook")],
        "real": settings.ZHIHAI_REAL_WAYS, "kinds": channels.stoppable(request.language, office=not resident),
        "done": said_once(request), "quiet": settings.CONFIG.quiet_hours,
    }  # fmt: skip


@posted("hall/telling.jinja", back="telling")
def choose(request: Asked) -> dict[str, Any] | HttpResponse:
    """Choose how one is told."""
    ways, language = request.POST.getlist("way"), request.POST.get("language", "")
    wanted = set(request.POST.getlist("kinds"))
    listed = channels.stoppable(request.language, office=request.actor.sort != "resident")
    off = [name for name, _ in listed if name not in wanted]
    try:
        if not ways or set(ways) - set(ways_offered()) or language not in LANGUAGES:
            raise Refused("notice_choice", "way")
        resumed = set(request.POST.getlist("resume"))
        off_by = [
            pair for pair in channels.choice_of(request.actor.account, None).off_by if ":".join(pair) not in resumed
        ]
        acts.choose(
            request.actor, cast("list[channels.Way]", ways), cast("Language", language), off, off_by,
            at=request.clock.instant,
        )  # fmt: skip
    except Refused as refused:
        return _telling(request, refused)
    return done(request, "hall.telling.chosen", "telling")


@posted("hall/telling.jinja", back="telling")
def hook(request: Asked) -> dict[str, Any]:
    """Be told at an address of one's own system; what its messages are signed with is shown in this answer alone."""
    try:
        secret = acts.set_hook(request.actor, request.POST.get("address", "")[:1000], at=request.clock.instant)
    except Refused as refused:
        return _telling(request, refused)
    return _telling(request, None, secret)


@posted("hall/telling.jinja", back="telling")
def ask_number(request: Asked) -> dict[str, Any] | HttpResponse:
    """Ask for a code at a mobile number, typed in or the one that waits."""
    number = None if "again" in request.POST else request.POST.get("number", "")[:60]
    try:
        if "sms" not in ways_offered():
            raise Refused("number_gateway", "number")
        if not ratelimit.consume(request, action="number"):
            raise Refused("too_many", status=429)
        acts.ask_number(request.actor, number, at=request.clock.instant, at_machine=datetime.now(UTC))
    except NotPermitted:
        raise
    except Refused as refused:
        return _telling(request, refused)
    return done(request, "hall.telling.number_asked", "telling")


@posted("hall/telling.jinja", back="telling")
def prove_number(request: Asked) -> dict[str, Any] | HttpResponse:
    """Type in the code that came."""
    code = request.POST.get("code", "")[:40]
    try:
        acts.prove_number(request.actor, code, at=request.clock.instant, at_machine=datetime.now(UTC))
    except NotPermitted:
        raise
    except Refused as refused:
        return _telling(request, refused)
    return done(request, "hall.telling.number_proved", "telling")


@posted("hall/telling.jinja", back="telling")
def drop_number(request: Asked) -> dict[str, Any] | HttpResponse:
    """Take one's mobile number away."""
    try:
        acts.drop_number(request.actor, at=request.clock.instant)
    except NotPermitted:
        raise
    except Refused as refused:
        return _telling(request, refused)
    return done(request, "hall.telling.number_dropped", "telling")


@csrf_exempt
@public("hall/stop.jinja")
def stop(request: Asked, token: str) -> dict[str, Any]:
    """Stop kinds of notice by the link in one, signed in or not.

    A plain visit stops nothing, since programs open links to look at them; the button does, and so does the one click
    of a mail program (RFC 8058), which has no session and no token of a form: the link is the authority.
    """
    whom, way, kinds = read_stop(token)
    stopped = request.method == "POST"
    if stopped:
        kinds = acts.stop(whom, way, kinds, at=request.clock.instant)
    called = [channels.call_notice(kind, request.language) for kind in kinds]
    return {"kinds": called, "stopped": stopped, "way": way}
