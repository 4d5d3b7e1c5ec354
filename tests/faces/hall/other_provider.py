"""Another provider of OpenID Connect, in a few lines: it does what it is told, right or wrong."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

CLIENT, SECRET = "district", "a secret/of +ours"


@cache
def a_key(which: int) -> rsa.RSAPrivateKey:
    """Return one of some keys: making one takes a tenth of a second."""
    return rsa.generate_private_key(65537, 2048)


@dataclass
class OtherProvider:
    """``said`` and ``claims`` replace what it says of itself and in ID tokens (``None`` leaves out)."""

    address: str = ""
    subject: str = "subject-1"
    told: dict[str, Any] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    kid: str = "k1"
    alg: str = "RS256"
    names_itself: bool = True
    checks_challenge: bool = True
    redirects: bool = False
    garbage: bytes = b""
    heard: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: rsa.RSAPrivateKey = field(default_factory=lambda: a_key(1))
    published: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)

    def agrees(self, asked: str) -> dict[str, str]:
        """Sign its subject in, who was led to ``asked``: return the parameters one is led back with."""
        query = dict(parse_qsl(urlsplit(asked).query))
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        back = {"code": code, "state": query["state"]}
        return back | ({"iss": self.address} if self.names_itself else {})

    def described(self) -> dict[str, Any]:
        said = {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "userinfo_endpoint": f"{self.address}/userinfo",
            "jwks_uri": f"{self.address}/keys",
            "authorization_response_iss_parameter_supported": self.names_itself,
        }
        return {name: value for name, value in (said | self.said).items() if value is not None}

    def keys(self) -> dict[str, Any]:
        known = self.published or {self.kid: self.key}
        return {
            "keys": [
                {**RSAAlgorithm.to_jwk(one.public_key(), as_dict=True), "kid": kid, "use": "sig"}
                for kid, one in known.items()
            ]
        }

    def tokens(self, form: dict[str, str], header: str) -> tuple[int, dict[str, Any]]:
        given = [unquote_plus(one) for one in b64decode(header.removeprefix("Basic ")).decode().split(":")]
        asked = self.codes.pop(form["code"], None)
        if asked is None or given != [CLIENT, SECRET]:
            return 400, {"error": "invalid_grant"}
        challenge = urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if self.checks_challenge and challenge != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        assert form["redirect_uri"] == asked["redirect_uri"]
        return 200, {"access_token": "at-1", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])}

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.address, "sub": self.subject, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce,
        }  # fmt: skip
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        if self.alg == "HS256":  # the public key, which anybody has, taken for a shared secret
            pem = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            return forged(claims, {"alg": "HS256", "typ": "JWT", "kid": self.kid}, pem)
        if self.alg == "none":
            return jwt.encode(claims, None, algorithm="none", headers={"kid": self.kid})
        return jwt.encode(claims, self.key, algorithm=self.alg, headers={"kid": self.kid})


def forged(claims: dict[str, Any], header: dict[str, str], secret: bytes) -> str:
    """Sign by HMAC with any bytes: the library refuses to take a public key for a secret, an attacker does not."""

    def part(thing: dict[str, Any]) -> str:
        return urlsafe_b64encode(json.dumps(thing).encode()).rstrip(b"=").decode()

    body = f"{part(header)}.{part(claims)}"
    digest = hmac.new(secret, body.encode(), hashlib.sha256).digest()
    return f"{body}.{urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def door_of(provider: OtherProvider) -> type[BaseHTTPRequestHandler]:
    """Return what answers for a provider."""

    class Door(BaseHTTPRequestHandler):
        def answer(self, status: int, body: bytes) -> None:
            self.send_response(302 if provider.redirects else status)
            if provider.redirects:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            provider.heard.append(self.path)
            here = urlsplit(self.path).path
            if here == "/authorize":
                asked = dict(parse_qsl(urlsplit(self.path).query))
                self.send_response(302)
                back = urlencode(provider.agrees(self.path))
                self.send_header("Location", f"{asked['redirect_uri']}?{back}")
                self.end_headers()
                return
            doors = {
                "/.well-known/openid-configuration": provider.described(),
                "/keys": provider.keys(),
                "/userinfo": {"sub": provider.subject} | provider.told,
            }
            self.answer(200 if here in doors else 404, provider.garbage or json.dumps(doors.get(here)).encode())

        def do_POST(self) -> None:
            provider.heard.append(self.path)
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            status, answer = provider.tokens(form, self.headers.get("Authorization", ""))
            self.answer(status, json.dumps(answer).encode())

        def log_message(self, *args: object) -> None:
            return

    return Door


@contextmanager
def serving() -> Iterator[OtherProvider]:
    """Serve one at a port of its own, for the length of the block."""
    provider = OtherProvider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), door_of(provider))
    provider.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
