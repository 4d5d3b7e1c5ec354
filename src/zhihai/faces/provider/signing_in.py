"""Signing somebody in to another system: who it is, what that system may know, and back with a code."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core.internal.httpkit import add_query_params
from allauth.idp.oidc.internal.tokens import decode_jwt_token
from django.contrib.auth import logout
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from oauthlib.oauth2.rfc6749.errors import (
    AccessDeniedError,
    FatalClientError,
    InvalidClientIdError,
    LoginRequired,
    MissingClientIdError,
    OAuth2Error,
)

from zhihai.faces.addresses import address
from zhihai.faces.desk.frame import plain_shell
from zhihai.faces.leading import led_on
from zhihai.faces.naming import telling
from zhihai.faces.provider.protocol import query_of, sign_in_asked, with_issuer
from zhihai.faces.provider.server import Server
from zhihai.faces.provider.sessions import signed_in_how
from zhihai.faces.request import ANONYMOUS, Asked, readable, whole
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel.trust import acts as trust_acts
from zhihai.kernel.trust import reads as trust

NEVER_SOONER = 60
"""Whoever has just signed in is not asked again, however soon a system wants it."""


@csrf_exempt
@never_cache
def authorize(request: Asked) -> HttpResponse:
    """Take a sign-in that another system asks for. A form of it (OpenID Connect Core 1.0, 3.1.2.1) becomes a page."""
    readable(request)
    if request.method == "POST":
        return HttpResponseRedirect(f"{address('oidc-authorize')}?{query_of(request.POST)}")
    try:
        scopes, info = _validated(request)
        before = _before(request, info)
        if before is not None:
            return before
        agreed = trust.agreed(request.user.pk, info["client_id"])
        if "consent" in info["prompt"] or not set(scopes) <= agreed:
            return _consent_page(request, info["client_id"], scopes)
    except OAuth2Error as refused:
        return _refused(request, refused)
    return _with_code(request, scopes)


@never_cache
def consent(request: Asked) -> HttpResponse:
    """Take the answer to the page of consent; the sign-in it is about stands in its address and is looked at anew."""
    readable(request)
    back = HttpResponseRedirect(f"{address('oidc-authorize')}?{query_of(request.GET)}")
    if request.method != "POST":
        return back
    try:
        scopes, info = _validated(request)
        if _must_first(request):
            return back
        if request.POST.get("answer") != "agree":
            raise AccessDeniedError(request=info["request"])
        given = [scope for scope in scopes if scope == "openid" or scope in request.POST.getlist("scopes")]
        trust_acts.give_consent(request.actor, info["client_id"], given, at=request.clock.instant)
    except OAuth2Error as refused:
        return _refused(request, refused)
    return _with_code(request, given)


def _validated(request: Asked) -> tuple[list[str], dict[str, Any]]:
    """Return the scopes and the facts of a sign-in.

    Raises ``Refused`` for one that may not be led back, since nobody can tell where to; ``OAuth2Error`` for others.
    """
    try:
        scopes, info = Server().validate_authorization_request(*sign_in_asked(request))
    except (InvalidClientIdError, MissingClientIdError):
        raise NotFound("sign_in_client") from None
    except FatalClientError:
        raise Refused("sign_in_address", status=400) from None
    return scopes, info


def _refused(request: Asked, refused: OAuth2Error) -> HttpResponse:
    return led_on(request, with_issuer(add_query_params(refused.redirect_uri, dict(refused.twotuples))))


def _must_first(request: Asked) -> str:
    """Return where somebody must go before anything else: to sign in, or to set up a second factor."""
    if request.actor.account == ANONYMOUS.account:
        here = f"{address('oidc-authorize')}?{query_of(request.GET)}"
        return f"{address('account_login')}?{urlencode({'next': here})}"
    return address("mfa_index") if request.user.must_enrol else ""


def _before(request: Asked, info: dict[str, Any]) -> HttpResponse | None:
    """Return what comes before the consent; ``None`` when whoever signed in is known well enough."""
    first = _must_first(request)
    if first:
        return HttpResponseRedirect(first)
    if request.user.sort not in ("person", "resident"):
        raise NotPermitted
    _compare(request, info)
    wanted = whole(request.GET.get("max_age"), 9)
    since, _ = signed_in_how(request)
    stale = wanted is not None and time.time() - since > max(wanted, NEVER_SOONER if since else 0)
    if stale and "none" in info["prompt"]:
        raise LoginRequired(request=info["request"])
    if not stale and "login" not in info["prompt"]:
        return None
    later = request.GET.copy()
    later["prompt"] = " ".join(sorted(set(info["prompt"]) - {"login"}))
    way = address("account_reauthenticate")
    if not get_reauthentication_flows(request.user):  # another provider signs this account in, and does so anew
        logout(request)
        way = address("account_login")
    here = f"{address('oidc-authorize')}?{query_of(later)}"
    return HttpResponseRedirect(f"{way}?{urlencode({'next': here})}")


def _compare(request: Asked, info: dict[str, Any]) -> None:
    """Raise ``LoginRequired`` where the system means somebody else than who has signed in."""
    hint = info.get("id_token_hint")
    if not hint:
        return
    meant = decode_jwt_token(hint, client_id=info["client_id"], verify_exp=False, verify_iss=True) or {}
    if meant.get("sub") != trust_acts.subject_of(info["client_id"], request.user.pk):
        raise LoginRequired(request=info["request"])


def _with_code(request: Asked, scopes: list[str]) -> HttpResponse:
    headers, _, _ = Server().create_authorization_response(
        *sign_in_asked(request), scopes=scopes, credentials={"user": request.user}
    )
    return led_on(request, with_issuer(headers["Location"]))


def _consent_page(request: Asked, client: str, scopes: list[str]) -> HttpResponse:
    tell = telling(request.language)
    context = {
        "shell": plain_shell(request, tell),
        "tell": tell,
        "client": trust.client_in_use(client),
        "scopes": scopes,
        "claims": trust.claims_of(request.user.pk, scopes),
        "answer": f"{address('oidc-consent')}?{query_of(request.GET)}",
    }
    return render(request, "provider/consent.jinja", context)
