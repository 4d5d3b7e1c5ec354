"""What people see when something could not be done: every refusal, and every fault, as a page in their language.

Addresses for machines answer with problem details instead (:mod:`zhihai.faces.api.problems`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import Error, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse

from zhihai.faces.api.language import language_of
from zhihai.faces.api.problems import refusal_of, refuse
from zhihai.faces.design.shell import ClockFace
from zhihai.faces.desk.frame import refusal_page
from zhihai.faces.request import ANONYMOUS, MACHINES
from zhihai.ground.refusal import NotFound, NotPermitted, Refused

OTHERS_ANSWER = (Http404, PermissionDenied, SuspiciousOperation, ReauthenticationRequired, ImmediateHttpResponse)
"""Faults that Django leads to one of the handlers below, and ways on that allauth takes."""

MOST = 2**63
"""What numbers of rows are less than (bigint)."""


class Refusals:
    """Middleware: a refusal raised by a view becomes a page that says what happened and what to do.

    A defect of ours is logged by number, sort and place, never by its message, which may hold personal data; the page
    tells the number.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._next(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: Mapping[str, object]
    ) -> HttpResponse | None:
        """Answer an address that no row can have: with a number beyond all, or with what the store keeps in no text."""
        if any(isinstance(part, int) and part >= MOST for part in kwargs.values()):
            return page_of(request, NotFound("no_address"))
        if "\x00" in request.path and not request.path.startswith(MACHINES):
            return page_of(request, Refused("request_unreadable", status=400))
        return None

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """Return the page of a fault; ``None`` leaves it to Django or allauth."""
        return None if isinstance(fault, OTHERS_ANSWER) else page_of(request, refusal_of(fault))


def page_of(request: HttpRequest, refused: Refused) -> HttpResponse:
    """Draw the page of a refusal; without asking the store where it may be what failed, or too early to ask it.

    At machines' doors it is answered as a problem.
    """
    if request.path.startswith(MACHINES):
        return refuse(request, refused)
    if refused.status < 500 and hasattr(request, "district"):
        try:
            return refusal_page(request, refused.status, refused.code, refused.facts)
        except Error as fault:
            refused = refusal_of(fault)
    return refusal_page(without_store(request), refused.status, refused.code, refused.facts)


def without_store(request: HttpRequest) -> HttpRequest:
    """Return the request such that a page can be drawn for it when nothing can be asked of the store."""
    request.language, request.care = language_of(request), getattr(request, "care", False)
    request.district, request.actor, request.user = None, ANONYMOUS, AnonymousUser()
    request.clock, request.zone = ClockFace(mode="live", instant=datetime.now(UTC)), ZoneInfo("UTC")
    return request


def no_page(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere (``handler404``)."""
    return page_of(request, NotFound("no_address"))


def not_permitted(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what is not permitted (``handler403``)."""
    return page_of(request, NotPermitted())


def too_many(request: HttpRequest) -> HttpResponse:
    """Answer who comes too often (``handler429`` of allauth)."""
    return page_of(request, Refused("too_many", status=429))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that a page of ours did not send (``CSRF_FAILURE_VIEW``)."""
    return page_of(request, NotPermitted("csrf"))


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that can not be read, or whose sign-in was ended while it was answered (``handler400``)."""
    if isinstance(exception, SessionInterrupted):
        return page_of(request, Refused("sign_in_ended", status=409))
    refused = refusal_of(exception)
    return page_of(request, Refused("request_unreadable", status=400) if refused.status == 400 else refused)


def failed(request: HttpRequest) -> HttpResponse:
    """Answer a fault outside every view (``handler500``), such as a store that went away; Django has logged it."""
    fault = sys.exception()
    away = isinstance(fault, OperationalError | InterfaceError)
    return page_of(request, Refused("store_away" if away else "fault_outside", status=503 if away else 500))
