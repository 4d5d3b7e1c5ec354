"""How and when somebody signed in, as the session notes it (RFC 8176)."""

from __future__ import annotations

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest

METHODS = {"password": "pwd", "totp": "otp", "recovery_codes": "otp", "code": "otp", "webauthn": "pop"}
"""What allauth calls a method, by the name that is registered for it."""


def signed_in_how(request: HttpRequest) -> tuple[int, tuple[str, ...]]:
    """Return when whoever asks signed in or last proved it was they (seconds of the epoch), and by which methods.

    An account that was signed in otherwise than by a page has no note: it counts as never (0).
    """
    noted = get_authentication_records(request, request.user)
    names = {METHODS.get(str(one.get("type") or one.get("method"))) for one in noted}
    methods = sorted(name for name in names if name)
    if any(one.get("method") == "mfa" for one in noted):
        methods.append("mfa")
    return int(max((one["at"] for one in noted), default=0)), tuple(methods)
