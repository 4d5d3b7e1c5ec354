"""The style guide (设计手册): every part of the design system in every state, on each of the faces."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from zhihai.faces.design import samples
from zhihai.faces.design.speech import Speech
from zhihai.faces.request import Asked
from zhihai.kernel import house

PAGES = {"desk": "design/guide.jinja", "wall": "design/guide_wall.jinja", "plain": "design/guide_plain.jinja"}


def guide(request: Asked) -> HttpResponse:
    """Draw the style guide; ``?face=`` chooses desk, wall or plain."""
    face = request.GET.get("face", "desk")
    chosen = face if face in PAGES else "desk"
    speech = Speech(house.words(), request.language)
    return render(request, PAGES[chosen], samples.context(speech, request.clock, chosen, request.path))
