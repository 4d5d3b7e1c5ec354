"""Ceremonies of passkeys (WebAuthn Level 3, 7.1 and 7.2): what a browser is asked to sign, and whether it did.

A challenge is of one session, one purpose and one account, holds for five minutes, and is used up by the first answer,
right or wrong, whichever process it comes to.
"""

from __future__ import annotations

import hmac
import json
import secrets
import struct
import time
from typing import Any, Literal
from urllib.parse import urlsplit

from django.core.cache import cache
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    RegistrationResponse,
)

from zhihai.faces.desk.frame import district_name
from zhihai.faces.origin import origin
from zhihai.faces.request import Asked
from zhihai.ground.refusal import Refused
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.acts import PasskeyInput

Purpose = Literal["add", "sign_in", "second", "again"]
KEPT = "passkey"
GOOD_FOR = 300
"""Seconds for which a challenge may be answered."""
ALGORITHMS = (-7, -8, -257)
"""ES256, EdDSA and RS256 (RFC 9053, RFC 8812): what authenticators have."""
VERIFICATION: dict[Purpose, str] = {
    "add": "preferred", "sign_in": "required", "second": "discouraged", "again": "required",
}  # fmt: skip
"""Whether the authenticator must ask who holds it: not after a password; where it stands for both factors it must."""
LONGEST = 1023
"""Bytes of the number of a key (WebAuthn, 7.1 step 25)."""
UNREADABLE = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, NotImplementedError, RecursionError,
    OverflowError, struct.error,
)  # fmt: skip
"""What reading an answer raises that no browser sends, besides being wrong (``ValueError``)."""


def ask_to_add(request: Asked) -> dict[str, Any]:
    """Return what a browser needs to make a key for whoever has signed in."""
    held = identity.passkeys(request.user.pk)
    handle = held[0].handle if held else websafe_encode(secrets.token_bytes(32))
    user = request.user
    return {
        "challenge": _challenge(request, "add", user.pk, handle),
        "rp": {"id": _party().id, "name": district_name(request) or _party().id},
        "user": {
            "id": handle,
            "name": user.email or user.get_username(),
            "displayName": user.name_en if request.language == "en" else user.name_zh,
        },
        "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in ALGORITHMS],
        "excludeCredentials": [_described(one) for one in held],
        "authenticatorSelection": {"residentKey": "preferred", "userVerification": VERIFICATION["add"]},
        "attestation": "none",
        "extensions": {"credProps": True},
        "timeout": GOOD_FOR * 1000,
    }


def ask_to_sign(request: Asked, purpose: Purpose, account: int | None) -> dict[str, Any]:
    """Return what a browser needs to sign by a key of this account, or by any it has (``None``)."""
    held = () if account is None else identity.passkeys(account)
    return {
        "challenge": _challenge(request, purpose, account),
        "rpId": _party().id,
        "allowCredentials": [_described(one) for one in held],
        "userVerification": VERIFICATION[purpose],
        "timeout": GOOD_FOR * 1000,
    }


def _described(passkey: identity.Passkey) -> dict[str, str]:
    return {"type": "public-key", "id": passkey.credential}


def _challenge(request: Asked, purpose: Purpose, account: int | None, handle: str = "") -> str:
    challenge = websafe_encode(secrets.token_bytes(32))
    request.session[KEPT] = {
        "for": purpose, "account": account, "challenge": challenge, "handle": handle, "at": time.time(),
    }  # fmt: skip
    return challenge


def _taken(request: Asked, purpose: Purpose, account: int | None) -> dict[str, Any]:
    """Use the session's challenge up. Raises ``Refused`` where there is none that was made for this."""
    kept = request.session.pop(KEPT, None)
    if not kept or (kept["for"], kept["account"]) != (purpose, account):
        raise Refused("passkey_wrong")
    if not 0 <= time.time() - kept["at"] <= GOOD_FOR or not cache.add(f"passkey:{kept['challenge']}", 1, 2 * GOOD_FOR):
        raise Refused("passkey_wrong")
    return dict(kept)


def _party() -> PublicKeyCredentialRpEntity:
    return PublicKeyCredentialRpEntity(id=str(urlsplit(origin()).hostname), name="")


def _server() -> Fido2Server:
    return Fido2Server(_party(), verify_origin=lambda given: given == origin())


def _state(kept: dict[str, Any], purpose: Purpose) -> dict[str, str]:
    return {"challenge": kept["challenge"], "user_verification": VERIFICATION[purpose]}


def added(request: Asked, name: str, answer: str) -> PasskeyInput:
    """Return the key that a browser made. Raises ``Refused`` for one that was not made here, now and for this account.

    What the maker of an authenticator says of it (attestation) is not asked for: it would tell who has which.
    """
    kept = _taken(request, "add", request.user.pk)
    try:
        read = RegistrationResponse.from_dict(json.loads(answer))
        _ours(read.response.client_data)
        made: AuthenticatorData = _server().register_complete(_state(kept, "add"), read)
        key = made.credential_data
        if key is None or key.public_key.get(3) not in ALGORITHMS or not 1 <= len(key.credential_id) <= LONGEST:
            raise ValueError("no key")
        found = (read.client_extension_results.get("credProps") or {}).get("rk") is not False
    except UNREADABLE:
        raise Refused("passkey_not_added") from None
    return PasskeyInput(
        name=name, credential=websafe_encode(key.credential_id), key=websafe_encode(bytes(key)), handle=kept["handle"],
        count=made.counter, alone=found and made.is_user_verified(),
    )  # fmt: skip


def signed(request: Asked, purpose: Purpose, answer: str, account: int | None) -> tuple[identity.Passkey, int]:
    """Return the key that signed, and for which time it says it did.

    Raises ``Refused`` for an answer to another challenge, of another address, by a key that is not known or not this
    account's, and for one whose signature does not hold: all in the same words.
    """
    kept = _taken(request, purpose, account)
    try:
        read = AuthenticationResponse.from_dict(json.loads(answer))
        found = identity.passkey_of(read.id)
        if found is None or account not in (None, found.account):
            raise ValueError("not theirs")
        handle = read.response.user_handle
        if (handle is None and account is None) or (handle is not None and not _same(handle, found.handle)):
            raise ValueError("of another account")
        _ours(read.response.client_data)
        key = AttestedCredentialData(websafe_decode(found.key))
        _server().authenticate_complete(_state(kept, purpose), [key], read)
        return found, int(read.response.authenticator_data.counter)
    except UNREADABLE:
        raise Refused("passkey_wrong") from None


def _same(handle: bytes, kept: str) -> bool:
    return hmac.compare_digest(websafe_encode(handle).encode(), kept.encode())


def _ours(client_data: CollectedClientData) -> None:
    """Raise ``ValueError`` for what was signed inside a page of somebody else's (WebAuthn, 7.2 steps 13 and 14)."""
    if client_data.cross_origin:
        raise ValueError("within another page")
