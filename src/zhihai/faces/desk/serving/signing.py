"""Saying yes at a window: the summary that was printed, signed and scanned, or that it was read to them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from django.http import HttpResponse, HttpResponseRedirect

from zhihai.faces.addresses import address
from zhihai.faces.desk.frame import posted
from zhihai.faces.hall.applying.pages import need_writer, received_of, review_context
from zhihai.faces.once import done
from zhihai.faces.request import Asked, whole
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.forms import reads as form_reads
from zhihai.kernel.services import acts

HOW = ("paper", "read")


@posted("hall/review.jinja", back="apply-review")
def sign(request: Asked, key: str) -> dict[str, Any] | HttpResponse:
    """Attach the scan that came or take one off, and send once it is said how the person agreed."""
    need_writer(request)
    at, what = request.clock.instant, request.POST.get("do", "send")
    draft = form_reads.read_draft(request.actor, key, at=at)
    if received_of(request, draft) is None or draft.desk is None:
        return HttpResponseRedirect(address("apply-review", key=key))
    revision = whole(request.POST.get("revision")) or 0
    try:
        if what.startswith("detach:"):
            forms.detach(request.actor, key, revision, what.partition(":")[2], at=at)
        revision = _scans(request, key, revision)
        if what != "send":
            return HttpResponseRedirect(address("apply-review", key=key))
        given = acts.send(request.actor, _sending(request, key, revision), at=at, at_machine=datetime.now(UTC))
    except NotPermitted:
        raise
    except form_reads.Faulty:
        return HttpResponseRedirect(f"{address('apply', key=key)}?check=1")
    except Refused as refused:
        return {**review_context(request, form_reads.read_draft(request.actor, key, at=at)), "wrong": refused}
    said = "desk.reception.supplemented"
    if given.new:
        said = f"desk.{'hotline' if draft.desk.way == 'call' else 'reception'}.given"
    return done(request, said, "desk-receipt", draft.desk.reception, given.number)


def _scans(request: Asked, key: str, revision: int) -> int:
    """Attach what was scanned; return the draft's revision."""
    for file in request.FILES.getlist("scan"):
        _, revision = forms.attach(
            request.actor, key, revision, forms.SIGNED, file.name or "", file.read(), at=request.clock.instant
        )  # fmt: skip
    return revision


def _sending(request: Asked, key: str, revision: int) -> acts.Sending:
    said = request.POST.get("signed", "")
    signed = cast("forms.Signed", said if said in HOW else "")
    return acts.Sending(key, revision, request.POST.get("form", "")[:64], request.language, signed)
