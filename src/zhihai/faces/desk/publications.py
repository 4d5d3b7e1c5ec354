"""Pages of those who publish government information: what waits, one publication with draft, review and history."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, QueryDict

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.hall.disclosure.markdown import drawn
from zhihai.faces.hall.disclosure.pages import handed_out
from zhihai.faces.hall.items.pages import tongue_of
from zhihai.faces.naming import Telling, account_names, organisation_names, telling
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.faces.uploads import most_mebibytes
from zhihai.ground.powers import PUBLISH_DISCLOSURE, WRITE_DISCLOSURE
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.disclosure import acts, reads
from zhihai.kernel.disclosure.acts import LARGEST
from zhihai.kernel.disclosure.kinds import STATES, VersionInput
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.services.kinds import THEMES

PAGE = 50
CODES = re.compile(r"[0-9A-Za-z_-]+")
"""Codes of items that somebody writes one after another, parted by whatever marks."""
EITHER = ""
"""Pages for whoever writes or publishes: the questions themselves refuse anybody else."""


@page("desk/publications.jinja", EITHER)
def publications(request: Asked) -> dict[str, Any]:
    """Publications by number, the newest first; those with a draft that waits."""
    state, waiting = request.GET.get("state", ""), request.GET.get("waiting") == "1"
    found = reads.desk_publications(
        request.actor, at=request.clock.instant, state=state if state in STATES else "", waiting=waiting,
        after=whole(request.GET.get("after"), 9) or 0, limit=PAGE + 1,
    )  # fmt: skip
    tell = telling(request.language)
    return {
        "rows": found[:PAGE], "older": str(found[PAGE - 1].id) if len(found) > PAGE else "", "state": state,
        "waiting": "1" if waiting else "", "paged": bool(request.GET.get("after")), "names": organisation_names(),
        "states": tuple((one, tell.words.say(f"disclosure.state.{one}", tell.language)) for one in STATES),
        "waits": (("1", tell.words.say("desk.publications.with_draft", tell.language)),),
        "answers": reads.kinds("answers"),
        "may_write": request.actor.may(WRITE_DISCLOSURE), "done": said_once(request), "tongue": tongue_of,
    }  # fmt: skip


@page("desk/publication_new.jinja", WRITE_DISCLOSURE)
def new(request: Asked) -> dict[str, Any]:
    """The form that a publication begins with: of the list, or out of a matter that was answered."""
    return _new(request, request.GET)


def _new(request: Asked, asked: QueryDict, wrong: Refused | None = None) -> dict[str, Any]:
    tell, number, kind = telling(request.language), asked.get("matter", "")[:40], asked.get("kind", "")
    case = cases.case_view(request.actor, number, request.clock.instant) if number else None
    source = reads.source_of(case) if case else None
    if source is not None:
        kind = source.kind
    shown = reads.shown_of(kind) if kind in reads.kinds() else "list"
    offices = (one for one in identity.organisations(above="community") if one.ended is None)
    ours = [one for one in offices if request.actor.may_over(WRITE_DISCLOSURE, one.lo, None)]
    return {
        "wrong": wrong, "written": request.POST, "today": request.clock.instant.astimezone(request.zone).date(),
        "case": case, "source": source, "kind": kind, "shown_in": shown, "themes": _themes(tell),
        "answered": source.closed_at.astimezone(request.zone).date() if source and source.closed_at else None,
        "kinds": tuple((one, tell.kind(one, "publication")) for one in reads.kinds("list")),
        "offices": tuple((str(one.id), one.name.say(tell.language)) for one in ours),
    }  # fmt: skip


@posted("desk/publication_new.jinja", WRITE_DISCLOSURE, back="desk-publication-new")
def begin(request: Asked) -> dict[str, Any] | HttpResponse:
    """Begin a publication with its first draft."""
    try:
        made = acts.begin_publication(
            request.actor, request.POST.get("kind", ""), whole(request.POST.get("organisation")) or 0,
            _says(request), at=request.clock.instant,
            provenance=request.district.provenance if request.district else "real",
            matter=request.POST.get("matter", "")[:40],
        )  # fmt: skip
    except NotPermitted:
        raise
    except Refused as refused:
        return _new(request, request.POST, refused)
    return done(request, "desk.publications.done.write", "desk-publication", made)


def _says(request: Asked) -> VersionInput:
    """Return what the form says. Raises ``Refused`` for a day that is none."""
    try:
        made_on = date.fromisoformat(request.POST.get("made_on", ""))
    except ValueError:
        raise Refused("publication_made_on", "made_on") from None
    return VersionInput(
        title=request.POST.get("title", ""), body=request.POST.get("body", ""), made_on=made_on,
        number=request.POST.get("number", ""), reason=request.POST.get("reason", ""),
        items=tuple(CODES.findall(request.POST.get("items", "")[:4000])),
        theme=request.POST.get("theme", ""),
    )  # fmt: skip


def _themes(tell: Telling) -> tuple[tuple[str, str], ...]:
    """Return the themes that a question may be put under, those of persons and of firms apart."""
    whose = {"p": "person", "f": "firm"}
    return tuple(
        (
            one,
            tell.words.say(
                "hall.items.whose", tell.language, label=tell.words.say(f"services.theme.{one}", tell.language),
                who=tell.words.say(f"services.who.{whose[one[0]]}", tell.language),
            ),
        )
        for one in THEMES
    )  # fmt: skip


@page("desk/publication.jinja", EITHER)
def publication(request: Asked, publication: int) -> dict[str, Any]:
    """One publication: its draft to write and to review, what is public, its history."""
    return _publication(request, publication)


def _publication(request: Asked, publication: int, wrong: Refused | None = None, form: str = "") -> dict[str, Any]:
    shown = reads.desk_publication(request.actor, publication, at=request.clock.instant)
    draft = shown.draft
    people = {who for one in shown.versions for who in (*one.written_by, one.reviewed_by, one.published_by) if who}
    own = draft is not None and request.actor.account in draft.written_by
    return {
        "shown_in": reads.shown_of(shown.kind), "themes": _themes(telling(request.language)),
        "shown": shown, "draft": draft, "last": shown.versions[0], "wrong": wrong, "form": form,
        "written": request.POST, "names": organisation_names(), "accounts": account_names(people) if people else {},
        "text": drawn(shown.versions[0].body), "done": said_once(request), "own": own, "tongue": tongue_of,
        "types": " ".join(one.upper() for one in reads.TYPES), "most": min(most_mebibytes(), LARGEST >> 20),
    }  # fmt: skip


def _doing(request: Asked, publication: int, form: str, do: Callable[[], object]) -> dict[str, Any] | HttpResponse:
    """Do something to a publication and lead back to it; what is refused is told beside its form."""
    try:
        do()
    except NotPermitted as refused:
        if refused.code != "publication_own":
            raise
        return _publication(request, publication, refused, form)
    except Refused as refused:
        return _publication(request, publication, refused, form)
    return done(request, f"desk.publications.done.{form}", "desk-publication", publication)


@posted("desk/publication.jinja", WRITE_DISCLOSURE, back="desk-publication")
def write(request: Asked, publication: int) -> dict[str, Any] | HttpResponse:
    """Keep the draft; where none waits, a new version begins."""
    return _doing(
        request, publication, "write",
        lambda: acts.write_version(
            request.actor, publication, _says(request), at=request.clock.instant,
            seen=whole(request.POST.get("revision")) or 0,
        ),
    )  # fmt: skip


@posted("desk/publication.jinja", WRITE_DISCLOSURE, back="desk-publication")
def attach(request: Asked, publication: int) -> dict[str, Any] | HttpResponse:
    """Attach a file to the draft."""

    def do() -> None:
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            raise Refused("file_empty", "file", name="-")
        content = file.read(LARGEST + 1)
        acts.attach_to_version(request.actor, publication, str(file.name), content, at=request.clock.instant)

    return _doing(request, publication, "attach", do)


@posted("desk/publication.jinja", WRITE_DISCLOSURE, back="desk-publication")
def detach(request: Asked, publication: int) -> dict[str, Any] | HttpResponse:
    """Take a file off the draft."""
    key = request.POST.get("file", "")
    return _doing(
        request, publication, "detach",
        lambda: acts.detach_from_version(request.actor, publication, key, at=request.clock.instant),
    )  # fmt: skip


@posted("desk/publication.jinja", WRITE_DISCLOSURE, back="desk-publication")
def discard(request: Asked, publication: int) -> dict[str, Any] | HttpResponse:
    """Throw the draft away; a publication that never was public goes with it."""
    try:
        acts.discard_version(request.actor, publication, at=request.clock.instant)
    except NotPermitted:
        raise
    except Refused as refused:
        return _publication(request, publication, refused, "discard")
    return done(request, "desk.publications.done.discard", "desk-publications")


def _revision(request: Asked) -> int:
    return whole(request.POST.get("revision"), 9) or 0


@posted("desk/publication.jinja", PUBLISH_DISCLOSURE, back="desk-publication")
def review(request: Asked, publication: int) -> dict[str, Any] | HttpResponse:
    """Say whether the draft, as it was read, may be published."""
    fit, ground = request.POST.get("fit") == "yes", request.POST.get("ground", "")[:1000]
    return _doing(
        request, publication, "review",
        lambda: acts.review_version(
            request.actor, publication, _revision(request), fit, ground, at=request.clock.instant
        ),
    )  # fmt: skip


@posted("desk/publication.jinja", PUBLISH_DISCLOSURE, back="desk-publication")
def publish(request: Asked, publication: int) -> dict[str, Any] | HttpResponse:
    """Publish the draft, as it was read."""
    return _doing(
        request, publication, "publish",
        lambda: acts.publish_version(request.actor, publication, _revision(request), at=request.clock.instant),
    )  # fmt: skip


@posted("desk/publication.jinja", PUBLISH_DISCLOSURE, back="desk-publication")
def withdraw(request: Asked, publication: int) -> dict[str, Any] | HttpResponse:
    """Say that a publication holds no more, or take it down."""
    reason, readable = request.POST.get("reason", "")[:1000], request.POST.get("how") == "repealed"
    return _doing(
        request, publication, "withdraw",
        lambda: acts.withdraw_publication(
            request.actor, publication, reason, readable=readable, at=request.clock.instant
        ),
    )  # fmt: skip


@page("desk/publication.jinja", EITHER)
def file(request: Asked, publication: int, attachment: str) -> HttpResponse:
    """Hand out a file of a publication, of its draft too, to whoever writes or publishes."""
    reads.desk_publication(request.actor, publication, at=request.clock.instant)
    return handed_out(reads.file_of(publication, attachment, drafts=True))
