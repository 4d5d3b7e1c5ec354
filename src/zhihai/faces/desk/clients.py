"""Pages of systems that sign people in through the platform: registering, a new secret, switching off, keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.once import done, said_once
from zhihai.faces.request import Asked, whole
from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import SET_CLIENTS
from zhihai.kernel.trust import acts as trust_acts
from zhihai.kernel.trust import reads as trust
from zhihai.kernel.trust.acts import ClientInput
from zhihai.kernel.trust.kinds import SCOPES

WHY = {
    "Unreachable": "network", "NotTaken": "answer", "TimeoutError": "late", "SSLCertVerificationError": "certificate",
    "gaierror": "name", "ConnectionRefusedError": "closed",
}  # fmt: skip
"""Why a system could not be told, by the type of the error: words ``desk.client.why.<why>``; any other is ``other``."""


@page("desk/clients.jinja", SET_CLIENTS)
def clients(request: Asked) -> dict[str, Any]:
    """All systems, the form to register one, and the keys that sign."""
    return _clients(request, None)


def _clients(request: Asked, wrong: Refused | None) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "rows": trust.clients(request.actor), "keys": trust.signing_keys(at_machine=now), "now": now,
        "owners": _owners(), "scopes": SCOPES,
        "chosen": request.POST.getlist("scopes") or ["openid"], "written": request.POST, "wrong": wrong,
        "done": said_once(request),
    }  # fmt: skip


def _owners() -> list[identity.Organisation]:
    return [one for one in identity.organisations(above="community") if one.ended is None]


@posted("desk/clients.jinja", SET_CLIENTS, back="desk-clients")
def register(request: Asked) -> dict[str, Any] | HttpResponse:
    """Register a system. Its secret is in this answer alone."""
    now = datetime.now(UTC)
    try:
        id_, secret = trust_acts.register_client(
            request.actor, _given(request), at=request.clock.instant, at_machine=now
        )
    except Refused as refused:
        return _clients(request, refused)
    return shown(request, id_, secret)


def _given(request: Asked) -> ClientInput:
    given = request.POST
    return ClientInput(
        name=Named(given.get("name_zh", "").strip(), given.get("name_en", "").strip()),
        organisation=whole(given.get("organisation")) or 0,
        redirects=_lines(given.get("redirects", "")),
        logouts=_lines(given.get("logouts", "")),
        scopes=tuple(given.getlist("scopes")),
        public=given.get("public") == "1",
        told_at=given.get("told_at", "").strip()[:1000],
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (line.strip() for line in text[:10_000].splitlines())))


@page("desk/client.jinja", SET_CLIENTS)
def client(request: Asked, client: str) -> dict[str, Any]:
    """One system: what was registered of it, and what can be done."""
    return _client(request, client)


def _client(request: Asked, id_: str, secret: str = "", wrong: Refused | None = None) -> dict[str, Any]:
    one, partings = trust.client(request.actor, id_), trust.partings_of(id_)
    given = _given(request) if wrong is not None and request.POST.get("redirects") else None
    return {
        "one": one, "secret": secret, "wrong": wrong, "done": said_once(request), "given": given or one,
        "owners": _owners(), "scopes": SCOPES, "partings": partings,
        "why": WHY.get(partings.failure or "", "other"),
    }  # fmt: skip


@page("desk/client.jinja", SET_CLIENTS)
def shown(request: Asked, id_: str, secret: str) -> dict[str, Any]:
    """A system that has just got a secret, with it."""
    return _client(request, id_, secret)


@posted("desk/client.jinja", SET_CLIENTS, back="desk-client")
def amend(request: Asked, client: str) -> dict[str, Any] | HttpResponse:
    """Register other addresses, scopes, names or another owner."""
    given = replace(_given(request), public=trust.client(request.actor, client).public)
    try:
        trust_acts.amend_client(request.actor, client, given, at=request.clock.instant)
    except Refused as refused:
        return _client(request, client, wrong=refused)
    return done(request, "desk.client.amended", "desk-client", client)


@posted("desk/client.jinja", SET_CLIENTS, back="desk-client")
def renew(request: Asked, client: str) -> dict[str, Any]:
    """Give a system a new secret, which is in this answer alone."""
    try:
        return _client(request, client, trust_acts.renew_client_secret(request.actor, client, at=request.clock.instant))
    except Refused as refused:
        return _client(request, client, wrong=refused)


@posted("desk/client.jinja", SET_CLIENTS, back="desk-client")
def switch(request: Asked, client: str) -> dict[str, Any] | HttpResponse:
    """Switch a system off or on."""
    on = request.POST.get("on") == "1"
    try:
        trust_acts.switch_client(request.actor, client, on=on, at=request.clock.instant)
    except Refused as refused:
        return _client(request, client, wrong=refused)
    return done(request, f"desk.client.switched_{'on' if on else 'off'}", "desk-client", client)


@posted("desk/clients.jinja", SET_CLIENTS, back="desk-clients")
def roll(request: Asked) -> HttpResponse:
    """Make the key that signs next."""
    trust_acts.roll_signing_key(request.actor, at=request.clock.instant, at_machine=datetime.now(UTC))
    return done(request, "desk.client.rolled", "desk-clients")
