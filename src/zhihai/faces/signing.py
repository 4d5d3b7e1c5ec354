"""Who has signed in: the account of a session, with its grants, in one question.

Powers ask for a second factor where the setting says so: until it is set up, whoever holds some comes without them.
"""

from __future__ import annotations

from dataclasses import replace

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser

from zhihai.ground.actors import Scope
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
        held = found.actor.scope.grants
        account.must_enrol = bool(settings.ZHIHAI_SECOND_FACTOR and held and not account.second_factor)
        account.actor = replace(found.actor, scope=Scope()) if account.must_enrol else found.actor
        return account
