"""What a page says once, after something was done there: kept while the reader is led back, gone when it was read."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from zhihai.faces.request import Asked
from zhihai.kernel import house

DONE = "done"
"""The mark of what we say, among what others say by the same means."""


def done(request: Asked, key: str, back: str, *parts: object, **facts: object) -> HttpResponse:
    """Lead to the page named ``back``, which then says the sentence ``key`` once; ``parts`` are of its address."""
    messages.success(request, house.words().say(key, request.language, **facts), extra_tags=DONE)
    return HttpResponseRedirect(reverse(back, args=parts))


def said_once(request: HttpRequest) -> list[str]:
    """Return what is to be said, and say it no more."""
    return [str(one) for one in messages.get_messages(request) if one.extra_tags == DONE]
