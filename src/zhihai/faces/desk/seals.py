"""Pages of seals: sealing a document with one's own signature or a seal one keeps, and what was sealed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.naming import account_names
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.faces.uploads import digest_of, most_mebibytes
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel.trust import acts as trust_acts
from zhihai.kernel.trust import reads as trust
from zhihai.kernel.trust.acts import DocumentInput

SHOWN = 30


@page("desk/seals.jinja")
def seals(request: Asked) -> dict[str, Any]:
    """The seals that the reader may use, the form to seal, and what was sealed."""
    return _seals(request, None)


def _seals(request: Asked, wrong: Refused | None) -> dict[str, Any]:
    if request.actor.sort == "resident":
        raise NotPermitted
    after = request.GET.get("after", "")
    rows = trust.sealings(request.actor, before=whole(after), limit=SHOWN + 1)
    return {
        "appointed": trust.appointed_seals(),
        "seals": trust.seals_of(request.actor, at_machine=datetime.now(UTC)), "rows": rows[:SHOWN],
        "older": str(rows[SHOWN - 1].id) if len(rows) > SHOWN else "", "paged": bool(after), "written": request.POST,
        "most": most_mebibytes(), "wrong": wrong, "done": said_once(request),
    }  # fmt: skip


@posted("desk/seals.jinja", back="desk-seals")
def seal(request: Asked) -> dict[str, Any] | HttpResponse:
    """Seal the document that was sent; it is digested and not kept."""
    if request.actor.sort == "resident":
        raise NotPermitted
    document, now = request.FILES.get("document"), datetime.now(UTC)
    try:
        if document is None:
            raise Refused("document_empty", "document")
        chosen = whole(request.POST.get("seal"))
        held = next((one for one in trust.seals_of(request.actor, at_machine=now) if one.id == chosen), None)
        if held is None:
            raise NotFound("no_certificate", "seal")
        title = request.POST.get("title", "")[:500].strip() or str(document.name)
        given = DocumentInput(digest=digest_of(document), size=int(document.size or 0), title=title)
        act = trust_acts.sign_document if held.sort == "official" else trust_acts.seal_document
        made = act(request.actor, held.id, given, at=request.clock.instant, at_machine=now)
    except Refused as refused:
        return _seals(request, refused)
    return done(request, "desk.seal.done", "desk-sealing", made.code)


@posted("desk/seals.jinja", back="desk-seals")
def appoint(request: Asked) -> dict[str, Any] | HttpResponse:
    """Let papers be sealed with a seal from now on, or no more."""
    if request.actor.sort == "resident":
        raise NotPermitted
    on, chosen, now = request.POST.get("on") == "1", whole(request.POST.get("seal")), datetime.now(UTC)
    try:
        held = next((one for one in trust.seals_of(request.actor, at_machine=now) if one.id == chosen), None)
        if held is None:
            raise Refused("no_certificate", "seal")
        if on:
            trust_acts.appoint_seal(request.actor, held.id, at=request.clock.instant, at_machine=now)
        else:
            trust_acts.dismiss_seal(request.actor, held.id, at=request.clock.instant)
    except Refused as refused:
        return _seals(request, refused)
    return done(request, f"desk.seal.{'appointed' if on else 'dismissed'}", "desk-seals")


@page("desk/sealing.jinja")
def sealing(request: Asked, sealing: str) -> dict[str, Any]:
    """One document that was sealed: its digest, its code, and the signature to hand on with it."""
    one = trust.sealing(request.actor, sealing)
    return {"one": one, "names": account_names({one.actor}), "done": said_once(request)}


@page("desk/sealing.jinja")
def signature(request: Asked, sealing: str) -> HttpResponse:
    """The signature itself (CMS, DER)."""
    one = trust.sealing(request.actor, sealing)
    answer = HttpResponse(one.signature, content_type="application/pkcs7-signature")
    answer.headers["Content-Disposition"] = f'attachment; filename="{one.code}.p7s"'
    return answer
