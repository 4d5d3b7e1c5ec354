"""Browsers in which somebody has signed in before (已知设备): guesses from elsewhere do not lock them out.

A cookie keeps a random number and, of each account that signed in, a code that only this platform can make from the
number and the account's password as it is kept. It names nobody, and is worth nothing once the password is changed.
"""

from __future__ import annotations

import re
import secrets

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare, salted_hmac

COOKIE = "zhihai_known"
MOST, YEAR_SECONDS = 4, 31_536_000
"""So many accounts of one browser are known, the last that signed in."""
FORM = re.compile(rf"[0-9a-f]{{32}}(?:\.[0-9a-f]{{32}}){{1,{MOST}}}")


def device_of(request: HttpRequest, account: AbstractBaseUser) -> str | None:
    """Return the number of the browser that asks, where the account has signed in in it; else ``None``."""
    number, codes = _kept(request)
    code = _code(number, account)
    return number if any(constant_time_compare(code, one) for one in codes) else None


def know_device(request: HttpRequest, response: HttpResponseBase, account: AbstractBaseUser) -> None:
    """Let the browser be known from now on as one in which the account has signed in."""
    number, codes = _kept(request)
    number = number or secrets.token_hex(16)
    code = _code(number, account)
    kept = [one for one in codes if one != code][: MOST - 1]
    response.set_cookie(
        COOKIE, ".".join((number, code, *kept)), max_age=YEAR_SECONDS, httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip


def _kept(request: HttpRequest) -> tuple[str, list[str]]:
    """Return the number and the codes of the cookie; none of a cookie that is not of this form."""
    given = request.COOKIES.get(COOKIE, "")
    number, *codes = given.split(".") if FORM.fullmatch(given) else [""]
    return number, codes


def _code(number: str, account: AbstractBaseUser) -> str:
    text = f"{number} {account.pk} {account.get_session_auth_hash()}"
    return salted_hmac("zhihai.faces.known_devices", text, algorithm="sha256").hexdigest()[:32]
