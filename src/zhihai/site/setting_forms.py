"""Forms that a setting's text must have: addresses we may go to, hours of a day, the request of a gateway."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from datetime import time
from urllib.parse import urlsplit

HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def is_safe_address(address: str, own: Collection[str]) -> bool:
    """Say whether this is an address in ``https`` that names no user, or in ``http`` one of this machine's ``own``."""
    try:
        parts = urlsplit(address)
        whole = bool(parts.hostname) and parts.port != 0 and not parts.fragment and "@" not in parts.netloc
    except ValueError:
        return False
    return whole and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in own))


def is_body(text: str) -> bool:
    """Say whether this is a JSON object with places for the number and the text of a message."""
    try:
        return isinstance(json.loads(text), dict) and "{to}" in text and "{text}" in text
    except ValueError:
        return False


def read_hours(text: str) -> tuple[time, time] | None:
    """Return from when to when ``21:00-08:00`` lasts; ``None`` for another form."""
    found = HOURS.fullmatch(text)
    return found and (time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4])))
