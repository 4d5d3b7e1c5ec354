"""Asking another provider of OpenID Connect who somebody is: the client's side of the code flow.

Only the code flow, with PKCE, state and nonce (RFC 9700); keys only from the provider's own document, signatures only
of public keys, so that neither ``none`` nor a public key taken for a shared secret passes. Nothing is followed that
leads elsewhere: an issuer says itself where its doors are, and one that redirects is not it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
import requests
from django.conf import settings

from zhihai.ground.refusal import Refused

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
PATIENCE = (3, 7)
"""Seconds to be let in, and to be answered."""
LARGEST = 256 * 1024
KEPT_FOR, ASKED_AGAIN = 3600, 60
"""Seconds for which what a provider says of itself is kept; for an unknown key it is asked anew, but not more often."""
LEEWAY = 60
"""Seconds by which its clock may differ from ours."""
DEPENDS = 424
"""Failed Dependency (RFC 4918, 11.4): it is not this platform that is away, and its pages look as ever."""
Answer = tuple[int, bytes]
"""A status and a body."""


@dataclass(frozen=True, slots=True)
class Provider:
    """What a provider says of itself (OpenID Connect Discovery 1.0), and when it was asked."""

    issuer: str
    authorize: str
    token: str
    userinfo: str
    named: bool
    basic: bool
    keys: Mapping[str, Any] = field(repr=False)
    asked: float


_KNOWN: dict[str, Provider] = {}


def provider(*, fresh: bool = False) -> Provider:
    """Return the provider of the settings. Raises ``Refused`` (424) where it can not be reached or is not itself."""
    issuer = settings.ZHIHAI_ELSEWHERE.issuer
    known, now = _KNOWN.get(issuer), time.monotonic()
    if known is not None and now - known.asked < (ASKED_AGAIN if fresh else KEPT_FOR):
        return known
    said = _document(_get(f"{issuer.rstrip('/')}/.well-known/openid-configuration"))
    if said.get("issuer") != issuer:
        raise Refused("elsewhere_not_itself", status=DEPENDS)
    methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    found = Provider(
        issuer,
        _door(said, "authorization_endpoint"),
        _door(said, "token_endpoint"),
        _door(said, "userinfo_endpoint") if said.get("userinfo_endpoint") else "",
        said.get("authorization_response_iss_parameter_supported") is True,
        "client_secret_basic" in methods,
        _document(_get(_door(said, "jwks_uri"))),
        now,
    )
    _KNOWN[issuer] = found
    return found


def _door(said: Mapping[str, Any], name: str) -> str:
    """Return an address that a provider names: in ``https``, or on this machine."""
    address = said.get(name)
    try:
        parts = urlsplit(address) if isinstance(address, str) else None
    except ValueError:
        parts = None
    if parts is None or not parts.hostname or not address:
        raise Refused("elsewhere_not_itself", status=DEPENDS)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise Refused("elsewhere_not_itself", status=DEPENDS)
    return str(address)


def _get(address: str, **headers: str) -> Answer:
    return _asked("GET", address, headers={"Accept": "application/json", **headers})


def _asked(method: str, address: str, **given: Any) -> Answer:
    """Ask, on a line that takes nothing from the machine's surroundings (no netrc, no proxy), and follow nothing."""
    until, body = time.monotonic() + sum(PATIENCE), b""
    try:
        with requests.Session() as line:
            line.trust_env = False
            answer = line.request(method, address, timeout=PATIENCE, allow_redirects=False, stream=True, **given)
            for piece in answer.iter_content(LARGEST):
                body += piece
                if len(body) > LARGEST or time.monotonic() > until:
                    raise Refused("elsewhere_not_itself", status=DEPENDS)
    except requests.RequestException:
        raise Refused("elsewhere_away", status=DEPENDS) from None
    return answer.status_code, body


def _document(answer: Answer) -> dict[str, Any]:
    """Return what was answered, a JSON object with status 200 and nothing else."""
    status, body = answer
    try:
        said = json.loads(body) if status == 200 else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Refused("elsewhere_not_itself", status=DEPENDS)
    return said


def challenge_of(verifier: str) -> str:
    """Return the challenge of a verifier (PKCE, RFC 7636, ``S256``)."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def asked_there(found: Provider, back: str, *, state: str, nonce: str, verifier: str, language: str) -> str:
    """Return the address at which the provider is asked."""
    wanted = {
        "response_type": "code",
        "client_id": settings.ZHIHAI_ELSEWHERE.client,
        "redirect_uri": back,
        "scope": settings.ZHIHAI_ELSEWHERE.scope,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
        "ui_locales": "zh-CN" if language == "zh" else "en",
    }
    return f"{found.authorize}{'&' if urlsplit(found.authorize).query else '?'}{urlencode(wanted)}"


def claims_for(found: Provider, code: str, back: str, *, nonce: str, verifier: str) -> dict[str, Any]:
    """Return what a code stands for: the claims of its ID token, and where a number is wanted what else is told.

    Raises ``Refused`` for a code that the provider does not take, and for an ID token that does not hold.
    """
    ours = settings.ZHIHAI_ELSEWHERE
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    given: dict[str, Any] = {"data": form | {"client_id": ours.client}}
    if ours.secret and found.basic:
        given = {"data": form, "auth": (_encoded(ours.client), _encoded(ours.secret))}
    elif ours.secret:
        given["data"]["client_secret"] = ours.secret
    answer = _asked("POST", found.token, headers={"Accept": "application/json"}, **given)
    if answer[0] in (400, 401):
        raise Refused("elsewhere_code")
    tokens = _document(answer)
    claims = verified(found, tokens.get("id_token"), nonce)
    if not ours.number_claim or not found.userinfo:
        return claims
    told = _document(_get(found.userinfo, Authorization=f"Bearer {tokens.get('access_token')}"))
    if told.get("sub") != claims["sub"]:  # OpenID Connect Core 1.0, 5.3.2
        raise Refused("elsewhere_token")
    return {**told, **claims}


def _encoded(text: str) -> str:
    """Return a name or a secret as it stands in a header (RFC 6749, 2.3.1)."""
    return urlencode({"": text})[1:]


def verified(found: Provider, token: object, nonce: str) -> dict[str, Any]:
    """Return the claims of an ID token (OpenID Connect Core 1.0, 3.1.3.7).

    Raises ``Refused`` for any that is not signed by this provider, for us, now, and for this sign-in.
    """
    client = settings.ZHIHAI_ELSEWHERE.client
    try:
        if not isinstance(token, str):
            raise jwt.InvalidTokenError
        header = jwt.get_unverified_header(token)
        claims: dict[str, Any] = jwt.decode(
            token, _key(found, header), algorithms=[header["alg"]], audience=client, issuer=found.issuer, leeway=LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
        )  # fmt: skip
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        raise Refused("elsewhere_token") from None
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client) != client:
        raise Refused("elsewhere_token")
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise Refused("elsewhere_token")
    if not isinstance(claims["sub"], str) or not 1 <= len(claims["sub"]) <= 255 or not claims["sub"].isprintable():
        raise Refused("elsewhere_token")
    return claims


def _key(found: Provider, header: Mapping[str, Any]) -> jwt.PyJWK:
    """Return the key that a token names; a provider that has rolled its keys is asked once more."""
    if header.get("alg") not in ALGORITHMS:
        raise jwt.InvalidAlgorithmError
    for known in (found, provider(fresh=True)):
        named = [
            one for one in known.keys.get("keys", ())
            if isinstance(one, dict) and one.get("kid") == header.get("kid") and one.get("use", "sig") == "sig"
        ]  # fmt: skip
        if len(named) == 1 and named[0].get("alg", header["alg"]) == header["alg"]:
            return jwt.PyJWK(named[0], header["alg"])
    raise jwt.InvalidKeyError
