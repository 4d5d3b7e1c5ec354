"""How allauth's provider does things here: keys from the store, a subject per sector, claims by consent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal

from allauth.core import context
from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.internal.private_keys import filter_keys
from allauth.idp.oidc.models import Client, PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser

from zhihai.kernel.trust import acts as trust_acts
from zhihai.kernel.trust import reads as trust


class Provider(DefaultOIDCAdapter):
    """What allauth asks of us."""

    def get_issuer(self) -> str:
        """Return the platform's address from its settings, never from a header."""
        return str(settings.ZHIHAI_ORIGIN)

    def get_user_sub(self, client: Client, user: AbstractBaseUser) -> str:
        """Return by which name a system knows an account."""
        return trust_acts.subject_of(client.pk, user.pk)

    def get_user_by_sub(self, client: Client, sub: str) -> AbstractBaseUser | None:
        """Return the account that a system knows by this name."""
        account = trust.account_by_subject(client.pk, sub)
        return None if account is None else get_user_model().objects.get(pk=account)

    def get_claims(
        self,
        purpose: Literal["id_token", "userinfo"],
        user: AbstractBaseUser,
        client: Client,
        scopes: Iterable[str],
        email: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Return the subject; what was agreed to besides is told at userinfo alone, never in a token that is kept."""
        subject = {"sub": self.get_user_sub(client, user)}
        return subject if purpose == "id_token" else trust.claims_of(user.pk, frozenset(scopes)) | subject

    def list_private_keys(
        self, *, did_activate: Literal[True] | None = None, is_active: Literal[True] | None = None
    ) -> list[PrivateKey]:
        """Return the keys as the library takes them: only what is shown to it at a sign-out needs this."""
        keys = [
            PrivateKey(
                pem=one.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
                not_before=one.signs_from,
                issued_at=one.signs_from,
                expires_at=one.ends_at,
            )
            for one in published_keys()
        ]
        return filter_keys(keys, did_activate=did_activate, is_active=is_active)


def published_keys() -> tuple[trust.SigningKey, ...]:
    """Return the keys that are published; the first is made when somebody asks for it before any upkeep."""
    now = datetime.now(UTC)
    found = trust.signing_keys(at_machine=now)
    if found:
        return found
    trust_acts.keep_signing_keys(at=context.request.clock.instant, at_machine=now)
    return trust.signing_keys(at_machine=now)


def key_that_signs() -> trust.SigningKey:
    """Return the key that signs now: the latest that has begun to."""
    published, now = published_keys(), datetime.now(UTC)
    return max((one for one in published if one.signs_from <= now), key=lambda one: one.signs_from)
