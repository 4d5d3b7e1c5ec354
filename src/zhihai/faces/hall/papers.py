"""Papers as files: those a matter left, and what was given in, in the words that the applicant saw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from zhihai.faces.desk.frame import page
from zhihai.faces.hall.acting import need_resident
from zhihai.faces.hall.applying.drawing import FieldFace, SectionFace
from zhihai.faces.hall.applying.pages import sent_context
from zhihai.faces.naming import telling
from zhihai.faces.request import Asked
from zhihai.ground.papers.typesetting import Page, Section, typeset
from zhihai.ground.words import Language
from zhihai.kernel import house
from zhihai.kernel.forms import reads as forms
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.services import reads as services


@page("hall/sent.jinja")
def paper(request: Asked, number: str, paper: int) -> HttpResponse:
    """Hand out a paper of one's own matter."""
    need_resident(request)
    own = services.own_application(request.actor, number, at=request.clock.instant)
    return paper_of(own, paper)


@page("hall/sent.jinja")
def form(request: Asked, number: str, round_: int) -> HttpResponse:
    """Hand out a form that was given in with one's own matter."""
    need_resident(request)
    own = services.own_application(request.actor, number, at=request.clock.instant)
    return form_of(own, round_)


def paper_of(own: services.Application, n: int) -> HttpResponse:
    """Return a paper of a matter that its reader was shown."""
    found = services.paper_told(own.id, own.paper(n))
    return as_pdf(found.content, f"{own.number}-{n}.pdf")


def form_of(own: services.Application, round_: int) -> HttpResponse:
    """Return a form of a matter that its reader was shown, as PDF."""
    sent = forms.submission_told(own.submission(round_))
    return as_pdf(
        typeset((_drawn(own, round_, sent),), at=sent.at),
        f"{own.number}-{sent.form.name.rpartition('.')[2]}-{round_}.pdf",
    )


def as_pdf(content: bytes, name: str) -> HttpResponse:
    """Return a PDF to be kept, never to be shown in the page."""
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _drawn(own: services.Application, round_: int, sent: forms.Submission) -> Page:
    language, words = sent.language, house.words()
    sections: list[SectionFace] = sent_context(sent, "")["sections"]
    told = [
        Section(one.label, tuple(fact for each in one.fields for fact in _facts(each, language))) for one in sections
    ]
    at = sent.at.astimezone(clock.clock().zone)
    notes = [words.say("services.paper.not_real", language)] if own.provenance != "real" else []
    return Page(
        language=language, title=sent.form.say("name", language), notes=tuple(notes),
        number=words.say("services.paper.number", language, number=f"{own.number} · {round_}"),
        lines=(own.title.say(language),), sections=tuple(one for one in told if one.facts),
        day=words.say("services.paper.day", language, at=at),
        foot=(words.say("hall.matters.form_foot", language, digest=sent.digest.hex()),),
    )  # fmt: skip


def _facts(one: FieldFace, language: Language) -> Iterator[tuple[str, str]]:
    """Yield what was answered to a field as rows of a table: each row of a group by its number."""
    if one.hidden:
        return
    for number, row in enumerate(one.rows if one.value else (), start=1):
        for inner in row:
            if inner.shown and not inner.hidden:
                yield f"{one.label} {number} · {inner.label}", inner.shown
    if one.files:
        yield one.label, "\n".join(file.name for file in one.files)
    elif one.shown:
        agreed = f"{one.help} {house.words().say('hall.apply.agreed', language)}"
        yield one.label, agreed if one.sort == "tick" else one.shown


def listed(own: services.Application, kind: str, language: Language) -> list[dict[str, Any]]:
    """Return the papers of a matter as a page lists them; those without a name yet are being made."""
    tell = telling(language)
    return [{"line": one, "name": tell.kind(kind, "case", f"paper.{one.sort}.name")} for one in own.papers]
