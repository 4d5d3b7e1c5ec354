"""Pages of whoever keeps windows: the machines that read identity cards at the counters (读卡机具)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.powers import SET_WINDOWS
from zhihai.ground.refusal import Refused
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.trust import acts
from zhihai.kernel.trust import reads as trust


@page("desk/readers.jinja", SET_WINDOWS)
def readers(request: Asked) -> dict[str, Any]:
    """The machines at the counters that one keeps, and the form to set one up."""
    return _readers(request, None)


def _readers(request: Asked, wrong: Refused | None, changed: int | None = None) -> dict[str, Any]:
    may = request.actor.may_over
    return {
        "rows": [one for one in trust.card_readers() if may(SET_WINDOWS, one.org_lo, None)],
        "organisations": [
            (one.id, one.name.say(request.language))
            for one in identity.organisations(above="community")
            if may(SET_WINDOWS, one.lo, None)
        ],
        "wrong": wrong, "changed": changed, "written": request.POST, "done": said_once(request),
    }  # fmt: skip


@posted("desk/readers.jinja", SET_WINDOWS, back="desk-readers")
def keep(request: Asked) -> dict[str, Any] | HttpResponse:
    """Set a machine up, or change one."""
    post = request.POST
    reader = whole(post.get("reader"), 9)
    try:
        given = acts.CardReaderInput(
            organisation=whole(post.get("organisation"), 9) or 0, name=post.get("name", "")[:200],
            address=post.get("address", "")[:200], key=post.get("key", ""), open=post.get("open") == "1",
        )  # fmt: skip
        acts.set_card_reader(request.actor, given, reader, at=request.clock.instant)
    except Refused as refused:
        return _readers(request, refused, reader)
    return done(request, "desk.readers.kept", "desk-readers")
