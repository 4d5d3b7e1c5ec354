"""What was given in with an application, at the desk: looked into once it is noted for the applicant."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from zhihai.faces.addresses import address
from zhihai.faces.desk.frame import page, posted
from zhihai.faces.hall.applying.pages import handed_out, sent_context
from zhihai.faces.hall.papers import form_of, paper_of
from zhihai.faces.request import Asked
from zhihai.ground.refusal import NotFound
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.forms import reads as forms
from zhihai.kernel.services import acts
from zhihai.kernel.services import reads as services


@posted("desk/case.jinja", back="desk-case")
def look_into(request: Asked, number: str) -> HttpResponse:
    """Look into what was given in: the applicant can read that somebody of this office did."""
    acts.look_into(request.actor, number, at=request.clock.instant)
    return HttpResponseRedirect(reverse("desk-case", args=[number]))


@page("hall/sent.jinja")
def given_in(request: Asked, number: str, round_: int) -> dict[str, Any]:
    """One form that was given in, with the words that the applicant saw."""
    sent = forms.submission_told(_given(request, number, round_))
    return sent_context(sent, address("desk-given-file", number, round_, "-").removesuffix("-"))


@page("hall/sent.jinja")
def file(request: Asked, number: str, round_: int, file: str) -> HttpResponse:
    """Hand out a file that was given in, to whose work it is."""
    return handed_out(forms.file_told(_given(request, number, round_), file))


def _given(request: Asked, number: str, round_: int) -> int:
    """Return the number of what was given in. Raises ``NotFound``, and ``NotPermitted`` where it is not one's work."""
    return _matter(request, number).submission(round_)


@page("hall/sent.jinja")
def paper(request: Asked, number: str, paper: int) -> HttpResponse:
    """Hand out a paper that the applicant was handed, to whose work it is."""
    return paper_of(_matter(request, number), paper)


@page("hall/sent.jinja")
def form_pdf(request: Asked, number: str, round_: int) -> HttpResponse:
    """Hand out a form that was given in as PDF, to whose work it is."""
    return form_of(_matter(request, number), round_)


def _matter(request: Asked, number: str) -> services.Application:
    found = services.given_in(request.actor, cases.case_view(request.actor, number, request.clock.instant))
    if found is None:
        raise NotFound("no_submission", "number")
    return found
