"""Reviews and law suits about a request (行政复议、行政诉讼), recorded on the page of its case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpResponse

from zhihai.faces.days import read_day
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.naming import telling
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked
from zhihai.ground.powers import RECORD_DISPUTES
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel.disclosure import acts, reads
from zhihai.kernel.disclosure.kinds import DisputeAgainst, DisputeInput, DisputeInstance, DisputeResult, DisputeSort


@page("desk/disputes.jinja", RECORD_DISPUTES)
def disputes(request: Asked, number: str) -> dict[str, Any]:
    """What was decided elsewhere about a request, and the forms to record, correct and take it back."""
    return _disputes(request, number)


def _disputes(request: Asked, number: str, wrong: Refused | None = None, form: int = 0) -> dict[str, Any]:
    """Draw the page; ``form`` is the row whose form was refused, 0 for that of a new one."""
    tell = telling(request.language)

    def said(part: str, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        return tuple((one, tell.words.say(f"disclosure.dispute.{part}{one}", tell.language)) for one in names)

    found = reads.disputes_of(request.actor, number, at=request.clock.instant)
    return {
        "number": number, "found": found, "wrong": wrong, "form": form, "written": request.POST,
        "sorts": said("", reads.SORTS), "results": said("result.", reads.RESULTS), "done": said_once(request),
        "againsts": said("against.", reads.AGAINST), "instances": said("instance.", reads.INSTANCES),
    }  # fmt: skip


def _given(request: Asked) -> DisputeInput:
    post = request.POST
    ended = post.get("ended_on", "")[:20]
    return DisputeInput(
        sort=cast("DisputeSort", post.get("sort", "")), body=post.get("body", "")[:400],
        reference=post.get("reference", "")[:200],
        begun_on=read_day(post.get("begun_on", "")[:20], "begun_on"),
        result=cast("DisputeResult", post.get("result", "")),
        ended_on=read_day(ended, "ended_on") if ended else None,
        against=cast("DisputeAgainst", post.get("against", "")),
        instance=cast("DisputeInstance", post.get("instance", "")),
    )  # fmt: skip


def _try(request: Asked, number: str, form: int, said: str, act: Callable[[], object]) -> dict[str, Any] | HttpResponse:
    """Do what a form asks; after a refusal what was written is kept on the page."""
    try:
        act()
    except (NotFound, NotPermitted):
        raise
    except Refused as refused:
        return _disputes(request, number, refused, form)
    return done(request, f"desk.disputes.{said}", "desk-disputes", number)


@posted("desk/disputes.jinja", RECORD_DISPUTES, back="desk-disputes")
def record(request: Asked, number: str) -> dict[str, Any] | HttpResponse:
    """Record a review or a law suit."""

    def act() -> None:
        acts.record_dispute(request.actor, number, _given(request), at=request.clock.instant)

    return _try(request, number, 0, "done", act)


@posted("desk/disputes.jinja", RECORD_DISPUTES, back="desk-disputes")
def amend(request: Asked, number: str, dispute: int) -> dict[str, Any] | HttpResponse:
    """Record what came of one, or correct it with a reason."""

    def act() -> None:
        reason = request.POST.get("reason", "")[:800]
        acts.amend_dispute(request.actor, number, dispute, _given(request), reason, at=request.clock.instant)

    return _try(request, number, dispute, "amended", act)


@posted("desk/disputes.jinja", RECORD_DISPUTES, back="desk-disputes")
def take_back(request: Asked, number: str, dispute: int) -> dict[str, Any] | HttpResponse:
    """Take back what was recorded by mistake, with a reason."""

    def act() -> None:
        reason = request.POST.get("why", "")[:800]
        acts.take_back_dispute(request.actor, number, dispute, reason, at=request.clock.instant)

    return _try(request, number, dispute, "taken_back", act)
