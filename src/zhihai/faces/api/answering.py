"""Answering: what every address for machines has in common, whoever draws the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from zhihai.faces.api.bodies import drain
from zhihai.faces.api.problems import refuse
from zhihai.ground.refusal import NotFound, Refused

View = Callable[..., Any]

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def answered(view: View) -> View:
    """Make a view answer faults as problems, and ``HEAD`` as ``GET`` without its body; caches keep what says so.

    Django's check of forms passes it by: whatever writes here checks a session's token itself, or asks for another.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> Any:
        head = request.method == "HEAD"
        if head:
            request.method = "GET"
        try:
            response = view(request, *args, **kwargs)
        except Exception as fault:
            response = refuse(request, fault)
        if response.status_code >= 400 and request.method in WRITES:
            drain(request)
        if response.status_code == 405:
            response = not_allowed(request, response.headers.get("Allow", "").split(", "))
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
            patch_vary_headers(response, ("Accept-Language", "Cookie", "Authorization"))
        return _without_body(response) if head else response

    answer.csrf_exempt = True  # type: ignore[attr-defined]
    return answer


def not_allowed(request: HttpRequest, methods: Iterable[str]) -> HttpResponse:
    """Answer a method that an address does not have (405)."""
    known = set(methods) | ({"HEAD"} if "GET" in methods else set())
    allowed = ", ".join(sorted(known))
    refused = Refused("method", status=405, method=(request.method or "")[:20], allowed=allowed)
    return refuse(request, refused, {"Allow": allowed})


def only_get(view: View) -> View:
    """Make a view that is asked with ``GET`` (and so ``HEAD``) and nothing else."""

    @wraps(view)
    def got(request: HttpRequest, *args: object, **kwargs: object) -> Any:
        return view(request, *args, **kwargs) if request.method == "GET" else not_allowed(request, ["GET"])

    return got


def no_address(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    """Answer an address that leads nowhere."""
    raise NotFound("no_address")


def _without_body(response: Any) -> Any:
    if response.streaming:
        response.close()
        bare = HttpResponse(status=response.status_code, headers=dict(response.headers))
        bare.headers.pop("Content-Length", None)
        return bare
    response.headers["Content-Length"] = str(len(response.content))
    response.content = b""
    return response
