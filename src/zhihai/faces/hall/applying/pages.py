"""Pages of applying: one's drafts; the form, its review, sending; what was sent, to be printed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import content_disposition_header

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.desk.people import typed_value
from zhihai.faces.hall.acting import need_resident
from zhihai.faces.hall.applying.drawing import MISSING, Drawn
from zhihai.faces.hall.applying.reading import answers_of, changed_rows
from zhihai.faces.hall.applying.wiring import program_of
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.faces.uploads import most_mebibytes
from zhihai.ground.forms.files import MEDIA
from zhihai.ground.forms.program import Outcome
from zhihai.ground.powers import ANSWER_CALLS, TAKE_MATTERS
from zhihai.ground.refusal import Conflict, NotPermitted, Refused
from zhihai.kernel import house
from zhihai.kernel.cases import acts as case_acts
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.forms import acts
from zhihai.kernel.forms import reads as forms
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.places import reads as places
from zhihai.kernel.services import acts as item_acts


@page("hall/drafts.jinja")
def mine(request: Asked) -> dict[str, Any]:
    """One's drafts."""
    need_resident(request)
    return {"drafts": forms.drafts(request.actor), "done": said_once(request)}


def need_writer(request: Asked) -> None:
    """Raise ``NotPermitted`` for anybody but a resident, and who writes for those they are serving."""
    may = request.actor.may
    if request.actor.sort != "resident" and not (may(TAKE_MATTERS) or may(ANSWER_CALLS)):
        raise NotPermitted("not_resident")


def received_of(request: Asked, draft: forms.Draft) -> forms.Reception | None:
    """Return for whom an official is writing, ``None`` for one's own. Raises ``NotPermitted`` when it is over."""
    if draft.desk is None:
        return None
    return forms.reception(request.actor, draft.desk.reception, at_machine=datetime.now(UTC))


@page("hall/apply.jinja")
def form(request: Asked, key: str) -> dict[str, Any]:
    """The form with what is answered so far; ``?check=1`` tells what is missing too."""
    need_writer(request)
    draft = forms.read_draft(request.actor, key, at=request.clock.instant)
    return _form(request, draft, None, all_faults="check" in request.GET)


def _form(
    request: Asked, draft: forms.Draft, wrong: Refused | None, *, all_faults: bool = False, at: str = ""
) -> dict[str, Any]:
    found = forms.checked(draft)
    drawn = _drawn(request, draft, found, all_faults)
    missing = () if all_faults else MISSING
    program = program_of(draft.form, draft.today, request.language, missing) | {
        "held": list(draft.content.fixed()),
        "answers_held": {id_: draft.content.answers.get(id_) for id_ in draft.content.fixed()},
        "files": {id_: draft.content.answers.get(id_) for id_ in {one.asked for one in draft.files} - {forms.SIGNED}},
    }
    return {
        "draft": draft, "form": draft.form, "sections": drawn.sections(), "problems": drawn.problems(),
        "program": program, "wrong": wrong, "wrong_at": at, "done": said_once(request), "most": most_mebibytes(),
        "lost": [_label_lost(draft, id_, request) for id_ in draft.lost], "received": received_of(request, draft),
    }  # fmt: skip


def _label_lost(draft: forms.Draft, id_: str, request: Asked) -> str:
    return draft.form.say(f"{id_}.name", request.language) or id_


def _drawn(request: Asked, draft: forms.Draft, found: Outcome, all_faults: bool) -> Drawn:
    areas = [(one.code, one.name.say(request.language)) for one in places.areas("street")]
    content = draft.content
    takes = cases.complaint_kind(cases.CORRECTION) is not None and draft.tie is None and draft.desk is None
    return Drawn(
        draft.form, request.language, house.words(), content.answers, found, areas, content.held, content.disputed,
        draft.files, identity.CORRECTABLE if takes else (), all_faults,
    )  # fmt: skip


@posted("hall/apply.jinja", back="apply")
def save(request: Asked, key: str) -> dict[str, Any] | HttpResponse:
    """Keep what is written, and do what the button says: go on, a row more or less, a file, the review."""
    need_writer(request)
    at, what = request.clock.instant, request.POST.get("do", "save")
    draft = forms.read_draft(request.actor, key, at=at)
    received_of(request, draft)
    revision = whole(request.POST.get("revision")) or 0
    try:
        if what == "discard":
            acts.discard_draft(request.actor, key, at=at)
            back = ("apply-mine",) if draft.desk is None else ("desk-reception", draft.desk.reception)
            return done(request, "hall.apply.discarded", *back, title=draft.title)
        answers = answers_of(draft.form, request.POST)
        if what.startswith(("add:", "remove:")):
            answers = changed_rows(draft.form, answers, what)
        revision = acts.save_draft(request.actor, key, revision, answers, at=at)
        _files(request, key, revision, what)
    except NotPermitted:
        raise
    except Refused as refused:
        if what == "keep":
            return JsonResponse({"refused": refused.code}, status=refused.status)
        now = forms.read_draft(request.actor, key, at=at)
        return _form(request, now, refused, at=what.partition(":")[2])
    return _onward(request, key, what, revision)


def _files(request: Asked, key: str, revision: int, what: str) -> None:
    """Attach the files that came, or take one off; any button sends those that were chosen."""
    at = request.clock.instant
    if what.startswith("detach:"):
        acts.detach(request.actor, key, revision, what.partition(":")[2], at=at)
        return
    for name in request.FILES:
        for file in request.FILES.getlist(name):
            content = file.read()
            _, revision = acts.attach(request.actor, key, revision, name, file.name or "", content, at=at)


def _onward(request: Asked, key: str, what: str, revision: int) -> HttpResponse:
    if what == "keep":
        return JsonResponse({"revision": revision})
    there = reverse("apply", args=(key,))
    if what == "review":  # which leads back where something is wrong
        return HttpResponseRedirect(reverse("apply-review", args=(key,)))
    verb, _, rest = what.partition(":")
    if verb in ("add", "remove", "attach"):
        return HttpResponseRedirect(f"{there}#f-{rest.partition(':')[0]}")
    return done(request, "hall.apply.saved", "apply", key) if verb == "save" else HttpResponseRedirect(there)


@page("hall/review.jinja")
def review(request: Asked, key: str) -> dict[str, Any] | HttpResponse:
    """All answers once more, before they are sent."""
    need_writer(request)
    draft = forms.read_draft(request.actor, key, at=request.clock.instant)
    if forms.checked(draft).faults:
        return HttpResponseRedirect(f"{reverse('apply', args=(key,))}?check=1")
    return review_context(request, draft)


def review_context(request: Asked, draft: forms.Draft) -> dict[str, Any]:
    """Return what the review of a draft draws."""
    return {
        "draft": draft, "form": draft.form, "sections": _drawn(request, draft, forms.checked(draft), True).sections(),
        "received": received_of(request, draft), "wrong": None, "most": most_mebibytes(), "written": request.POST,
        "scans": [one for one in draft.files if one.asked == forms.SIGNED],
    }  # fmt: skip


@posted("hall/apply.jinja", back="apply-review")
def send(request: Asked, key: str) -> dict[str, Any] | HttpResponse:
    """Send what was reviewed; what stands in the way is told on the form."""
    need_writer(request)
    if request.actor.sort != "resident":  # whoever is served says how they agree first
        forms.read_draft(request.actor, key, at=request.clock.instant)
        return HttpResponseRedirect(reverse("apply-review", args=(key,)))
    code, revision = request.POST.get("form", "")[:64], whole(request.POST.get("revision")) or 0
    sending = item_acts.Sending(key, revision, code, request.language)
    try:
        given = item_acts.send(request.actor, sending, at=request.clock.instant, at_machine=datetime.now(UTC))
    except Conflict as refused:
        if refused.code == "draft_sent":
            raise
        return _form(request, forms.read_draft(request.actor, key, at=request.clock.instant), refused)
    except forms.Faulty as refused:
        draft = forms.read_draft(request.actor, key, at=request.clock.instant)
        return _form(request, draft, refused, all_faults=True)
    return done(request, f"hall.matters.{'given' if given.new else 'supplemented'}", "my-matter", given.number)


@posted("hall/apply.jinja", back="apply")
def correct(request: Asked, key: str) -> dict[str, Any] | HttpResponse:
    """Say that something known is wrong: it becomes a correction at its source, and is answered otherwise here."""
    need_writer(request)
    at, id_ = request.clock.instant, request.POST.get("field", "")[:64]
    value, said = (request.POST.get(name, "")[:2000] for name in ("value", "said"))
    revision = whole(request.POST.get("revision")) or 0
    draft = forms.read_draft(request.actor, key, at=at)
    asked = draft.form.program.fields.get(id_)
    try:
        if asked is None or id_ not in draft.content.held or draft.tie is not None or draft.revision != revision:
            raise Conflict("draft_moved")
        name = (asked.known or "").rpartition(".")[2]
        typed = typed_value(name, value)
        case = case_acts.ask_correction(request.actor, name, typed, said, at=at)
        acts.dispute(request.actor, key, revision, id_, typed, said, case.number, at=at)
    except NotPermitted:
        raise
    except Refused as refused:
        return _form(request, draft, refused, at=id_)
    return done(request, "hall.apply.corrected", "apply", key, number=case.number)


def sent_context(one: forms.Submission, files_at: str) -> dict[str, Any]:
    """Return what a page draws of what was sent, for a page that has asked whether its reader may see it.

    ``files_at`` is where its files are handed out.
    """
    found = Outcome(dict(one.answers), (), frozenset(one.form.program.nodes), {})
    areas = [(area.code, area.name.say(one.language)) for area in places.areas("street")]
    drawn = Drawn(
        one.form, one.language, house.words(), one.answers, found, areas, one.held, one.disputed, one.files, (), False
    )  # fmt: skip
    return {"sent": one, "form": one.form, "sections": drawn.sections(), "files_at": files_at}


@page("hall/drafts.jinja")
def file(request: Asked, file: str) -> HttpResponse:
    """Hand out a file of one's own draft."""
    need_writer(request)
    return handed_out(forms.file_content(request.actor, file))


def handed_out(found: forms.FileContent) -> HttpResponse:
    """Return a file to be kept, never to be shown in the page, for a page that has asked whose it is."""
    answer = HttpResponse(found.content, content_type=MEDIA[found.line.sort])
    answer["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=found.line.name) or "attachment"
    )
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
