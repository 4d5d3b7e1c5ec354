"""Passkeys (通行密钥): adding, naming and removing one's own, and signing in by one.

A script asks twice: for what is to be signed, and with what was. It is answered in JSON: ``options``, ``onward`` or
``wrong``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows import reauthentication
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.utils import get_login_redirect_url, get_next_redirect_url
from allauth.core import ratelimit
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.recovery_codes.internal.flows import auto_generate_recovery_codes
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.http import urlencode

from zhihai.faces.addresses import address
from zhihai.faces.desk.frame import plain_shell
from zhihai.faces.hall import ceremony
from zhihai.faces.hall.ceremony import Purpose, ask_to_add, ask_to_sign
from zhihai.faces.naming import telling
from zhihai.faces.origin import takes_keys
from zhihai.faces.request import ANONYMOUS, Asked, readable
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import house
from zhihai.kernel.identity import acts
from zhihai.kernel.identity import reads as identity

View = Callable[..., HttpResponse]


def asked_by_script(back: str) -> Callable[[Callable[..., dict[str, Any]]], View]:
    """Make an address that our script asks: what is refused is said in JSON; a plain GET leads to ``back``."""

    def make(view: Callable[..., dict[str, Any]]) -> View:
        def shown(request: Asked, *args: object, **kwargs: object) -> HttpResponse:
            if request.method != "POST":
                return HttpResponseRedirect(address(back))
            try:
                readable(request)
                if not takes_keys():
                    raise Refused("passkey_address", origin=settings.ZHIHAI_ORIGIN)
                return JsonResponse(view(request, *args, **kwargs))
            except Refused as refused:
                wrong = house.words().say(f"refused.{refused.code}", request.language, **refused.facts)
                answer = JsonResponse({"wrong": wrong}, status=refused.status)
                answer.refused = refused.code
                return answer

        return shown

    return make


def _signed(request: Asked, purpose: Purpose, account: int | None) -> identity.Passkey:
    """Return the key that signed. One that was copied lets nobody in."""
    found, count = ceremony.signed(request, purpose, request.POST["credential"], account)
    now = request.clock.instant
    if not acts.use_passkey(found, count, at=now, at_machine=datetime.now(UTC)):
        raise Refused("passkey_wrong")
    return found


@asked_by_script("account_login")
def sign_in(request: Asked) -> dict[str, Any]:
    """Sign in by a key alone: it says whose it is, and its authenticator has asked who holds it."""
    if request.actor.account != ANONYMOUS.account:
        return {"onward": get_login_redirect_url(request)}
    if not ratelimit.consume(request, action="passkey"):
        raise Refused("too_many", status=429)
    if not request.POST.get("credential"):
        return {"options": ask_to_sign(request, "sign_in", None)}
    found = _signed(request, "sign_in", None)
    user = get_user_model().objects.get(pk=found.account)
    _note(request, user, found, passwordless=True)
    led = perform_login(request, Login(user=user, redirect_url=get_next_redirect_url(request)))
    return {"onward": led.headers["Location"]}


def _note(request: Asked, user: AbstractBaseUser, found: identity.Passkey, **how: bool) -> None:
    """Note in the session how somebody proved who it is."""
    record_authentication(request, user, "mfa", id=found.id, type="webauthn", **how)


@asked_by_script("mfa_authenticate")
def _second(request: Asked, stage: AuthenticateStage) -> dict[str, Any]:
    user = stage.login.user
    if not request.POST.get("credential"):
        return {"options": ask_to_sign(request, "second", user.pk)}
    try:
        forget = check_rate_limit(user)
    except ValidationError:
        raise Refused("too_many", status=429) from None
    found = _signed(request, "second", user.pk)
    forget()
    _note(request, user, found)
    return {"onward": stage.exit().headers["Location"]}


@login_stage_required(stage=AuthenticateStage.key, redirect_urlname="account_login")
def second(request: HttpRequest) -> HttpResponse:
    """Take a key as the second step of a sign-in."""
    return _second(request, request._login_stage)


@asked_by_script("account_reauthenticate")
def again(request: Asked) -> dict[str, Any]:
    """Take a key instead of the password, before how one signs in is changed."""
    if request.actor.account == ANONYMOUS.account:
        return {"onward": address("account_login")}
    if not request.POST.get("credential"):
        return {"options": ask_to_sign(request, "again", request.user.pk)}
    if not ratelimit.consume(request, action="reauthenticate", user=request.user):
        raise Refused("too_many", status=429)
    _note(request, request.user, _signed(request, "again", request.user.pk), reauthenticated=True)
    request.session.pop(reauthentication.STATE_SESSION_KEY, None)
    return {"onward": get_next_redirect_url(request) or address("mfa_index")}


def add(request: Asked) -> HttpResponse:
    """Add a key: the page with its name, and what its script asks."""
    if request.actor.account == ANONYMOUS.account:
        return HttpResponseRedirect(f"{address('account_login')}?{urlencode({'next': address('passkey-add')})}")
    if reauthentication.is_reauthentication_required(request, app="allauth.mfa"):
        onward = f"{address('account_reauthenticate')}?{urlencode({'next': address('passkey-add')})}"
        return JsonResponse({"onward": onward}) if request.method == "POST" else HttpResponseRedirect(onward)
    return _add(request) if request.method == "POST" else _page(request, "account/passkey_add.html")


@asked_by_script("passkey-add")
def _add(request: Asked) -> dict[str, Any]:
    answer = request.POST.get("credential")
    if not answer:
        return {"options": ask_to_add(request)}
    now, user = request.clock.instant, request.user
    given = ceremony.added(request, request.POST.get("name", "")[:200], answer)
    acts.add_passkey(request.actor, user.pk, given, at=now, at_machine=datetime.now(UTC))
    fresh = auto_generate_recovery_codes(request)
    return {"onward": address("mfa_view_recovery_codes" if fresh else "mfa_index")}


@reauthentication_required(app="allauth.mfa")
def one(request: Asked, passkey: int) -> HttpResponse:
    """One key of one's own: give it another name, or remove it."""
    readable(request)
    held = next((one for one in identity.passkeys(request.user.pk) if one.id == passkey), None)
    if held is None:
        raise NotFound("no_passkey")
    if request.method != "POST":
        return _page(request, "account/passkey.html", passkey=held)
    now = request.clock.instant
    if request.POST.get("what") == "remove":
        acts.remove_passkey(request.actor, passkey, at=now)
        return HttpResponseRedirect(address("mfa_index"))
    try:
        acts.rename_passkey(request.actor, passkey, request.POST.get("name", "")[:200], at=now)
    except Refused as refused:
        return _page(request, "account/passkey.html", refused.status, passkey=held, wrong=refused)
    return HttpResponseRedirect(address("mfa_index"))


def _page(request: Asked, template: str, status: int = 200, **context: object) -> HttpResponse:
    tell = telling(request.language)
    frame = {"shell": plain_shell(request, tell), "tell": tell, "usable": takes_keys(), "wrong": None}
    return render(request, template, {**frame, **context}, status=status)
