"""Leaks on purpose, run by ``test_leaks.py`` alone: each of these tests passes, and the run must fail all the same."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import Client
from django.test.utils import override_settings
from django.urls import path

from zhihai.faces.passwords import Argon2id
from zhihai.kernel.identity import reads, sealing

NUMBER = "990101197001010095"
PASSWORD, TOKEN = "a pass phrase on purpose", f"zh_{'t' * 20}on_purpose"
LEAKED = (NUMBER, PASSWORD, TOKEN)


def _led(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(f"/somewhere?token={TOKEN}")


def _refused(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"<p>{NUMBER[:17]}&#53; is nobody's</p>", status=422)


def _linked(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f'<a href="/people/{NUMBER}">one</a>')


@pytest.fixture
def client() -> Client:
    return Client(SERVER_NAME="127.0.0.1")


@pytest.fixture(autouse=True)
def addresses() -> object:
    found = ModuleType("addresses_that_leak")
    views: dict[str, Callable[[HttpRequest], HttpResponse]] = {"led": _led, "refused": _refused, "linked": _linked}
    found.urlpatterns = [path(name, view) for name, view in views.items()]  # type: ignore[attr-defined]
    with override_settings(ROOT_URLCONF=found, MIDDLEWARE=[]):
        yield


def test_a_number_is_logged() -> None:
    logging.getLogger("zhihai.site").error(f"nobody has {NUMBER}")


def test_a_password_is_logged() -> None:
    Argon2id().verify(PASSWORD, Argon2id().encode(PASSWORD, "salt of a test"))
    logging.getLogger("zhihai.site").error("refused", extra={"facts": {"given": PASSWORD}})


def test_a_token_is_in_an_address(client: Client) -> None:
    reads.digest(TOKEN)
    assert client.get("/led").status_code == 302


def test_a_number_is_in_a_page_that_says_no(client: Client) -> None:
    assert client.get("/refused").status_code == 422


def test_a_number_is_in_a_link(client: Client) -> None:
    sealing.seal(1, NUMBER)
    assert client.get("/linked").status_code == 200


def test_a_program_says_a_number() -> None:
    say = f"import sys; sys.stderr.write('{NUMBER}')"
    subprocess.run([sys.executable, "-c", say], capture_output=True, check=True)
