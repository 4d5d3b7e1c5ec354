"""The page of a review of powers (权限复核): what people hold in an organisation is kept or ended, one by one."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.http import HttpResponse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.desk.powers import names_of
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.instants import quarter_of
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.identity import acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import REVIEW_ROLES


@page("desk/review.jinja", REVIEW_ROLES)
def review(request: Asked, organisation: int) -> dict[str, Any]:
    """What people hold in an organisation since before this quarter, and nobody has kept in it."""
    return _review(request, organisation)


def _review(request: Asked, number: int, wrong: Refused | None = None) -> dict[str, Any]:
    at = request.clock.instant
    office = identity.organisation(number)
    if not request.actor.may_over(REVIEW_ROLES, office.lo, None):
        raise NotFound("no_organisation")
    begins = quarter_of(at.astimezone(request.zone).date())
    rows = identity.due_for_review(request.actor, number, datetime.combine(begins, time(), request.zone), at=at)
    return {
        "office": office, "rows": rows, "names": names_of(rows), "begins": begins, "wrong": wrong,
        "written": request.POST, "done": said_once(request), "me": request.actor.account,
        "open": cases.recent(request.actor, subject=("organisation", [number]), limit=4),
    }  # fmt: skip


@posted("desk/review.jinja", REVIEW_ROLES, back="desk-review")
def decide(request: Asked, organisation: int) -> dict[str, Any] | HttpResponse:
    """Keep one role, or end it."""
    keep = request.POST.get("what") == "keep"
    try:
        acts.review_role(
            request.actor, whole(request.POST.get("membership")) or 0, request.POST.get("reason", "")[:1000], keep=keep,
            at=request.clock.instant,
        )  # fmt: skip
    except Refused as refused:
        return _review(request, organisation, refused)
    return done(request, "desk.review.kept" if keep else "desk.powers.ended", "desk-review", organisation)
