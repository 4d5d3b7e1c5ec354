"""Reviews and law suits about a request (行政复议、行政诉讼), recorded on the page of its case."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpResponse

from zhihai.faces.days import read_day
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.naming import telling
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked
from zhihai.ground.powers import WRITE_DISCLOSURE
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel.disclosure import acts, reads
from zhihai.kernel.disclosure.kinds import DisputeInput, DisputeResult, DisputeSort


@page("desk/disputes.jinja", WRITE_DISCLOSURE)
def disputes(request: Asked, number: str) -> dict[str, Any]:
    """What was decided elsewhere about the answer to a request, and the form to record it."""
    return _disputes(request, number)


def _disputes(request: Asked, number: str, wrong: Refused | None = None) -> dict[str, Any]:
    tell = telling(request.language)

    def said(part: str, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        return tuple((one, tell.words.say(f"disclosure.dispute.{part}{one}", tell.language)) for one in names)

    return {
        "number": number, "found": reads.disputes_of(request.actor, number), "wrong": wrong, "written": request.POST,
        "sorts": said("", reads.SORTS), "results": said("result.", reads.RESULTS), "done": said_once(request),
    }  # fmt: skip


@posted("desk/disputes.jinja", WRITE_DISCLOSURE, back="desk-disputes")
def record(request: Asked, number: str) -> dict[str, Any] | HttpResponse:
    """Record a review or a law suit, or what came of it."""
    post = request.POST
    try:
        ended = post.get("ended_on", "")[:20]
        given = DisputeInput(
            sort=cast("DisputeSort", post.get("sort", "")), body=post.get("body", "")[:400],
            reference=post.get("reference", "")[:200],
            begun_on=read_day(post.get("begun_on", "")[:20], "begun_on"),
            result=cast("DisputeResult", post.get("result", "")),
            ended_on=read_day(ended, "ended_on") if ended else None,
        )  # fmt: skip
        acts.record_dispute(request.actor, number, given, at=request.clock.instant)
    except NotPermitted:
        raise
    except Refused as refused:
        return _disputes(request, number, refused)
    return done(request, "desk.disputes.done", "desk-disputes", number)
