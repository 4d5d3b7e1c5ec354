"""What the protocol's library asks about clients, codes and tokens: allauth's answers, stricter in what matters.

allauth keeps codes in a cache, in plain and readable twice by two who come at once; asks no PKCE of who has a secret;
lets a silent sign-in rest on what another system was granted; and takes an address that only begins as registered.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import jwt
from allauth.core import context
from allauth.idp.oidc.internal.oauthlib.request_validator import OAuthLibRequestValidator
from allauth.idp.oidc.models import Client
from django.contrib.auth import get_user_model
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, InvalidScopeError, UnsupportedCodeChallengeMethodError

from zhihai.faces.provider.adapter import Provider, key_that_signs
from zhihai.faces.provider.sessions import signed_in_how
from zhihai.kernel.trust import acts as trust_acts
from zhihai.kernel.trust import reads as trust
from zhihai.kernel.trust.reads import Granted

ID_TOKEN_SECONDS = 600
ACR = "urn:zhihai:acr:{factors}"
"""How surely one signed in: by one factor or by two (``acr``, OpenID Connect Core 1.0, 2)."""


def only_what_we_do(request: Request) -> dict[str, Any]:
    """Refuse a sign-in that asks for what this provider does not do (a validator of oauthlib's)."""
    if request.code_challenge is not None and request.code_challenge_method != "S256":
        raise UnsupportedCodeChallengeMethodError(request=request)
    if request.response_mode not in (None, "query"):
        raise InvalidRequestError(description="Only response_mode=query is supported.", request=request)
    if getattr(request, "request", None) or getattr(request, "request_uri", None):
        raise InvalidRequestError(description="Request objects are not supported.", request=request)
    if "openid" not in (request.scopes or ()):
        raise InvalidScopeError(description="The scope openid is required.", request=request)
    return {}


class Validator(OAuthLibRequestValidator):
    """Answers for one request of the protocol; ``granted`` is what its code or refresh token stands for."""

    granted: Granted | None = None

    def _lookup_client(self, request: Request, client_id: str) -> Client | None:
        if not client_id:  # the secret's header names the client, and nothing else does
            return None
        client = super()._lookup_client(request, client_id)
        return client if client is not None and trust.client_in_use(client.pk) else None

    def validate_redirect_uri(
        self, client_id: str, redirect_uri: str, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """Take an address that is registered, letter by letter (RFC 9700, 2.1)."""
        return redirect_uri in request.client.get_redirect_uris()

    def is_pkce_required(self, client_id: str, request: Request) -> bool:
        """Ask it of everybody, also of who has a secret (RFC 9700, 2.1.1)."""
        return True

    def validate_silent_login(self, request: Request) -> bool:
        """Take whoever has signed in and is not held up by a second factor yet to be set up."""
        return context.request.user.is_authenticated and not context.request.user.must_enrol

    def validate_silent_authorization(self, request: Request) -> bool:
        """Take what was agreed for this very system."""
        return set(request.scopes) <= trust.agreed(context.request.user.pk, request.client.pk)

    def validate_user_match(self, id_token_hint: str, scopes: list[str], claims: object, request: Request) -> bool:
        """Leave the hint to the page, which knows who has signed in; a request for single claims asks nothing."""
        return True

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """Keep the digest of a code, with what it stands for."""
        since, methods = signed_in_how(context.request)
        now, key = datetime.now(UTC), context.request.session.session_key
        granted = Granted(
            request.user.pk, request.client.pk, tuple(request.scopes), since, methods, request.redirect_uri,
            request.nonce, request.code_challenge,
            sid=trust_acts.begin_at_system(request.user.pk, request.client.pk, key, at_machine=now),
        )  # fmt: skip
        trust_acts.keep_code(granted, code["code"], at_machine=now)

    def validate_code(
        self, client_id: str, code: str, client: Client, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """Use the code up, whatever comes of it."""
        at = context.request.clock.instant
        return self._take(trust_acts.redeem_code(client.pk, code, at=at, at_machine=datetime.now(UTC)), request)

    def validate_refresh_token(
        self, refresh_token: str, client: Client, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """Take a refresh token that was not used before."""
        at = context.request.clock.instant
        found = trust_acts.redeem_refresh(client.pk, refresh_token, at=at, at_machine=datetime.now(UTC))
        return self._take(found, request)

    def _take(self, granted: Granted | None, request: Request) -> bool:
        self.granted = granted
        if granted is None:
            return False
        request.user, request.scopes = get_user_model()(pk=granted.account), list(granted.scopes)
        return True

    @property
    def _held(self) -> Granted:
        if self.granted is None:
            raise RuntimeError("asked before a code or a refresh token was redeemed")
        return self.granted

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Client, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """Say whether this is the address the code was sent to."""
        return redirect_uri == self._held.redirect

    def get_code_challenge(self, code: str, request: Request) -> str:
        """Return what the code's verifier must hash to."""
        return self._held.challenge

    def get_code_challenge_method(self, code: str, request: Request) -> str:
        """Return the one way there is."""
        return "S256"

    def get_authorization_code_nonce(
        self, client_id: str, code: str, redirect_uri: str, request: Request
    ) -> str | None:
        """Return the nonce that the system sent."""
        return self._held.nonce

    def get_original_scopes(self, refresh_token: str, request: Request, *args: Any, **kwargs: Any) -> list[str]:
        """Return what was agreed at the sign-in."""
        return list(self._held.scopes)

    def invalidate_authorization_code(
        self, client_id: str, code: str, request: Request, *args: Any, **kwargs: Any
    ) -> None:
        """Do nothing: a code is used up when it is redeemed."""

    def save_bearer_token(self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any) -> None:
        """Keep the digests of what is given out."""
        trust_acts.keep_tokens(
            self._held, token["access_token"], token["refresh_token"], tuple(request.scopes),
            at=context.request.clock.instant, at_machine=datetime.now(UTC),
        )  # fmt: skip

    def revoke_token(self, token: str, token_type_hint: str, request: Request, *args: Any, **kwargs: Any) -> None:
        """End a token of the system that asks; another's is none of its business."""
        trust_acts.end_token(request.client.pk, token)

    def finalize_id_token(
        self, id_token: dict[str, Any], token: dict[str, Any], token_handler: object, request: Request
    ) -> str:
        """Sign who signed in, when and how. allauth opens the key anew for each, 37 ms of a core; ours is kept open."""
        held, key, own = self._held, key_that_signs(), Provider()
        id_token |= {
            "iss": own.get_issuer(), "aud": request.client.pk, "exp": id_token["iat"] + ID_TOKEN_SECONDS,
            "jti": uuid.uuid4().hex, "sub": own.get_user_sub(request.client, request.user), "auth_time": held.since,
            "amr": list(held.methods), "acr": ACR.format(factors=2 if "mfa" in held.methods else 1),
        }  # fmt: skip
        id_token |= {"sid": held.sid} if held.sid else {}
        return jwt.encode(id_token, key.private, algorithm="RS256", headers={"kid": key.kid})
