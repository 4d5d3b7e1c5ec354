"""Who has signed in: the account of a session, with its grants, in one question."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser

from zhihai.kernel.identity import reads as identity


class SigningIn(AuthenticationBackend):
    """allauth's way of signing in; whoever is signed in comes with the ``actor`` that the pages ask about."""

    def get_user(self, user_id: int) -> AbstractBaseUser | None:
        """Return the account with its actor, ``None`` when it is gone or switched off."""
        found = identity.signed_in(int(user_id))
        if found is None:
            return None
        account = get_user_model()(**found.row)
        account._state.adding, account._state.db = False, "default"
        account.actor = found.actor
        return account
