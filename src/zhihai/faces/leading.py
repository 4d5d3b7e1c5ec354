"""Leading somebody on to another host, to a system that signs in here or a provider that signs people in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhihai.faces.desk.frame import plain_shell
from zhihai.faces.naming import telling
from zhihai.faces.request import Asked


def led_on(request: Asked, location: str) -> HttpResponse:
    """Lead on to another host.

    Who was on a page of ours just now gets a page that leads on by itself: browsers hold the security policy of a form
    (``form-action``) against every address that its answer leads to.
    """
    if not came_from_us(request):
        return HttpResponse(status=302, headers={"Location": location, "Cache-Control": "no-store"})
    tell = telling(request.language)
    page = render(
        request, "provider/going.jinja", {"shell": plain_shell(request, tell), "tell": tell, "onward": location}
    )
    page.headers["Cache-Control"] = "no-store"
    return page


def came_from_us(request: HttpRequest) -> bool:
    """Say whether the reader was on a page of ours: browsers tell, and those that do not name it."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Referer", "").startswith(request.build_absolute_uri("/"))
