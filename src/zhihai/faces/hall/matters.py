"""Pages of a resident’s matters (我的办件): how far they are, what was said, rating; progress by number and code."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from allauth.core import ratelimit
from django.http import HttpResponse, HttpResponseRedirect

from zhihai.faces.addresses import address
from zhihai.faces.desk.frame import page, posted, public
from zhihai.faces.desk.showing import course_lines
from zhihai.faces.hall.acting import need_resident
from zhihai.faces.hall.applying.pages import handed_out, sent_context
from zhihai.faces.hall.papers import listed
from zhihai.faces.naming import Telling, organisation_names, telling
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel.cases.reads import Course
from zhihai.kernel.disclosure import acts as disclosure_acts
from zhihai.kernel.disclosure import reads as disclosure
from zhihai.kernel.forms import reads as forms
from zhihai.kernel.services import acts
from zhihai.kernel.services import reads as services


@page("hall/matters.jinja")
def matters(request: Asked) -> dict[str, Any]:
    """The resident's matters, the newest first."""
    need_resident(request)
    return {"matters": services.my_applications(request.actor, at=request.clock.instant), "done": said_once(request)}


@page("hall/matter.jinja")
def matter(request: Asked, number: str) -> dict[str, Any]:
    """One matter: how long there is, what waits for whom, what was said, and what one can do."""
    return _matter(request, number, None)


def _matter(request: Asked, number: str, wrong: Refused | None) -> dict[str, Any]:
    need_resident(request)
    now, tell = request.clock.instant, telling(request.language)
    own = services.own_application(request.actor, number, at=request.clock.instant)
    course = services.course_of(own, at=now)
    return {
        "own": own, "course": course, **drawn(course, tell, request),
        "may_withdraw": any(services.WITHDRAWN in course.choices(stage.step) for stage in course.waiting),
        "asked": next((one.told for one in reversed(course.stages) if one.told), None),
        "asks": any(stage.step == services.SUPPLEMENT for stage in course.waiting),
        "papers": listed(own, course.kind_name, request.language),
        "agreement": disclosure.agreement_of(own),
        "answer": services.answer_to(own.rating), "levels": services.LEVELS, "reasons": services.REASONS,
        "wrong": wrong, "written": request.POST,
        "done": said_once(request),
    }  # fmt: skip


def drawn(course: Course, tell: Telling, request: Asked) -> dict[str, Any]:
    """Return what pages of a course have in common: clocks, stages newest first, and where it is now."""
    offices, now = organisation_names(), request.clock.instant
    stages = []
    for stage in reversed(course.stages):
        name = tell.kind(course.kind_name, "case", f"{stage.step}.name")
        said = tell.kind(course.kind_name, "case", f"{stage.step}.{stage.outcome}") if stage.outcome else ""
        stages.append(
            {
                "at": stage.done_at or stage.opened_at, "actor": offices[stage.organisation].say(tell.language),
                "text": f"{name} · {said}" if said else name, "note": tell.note(stage.told) if stage.told else "",
                "tone": "" if stage.done_at else "quiet",
            }
        )  # fmt: skip
    return {
        "clocks": [one for one in course_lines(course, tell, now) if one.state != "stopped"], "stages": stages,
        "now": [tell.kind(course.kind_name, "case", f"{stage.step}.name") for stage in course.waiting],
        "closing": tell.kind(course.kind_name, "case", f"closing.{course.closing}") if course.closing else "",
    }  # fmt: skip


@page("hall/sent.jinja")
def form(request: Asked, number: str, round_: int) -> dict[str, Any]:
    """One form that was given in with a matter, in the words and the language in which it was asked."""
    sent = forms.submission_told(_sent(request, number, round_))
    return sent_context(sent, address("my-matter-file", number, round_, "-").removesuffix("-"))


@page("hall/sent.jinja")
def file(request: Asked, number: str, round_: int, file: str) -> HttpResponse:
    """Hand out a file that was given in with a matter, to whose matter it is."""
    return handed_out(forms.file_told(_sent(request, number, round_), file))


def _sent(request: Asked, number: str, round_: int) -> int:
    """Return the number of what was given in with one's own matter. Raises ``NotFound``."""
    need_resident(request)
    own = services.own_application(request.actor, number, at=request.clock.instant)
    return own.submission(round_)


@posted("hall/matter.jinja", back="my-matter")
def withdraw(request: Asked, number: str) -> dict[str, Any] | HttpResponse:
    """Withdraw a matter before it is decided."""
    need_resident(request)
    try:
        acts.withdraw_application(request.actor, number, at=request.clock.instant)
    except Refused as refused:
        return _matter(request, number, refused)
    return done(request, "hall.matters.withdrawn", "my-matter", number)


@posted("hall/matter.jinja", back="my-matter")
def supplement(request: Asked, number: str) -> dict[str, Any] | HttpResponse:
    """Begin to give in what is missing, or go on with it: lead to the form."""
    need_resident(request)
    try:
        key = acts.start_supplement(request.actor, number, at=request.clock.instant, at_machine=datetime.now(UTC))
    except Refused as refused:
        return _matter(request, number, refused)
    return HttpResponseRedirect(address("apply", key=key))


@posted("hall/matter.jinja", back="my-matter")
def rate(request: Asked, number: str) -> dict[str, Any] | HttpResponse:
    """Rate how one was served."""
    need_resident(request)
    level, said = whole(request.POST.get("level"), 1) or 0, request.POST.get("said", "")[:2000]
    try:
        acts.rate(request.actor, number, level, request.POST.getlist("reasons"), said, at=request.clock.instant)
    except Refused as refused:
        return _matter(request, number, refused)
    return done(request, "hall.matters.rated", "my-matter", number)


@posted("hall/matter.jinja", back="my-matter")
def take_back(request: Asked, number: str) -> dict[str, Any] | HttpResponse:
    """Take back that question and answer may be published."""
    need_resident(request)
    try:
        disclosure_acts.take_back_agreement(request.actor, number, at=request.clock.instant)
    except NotFound:
        raise
    except Refused as refused:
        return _matter(request, number, refused)
    return done(request, "hall.agreement.done", "my-matter", number)


@public("hall/progress.jinja")
def progress(request: Asked) -> dict[str, Any]:
    """How far a matter is, for whoever knows its number and code: the number stays out of the address."""
    found: dict[str, Any] = {
        "course": None, "wrong": None, "written": request.POST, "contacts": services.catalogue().contacts,
    }  # fmt: skip
    if request.method != "POST":
        return found
    number, code = request.POST.get("number", "")[:40], request.POST.get("code", "")[:20]
    try:
        if not ratelimit.consume(request, action="progress"):
            raise Refused("too_many", status=429)
        item, course = services.asked_by_code(number, code, at=request.clock.instant)
    except Refused as refused:
        return {**found, "wrong": refused}
    tell = telling(request.language)
    shown = drawn(course, tell, request)
    told_nobody = [{**stage, "note": ""} for stage in shown["stages"]]
    return {**found, "course": course, "item": item, **shown, "stages": told_nobody}
