"""What every request carries: language, zone, the district's clock, large print, and who asks."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import SimpleLazyObject
from django.utils.http import escape_leading_slashes

from zhihai.faces.design.shell import ClockFace
from zhihai.ground.actors import Actor
from zhihai.ground.refusal import Refused
from zhihai.ground.words import Language
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import reads as journal

YEAR_SECONDS, UTF_8 = 31_536_000, "utf-8"
LANGUAGE_COOKIE, CARE_COOKIE = "zhihai_language", "zhihai_care"
MACHINES = (
    "/api/", "/ogc/", "/tiles/", "/static/", "/clock", "/health", "/metrics", "/.well-known/", "/oidc/keys",
    "/oidc/token", "/oidc/userinfo", "/oidc/revoke", "/trust/",
)  # fmt: skip
"""Where these addresses begin, no page is made."""
HEALTH = "/health"
"""But this one, where a browser asks; it must be drawn even when the store can not be asked for the clock."""
ANONYMOUS = Actor(account=-1, name="", sort="person")
"""Whoever is not signed in: no grants, so every predicate is false."""


class Asked(HttpRequest):
    """A request as our middleware hands it on."""

    language: Language
    care: bool
    clock: ClockFace
    zone: ZoneInfo
    district: journal.DistrictClock | None
    actor: Actor
    at: datetime


class Reader:
    """Middleware: puts language, care mode, clock and actor on the request; keeps a choice of the reader in a cookie.

    ``?language=en`` and ``?care=1`` on any page set the choice and lead back to the page without them. The actor is
    asked for only where it is used: the wall is the same for everybody. At machines' doors (``MACHINES``) that
    holds for the clock too: a reading or a tile needs neither; they look themselves at how a body is written. Elsewhere
    a request that says it is written in anything but UTF-8 is refused (400).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        machine, plain = request.path.startswith(MACHINES), _in_utf_8(request.encoding)
        if not plain:
            request.encoding = UTF_8  # else the page that says no could not read its own address
            if not machine:
                raise BadRequest
        choosing = not machine or request.path == HEALTH
        if request.method == "GET" and choosing and ("language" in request.GET or "care" in request.GET):
            return _keep_choice(request)
        asked = cast("Asked", request)
        cookie = request.COOKIES.get(LANGUAGE_COOKIE)
        asked.language = "en" if cookie == "en" or (cookie is None and _prefers_english(request)) else "zh"
        asked.care = request.COOKIES.get(CARE_COOKIE) == "1"
        if machine:
            asked.district = SimpleLazyObject(_district)
            asked.clock = SimpleLazyObject(lambda: _face(asked.district))
        else:
            asked.district = _district()
            asked.clock = _face(asked.district)
            asked.zone = asked.district.zone if asked.district else ZoneInfo("UTC")
        asked.actor = SimpleLazyObject(lambda: actor_behind(request, asked.clock.instant))
        return self._next(request)


def whole(text: str | None, digits: int = 18) -> int | None:
    """Return a whole number of at most so many digits as an address or a form brings it; ``None`` for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= digits else None


def readable(request: HttpRequest) -> None:
    """Raise ``Refused`` (400) for what no page of ours sends: null characters in an address or a form."""
    given = (value for query in (request.GET, request.POST) for _, values in query.lists() for value in values)
    if "\x00" in request.path or any("\x00" in value for value in given):
        raise Refused("request_unreadable", status=400)


def _in_utf_8(encoding: str | None) -> bool:
    """Say whether what a request calls its way of writing is UTF-8, by any of its names, or a part of it."""
    try:
        return encoding is None or codecs.lookup(encoding).name in (UTF_8, "ascii")
    except LookupError:
        return False


def _prefers_english(request: HttpRequest) -> bool:
    """Chinese is the language of the house; a browser that asks for English and no Chinese gets English."""
    asked = request.META.get("HTTP_ACCEPT_LANGUAGE", "").lower()
    return "en" in asked and "zh" not in asked


def _keep_choice(request: HttpRequest) -> HttpResponse:
    kept = request.GET.copy()
    language, care = kept.pop("language", [None])[-1], kept.pop("care", [None])[-1]
    here = escape_leading_slashes(request.path)  # an address that begins with two names another host
    response = HttpResponseRedirect(f"{here}?{urlencode(kept, doseq=True)}" if kept else here)
    if language in ("zh", "en"):
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_SECONDS, samesite="Lax", httponly=True)
    if care in ("0", "1"):
        response.set_cookie(CARE_COOKIE, care, max_age=YEAR_SECONDS, samesite="Lax", httponly=True)
    return response


def _district() -> journal.DistrictClock | None:
    try:
        return journal.clock()
    except Refused:
        return None


def _face(district: journal.DistrictClock | None) -> ClockFace:
    if district is None:
        return ClockFace(mode="live", instant=datetime.now(UTC))
    speed = 0.0 if district.mode == "frozen" else district.speed if district.mode == "replay" else 1.0
    until = district.ends_at if district.mode == "replay" else None
    return ClockFace(mode=district.mode, instant=district.instant, speed=speed, until=until, source="/clock")


def actor_behind(request: HttpRequest, at: datetime) -> Actor:
    """Return who asks, with the grants in force at ``at``; nobody when not signed in."""
    user = request.user
    if isinstance(user, AnonymousUser) or not user.is_authenticated:
        return ANONYMOUS
    known: Actor | None = getattr(user, "actor", None)
    return known or identity.actor_of(int(user.pk), at=at)
