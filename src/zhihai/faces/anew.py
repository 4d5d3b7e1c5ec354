"""Pages that draw themselves anew (自动更新): a screen in a room needs it, who reads slowly or listens can stop it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

STILL = "still"
"""The parameter of an address under which its page stands still (WCAG 2.2.1 and 2.2.2)."""


def drawn_anew(request: HttpRequest, answer: HttpResponse, seconds: int) -> HttpResponse:
    """Let the browser ask for this page again after so many seconds, unless its reader stopped that."""
    if STILL not in request.GET:
        answer["Refresh"] = str(seconds)
    return answer
