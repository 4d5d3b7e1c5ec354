"""Handing a notice to somebody's own system: signed as the Standard Webhooks write it, and only where it may go."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

from django.conf import settings

from zhihai.faces.reaching import NotTaken, tell
from zhihai.kernel.channels.acts import Message, RefusedForGood

PATIENCE = 10.0
GONE = 410
"""The system says for good that nobody is there (Standard Webhooks, and RFC 9110)."""


def call(message: Message) -> None:
    """Post one notice to its receiver's address; returns when it was answered with a status from 200 to 299.

    Raises ``RefusedForGood`` for 410, ``NotTaken``, ``Unreachable`` or ``OSError`` otherwise.
    """
    body = json.dumps(
        {
            "type": "notice",
            "data": {
                "subject": message.subject, "text": message.text, "language": message.language,
                "kinds": list(message.kinds), "link": f"{settings.ZHIHAI_ORIGIN}{message.link}" if message.link else "",
            },
        },
        ensure_ascii=False,
    ).encode()  # fmt: skip
    instant = str(int(time.time()))
    headers = {
        "Content-Type": "application/json", "webhook-id": message.reference, "webhook-timestamp": instant,
        "webhook-signature": signature(message.secret, message.reference, instant, body),
    }  # fmt: skip
    status = tell(message.to, lambda: body, headers, PATIENCE)
    if status == GONE:
        raise RefusedForGood(str(status))
    if not 200 <= status < 300:
        raise NotTaken(str(status))


def signature(secret: str, id_: str, instant: str, body: bytes) -> str:
    """Return ``v1,`` and the HMAC-SHA-256 of id, instant and body in base64."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{id_}.{instant}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(signed.digest()).decode()}"
