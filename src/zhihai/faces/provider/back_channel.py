"""Telling a system, from machine to machine, that a sign-in has ended (OpenID Connect Back-Channel Logout 1.0)."""

from __future__ import annotations

import time
import uuid
from urllib.parse import urlencode

import jwt
from django.conf import settings

from zhihai.faces.provider.adapter import key_that_signs
from zhihai.faces.reaching import NotTaken, tell
from zhihai.kernel.trust.reads import Parting

EVENT = "http://schemas.openid.net/event/backchannel-logout"
GOOD_FOR = 120
"""Seconds for which a logout token holds: each attempt makes its own."""
PATIENCE = 5.0
"""Seconds for all of it, once the name is resolved."""
TAKEN = (200, 204)
"""204 is not what the specification asks for, and what many a framework answers."""


def logout_token(parting: Parting) -> str:
    """Return what a system is told, signed: whose sign-in, by both its names, and that it has ended (section 2.4)."""
    key, now = key_that_signs(), int(time.time())
    claims = {
        "iss": settings.ZHIHAI_ORIGIN, "aud": parting.client, "sub": parting.subject, "sid": parting.sid, "iat": now,
        "exp": now + GOOD_FOR, "jti": uuid.uuid4().hex, "events": {EVENT: {}},
    }  # fmt: skip
    return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": key.kid, "typ": "logout+jwt"})


def tell_system(parting: Parting) -> None:
    """Tell a system; returns once it answered that it is done. Raises ``Unreachable``, ``NotTaken``, ``OSError``."""

    def body() -> bytes:
        return urlencode({"logout_token": logout_token(parting)}).encode()

    status = tell(parting.address, body, {"Content-Type": "application/x-www-form-urlencoded"}, PATIENCE)
    if status not in TAKEN:
        raise NotTaken(str(status))
