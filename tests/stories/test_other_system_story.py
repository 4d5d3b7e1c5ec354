"""A system of another office, with an unmodified client library (Authlib), signs a resident in through the platform.

It knows the platform's address and what it was given at registration, and nothing else. Keys are rolled meanwhile.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet
from playwright.sync_api import Error, Page, expect
from tests.faces.staging import RESIDENT
from tests.kernel.acting import DISTRICT, office
from tests.stories.people import PASSWORD

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.trust import acts as trust_acts
from zhihai.kernel.trust.acts import ClientInput

SCOPES = "openid profile zhihai_level"
NONCE = "a nonce of this sign-in"
VERIFIER = "a-verifier-that-only-the-library-knows-0123456789"


@dataclass
class Library:
    """The other system: it waits to be led back to, and shows what it heard."""

    address: str = ""
    heard: list[str] = field(default_factory=list)


@pytest.fixture
def library() -> Iterator[Library]:
    """A web server of its own, on a port of its own."""
    library = Library()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            library.heard.append(f"{library.address}{self.path}")
            body = "<!doctype html><link rel=icon href='data:,'><h1>区图书馆</h1>".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    library.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield library
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def registered(worked: str, live: str, library: Library, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """What the other system was given: its number and its secret."""
    monkeypatch.setattr("django.conf.settings.ZHIHAI_ORIGIN", live)
    given = ClientInput(
        name=Named("区图书馆", "District library"), organisation=office(DISTRICT), scopes=tuple(SCOPES.split()),
        redirects=(f"{library.address}/signed-in",), logouts=(f"{library.address}/bye",),
    )  # fmt: skip
    return trust_acts.register_client(SYSTEM, given, at=clock.now(), at_machine=datetime.now(UTC))


def claims_in(id_token: str, described: dict[str, Any], client: str, nonce: str | None) -> dict[str, Any]:
    """Verify an ID token as OpenID Connect Core 1.0, 3.1.3.7 asks, with the keys that are published now."""
    keys = KeySet.import_key_set(requests.get(described["jwks_uri"], timeout=10).json())
    claims = jwt.decode(id_token, keys, algorithms=["RS256"]).claims
    given = {"iss": {"essential": True, "value": described["issuer"]}, "aud": {"essential": True, "value": client}}
    jwt.JWTClaimsRegistry(exp={"essential": True}, **given).validate(claims)
    assert claims.get("nonce") == nonce
    return dict(claims)


def sign_in(page: Page) -> None:
    """Sign the resident in by the page one was led to."""
    page.get_by_label("登录名或邮箱").fill("resident")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def kid_of(id_token: str, described: dict[str, Any]) -> str:
    """The name of the key that signed a token."""
    keys = KeySet.import_key_set(requests.get(described["jwks_uri"], timeout=10).json())
    return str(jwt.decode(id_token, keys, algorithms=["RS256"]).header["kid"])


def signed_in(session: OAuth2Session, described: dict[str, Any], page: Page, library: Library) -> dict[str, Any]:
    """Go from the other system's address to its tokens, as a resident does and as the library does it."""
    asked, state = session.create_authorization_url(
        described["authorization_endpoint"], nonce=NONCE, code_verifier=VERIFIER
    )
    page.goto(asked)
    sign_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("登录“区图书馆”")
    expect(page.get_by_text(RESIDENT)).to_be_visible()
    page.get_by_role("button", name="同意并登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("区图书馆")
    told = {name: values[0] for name, values in parse_qs(urlsplit(library.heard[-1]).query).items()}
    assert told == {"code": told["code"], "state": state, "iss": described["issuer"]}
    return dict(
        session.fetch_token(
            described["token_endpoint"],
            authorization_response=library.heard[-1],
            state=state,
            code_verifier=VERIFIER,
        )
    )


def test_an_unmodified_client_signs_a_resident_in(
    registered: tuple[str, str], live: str, page: Page, library: Library
) -> None:
    described = requests.get(f"{live}/.well-known/openid-configuration", timeout=10).json()
    session = OAuth2Session(
        *registered, scope=SCOPES, redirect_uri=f"{library.address}/signed-in", code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic",
    )  # fmt: skip
    tokens = signed_in(session, described, page, library)
    first = claims_in(tokens["id_token"], described, registered[0], NONCE)
    known = session.get(described["userinfo_endpoint"]).json()
    assert known == {
        "sub": first["sub"], "name": RESIDENT, "locale": "zh-CN", "zhihai_account": "resident", "zhihai_level": 3,
    }  # fmt: skip

    trust_acts.roll_signing_key(SYSTEM, at=clock.now(), at_machine=datetime.now(UTC), lead=timedelta(0))
    assert claims_in(tokens["id_token"], described, registered[0], NONCE) == first
    again = session.refresh_token(described["token_endpoint"], refresh_token=tokens["refresh_token"])
    assert claims_in(again["id_token"], described, registered[0], None)["sub"] == first["sub"]
    assert kid_of(again["id_token"], described) != kid_of(tokens["id_token"], described)
    assert session.get(described["userinfo_endpoint"]).json() == known

    page.goto(
        f"{described['end_session_endpoint']}?id_token_hint={again['id_token']}"
        f"&post_logout_redirect_uri={library.address}/bye&state=done"
    )
    page.get_by_role("button", name="全部退出").click()
    page.wait_for_url(f"{library.address}/bye?state=done")
    assert session.get(described["userinfo_endpoint"]).status_code == 401
    page.goto(f"{live}/my/")
    expect(page.get_by_role("button", name="登录")).to_be_visible()


def test_who_agreed_before_goes_straight_on_and_may_refuse(
    registered: tuple[str, str], live: str, page: Page, library: Library
) -> None:
    """From the sign-in one is led on without a click, through a page of ours: the policy of forms stays strict."""
    session = OAuth2Session(
        *registered, scope=SCOPES, redirect_uri=f"{library.address}/signed-in", code_challenge_method="S256"
    )
    asked, _ = session.create_authorization_url(f"{live}/oidc/authorize", code_verifier=VERIFIER)
    page.goto(asked)
    sign_in(page)
    page.get_by_role("button", name="不同意").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("区图书馆")
    assert "error=access_denied" in library.heard[-1]
    page.goto(asked)
    page.get_by_role("button", name="同意并登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("区图书馆")
    page.context.clear_cookies(name="zhihai_session")
    page.goto(asked)
    sign_in(page)
    page.wait_for_url(f"{library.address}/**")
    assert "code=" in library.heard[-1]
    page.goto(asked)
    page.wait_for_url(f"{library.address}/**")


PROGRAM = Path(__file__).resolve().parents[2] / "docs" / "howto" / "sign_in_client.py"


@pytest.fixture
def example(worked: str, live: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the program that the how-to gives, run as it says."""
    monkeypatch.setattr("django.conf.settings.ZHIHAI_ORIGIN", live)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = f"http://localhost:{port}"
    given = ClientInput(
        name=Named("区图书馆", "District library"), organisation=office(DISTRICT), scopes=("openid", "profile"),
        redirects=(f"{here}/signed-in",), logouts=(f"{here}/",),
    )  # fmt: skip
    client, secret = trust_acts.register_client(SYSTEM, given, at=clock.now(), at_machine=datetime.now(UTC))
    settings = {**os.environ, "PORT": str(port), "CLIENT_SECRET": secret}
    program = subprocess.Popen([sys.executable, str(PROGRAM), live, client], env=settings)
    yield here
    program.terminate()
    program.wait(10)


def test_the_program_of_the_how_to_signs_a_resident_in_and_out(example: str, page: Page) -> None:
    for _ in range(100):
        try:
            page.goto(example)
            break
        except Error:  # it has not begun yet
            page.wait_for_timeout(100)
    page.get_by_role("link", name="Sign in with your account").click()
    sign_in(page)
    page.get_by_role("button", name="同意并登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(RESIDENT)
    page.get_by_role("link", name="Sign out").click()
    page.get_by_role("button", name="全部退出").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Library")
    page.goto(f"{example}/signed-in?code=x&state=y&iss=https://evil.example")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not signed in")
