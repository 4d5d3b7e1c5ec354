"""Sign-in, over allauth: its rate limits and lock-out, our page."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView, LogoutView
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from zhihai.faces.desk.frame import plain_shell
from zhihai.faces.naming import telling
from zhihai.faces.origin import takes_keys


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
        return {**super().get_context_data(**kwargs), **frame}


class SignOut(LogoutView):
    """Ends the session, asked by a form: an address alone can not sign anybody out."""

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Lead a plain GET back to the desk, still signed in."""
        return HttpResponseRedirect(reverse("desk"))
