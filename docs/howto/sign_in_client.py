"""A whole system that signs people in through the district, on Authlib: about as short as it can be and still right.

    pip install authlib requests
    python sign_in_client.py https://zhihai.example CLIENT_ID CLIENT_SECRET

Then open http://localhost:9000/. Register http://localhost:9000/signed-in and, for after a sign-out,
http://localhost:9000/. The secret is better given by the environment: CLIENT_SECRET.
"""

from __future__ import annotations

import html
import os
import secrets
import sys
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

SCOPES = "openid profile"
PORT = int(os.environ.get("PORT", "9000"))
HERE = f"http://localhost:{PORT}"
ISSUER, CLIENT = sys.argv[1].rstrip("/"), sys.argv[2]
SECRET = sys.argv[3] if len(sys.argv) > 3 else os.environ["CLIENT_SECRET"]
DISTRICT = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=10).json()
assert DISTRICT["issuer"] == ISSUER, "this is not the provider it was said to be"
SESSIONS: dict[str, dict[str, str]] = {}
"""What is known of each browser, by a cookie that says nothing. With several processes, keep it in a store of yours."""


def client(token: dict[str, str] | None = None) -> OAuth2Session:
    return OAuth2Session(
        CLIENT, SECRET, scope=SCOPES, redirect_uri=f"{HERE}/signed-in", code_challenge_method="S256", token=token,
        token_endpoint_auth_method="client_secret_basic",
    )  # fmt: skip


def sign_in(session: dict[str, str]) -> str:
    """Note what only this browser's answer can bring back, and return where it is sent."""
    session |= {"nonce": secrets.token_urlsafe(32), "verifier": secrets.token_urlsafe(48)}
    asked, session["state"] = client().create_authorization_url(
        DISTRICT["authorization_endpoint"], nonce=session["nonce"], code_verifier=session["verifier"]
    )
    return str(asked)


def signed_in(session: dict[str, str], address: str) -> None:
    """Redeem the code, verify who signed it and for whom, and keep who signed in."""
    told = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    if told.get("iss") != ISSUER or told.get("state") != session.pop("state", None) or "code" not in told:
        raise PermissionError(told.get("error", "not the answer that was asked for"))
    tokens = client().fetch_token(DISTRICT["token_endpoint"], code=told["code"], code_verifier=session.pop("verifier"))
    keys = KeySet.import_key_set(requests.get(DISTRICT["jwks_uri"], timeout=10).json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims
    given = {"iss": {"essential": True, "value": ISSUER}, "aud": {"essential": True, "value": CLIENT}}
    jwt.JWTClaimsRegistry(exp={"essential": True}, **given).validate(claims)
    if claims.get("nonce") != session.pop("nonce"):
        raise PermissionError("an answer to another sign-in")
    known = client(tokens).get(DISTRICT["userinfo_endpoint"]).json()
    if known["sub"] != claims["sub"]:
        raise PermissionError("two answers about two people")
    session |= {"sub": claims["sub"], "name": known.get("name", ""), "id_token": tokens["id_token"]}


class Door(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        cookie = SimpleCookie(self.headers.get("Cookie", ""))
        known = cookie["library"].value if "library" in cookie else ""
        key = known if known in SESSIONS else secrets.token_urlsafe(32)
        session = SESSIONS.setdefault(key, {})
        path = urlsplit(self.path).path
        try:
            if path == "/sign-in":
                self.answer(key, to=sign_in(session))
            elif path == "/signed-in":
                signed_in(session, self.path)
                self.answer(key, to="/")
            elif path == "/sign-out" and "id_token" in session:
                asked = {"id_token_hint": SESSIONS.pop(key)["id_token"], "post_logout_redirect_uri": f"{HERE}/"}
                self.answer(key, to=f"{DISTRICT['end_session_endpoint']}?{urlencode(asked)}")
            elif "sub" in session:
                self.answer(key, f"<h1>{html.escape(session['name'])}</h1><a href=/sign-out>Sign out</a>")
            else:
                self.answer(key, "<h1>Library</h1><a href=/sign-in>Sign in with your account of the district</a>")
        except PermissionError as refused:
            self.answer(key, f"<h1>Not signed in</h1><p>{html.escape(str(refused))}</p><a href=/>Back</a>", status=403)

    def answer(self, key: str, body: str = "", *, to: str = "", status: int = 200) -> None:
        self.send_response(302 if to else status)
        self.send_header("Set-Cookie", f"library={key}; HttpOnly; SameSite=Lax; Path=/")
        self.send_header("Content-Type", "text/html; charset=utf-8")
        if to:
            self.send_header("Location", to)
        self.end_headers()
        self.wfile.write(b"<!doctype html><link rel=icon href=data:,>" + body.encode())

    def log_message(self, *args: object) -> None:
        """Write no log of addresses: there are codes in them."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", PORT), Door).serve_forever()
