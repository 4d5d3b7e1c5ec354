"""Who calls: a bearer token, a browser's session, or nobody where anybody may read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware

from zhihai.faces.request import ANONYMOUS, Asked, actor_behind
from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel.identity import reads as identity

SCHEME = "bearer "


class Called(Asked):
    """A request whose caller is known."""

    auth: Actor


def token_of(request: HttpRequest) -> str | None:
    """Return the bearer token of a request; ``None`` where it carries none."""
    given = request.META.get("HTTP_AUTHORIZATION", "")
    return given[len(SCHEME) :].strip() if given[: len(SCHEME)].lower() == SCHEME else None


def known(find: Callable[[], Actor]) -> Actor:
    """Return the actor that ``find`` finds; an unknown token, or an account switched off, is refused with 401."""
    try:
        return find()
    except (NotPermitted, NotFound):
        raise Refused("token_unknown", status=401) from None


def now(request: Asked) -> datetime:
    """Return the district's instant at which this request is answered.

    Raises ``Refused`` (``no_district``, 503) before a district is loaded.
    """
    if not request.district:
        raise Refused("no_district", status=503)
    return request.clock.instant


def need(request: Called, *powers: str) -> None:
    """Raise ``NotPermitted`` unless the caller holds one of ``powers`` somewhere."""
    if not any(request.auth.may(power) for power in powers):
        raise NotPermitted


def is_anybody(request: Called) -> bool:
    """Say whether the caller has not said who it is."""
    return request.auth.account == ANONYMOUS.account


def bearer(request: Asked) -> Actor | None:
    """Return the actor of a bearer token, asked of the store at every call; ``None`` where there is none.

    Raises ``Refused`` (``token_unknown``, 401) for one that is unknown, expired or revoked.
    """
    token = token_of(request)
    if token is None:
        return None
    at, at_machine = now(request), datetime.now(UTC)
    return known(lambda: identity.actor_of_token(token, at=at, at_machine=at_machine))


def session(request: Asked) -> Actor | None:
    """Return the actor signed in with a browser, ``None`` when nobody is.

    Raises ``Refused`` (``csrf``, 403) for a write without the header ``X-CSRFToken`` that pages of ours send.
    """
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
        return None
    if not from_our_page(request):
        raise Refused("csrf", status=403)
    return known(lambda: actor_behind(request, now(request)))


class _Check(CsrfViewMiddleware):
    """Django's own check of where a form comes from; it answers with nothing, for the API says it in its own way."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return HttpResponseForbidden()


def from_our_page(request: HttpRequest) -> bool:
    """Say whether a request only reads, or carries the token that a page of ours has."""
    check = _Check(lambda _: HttpResponse())
    request.csrf_processing_done = False
    check.process_request(request)
    return check.process_view(request, nobody, (), {}) is None


def nobody(request: Asked) -> Actor:
    """End the search for a caller: raise ``Refused`` (401), which tells a session that has run out."""
    expired = settings.SESSION_COOKIE_NAME in request.COOKIES
    raise Refused("session_expired" if expired else "sign_in_needed", status=401)


def anybody(request: Asked) -> Actor:
    """End the search for a caller: what is shown is open."""
    return ANONYMOUS


Callback = Callable[[Asked], object]
"""Asked in turn until one gives something, which becomes ``request.auth``; a refusal ends the search."""

PUBLIC: tuple[Callback, ...] = (bearer, session, anybody)
"""Open to all; who says who it is may be shown more."""
SIGNED: tuple[Callback, ...] = (bearer, session, nobody)
"""For those with a token or signed in with a browser."""
