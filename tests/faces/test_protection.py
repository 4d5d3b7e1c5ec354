"""What every page keeps to: the security policy, cookies, hosts, sign-in, and sessions that end."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from tests.faces.staging import number_of

from zhihai.kernel.identity.account import Account

PINS: dict[str, int] = json.loads(Path(__file__).with_name("query_counts.json").read_text())
PASSWORD = "a long enough pass phrase"  # of an account that lives as long as the test


class Inline(HTMLParser):
    """Finds what the policy forbids to stand in a page: scripts, styles, handlers, and addresses that are code."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in given and given.get("type") != "application/json"):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            code = name in ("href", "src", "action", "formaction") and (value or "").strip().lower().startswith(
                "javascript:"
            )
            if name == "style" or name.startswith(("on", "hx-on")) or code:
                self.found.append(f"<{tag} {name}>")


def answers(reader: Callable[..., Client]) -> Iterator[tuple[str, HttpResponse]]:
    """Yield every page in both languages and in large print, and the pages that say no."""
    for page in PINS:
        who, _, address = page.partition(" ")
        for word, number in (("CASE", number_of(0)), ("ROUND", number_of(3))):
            address = address.replace(word, number)
        client = reader(None if who == "nobody" else who, "en")
        yield page, client.get(address)
        client.cookies["zhihai_language"], client.cookies["zhihai_care"] = "zh", "1"
        yield f"{page} in large print", client.get(address)
    client = reader("inspector")
    case = f"/desk/cases/{number_of(0)}"
    yield "not permitted", client.get("/desk/operation/")
    yield "no page", client.get("/nowhere")
    yield "no case", client.get("/desk/cases/LS-2014-KQ-999999")
    yield (
        "a step refused",
        client.post(f"{case}/tasks/999999", {"outcome": "<script>", "note": "<script>alert(1)</script>"}),
    )
    yield "a sign-in refused", reader(None).post("/sign-in/", {"login": "inspector", "password": "wrong"})
    yield "a form of nobody's", Client(enforce_csrf_checks=True, SERVER_NAME="127.0.0.1").post("/sign-in/", {})


def test_no_page_holds_what_the_policy_forbids(worked: str, reader: Callable[..., Client]) -> None:
    for name, answer in answers(reader):
        assert answer.status_code < 500, name
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert {"default-src 'self'", "object-src 'none'", "frame-ancestors 'none'"} <= set(policy.split("; "))
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        inline = Inline()
        inline.feed(answer.content.decode())
        assert inline.found == [], name


def test_what_was_written_is_shown_and_never_run(worked: str, reader: Callable[..., Client]) -> None:
    address = f"/desk/cases/{number_of(0)}/tasks/999999"
    said = reader("inspector").post(address, {"outcome": "x", "note": "<script>alert(1)</script>"}).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in said


@pytest.fixture
def person(district: str) -> Iterator[Account]:
    """The inspector, with a password; nobody has failed to sign in yet."""
    cache.clear()
    account = Account.objects.get(username="inspector")
    account.set_password(PASSWORD)
    account.save()
    yield account
    cache.clear()


def sign_in(client: Client, password: str = PASSWORD, **more: str) -> HttpResponse:
    return client.post("/sign-in/", {"login": "inspector", "password": password, **more})


def test_cookies_can_not_be_read_by_scripts_or_sent_from_elsewhere(person: Account) -> None:
    client = Client(SERVER_NAME="127.0.0.1")
    client.get("/wall/?language=en")
    assert sign_in(client).status_code == 302
    for name in (settings.SESSION_COOKIE_NAME, "zhihai_language"):
        cookie = client.cookies[name]
        assert (bool(cookie["httponly"]), cookie["samesite"]) == (True, "Lax"), name
    assert client.cookies[settings.CSRF_COOKIE_NAME]["samesite"] == "Lax"


@pytest.mark.parametrize("host", ["example.org", "127.0.0.1.example.org", "localhost@example.org", ""])
def test_a_host_that_is_not_ours_is_refused(district: str, host: str) -> None:
    answer = Client().get("/wall/", headers={"host": host or "[bad"})
    assert answer.status_code == 400
    assert "example.org" not in answer.content.decode()


@pytest.mark.parametrize("to", ["https://example.org/", "//example.org/", "/\\example.org", "javascript:alert(1)"])
def test_the_sign_in_leads_nowhere_else(person: Account, to: str) -> None:
    answer = sign_in(Client(SERVER_NAME="127.0.0.1"), next=to)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/")


def test_the_sign_in_leads_back_to_where_the_reader_wanted_to_go(person: Account) -> None:
    client = Client(SERVER_NAME="127.0.0.1")
    asked = client.get("/desk/devices/east-air?days=7&quantity=pm25")
    there = "/sign-in/?next=%2Fdesk%2Fdevices%2Feast-air%3Fdays%3D7%26quantity%3Dpm25"
    assert asked.headers["Location"] == there
    assert 'value="/desk/devices/east-air?days=7&amp;quantity=pm25"' in client.get(there).content.decode()
    answer = sign_in(client, next="/desk/devices/east-air?days=7&quantity=pm25")
    assert answer.headers["Location"] == "/desk/devices/east-air?days=7&quantity=pm25"


def test_a_form_that_comes_after_the_session_leads_back_to_its_page(
    district: str, reader: Callable[..., Client]
) -> None:
    answer = reader(None).post(
        "/desk/rules/air.heavy_pollution/set", headers={"referer": "http://127.0.0.1/desk/rules/x"}
    )
    assert answer.headers["Location"] == "/sign-in/?next=%2Fdesk%2Frules%2Fx"


def test_guessing_a_password_is_slowed_down(person: Account) -> None:
    for _ in range(5):
        assert sign_in(Client(SERVER_NAME="127.0.0.1"), "wrong").status_code == 200
    client = Client(SERVER_NAME="127.0.0.1")
    answer = sign_in(client)
    assert answer.status_code != 302
    assert settings.SESSION_COOKIE_NAME not in client.cookies


def test_a_wrong_name_and_a_wrong_password_are_told_alike(person: Account) -> None:
    said = [
        Client(SERVER_NAME="127.0.0.1").post("/sign-in/", {"login": name, "password": "wrong"}).content.decode()
        for name in ("inspector", "somebody")
    ]
    first, second = (re.sub(r'(?:token" value="\w+"|value="(?:inspector|somebody)")', "", one) for one in said)
    assert first == second


def test_sessions_end_when_the_password_changes_or_the_account_is_switched_off(person: Account) -> None:
    first, second = Client(SERVER_NAME="127.0.0.1"), Client(SERVER_NAME="127.0.0.1")
    sign_in(first)
    sign_in(second)
    assert first.get("/desk/").status_code == second.get("/desk/").status_code == 200
    person.set_password(f"{PASSWORD} and another")
    person.save()
    assert first.get("/desk/").status_code == 302
    sign_in(second, f"{PASSWORD} and another")
    assert second.get("/desk/").status_code == 200
    Account.objects.filter(pk=person.pk).update(is_active=False)
    assert second.get("/desk/").headers["Location"].startswith("/sign-in/")


def test_signing_out_ends_the_session_and_needs_a_form(person: Account) -> None:
    client = Client(SERVER_NAME="127.0.0.1")
    sign_in(client)
    kept = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert client.get("/sign-out/").headers["Location"] == "/desk/"
    assert client.get("/desk/").status_code == 200
    assert client.post("/sign-out/").status_code == 302
    client.cookies[settings.SESSION_COOKIE_NAME] = kept
    assert client.get("/desk/").status_code == 302


@pytest.mark.parametrize(
    "address",
    [
        "/desk/cases/%00",
        "/desk/?kind=%00",
        "/desk/search?q=%00",
        "/figures/air.good_days/2014-01-01?from=%00",
        "/desk/?area=%C2%B2&after=x",
        "/desk/notices/?after=%C2%B2",
        "/figures/air.good_days/2014-01-01?from=%C2%B2",
        "/desk/?area=99999999999999999999",
        "/desk/devices/east-air?days=-1&quantity=no",
        "/desk/cases/" + "9" * 3000,
        "/desk/devices/%ED%A0%80",
        "/figures/air.good_days/2014-13-01",
        "/desk/closed/?after=1-1-1",
    ],
)
def test_an_address_that_can_not_be_is_no_fault_of_ours(
    worked: str, reader: Callable[..., Client], address: str
) -> None:
    answer = reader("leader").get(address)
    assert answer.status_code < 500
    assert answer.headers["Content-Type"].startswith("text/html")
