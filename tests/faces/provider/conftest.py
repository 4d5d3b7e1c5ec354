"""What the tests of the provider share: a system that is registered, a browser that has signed in, and the protocol."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from tests.kernel.acting import DISTRICT, office

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.kernel.identity.account import Account
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.trust import acts as trust_acts
from zhihai.kernel.trust.acts import ClientInput

PASSWORD = "four words nobody joins"
BACK = "https://library.example/signed-in"
AFTER = "https://library.example/bye"
VERIFIER = "a-verifier-of-forty-three-characters-or-more-0"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SCOPES = ("openid", "profile", "email", "zhihai_level")


@dataclass(frozen=True)
class System:
    """A system of another office: what it knows of itself."""

    id: str
    secret: str
    back: str = BACK

    def asking(self, **more: str | None) -> str:
        """The address to which it sends whoever is to sign in; ``None`` leaves a parameter out."""
        given: dict[str, str | None] = {
            "client_id": self.id, "redirect_uri": self.back, "response_type": "code", "scope": " ".join(SCOPES),
            "state": "a state", "nonce": "a nonce", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
            **more,
        }  # fmt: skip
        return f"/oidc/authorize?{urlencode({name: value for name, value in given.items() if value is not None})}"

    def post(self, path: str, **given: str) -> HttpResponse:
        """Ask a machine's door, with the secret where there is one."""
        headers = {}
        if self.secret:
            pair = base64.b64encode(f"{self.id}:{self.secret}".encode()).decode()
            headers["authorization"] = f"Basic {pair}"
        else:
            given["client_id"] = self.id
        return Client(SERVER_NAME="127.0.0.1").post(path, given, headers=headers)

    def redeem(self, code: str, **more: str) -> HttpResponse:
        """Bring a code for tokens."""
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.back, "code_verifier": VERIFIER}
        return self.post("/oidc/token", **{**given, **more})

    def refresh(self, token: str, **more: str) -> HttpResponse:
        """Bring a refresh token for new ones."""
        return self.post("/oidc/token", grant_type="refresh_token", refresh_token=token, **more)


def userinfo(access: str) -> HttpResponse:
    return Client(SERVER_NAME="127.0.0.1").get("/oidc/userinfo", headers={"authorization": f"Bearer {access}"})


def body_of(token: str) -> dict[str, Any]:
    """What an ID token says, unverified."""
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def answer_in(response: HttpResponse) -> dict[str, str]:
    """What an answer to the system's address says."""
    assert response.status_code == 302, response.content.decode()[:2000]
    parts = urlsplit(response.headers["Location"])
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


@pytest.fixture
def system(worked: str) -> Callable[..., System]:
    """Register a system."""

    def make(**more: Any) -> System:
        fields = {"name": Named("区图书馆", "District library"), "organisation": office(DISTRICT), "redirects": (BACK,)}
        given = ClientInput(**{**fields, "logouts": (AFTER,), "scopes": SCOPES, **more})
        id_, secret = trust_acts.register_client(SYSTEM, given, at=clock.now(), at_machine=datetime.now(UTC))
        return System(id_, secret, given.redirects[0])

    return make


@pytest.fixture
def library(system: Callable[..., System]) -> System:
    """A system with a secret, which may know all there is to know."""
    return system()


@pytest.fixture
def signed_in(worked: str) -> Iterator[Callable[..., Client]]:
    """Sign somebody in by the page, in Chinese or English; forms of theirs carry their mark against forgery."""
    cache.clear()

    def make(username: str = "resident", language: str = "zh") -> Client:
        account = Account.objects.get(username=username)
        account.set_password(PASSWORD)
        account.save()
        headers = {"accept-language": "zh-CN" if language == "zh" else "en"}
        client = Client(SERVER_NAME="127.0.0.1", headers=headers, enforce_csrf_checks=True)
        client.get("/sign-in/")
        given = {"login": username, "password": PASSWORD, "csrfmiddlewaretoken": mark_of(client)}
        assert client.post("/sign-in/", given).status_code == 302
        return client

    yield make
    cache.clear()


def mark_of(client: Client) -> str:
    return client.cookies[settings.CSRF_COOKIE_NAME].value


def answering(client: Client, asked: str, *scopes: str, answer: str = "agree", **more: str) -> HttpResponse:
    """Answer the page of consent that an address leads to."""
    page = client.get(asked)
    assert page.status_code == 200, page.headers
    given = {"answer": answer, "scopes": list(scopes), "csrfmiddlewaretoken": mark_of(client), **more}
    return client.post(asked.replace("/authorize", "/consent", 1), given)


def code_for(client: Client, system: System, *scopes: str, **more: str | None) -> str:
    """Go the whole way to a code, agreeing to these scopes, by default all."""
    return answer_in(answering(client, system.asking(**more), *(scopes or SCOPES[1:])))["code"]


@dataclass
class Catcher:
    """The other system's machine: it keeps what it is told, and answers as it is set to."""

    address: str = ""
    status: int = 200
    leads_to: str = ""
    told: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def tokens(self) -> list[str]:
        return [one["logout_token"] for one in self.told]


@pytest.fixture
def catcher() -> Iterator[Catcher]:
    """A web server of its own, on a port of its own."""
    catcher = Catcher()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            catcher.paths.append(self.path)
            if catcher.status == 200:
                catcher.told.append({name: values[0] for name, values in parse_qs(body).items()})
            self.send_response(catcher.status)
            if catcher.leads_to:
                self.send_header("Location", catcher.leads_to)
            self.end_headers()

        def do_GET(self) -> None:
            catcher.paths.append(self.path)

        def log_message(self, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    catcher.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield catcher
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def told(system: Callable[..., System], catcher: Catcher) -> System:
    """A system that wants to be told."""
    back = f"{catcher.address}/signed-in"
    return system(redirects=(back,), logouts=(f"{catcher.address}/bye",), told_at=f"{catcher.address}/logout?of=us")
