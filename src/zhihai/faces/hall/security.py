"""Security of one's account, over allauth: a second factor by codes of an authenticator, and codes to recover by."""

from __future__ import annotations

from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView, IndexView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.conf import settings
from django.forms import BaseForm
from django.http import HttpResponse

from zhihai.faces.hall.signing_up import Framed, Step
from zhihai.kernel.identity import acts as identity

CODE = ("code", "text", "one-time-code")
PASSWORD = ("password", "password", "current-password")


class SecondFactor(Step, AuthenticateView):
    """The second step of signing in."""

    key, field = "second", CODE


class Again(Step, ReauthenticateView):
    """Asks for the password again before something that matters."""

    key, field = "again", PASSWORD


class AgainByCode(Step, ReauthenticateByCodeView):
    """Asks for a code again before something that matters."""

    key, field = "again_code", CODE


class Security(Framed, IndexView):
    """What protects this account, and what is asked of it."""

    template_name = "account/security.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether a second factor is asked for here."""
        asked = settings.ZHIHAI_SECOND_FACTOR
        return {**super().get_context_data(**kwargs), "asked": asked, "must": self.request.user.must_enrol}


class Enrol(Framed, ActivateTOTPView):
    """Sets up an authenticator."""

    template_name = "account/enrol.html"

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Set it up, with an entry in the journal."""
        answer = super().form_valid(form)
        identity.enrol_second_factor(self.request.actor, self.request.user.pk, at=self.request.clock.instant)
        return answer


class Drop(Step, DeactivateTOTPView):
    """Takes the second factor away."""

    key, danger = "drop", True

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Take it away, with an entry in the journal."""
        answer = super().form_valid(form)
        identity.drop_second_factor(self.request.actor, self.request.user.pk, at=self.request.clock.instant)
        return answer


class Codes(Framed, ViewRecoveryCodesView):
    """The codes to recover by that are left."""

    template_name = "account/codes.html"


class NewCodes(Step, GenerateRecoveryCodesView):
    """Makes new codes to recover by; the ones before count no more."""

    key = "new_codes"
