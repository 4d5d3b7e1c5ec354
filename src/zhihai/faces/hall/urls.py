"""Addresses of residents."""

from __future__ import annotations

from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView

from zhihai.faces.hall import mine
from zhihai.faces.hall.signing_up import NewPassword, ProveContact, Recover, RecoverByCode, SignUp

urlpatterns = [
    path("sign-up/", SignUp.as_view(), name="account_signup"),
    path("sign-up/code", ProveContact.as_view(), name="account_email_verification_sent"),
    path("recover/", Recover.as_view(), name="account_reset_password"),
    path("recover/code", RecoverByCode.as_view(), name="account_confirm_password_reset_code"),
    path("recover/password", NewPassword.as_view(), name="account_complete_password_reset"),
    path("recover/done", RedirectView.as_view(pattern_name="account_login"), name="account_password_reset_completed"),
    path("my/", never_cache(mine.my), name="my"),
    path("my/claim", never_cache(mine.claim), name="my-claim"),
    path("my/contact", RedirectView.as_view(pattern_name="my"), name="account_email"),
]
