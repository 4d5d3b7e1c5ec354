"""Signing in by another provider (外部统一身份认证), and tying one's account to it or untying it."""

from __future__ import annotations

import hmac
import secrets
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from allauth.account.app_settings import EmailVerificationMethod
from allauth.account.internal.flows import reauthentication
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.utils import get_login_redirect_url, get_next_redirect_url
from allauth.core import ratelimit
from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET

from zhihai.faces.addresses import address
from zhihai.faces.hall.openid import Provider, asked_there, claims_for, provider
from zhihai.faces.leading import led_on
from zhihai.faces.origin import origin
from zhihai.faces.request import ANONYMOUS, Asked, readable
from zhihai.ground.actors import Actor
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel import house
from zhihai.kernel.identity import acts as identity_acts
from zhihai.kernel.trust import acts as trust_acts

KEPT = "elsewhere"
GOOD_FOR = 600
"""Seconds in which one must be back."""


def begin(request: Asked) -> HttpResponse:
    """Lead whoever would sign in to the provider."""
    if request.method != "POST":
        return HttpResponseRedirect(address("account_login"))
    readable(request)
    if request.actor.account != ANONYMOUS.account:
        return HttpResponseRedirect(get_login_redirect_url(request))
    return _lead(request, None, get_next_redirect_url(request) or "")


def tie(request: Asked) -> HttpResponse:
    """Lead whoever has signed in to the provider, to tie the account; the password is asked again before."""
    first = _before_a_change(request)
    return first or _lead(request, request.user.pk, address("mfa_index"))


def untie(request: Asked) -> HttpResponse:
    """Untie the account."""
    first = _before_a_change(request)
    if first:
        return first
    ours, now = _ours(), request.clock.instant
    trust_acts.untie_elsewhere(request.actor, ours.issuer, ours.name, at=now)
    return HttpResponseRedirect(address("mfa_index"))


def _before_a_change(request: Asked) -> HttpResponse | None:
    """Return where one must go before how one signs in is changed; ``None`` for who has just said the password."""
    back = HttpResponseRedirect(address("mfa_index"))
    if request.method != "POST" or request.actor.account == ANONYMOUS.account:
        return back
    if reauthentication.is_reauthentication_required(request, app="allauth.mfa"):
        onward = urlencode({"next": address("mfa_index")})
        return HttpResponseRedirect(f"{address('account_reauthenticate')}?{onward}")
    return None


def _ours() -> Any:
    """Return the settings of the provider. Raises ``NotFound`` where none signs people in."""
    if settings.ZHIHAI_ELSEWHERE is None:
        raise NotFound("no_address")
    return settings.ZHIHAI_ELSEWHERE


def _lead(request: Asked, account: int | None, onward: str) -> HttpResponse:
    _ours()
    if not ratelimit.consume(request, action="elsewhere"):
        raise Refused("too_many", status=429)
    found = provider()
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    request.session[KEPT] = {
        "state": state, "nonce": nonce, "verifier": verifier, "for": account, "next": onward, "at": time.time(),
    }  # fmt: skip
    there = asked_there(found, _back(), state=state, nonce=nonce, verifier=verifier, language=request.language)
    return led_on(request, there)


def _back() -> str:
    return f"{origin()}{address('elsewhere-back')}"


@require_GET
def back(request: Asked) -> HttpResponse:
    """Take whoever comes back: sign them in, or tie the account of who had signed in."""
    readable(request)
    _ours()
    found = provider()
    kept = _kept(request, found)
    if request.GET.get("error"):
        raise Refused("elsewhere_refused")
    claims = claims_for(found, request.GET.get("code", ""), _back(), nonce=kept["nonce"], verifier=kept["verifier"])
    if kept["for"] is not None:
        return _tied(request, kept, claims)
    return _signed_in(request, kept["next"], claims)


def _kept(request: Asked, found: Provider) -> dict[str, Any]:
    """Use the session's question up.

    Raises ``Refused`` for an answer to another or to none, one that comes late, and one that is not this provider's
    (RFC 9207), which would be taken to it with a code of another.
    """
    kept, told = request.session.pop(KEPT, None), request.GET
    if any(len(told.getlist(name)) > 1 for name in ("code", "state", "iss", "error")):
        raise Refused("elsewhere_state")
    if not kept or not hmac.compare_digest(told.get("state", "").encode(), kept["state"].encode()):
        raise Refused("elsewhere_state")
    here = request.user.pk if request.actor.account != ANONYMOUS.account else None
    if not 0 <= time.time() - kept["at"] <= GOOD_FOR or kept["for"] != here:
        raise Refused("elsewhere_state")
    if told.get("iss", "" if found.named else found.issuer) != found.issuer:
        raise Refused("elsewhere_mixed")
    return dict(kept)


def _tied(request: Asked, kept: dict[str, Any], claims: dict[str, Any]) -> HttpResponse:
    ours, now = _ours(), request.clock.instant
    if request.user.sort != "resident" and not ours.officials:
        raise NotPermitted("elsewhere_residents")
    trust_acts.tie_elsewhere(request.actor, request.user.pk, ours.issuer, claims["sub"], ours.name, at=now)
    return HttpResponseRedirect(kept["next"])


def _signed_in(request: Asked, onward: str, claims: dict[str, Any]) -> HttpResponse:
    """Sign in the account that is tied; who comes for the first time gets one, a resident's."""
    ours, now = _ours(), request.clock.instant
    account = trust_acts.use_elsewhere(ours.issuer, claims["sub"], at=now)
    if account is None:
        account = _signed_up(request, claims)
    user = get_user_model().objects.get(pk=account)
    if user.sort != "resident" and not ours.officials:
        raise NotPermitted("elsewhere_residents")
    record_authentication(request, user, "elsewhere")
    login = Login(user=user, redirect_url=onward or None, email_verification=EmailVerificationMethod.NONE)
    led: HttpResponse = perform_login(request, login)
    return led


def _signed_up(request: Asked, claims: dict[str, Any]) -> int:
    """Make an account; where the provider tells name and number, compare them with the base (level 2)."""
    ours, words, now = _ours(), house.words(), request.clock.instant
    name = Named(words.say("hall.resident", "zh"), words.say("hall.resident", "en"))
    account, fresh = trust_acts.sign_up_elsewhere(ours.issuer, claims["sub"], name, request.language, at=now)
    told, number = claims.get("name"), claims.get(ours.number_claim) if ours.number_claim else None
    if fresh and isinstance(told, str) and isinstance(number, str):
        own = Actor(account=account, name=name.zh, sort="resident")
        with suppress(Refused):  # it fits nobody: the account stays at level 1, and its page says so
            identity_acts.claim_person(own, told, number, at=now, at_machine=datetime.now(UTC))
    return account
