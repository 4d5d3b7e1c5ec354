"""An authenticator in software, and the browser before it: what a passkey answers, right or wrong."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

ORIGIN = "https://district.example"
PRESENT, VERIFIED, MADE = 1, 4, 64
"""Flags of authenticator data (WebAuthn, 6.1)."""


@dataclass
class Authenticator:
    """One key; ``count`` is how often it has signed, and is told as it stands."""

    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    number: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    handle: str = ""
    count: int = 0
    origin: str = ORIGIN
    rp: str = "district.example"
    flags: int = PRESENT | VERIFIED
    cross: bool = False

    def make(self, options: dict[str, Any]) -> str:
        """Return the answer to what a page that adds a key asks."""
        self.handle = options["user"]["id"]
        key = AttestedCredentialData.create(
            b"\0" * 16, self.number, ES256.from_cryptography_key(self.private.public_key())
        )
        data = AuthenticatorData.create(sha256(self.rp.encode()), self.flags | MADE, self.count, bytes(key))
        response = {
            "clientDataJSON": self._client("webauthn.create", options["challenge"]).b64,
            "attestationObject": websafe_encode(bytes(AttestationObject.create("none", data, {}))),
        }
        return self._answer(response, {"credProps": {"rk": True}})

    def sign(self, options: dict[str, Any], **instead: str | None) -> str:
        """Return the answer to what a page that signs in asks; ``instead`` replaces parts of the response."""
        client = self._client("webauthn.get", options["challenge"])
        data = AuthenticatorData.create(sha256(self.rp.encode()), self.flags, self.count, b"")
        signature = self.private.sign(bytes(data) + client.hash, ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": client.b64,
            "authenticatorData": websafe_encode(bytes(data)),
            "signature": websafe_encode(signature),
            "userHandle": self.handle,
        }
        return self._answer({**response, **instead}, {})

    def _client(self, sort: str, challenge: str) -> CollectedClientData:
        return CollectedClientData.create(sort, websafe_decode(challenge), self.origin, self.cross)

    def _answer(self, response: dict[str, str | None], extensions: dict[str, Any]) -> str:
        number = websafe_encode(self.number)
        return json.dumps(
            {
                "id": number,
                "rawId": number,
                "type": "public-key",
                "clientExtensionResults": extensions,
                "response": response,
            }
        )
