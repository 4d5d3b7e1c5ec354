"""How allauth does things here: accounts are made by acts, mails said by our words, no message tells anything."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from zhihai.faces.hall.browsers import sort_of_browser
from zhihai.faces.known_devices import device_of, know_device
from zhihai.faces.signing import written_account
from zhihai.ground.actors import Actor
from zhihai.ground.named import Named
from zhihai.kernel import house
from zhihai.kernel.identity import acts as identity

EMAIL_STAGE = "allauth.account.stages.EmailVerificationStage"
MAILS = ("email_confirmation_signup", "account_already_exists", "password_reset_code", "unknown_account")
"""Mails that say something of their own; any other notice says that something was changed on the account."""


class ContactOfResidents(EmailVerificationStage):
    """Asks residents to prove their address before the first sign-in; those on duty were given their account."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Ask, unless this is somebody on duty."""
        user = self.login.user
        return (None, True) if user is not None and user.sort != "resident" else super().handle()


class Adapter(DefaultAccountAdapter):
    """What allauth asks of us."""

    def get_login_stages(self) -> list[str]:
        """Return allauth's stages, with ours for the address."""
        ours = f"{__name__}.{ContactOfResidents.__name__}"
        return [ours if stage == EMAIL_STAGE else stage for stage in super().get_login_stages()]

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Sign somebody in, and note it for who has signed in to see."""
        super().login(request, user)
        if request.session.session_key is None:
            request.session.save()
        sort = sort_of_browser(request.headers.get("User-Agent", ""))
        identity.note_sign_in(user.pk, request.session.session_key, *sort, at_machine=datetime.now(UTC))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try, before the password is looked at: of this account, and of the address it comes from.

        In a browser that the account has signed in in before, its tries are counted by themselves, so that nobody
        who guesses elsewhere locks its owner out.
        """
        account = written_account(credentials)
        device = device_of(request, account) if account is not None else None
        if account is None or device is None:
            super().pre_authenticate(request, **credentials)
            return
        self._login_failed_rl_usage = ratelimit.consume(
            request, app="allauth.account", action="login_failed_known", key=f"{device} {account.pk}"
        )
        if not self._login_failed_rl_usage:
            raise self.validation_error("too_many_login_attempts")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Return under what tries are counted: the account, however it was named, or what names none."""
        account = written_account(credentials)
        named = str(credentials.get("username") or credentials.get("email") or "").lower()
        return f"name {named}" if account is None else f"account {account.pk}"

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **more: Any) -> HttpResponse:
        """Let the browser be known as one in which this account has signed in."""
        response = super().post_login(request, user, **more)
        know_device(request, response, user)
        return response

    def save_user(
        self, request: HttpRequest, user: AbstractBaseUser, form: Any, commit: bool = True
    ) -> AbstractBaseUser:
        """Make the account by an act; its address is written to it once it is proved."""
        words, given = house.words(), form.cleaned_data
        name = Named(words.say("hall.resident", "zh"), words.say("hall.resident", "en"))
        made = identity.sign_up(given["password1"], name, request.language, at=request.clock.instant)
        account = get_user_model().objects.get(pk=made)
        account.email = given["email"]
        return account

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Mark an address as proved, with an entry in the journal."""
        proved = bool(super().confirm_email(request, email_address))
        if proved:
            identity.prove_contact(email_address.user_id, email_address.email, at=request.clock.instant)
        return proved

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Set a password by the act that does: it ends all sign-ins, as does here what Django keeps of the password.

        What was begun in this session goes on in it, under another key.
        """
        session = self.request.session
        session.cycle_key()
        own = Actor(account=user.pk, name=user.name_zh, sort=user.sort)
        identity.set_password(own, user.pk, password, at=self.request.clock.instant, keep=session.session_key)
        user.refresh_from_db()

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail said by our words, in the language of whoever asks; a code stands nowhere but in it."""
        tail = template_prefix.rpartition("/")[2]
        key = f"hall.mail.{tail if tail in MAILS else 'changed'}"
        say, language = house.words().say, self.request.language
        facts = {"code": context.get("code", ""), "sign_in": f"{settings.ZHIHAI_ORIGIN}{reverse('account_login')}"}
        EmailMessage(say(f"{key}.subject", language), say(f"{key}.text", language, **facts), to=[email]).send()

    def add_message(self, *args: object, **kwargs: object) -> None:
        """Say nothing besides: pages say what happened, and a message would keep an address in a cookie."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Return where whoever signed in begins."""
        return reverse("my") if request.user.sort == "resident" else super().get_login_redirect_url(request)

    get_signup_redirect_url = get_login_redirect_url

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        """Lead an account that is switched off back to the sign-in, which does not tell that there is one."""
        return HttpResponseRedirect(reverse("account_login"))
