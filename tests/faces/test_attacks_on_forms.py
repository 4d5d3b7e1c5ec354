"""What another site tries on who is signed in here: forms sent from there, ways on that lead there, a wrong host."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote, urlsplit

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from tests.faces.staging import number_of
from tests.faces.test_access_walk import API, JSON, OF_A_CASE, PAGES, PEOPLE, filled, let_in, patterns

from zhihai.faces.api.routes import ROUTES
from zhihai.kernel import records as store
from zhihai.kernel.identity import kinds as powers
from zhihai.kernel.identity.account import Account

FOR_SYSTEMS = ("oidc-token", "oidc-userinfo", "oidc-revoke", "oidc-authorize", "oidc-logout", "trust-")
"""Asked by systems that name themselves by a secret or a token, by programs anybody runs, or by a form of theirs,
as the protocol has it: that leads to a page of ours that asks (tests/faces/provider)."""
WITHOUT_FORMS = ("live", "ready", "metrics", "clock", "tile", "openapi", "oidc-keys", "oidc-description")
"""Read by machines, whatever session there is."""
BY_ITS_LINK = ("stop",)
"""The signed address is the authority: mail programs send it without a session (tests/faces/hall/test_telling.py)."""
ELSEWHERE = ("https://evil.example/", "//evil.example/", "/\\evil.example", "https:evil.example", "/\t/evil.example")


@pytest.fixture
def signed_in(worked: str, reader: Callable[..., Client]) -> Callable[..., Client]:
    """Make a browser that checks forms, of whoever the table lets in at a page; each asked for once."""
    made: dict[str | None, Client] = {}

    def make(needed: str) -> Client:
        person = next(one for one in PEOPLE if let_in(one, needed))
        if person not in made:
            made[person] = reader(person)
            made[person].handler.enforce_csrf_checks = True
        return made[person]

    return make


def forms() -> Iterator[tuple[str, str, str]]:
    """Yield name, address and need of everything that could take a form."""
    for name, route in patterns():
        if name in PAGES and not name.startswith(("ogc", *FOR_SYSTEMS, *WITHOUT_FORMS, *BY_ITS_LINK)):
            yield name, filled(name, route), PAGES[name]
        elif name in OF_A_CASE:
            yield name, filled(name, route, number_of(0)), powers.SEE_CASES


def written() -> object:
    return store.one(
        """SELECT (SELECT count(*) FROM journal_entry), (SELECT count(*) FROM django_session),
               (SELECT count(*) FROM account)"""
    )


def test_no_form_is_taken_without_the_token_of_its_page(signed_in: Callable[..., Client]) -> None:
    """Every address but machines' refuses a form of another site, of whoever may send one, and writes nothing."""
    asked = list(forms())
    for _, _, needed in asked:
        signed_in(needed)
    before, wrong = written(), []
    for name, address, needed in asked:
        answer = signed_in(needed).post(address, {"outcome": "x", "on": "1"})
        if (answer.status_code, getattr(answer, "refused", "")) != (403, "csrf"):
            wrong.append(f"{name}: {answer.status_code}")
    assert wrong == []
    assert len(asked) > 70
    assert written() == before


def test_a_token_does_not_help_a_form_that_another_site_sends(signed_in: Callable[..., Client]) -> None:
    wrong = []
    for name, address, needed in forms():
        client = signed_in(needed)
        client.cookies[settings.CSRF_COOKIE_NAME] = "t" * 32
        given = {"csrfmiddlewaretoken": "t" * 32}
        answer = client.post(address, given, headers={"origin": "https://evil.example"})
        if answer.status_code != 403:
            wrong.append(f"{name}: {answer.status_code}")
    assert wrong == []


def test_the_api_takes_no_session_for_a_call_of_another_site(signed_in: Callable[..., Client]) -> None:
    before, wrong = written(), []
    for route in ROUTES:
        name = route.view.__name__
        if name in API and route.method != "GET" and API[name] != powers.SEND_READINGS:
            client = signed_in(API[name].split(" or ")[0])
            answer = client.post(filled(name, f"api{route.path}"), data={}, content_type=JSON)
            if answer.status_code != 403:
                wrong.append(f"{name}: {answer.status_code}")
    assert wrong == []
    assert written() == (before[0], store.value("SELECT count(*) FROM django_session"), before[2])


def leads(answer: HttpResponse) -> set[str]:
    """Return what leads elsewhere in an answer: its way on, and every link, form and field of its page.

    As browsers read it: without tabs and ends of lines, a backslash being a slash.
    """
    page = answer.content.decode("utf-8", "replace") if "html" in answer.headers.get("Content-Type", "") else ""
    found = [answer.headers.get("Location", ""), *re.findall(r'(?:href|action|value)="([^"]*)"', page)]
    read = (re.sub(r"[\t\r\n]", "", html.unescape(one)).replace("\\", "/").strip() for one in found)
    return {one for one in read if re.match(r"(?:https?:/*|//+)[^/?#]*evil\.example", one)}


@pytest.mark.parametrize("person", ["resident", "administrator", None])
def test_no_page_leads_on_to_where_an_address_says(
    worked: str, reader: Callable[..., Client], person: str | None
) -> None:
    """Every page, asked with each way on that means another site, and after the choice of a language."""
    client, wrong = reader(person), []
    for name, route in patterns():
        if name not in PAGES or name.startswith("oidc"):
            continue  # tests/faces/provider: those lead to registered addresses alone
        address = filled(name, route)
        for to in ELSEWHERE:
            for asked in (f"{address}?next={quote(to)}", f"{address}?language=en&next={quote(to)}"):
                answer = client.get(asked)
                if leads(answer) - {f"{asked.replace('language=en&', '')}"}:
                    wrong.append(f"{asked}: {leads(answer)}")
    assert wrong == []


@pytest.mark.parametrize("address", ["/sign-in/", "/sign-up/", "/sign-out/", "/recover/", "/account/again"])
def test_no_form_leads_on_to_where_it_says(worked: str, reader: Callable[..., Client], address: str) -> None:
    cache.clear()
    for to in ELSEWHERE:
        client = reader("resident" if address in ("/sign-out/", "/account/again") else None)
        given = {"login": "resident", "password": "a password of a test", "email": "new@example.org", "next": to}
        answer = client.post(address, {**given, "password1": "four words nobody joins"})
        assert not leads(answer), (address, to, answer.headers.get("Location"))
    cache.clear()


@pytest.mark.parametrize("path", ["//evil.example/", "//evil.example/wall/", "///evil.example"])
@pytest.mark.parametrize("choice", ["language=en", "care=1", "language=zh&x=1"])
def test_a_choice_of_language_stays_on_this_host(district: str, path: str, choice: str) -> None:
    """An address that begins with two slashes is another host to a browser."""
    answer = Client(SERVER_NAME="127.0.0.1").get("/", PATH_INFO=path, QUERY_STRING=choice)
    to = answer.headers["Location"]
    assert answer.status_code == 302
    assert not urlsplit(to).netloc
    assert not to.startswith(("//", "/\\"))


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> list[mail.EmailMessage]:
    monkeypatch.setattr("django.conf.settings.EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
    monkeypatch.setattr(mail, "outbox", [], raising=False)
    return mail.outbox


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9"])
def test_a_mail_names_the_configured_address_whatever_the_host(
    worked: str, letters: list[mail.EmailMessage], host: str
) -> None:
    cache.clear()
    for address, given in (("/recover/", {}), ("/sign-up/", {"password1": "four words nobody joins"})):
        Client().post(address, {"email": "resident@example.org", **given}, headers={"host": host})
    assert len(letters) == 2
    links = [found for letter in letters for found in re.findall(r"https?://[^\s/]+", letter.body)]
    assert links
    assert set(links) == {settings.ZHIHAI_ORIGIN}
    cache.clear()


@pytest.mark.parametrize("header", ["x-forwarded-host", "x-host", "forwarded", "x-original-url", "x-rewrite-url"])
def test_no_other_header_names_the_host(worked: str, letters: list[mail.EmailMessage], header: str) -> None:
    cache.clear()
    client = Client(SERVER_NAME="127.0.0.1")
    given = "host=evil.example" if header == "forwarded" else "evil.example"
    answers = [client.get(address, headers={header: given}) for address in ("/desk/", "/sign-in/", "/wall/", "/ogc/")]
    client.post("/recover/", {"email": "resident@example.org"}, headers={header: given})
    assert all("evil.example" not in answer.content.decode() + str(answer.headers) for answer in answers)
    assert "evil.example" not in letters[-1].body
    cache.clear()


def test_no_page_is_shown_under_another_host(worked: str) -> None:
    """Every page and every address of machines, asked under another name, is refused before anything is done."""
    assert Account.objects.exists()
    wrong = [
        name
        for name, route in patterns()
        if name in PAGES and name not in ("live", "ready")
        and Client().get(filled(name, route), headers={"host": "evil.example"}).status_code != 400
    ]  # fmt: skip
    assert wrong == []
