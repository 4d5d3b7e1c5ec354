"""Where somebody is signed in (登录的设备): seeing it, and ending it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel.identity import acts
from zhihai.kernel.identity import reads as identity


@page("hall/devices.jinja")
def devices(request: Asked) -> dict[str, Any]:
    """All sign-ins of one's own that last."""
    return _devices(request, None)


def _devices(request: Asked, wrong: Refused | None) -> dict[str, Any]:
    rows = identity.sign_ins(request.actor, request.session.session_key, at_machine=datetime.now(UTC))
    return {"rows": rows, "others": any(not one.here for one in rows), "wrong": wrong, "done": said_once(request)}


@posted("hall/devices.jinja", back="devices")
def end(request: Asked) -> dict[str, Any] | HttpResponse:
    """End one sign-in, or all others."""
    now = request.clock.instant
    try:
        if request.POST.get("what") == "others":
            ended = acts.end_other_sign_ins(request.actor, request.session.session_key, at=now)
            return done(request, "hall.devices.ended_others", "devices", n=ended)
        one = whole(request.POST.get("sign_in"))
        if one is None:
            raise NotFound("no_sign_in")
        acts.end_sign_in(request.actor, one, at=now)
    except Refused as refused:
        return _devices(request, refused)
    return done(request, "hall.devices.ended", "devices")
