"""Pages of what is published: the list by entry, office, year and words; one publication in each of its versions."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from zhihai.faces.addresses import address
from zhihai.faces.hall.disclosure.markdown import drawn, opening
from zhihai.faces.hall.items.pages import hall, tongue_of
from zhihai.faces.naming import organisation_names, telling
from zhihai.faces.origin import origin
from zhihai.faces.request import Asked, readable, whole
from zhihai.ground.forms.files import MEDIA
from zhihai.kernel.disclosure import reads
from zhihai.kernel.services import reads as services

PAGE = 30


def asked_for(request: Asked) -> dict[str, Any]:
    """Return which publications an address asks for; what it can not mean asks for all."""
    office, year = whole(request.GET.get("office"), 9), whole(request.GET.get("year"), 4)
    kind = request.GET.get("kind", "")
    return {"kind": kind if kind in reads.kinds() else "", "organisations": [office] if office else [], "year": year}


@hall("hall/publications.jinja")
def publications(request: Asked) -> dict[str, Any]:
    """What is published: by entry of the list, office, year, and by words; the latest first."""
    asked, sought = asked_for(request), request.GET.get("q", "").strip()[:100]
    after = whole(request.GET.get("after"), 9)
    found = reads.publications(request.zone, **asked, sought=sought, after=after, limit=PAGE + 1)
    tell, counted, names = telling(request.language), reads.counted(), organisation_names()
    entries = tuple((one, tell.kind(one, "publication"), counted.kinds.get(one, 0)) for one in reads.kinds("list"))
    return {
        "rows": found[:PAGE], "older": str(found[PAGE - 1].id) if len(found) > PAGE and not sought else "",
        "more": len(found) > PAGE and bool(sought), "paged": after is not None, "sought": sought, "asked": asked,
        "entries": entries, "counted": counted, "names": names, "opening": opening, "tongue": tongue_of,
        "plain": not (sought or asked["kind"] or asked["organisations"] or asked["year"]),
        "kinds": tuple((one, label) for one, label, count in entries if count),
        "offices": tuple((str(one), names[one].say(tell.language)) for one in counted.organisations if one in names),
        "years": tuple((str(one), str(one)) for one in counted.years), "contacts": services.catalogue().contacts,
        "asking": _asking(),
    }  # fmt: skip


def _asking() -> str:
    """Return the full name of the kind of matter by which information is asked for, empty where no pack has one."""
    found = reads.register()
    return "" if found is None else f"{found[0].partition('.')[0]}.{found[1].matter}"


@hall("hall/publication.jinja")
def publication(request: Asked, publication: int, version: int | None = None) -> dict[str, Any]:
    """One publication at its permanent address; with a version, as it was published then."""
    found = reads.publication(publication, request.zone, version=version)
    place, shown, seen = address("publication", publication), reads.shown_of(found.kind), services.catalogue()
    return {
        "shown_in": shown, "matter": reads.matter_of_kind(found.kind),
        "items": [seen.by_code[code] for code in found.shown.items if code in seen.by_code],
        "one": found, "text": drawn(found.shown.body), "names": organisation_names(), "tongue": tongue_of,
        "place": f"{origin()}{place}", "version": version, "contacts": seen.contacts,
    }  # fmt: skip


def file(request: Asked, publication: int, attachment: str) -> HttpResponse:
    """Hand out a file of what is public."""
    readable(request)
    return handed_out(reads.file_of(publication, attachment))


def handed_out(found: reads.FileContent) -> HttpResponse:
    """Return a file to be kept, never to be shown in the page, for a page that has asked who may."""
    answer = HttpResponse(found.content, content_type=MEDIA[found.line.sort])
    named = content_disposition_header(as_attachment=True, filename=found.line.name)
    answer["Content-Disposition"] = named or "attachment"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
