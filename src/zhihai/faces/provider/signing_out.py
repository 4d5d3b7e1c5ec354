"""Signing out of another system, and of the district too if one wants (OpenID Connect RP-Initiated Logout 1.0)."""

from __future__ import annotations

from typing import Any

from allauth.idp.oidc.forms import RPInitiatedLogoutForm
from allauth.idp.oidc.views import LogoutView
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from zhihai.faces.hall.signing_up import Framed
from zhihai.faces.leading import led_on
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel.trust import acts as trust_acts
from zhihai.kernel.trust import reads as trust


class WayBack(RPInitiatedLogoutForm):
    """Takes an address to go on to only letter by letter as the system has registered it."""

    def clean(self) -> dict[str, Any]:
        """Refuse any other address, and one of a system that is switched off."""
        asked = self.cleaned_data["post_logout_redirect_uri"]
        self.cleaned_data["post_logout_redirect_uri"] = ""  # allauth would take another address of the same host
        cleaned: dict[str, Any] = super().clean() or {}
        client = cleaned.get("client")
        known = trust.client_in_use(client.pk) if client else None
        if asked and (known is None or asked not in known.logouts):
            self.add_error("post_logout_redirect_uri", "invalid")
        return {**cleaned, "post_logout_redirect_uri": asked}


@method_decorator(never_cache, name="dispatch")
class SignOut(Framed, LogoutView):
    """Asks whether to sign out of the district too; either way the system's tokens end."""

    form_class = WayBack
    template_name = "provider/sign_out.jinja"

    def form_invalid(self, form: WayBack) -> HttpResponse:
        """Say that one is not led on."""
        raise Refused("sign_out_address", status=400)

    def form_valid(self, form: WayBack) -> HttpResponse:
        """Take an answer that a page of ours sent."""
        answer = super().form_valid(form)
        if answer.status_code == 403:
            raise NotPermitted("csrf")
        return answer

    def _handle(self, form: WayBack, op_logout: bool) -> HttpResponse:
        client = form.cleaned_data.get("client")
        if client is not None:  # it signs out by itself, and is not told of it
            trust_acts.leave_system(self.request.session.session_key, client.pk)
        return led_on(self.request, super()._handle(form, op_logout).headers["Location"])
