"""Security of one's account, over allauth: codes of an authenticator, keys, and codes to recover by."""

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

from zhihai.faces.addresses import address
from zhihai.faces.hall.signing_up import Framed, Step
from zhihai.faces.once import said_once
from zhihai.faces.origin import takes_keys
from zhihai.kernel.identity import acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.trust import reads as trust

CODE = ("code", "text", "one-time-code")
PASSWORD = ("password", "password", "current-password")


class KeyInstead(Step):
    """A step that a key may be used for instead: ``by_key`` is the name of the address that takes it."""

    by_key = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add where a key is taken, to whoever has one."""
        offered = takes_keys() and self.key_there()
        return {**super().get_context_data(**kwargs), "by_key": address(self.by_key) if offered else ""}

    def key_there(self) -> bool:
        """Say whether there is a key that this step takes."""
        return any(one.alone for one in identity.passkeys(self.request.user.pk))


class SecondFactor(KeyInstead, AuthenticateView):
    """The second step of signing in."""

    key, field, by_key = "second", CODE, "passkey-second"

    def _build_forms(self) -> BaseForm | None:
        """Take codes here and nothing else: keys come by an address of their own."""
        self.webauthn_form = None
        given = self.request.POST if self.request.method == "POST" else None
        self.auth_form = self.get_form_class()(user=self.stage.login.user, data=given)
        return self.auth_form if given is not None else None

    def key_there(self) -> bool:
        """Say whether whoever signs in has a key."""
        return bool(identity.passkeys(self.stage.login.user.pk))


class Again(KeyInstead, ReauthenticateView):
    """Asks for the password again before something that matters."""

    key, field, by_key = "again", PASSWORD, "mfa_reauthenticate_webauthn"


class AgainByCode(KeyInstead, ReauthenticateByCodeView):
    """Asks for a code again before something that matters."""

    key, field, by_key = "again_code", CODE, "mfa_reauthenticate_webauthn"


class Security(Framed, IndexView):
    """What protects this account, and what is asked of it."""

    template_name = "account/security.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether a second factor is asked for here, and the keys."""
        user = self.request.user
        return {
            **super().get_context_data(**kwargs), "asked": settings.ZHIHAI_SECOND_FACTOR, "must": user.must_enrol,
            "elsewhere": settings.ZHIHAI_ELSEWHERE, "tied": self._tied(),
            "passkeys": identity.passkeys(user.pk), "usable": takes_keys(),
            "done": said_once(self.request),
        }  # fmt: skip

    def _tied(self) -> trust.TiedElsewhere | None:
        """Return how another provider signs this account in."""
        there = settings.ZHIHAI_ELSEWHERE
        return trust.tied_elsewhere(self.request.user.pk, there.issuer) if there else None


class Enrol(Framed, ActivateTOTPView):
    """Sets up an authenticator."""

    template_name = "account/enrol.html"

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Set it up, with an entry in the journal."""
        answer = super().form_valid(form)
        acts.enrol_second_factor(self.request.actor, self.request.user.pk, at=self.request.clock.instant)
        return answer


class Drop(Step, DeactivateTOTPView):
    """Takes the codes of an authenticator away; keys stay."""

    key, danger = "drop", True

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Take it away, with an entry in the journal."""
        answer = super().form_valid(form)
        asked = self.request
        acts.drop_second_factor(asked.actor, asked.user.pk, at=asked.clock.instant, passkeys=False)
        return answer


class Codes(Framed, ViewRecoveryCodesView):
    """The codes to recover by that are left."""

    template_name = "account/codes.html"


class NewCodes(Step, GenerateRecoveryCodesView):
    """Makes new codes to recover by; the ones before count no more."""

    key = "new_codes"
