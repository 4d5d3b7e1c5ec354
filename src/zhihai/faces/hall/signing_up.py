"""Sign-up and recovery, over allauth: an address proved by a code, and never told whether it was known before."""

from __future__ import annotations

from typing import Any

from allauth.account.views import (
    CompletePasswordResetView,
    ConfirmEmailVerificationCodeView,
    ConfirmPasswordResetCodeView,
    PasswordResetView,
    SignupView,
)
from django.contrib.auth.hashers import make_password
from django.forms import BaseForm
from django.http import HttpResponse
from django.views.generic.base import ContextMixin

from zhihai.faces.desk.frame import plain_shell
from zhihai.faces.desk.signing import way_on
from zhihai.faces.known_devices import know_device
from zhihai.faces.naming import telling
from zhihai.kernel import house
from zhihai.kernel.identity import acts as identity

UNKNOWN = "invalid"


class Framed(ContextMixin):
    """A page of allauth in our frame, whose errors are said by our words."""

    request: Any

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the frame and the errors; a way on to another site, which allauth hands through, is left out."""
        context = super().get_context_data(**kwargs)
        tell = telling(self.request.language)
        errors = errors_of(context["form"]) if "form" in context else {}
        frame = {"shell": plain_shell(self.request, tell), "tell": tell, "errors": errors}
        return {**context, **frame, **way_on(context)}


class Step(Framed):
    """A page with one form of at most one field: ``key`` are its words, ``field`` its name and sort of input."""

    template_name = "account/step.html"
    key = ""
    field: tuple[str, str, str] | None = None
    danger = False

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what the page says and asks."""
        context = super().get_context_data(**kwargs)
        return {**context, "key": f"hall.{self.key}", "field": self.field, "danger": self.danger}


class SignUp(Framed, SignupView):
    """The page to sign up: an address and a password."""

    template_name = "account/signup.html"

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Make the account. For an address that is known none is made, and the password is hashed all the same."""
        if form.account_already_exists:
            make_password(form.cleaned_data["password1"])
        return super().form_valid(form)


class ProveContact(Framed, ConfirmEmailVerificationCodeView):
    """The page that takes the code that was sent."""

    template_name = "account/confirm_email_verification_code.html"


class Recover(Step, PasswordResetView):
    """The page of whoever forgot the password: it takes an address."""

    key, field = "recover", ("email", "email", "email")


class RecoverByCode(Step, ConfirmPasswordResetCodeView):
    """The page that takes the code that was sent to recover an account."""

    key, field = "code", ("code", "text", "one-time-code")


class NewPassword(Framed, CompletePasswordResetView):
    """The page that takes the new password."""

    template_name = "account/new_password.html"

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Set the password; a resident who got the code has proved the address besides."""
        account, email = self._process.user, self._process.state["email"]
        answer = super().form_valid(form)
        if account.sort == "resident" and account.email != email:
            identity.prove_contact(account.pk, email, at=self.request.clock.instant)
        account.refresh_from_db()
        know_device(self.request, answer, account)
        return answer


def errors_of(form: BaseForm) -> dict[str, str]:
    """Return the words key of what is wrong with each field of a form; allauth's own sentences are not ours."""
    return {name: _key(name, str(found[0].code or UNKNOWN)) for name, found in form.errors.as_data().items()}


def _key(field: str, code: str) -> str:
    """Return the key of a code; of one that says nothing, that of the field."""
    known = (f"hall.wrong.{code}" if code != UNKNOWN else "", f"hall.wrong.{field}")
    return next((key for key in known if key in house.words()), f"hall.wrong.{UNKNOWN}")
