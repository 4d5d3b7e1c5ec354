"""How allauth keeps second factors here: sealed with the platform's keys, named after the district."""

from __future__ import annotations

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.base_user import AbstractBaseUser

from zhihai.faces.desk.frame import district_name
from zhihai.kernel.identity import reads as identity


class SecondFactors(DefaultMFAAdapter):
    """What allauth asks of us."""

    def encrypt(self, text: str) -> str:
        """Return a secret as it is kept."""
        return identity.seal_secret(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return a secret that was kept."""
        return identity.open_secret(encrypted_text)

    def get_totp_issuer(self) -> str:
        """Return what an authenticator shows beside the codes: the district."""
        return district_name(context.request)

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """Return the name of sign-in, under which an authenticator keeps the code."""
        return str(user.get_username())
