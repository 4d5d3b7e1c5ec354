"""Requests as the protocol's engine takes them, and ways back to the system that asked."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from allauth.core.internal.httpkit import add_query_params
from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict

SIGN_IN = (
    "client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "display", "prompt",
    "max_age", "ui_locales", "id_token_hint", "login_hint", "acr_values", "code_challenge", "code_challenge_method",
    "request", "request_uri",
)  # fmt: skip
"""Parameters of a sign-in. The engine would take any other as its own notes of the request: they are left out."""
TOKEN = (
    "grant_type", "code", "redirect_uri", "client_id", "client_secret", "code_verifier", "refresh_token", "scope",
    "token", "token_type_hint",
)  # fmt: skip
Parameters = tuple[str, str, str, dict[str, str]]


def query_of(given: QueryDict, names: Iterable[str] = SIGN_IN) -> str:
    """Return those parameters that the protocol knows, with every value that was given."""
    return urlencode([(name, value) for name in names for value in given.getlist(name)])


def sign_in_asked(request: HttpRequest) -> Parameters:
    """Return a sign-in as the engine takes it; an answer to the page of consent carries it in its address too."""
    return f"{request.path}?{query_of(request.GET)}", "GET", "", {}


def machine_asked(request: HttpRequest) -> Parameters:
    """Return what a system asks: its parameters are in the body, its secret or its token in a header or the body."""
    names = ("Authorization", "Content-Type", "Origin")
    headers = {name: request.headers[name] for name in names if name in request.headers}
    return request.get_full_path(), str(request.method), query_of(request.POST, TOKEN), headers


def answered(answer: tuple[dict[str, str], str | None, int]) -> HttpResponse:
    """Return the engine's answer to a system."""
    headers, body, status = answer
    return HttpResponse(body or "", status=status, headers={"Content-Type": "application/json", **headers})


def with_issuer(location: str) -> str:
    """Say in an answer whose it is, so that a system of several providers can not be led to mix them up (RFC 9207)."""
    return str(add_query_params(location, {"iss": settings.ZHIHAI_ORIGIN}))
