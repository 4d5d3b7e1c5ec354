"""The page by which service items are brought in: a list is brought, what it would change is read, then it is done."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel.identity.kinds import SET_SERVICES
from zhihai.kernel.services import acts, reads
from zhihai.kernel.services.kinds import ItemInput, SourceInput
from zhihai.site.folder import decoded
from zhihai.site.items_list import COLUMNS, items_in

MOST_BYTES = 8 * 2**20
"""A line takes some three hundred bytes, so this is a list of twenty-five thousand items."""
MOST_FAULTS, MOST = 50, 200
SORTS = ("new", "changed", "back", "gone", "odd")
KEPT = ("name_zh", "name_en", "note_zh", "note_en", "words_source")


@page("desk/items_import.jinja", SET_SERVICES)
def bring(request: Asked) -> dict[str, Any]:
    """The form that a list is brought by. For those who keep the items of the whole district."""
    request.actor.need(SET_SERVICES)
    return _shown(request)


def _shown(request: Asked, wrong: Refused | None = None, **more: Any) -> dict[str, Any]:
    known = [one.name.zh for one in reads.catalogue().sources]
    return {
        "columns": COLUMNS, "wrong": wrong, "faults": (), "more_faults": 0, "report": None, "list": "", "file": "",
        "most": MOST, "written": request.POST, "known_names": known, "done": said_once(request), **more,
    }  # fmt: skip


def _source(request: Asked) -> SourceInput:
    """Return the source that the form names. Raises ``Refused`` without a name."""
    said = {name: " ".join(request.POST.get(name, "").split())[:400] for name in KEPT}
    if not said["name_zh"]:
        raise Refused("items_source", "name_zh")
    name = Named(said["name_zh"], said["name_en"] or said["name_zh"])
    note = Named(said["note_zh"], said["note_en"] or said["note_zh"])
    known = next((one for one in reads.catalogue().sources if one.name.zh == name.zh), None)
    if known is not None and not note.zh:
        note = known.note
    if known is None:
        return SourceInput(name=name, note=note)
    return SourceInput(name=known.name, note=note, as_of=known.as_of, provenance=known.provenance)


@posted("desk/items_import.jinja", SET_SERVICES, back="desk-items-import")
def compare(request: Asked) -> dict[str, Any]:
    """What a list would change; nothing is done yet."""
    request.actor.need(SET_SERVICES)
    given = request.FILES.get("file")
    try:
        if given is None or not given.size:
            raise Refused("items_no_file", "file")
        if given.size > MOST_BYTES:
            raise Refused("staff_file_large", "file", most=MOST_BYTES // 2**20)
        file = str(given.name)[:80]
        return _compared(request, file, decoded(file, given.read()))
    except Refused as refused:
        return _shown(request, refused)


def _compared(request: Asked, file: str, text: str, wrong: Refused | None = None) -> dict[str, Any]:
    source = _source(request)
    inputs, faults = items_in(file, text, request.POST.get("words_source", "")[:400])
    if faults:
        first = wrong or Refused("staff_faults", "file", n=len(faults))
        return _shown(request, first, faults=faults[:MOST_FAULTS], more_faults=max(0, len(faults) - MOST_FAULTS))
    found = reads.compare(source.name.zh, inputs)
    shown = [(sort, getattr(found, sort)) for sort in SORTS if getattr(found, sort)]
    report = {"sorts": shown, "taken": found.taken, "kept": found.kept, "changes": found.changes, "seen": seen(found)}
    return _shown(request, wrong, report=report, list=text, file=file)


def seen(found: reads.Difference) -> str:
    """Return what tells one difference from any other."""
    parts: Sequence[object] = (found.new, found.changed, found.back, found.gone, found.taken)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


@posted("desk/items_import.jinja", SET_SERVICES, back="desk-items-import")
def apply(request: Asked) -> dict[str, Any] | HttpResponse:
    """Do what was shown. Where something else would be done by now, that is shown, and nothing is done."""
    request.actor.need(SET_SERVICES)
    text, file = request.POST.get("list", ""), request.POST.get("file", "")[:80]
    try:
        source = _source(request)
        inputs, faults = items_in(file, text, request.POST.get("words_source", "")[:400])
        if faults or seen(reads.compare(source.name.zh, inputs)) != request.POST.get("seen"):
            return _compared(request, file, text, Refused("staff_changed", "file", status=409))
        return _applied(request, source, inputs, file, text)
    except NotPermitted:
        raise
    except Refused as refused:
        return _shown(request, refused)


def _applied(
    request: Asked, source: SourceInput, inputs: Sequence[ItemInput], file: str, text: str
) -> dict[str, Any] | HttpResponse:
    most_gone = request.POST.get("most_gone") == "1"
    try:
        found = acts.bring_in(request.actor, source, inputs, at=request.clock.instant, most_gone=most_gone)
    except Refused as refused:
        return _compared(request, file, text, refused)
    return done(request, "desk.items.brought", "desk-items", n=found.changes)
