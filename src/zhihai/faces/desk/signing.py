"""Sign-in, over allauth: its rate limits and lock-out, our page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.views import LoginView, LogoutView
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from zhihai.faces.desk.frame import plain_shell
from zhihai.faces.naming import telling
from zhihai.faces.origin import takes_keys


def way_on(context: Mapping[str, Any]) -> dict[str, str]:
    """Return where a page of allauth's leads on to; nowhere, where an address named another site."""
    to = str(context.get("redirect_field_value") or "")
    return {"redirect_field_value": to if to and get_adapter().is_safe_url(to) else ""}


class SignIn(LoginView):
    """The page to sign in; where one comes from is where one goes on to."""

    template_name = "account/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the frame, whether this is the demonstration, and what else signs people in here."""
        tell = telling(self.request.language)
        frame = {
            "shell": plain_shell(self.request, tell), "tell": tell, "demonstration": settings.ZHIHAI_DEMONSTRATION,
            "usable": takes_keys(), "elsewhere": settings.ZHIHAI_ELSEWHERE,
        }  # fmt: skip
        context = super().get_context_data(**kwargs)
        return {**context, **frame, **way_on(context)}


class SignOut(LogoutView):
    """Ends the session, asked by a form: an address alone can not sign anybody out."""

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Lead a plain GET back to the desk, still signed in."""
        return HttpResponseRedirect(reverse("desk"))
