"""The language an answer is given in."""

from __future__ import annotations

from django.http import HttpRequest

from zhihai.ground.words import Language


def language_of(request: HttpRequest) -> Language:
    """Return the language the middleware found; Chinese where a request never came that far."""
    return "en" if getattr(request, "language", "zh") == "en" else "zh"
