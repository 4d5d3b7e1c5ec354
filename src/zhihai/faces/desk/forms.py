"""Pages of forms that officials upload: checking a definition, trying it, proposing it, publishing what another did."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.hall.applying.trying import trial
from zhihai.faces.naming import account_names
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.forms.json_text import MOST_CHARACTERS
from zhihai.ground.powers import SET_FORMS
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import house
from zhihai.kernel.forms import acts
from zhihai.kernel.forms import reads as forms


@page("desk/forms.jinja", SET_FORMS)
def forms_page(request: Asked) -> dict[str, Any]:
    """All that was uploaded, and the form to upload another."""
    return _forms(request, None, "")


def _forms(request: Asked, wrong: Refused | None, text: str, tried: dict[str, Any] | None = None) -> dict[str, Any]:
    rows = forms.uploaded_forms(request.actor)
    names = account_names(one for row in rows for one in (row.proposed_by, row.decided_by) if one)
    places = wrong.places if isinstance(wrong, forms.Misdefined) else ()
    return {
        "rows": rows, "names": names, "wrong": wrong, "text": text, "done": said_once(request), "tried": tried,
        "places": [(one, house.words().say(f"forms.flaw.{one.code}", request.language, **one.facts)) for one in places],
    }  # fmt: skip


@posted("desk/forms.jinja", SET_FORMS, back="desk-forms")
def upload(request: Asked) -> dict[str, Any] | HttpResponse:
    """Check a definition and show it to be tried, or propose it."""
    text = _text(request)
    try:
        if request.POST.get("do") != "propose":
            return _forms(request, None, text, trial(forms.read_definition(text), request))
        acts.propose_form(request.actor, text, at=request.clock.instant)
    except NotPermitted:
        raise
    except Refused as refused:
        return _forms(request, refused, text)
    return done(request, "desk.forms.proposed", "desk-forms")


def _text(request: Asked) -> str:
    """Return what was uploaded, else what was written. A file that is no text in UTF-8 reads as what it is not."""
    file = request.FILES.get("file")
    if isinstance(file, UploadedFile):
        return file.read(4 * MOST_CHARACTERS + 4).decode("utf-8", "replace").removeprefix("\ufeff")
    return request.POST.get("definition", "").replace("\r\n", "\n")


@posted("desk/forms.jinja", SET_FORMS, back="desk-forms")
def decide(request: Asked) -> dict[str, Any] | HttpResponse:
    """Publish what another proposed, or refuse it."""
    proposal, publish = whole(request.POST.get("proposal")), request.POST.get("do") == "publish"
    try:
        if proposal is None:
            raise Refused("no_form_proposal")
        act = acts.publish_form if publish else acts.refuse_form
        act(request.actor, proposal, at=request.clock.instant)
    except NotPermitted:
        raise
    except Refused as refused:
        return _forms(request, refused, "")
    return done(request, "desk.forms.published" if publish else "desk.forms.refused", "desk-forms")


@page("desk/form.jinja", SET_FORMS)
def form(request: Asked, proposal: int) -> dict[str, Any]:
    """A version as it is asked, to be tried: nothing that is written is kept."""
    return {"tried": trial(forms.form_of_version(proposal), request)}
