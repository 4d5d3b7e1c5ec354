"""What systems ask without anybody before a screen: tokens, who signed in, keys, and how all this is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST, require_safe
from oauthlib.oauth2.rfc6749.errors import OAuth2Error

from zhihai.faces.addresses import address
from zhihai.faces.provider.adapter import published_keys
from zhihai.faces.provider.protocol import answered, machine_asked
from zhihai.faces.provider.server import Server
from zhihai.faces.provider.validator import ACR
from zhihai.kernel.trust import acts as trust_acts
from zhihai.kernel.trust.kinds import SCOPES

KEYS_KEPT = 3600
"""Seconds for which a copy of the keys may be kept; a key is published for longer than that before it signs."""
CLAIMS = (
    "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "name", "locale", "email", "email_verified",
    "zhihai_account", "zhihai_level", "sid",
)  # fmt: skip


@csrf_exempt
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Give tokens for a code or a refresh token; two who bring the same take turns."""
    with trust_acts.taking_turns():
        return _answer(Server().create_token_response, request)


@csrf_exempt
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """End a token of the system that asks (RFC 7009)."""
    return _answer(Server().create_revocation_response, request)


@csrf_exempt
def userinfo(request: HttpRequest) -> HttpResponse:
    """Tell what was agreed to of who signed in."""
    if request.method not in ("GET", "POST"):
        return HttpResponse(status=405, headers={"Allow": "GET, POST"})
    return _answer(Server().create_userinfo_response, request)


def _answer(ask: Callable[..., tuple[dict[str, str], str | None, int]], request: HttpRequest) -> HttpResponse:
    try:
        answer = answered(ask(*machine_asked(request)))
    except OAuth2Error as refused:
        answer = answered((refused.headers, refused.json, refused.status_code))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@require_GET
def keys(request: HttpRequest) -> HttpResponse:
    """Publish the keys that sign, have signed, and will."""
    answer = JsonResponse({"keys": [one.public for one in published_keys()]})
    return _for_all(answer, KEYS_KEPT)


@require_safe
def configuration(request: HttpRequest) -> HttpResponse:
    """Say how this provider is used (OpenID Connect Discovery 1.0, RFC 8414)."""
    return _for_all(JsonResponse(_described()), KEYS_KEPT)


def _for_all(answer: HttpResponse, seconds: int) -> HttpResponse:
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cache-Control"] = f"public, max-age={seconds}"
    return answer


def _described() -> dict[str, Any]:
    origin = settings.ZHIHAI_ORIGIN
    authentication = ["client_secret_basic", "client_secret_post", "none"]
    return {
        "issuer": origin,
        "authorization_endpoint": f"{origin}{address('oidc-authorize')}",
        "token_endpoint": f"{origin}{address('oidc-token')}",
        "userinfo_endpoint": f"{origin}{address('oidc-userinfo')}",
        "revocation_endpoint": f"{origin}{address('oidc-revoke')}",
        "end_session_endpoint": f"{origin}{address('oidc-logout')}",
        "jwks_uri": f"{origin}{address('oidc-keys')}",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": authentication,
        "revocation_endpoint_auth_methods_supported": authentication,
        "scopes_supported": list(SCOPES),
        "claims_supported": list(CLAIMS),
        "acr_values_supported": [ACR.format(factors=number) for number in (1, 2)],
        "prompt_values_supported": ["none", "login", "consent"],
        "ui_locales_supported": ["zh-CN", "en"],
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }
