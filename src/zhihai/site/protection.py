"""The content security policy: what a page of ours may load and run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.http import HttpRequest, HttpResponse

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""No ``unsafe-inline``: neither script nor style stands in a page. The map's workers come as ``blob:``."""


def policy(connects: Sequence[str]) -> str:
    """Return the policy of a page whose script may speak to these addresses too."""
    return POLICY.replace("connect-src 'self'", " ".join(("connect-src 'self'", *connects)))


class ContentSecurityPolicy:
    """Middleware that puts :data:`POLICY` on every answer, with the addresses that the page itself named."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy(getattr(response, "connects", ())))
        response.headers.setdefault("Permissions-Policy", "geolocation=(self), camera=(), microphone=()")
        return response
