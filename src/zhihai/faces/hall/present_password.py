"""The present password, asked of whoever is signed in: to change it, and before how one signs in is changed.

Whoever sits before a screen that somebody left knows no password, and guesses: wrong ones are counted by account, as
those of a sign-in are, in all forms and all sessions together.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm, ReauthenticateForm
from allauth.account.views import PasswordChangeView
from allauth.core import context
from allauth.core.internal import ratelimit
from django.contrib.auth.base_user import AbstractBaseUser
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from zhihai.faces.hall.signing_up import Framed
from zhihai.faces.known_devices import know_device
from zhihai.faces.once import done
from zhihai.kernel.identity import acts as identity


def need_password(account: AbstractBaseUser, given: str) -> str:
    """Return the password if it is the account's. Raises ``ValidationError`` for any other, and after five of them.

    A try is counted before it is looked at, so that two at once are two; a right one counts no more.
    """
    counted = ratelimit.consume(
        context.request, app="allauth.account", action="present_password", key=f"account {account.pk}"
    )
    if not counted:
        raise get_adapter().validation_error("too_many_login_attempts")
    if not account.check_password(given):
        raise get_adapter().validation_error("incorrect_password")
    counted.rollback()
    return given


class PasswordAgain(ReauthenticateForm):
    """The password, before something that matters."""

    def clean_password(self) -> str:
        """Take the present one."""
        return need_password(self.user, self.cleaned_data["password"])


class AnotherPassword(ChangePasswordForm):
    """The present password, and the new one twice."""

    def clean_oldpassword(self) -> str:
        """Take the present one."""
        return need_password(self.user, self.cleaned_data["oldpassword"])

    def clean(self) -> dict[str, Any]:
        """Refuse a new password that is the present one."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("password1") and given["password1"] == given.get("oldpassword"):
            self.add_error("password1", get_adapter().validation_error("same_as_current"))
        return given

    def save(self) -> None:
        """Set it; all sign-ins of the account end but the one that asks."""
        asked, given = context.request, self.cleaned_data["password1"]
        identity.set_password(
            asked.actor, self.user.pk, given, at=asked.clock.instant, keep=asked.session.session_key
        )  # fmt: skip
        self.user.refresh_from_db()


class ChangePassword(Framed, PasswordChangeView):
    """Changes the password of whoever is signed in."""

    template_name = "account/change_password.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Lead an account that has no password to where one is set by a code: there is none to ask for."""
        if request.user.is_authenticated and not request.user.has_usable_password():
            return HttpResponseRedirect(reverse("account_reset_password"))
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: BaseForm) -> HttpResponse:
        """Say that it is done; this browser stays one in which the account has signed in."""
        super().form_valid(form)
        answer = done(self.request, "hall.password.changed", "mfa_index")
        know_device(self.request, answer, form.user)
        return answer
