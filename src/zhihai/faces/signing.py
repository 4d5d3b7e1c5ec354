"""Who signs in, and who has signed in: the account of a session, with its grants, in one question.

Powers ask for a second factor where the setting says so: until it is set up, whoever holds some comes without them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from zhihai.ground.actors import Scope
from zhihai.kernel.identity import reads as identity


class SigningIn(AuthenticationBackend):
    """allauth's way of signing in; whoever is signed in comes with the ``actor`` that the pages ask about."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> AbstractBaseUser | None:
        """Return the account of this name or address and this password.

        The work is the same for whoever there is not: one question and one hash. allauth hashes twice for an address
        that is known, once for any other, and asks for names without an index.
        """
        password = credentials.get("password")
        if not password:
            return None
        account = written_account(credentials)
        if account is None:
            get_user_model()().set_password(password)
        return self._check_password(account, password)

    def get_user(self, user_id: int) -> AbstractBaseUser | None:
        """Return the account with its actor, ``None`` when it is gone or switched off."""
        found = identity.signed_in(int(user_id))
        if found is None:
            return None
        account = _account(found.row)
        held = found.actor.scope.grants
        account.must_enrol = bool(settings.ZHIHAI_SECOND_FACTOR and held and not account.second_factor)
        account.actor = replace(found.actor, scope=Scope()) if account.must_enrol else found.actor
        return account


def written_account(credentials: Mapping[str, Any]) -> AbstractBaseUser | None:
    """Return the account that somebody means who wants to sign in, ``None`` for nobody."""
    row = identity.behind_login(str(credentials.get("username") or credentials.get("email") or ""))
    return None if row is None else _account(row)


def _account(row: Mapping[str, object]) -> AbstractBaseUser:
    account = get_user_model()(**row)
    account._state.adding, account._state.db = False, "default"
    return account
