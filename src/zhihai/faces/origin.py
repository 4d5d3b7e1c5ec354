"""The platform's address as browsers know it (源)."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings

PORTS = {"https": 443, "http": 80}


def origin() -> str:
    """Return the platform's address as browsers write an origin: in small letters, without a port that is usual."""
    parts = urlsplit(settings.ZHIHAI_ORIGIN)
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else str(parts.hostname)
    port = "" if parts.port in (None, PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def takes_keys() -> bool:
    """Say whether browsers let keys be used at the platform's address: a name in ``https``, or ``localhost``."""
    parts = urlsplit(settings.ZHIHAI_ORIGIN)
    host = str(parts.hostname)
    try:
        ip_address(host)
    except ValueError:
        return parts.scheme == "https" or host == "localhost" or host.endswith(".localhost")
    return False
