"""Codes of an authenticator, taken once each, for as long as they would be good (RFC 6238, 5.2)."""

from __future__ import annotations

import hashlib

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from django.core.cache import cache

REMEMBERED = 120
"""Seconds: a code is good for its period of 30 and the ones before and after; allauth remembers it for one alone."""


class OnceOnly(BaseAuthenticateForm):
    """Takes a code that was not used before."""

    def clean_code(self) -> str:
        """Refuse a code that was used; it counts as a wrong one."""
        given = hashlib.sha256(normalize_user_code(self.cleaned_data["code"]).encode()).hexdigest()
        key = f"totp:{self.user.pk}:{given}"
        if cache.get(key):
            check_rate_limit(self.user)
            raise get_adapter().validation_error("incorrect_code")
        code = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP and not cache.add(key, 1, REMEMBERED):
            raise get_adapter().validation_error("incorrect_code")
        return str(code)


class SecondCode(OnceOnly, AuthenticateForm):
    """A code as the second step of a sign-in."""


class CodeAgain(OnceOnly, ReauthenticateForm):
    """A code before how one signs in is changed."""
