"""The protocol's engine (oauthlib), with the code and the refresh grant and no other."""

from __future__ import annotations

import secrets

from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.endpoints import AuthorizationEndpoint, RevocationEndpoint, TokenEndpoint
from oauthlib.oauth2.rfc6749.tokens import BearerToken
from oauthlib.openid.connect.core.endpoints.userinfo import UserInfoEndpoint
from oauthlib.openid.connect.core.grant_types import AuthorizationCodeGrant, RefreshTokenGrant

from zhihai.faces.provider.validator import Validator, only_what_we_do
from zhihai.kernel.trust import reads as trust

TOKEN_BYTES = 32


class Server(AuthorizationEndpoint, TokenEndpoint, RevocationEndpoint, UserInfoEndpoint):
    """Answers one request: what grants it knows is all that this provider does."""

    def __init__(self) -> None:
        validator = Validator()

        def refresh_token(request: Request) -> str:
            held = validator.granted
            return f"{held.family if held else ''}.{secrets.token_urlsafe(TOKEN_BYTES)}"

        bearer = BearerToken(
            validator,
            lambda request: secrets.token_urlsafe(TOKEN_BYTES),
            int(trust.ACCESS_GOOD_FOR.total_seconds()),
            refresh_token,
        )
        code = AuthorizationCodeGrant(validator, pre_auth=[only_what_we_do])
        grants = {"authorization_code": code, "refresh_token": RefreshTokenGrant(validator)}
        AuthorizationEndpoint.__init__(
            self, default_response_type="code", response_types={"code": code}, default_token_type=bearer
        )
        TokenEndpoint.__init__(
            self, default_grant_type="authorization_code", grant_types=grants, default_token_type=bearer
        )
        RevocationEndpoint.__init__(self, validator)
        UserInfoEndpoint.__init__(self, validator)
