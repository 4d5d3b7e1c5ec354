"""Every public page is read by a machine for what keeps people out: scanned, magnified, spaced, without scripts.

Which pages there are is told by their addresses: one that is added and not looked at here fails the first test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, Page
from tests.faces.hall.test_second_factor import NOW
from tests.faces.placed import placed
from tests.faces.test_access_walk import POSTED, patterns
from tests.stories.public_pages import FILES, LEADING_ON, MACHINES, Way, by_addresses, by_doing, of_officials
from tests.stories.scanning import LOOKS, found, scanner

from zhihai.faces.api.routes import ROUTES
from zhihai.kernel.identity.account import Account

BACKEND = "zhihai.faces.signing.SigningIn"
Visit = Callable[[str, str], Page]


def name_of(address: str) -> str:
    """Return the name of an address, none for one that leads nowhere."""
    try:
        return resolve(urlsplit(address).path).url_name or ""
    except Resolver404:
        return ""


def addressed() -> list[Way]:
    """Return the public pages that are had by asking for them."""
    return by_addresses(placed(), name_of)


@pytest.fixture
def visit(worked: str, live: str, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """Give a page of somebody under a look; one for each of them."""
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", SimpleNamespace(time=lambda: NOW))
    contexts, pages = [], {}

    def opened(who: str, look: str) -> Page:
        if who in pages:
            return pages[who]
        given = LOOKS[look]
        context = browser.new_context(
            viewport=given["viewport"], locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce",
            java_script_enabled=look != "without-scripts",
        )  # fmt: skip
        contexts.append(context)
        context.add_init_script(scanner())
        kept = {"zhihai_language": given["language"], "zhihai_care": given["care"]}
        if not who.startswith("nobody"):
            client = Client()
            client.force_login(Account.objects.get(username=who), BACKEND)
            kept["zhihai_session"] = client.cookies["zhihai_session"].value
        context.add_cookies([{"name": name, "value": value, "url": live} for name, value in kept.items()])
        pages[who] = context.new_page()
        pages[who].set_default_timeout(15_000)
        return pages[who]

    yield opened
    for context in contexts:
        context.close()


def test_no_public_page_is_left_out(worked: str) -> None:
    operations = {route.view.__name__ for route in ROUTES}
    public = {name for name, _ in patterns() if not name.startswith("desk")} - operations
    shown = {way.name for way in (*addressed(), *by_doing())}
    assert public - FILES - MACHINES - LEADING_ON - (set(POSTED) - shown) == shown - {"", "desk-cases"}
    assert not shown & (FILES | MACHINES | LEADING_ON)


@pytest.mark.parametrize(
    "look", [pytest.param(one, marks=[pytest.mark.long] if one == "without-scripts" else []) for one in LOOKS]
)
@pytest.mark.parametrize("ways", [addressed, by_doing], ids=["asked-for", "come-to"])
def test_a_public_page_keeps_nobody_out(visit: Visit, live: str, ways: Callable[[], list[Way]], look: str) -> None:
    assert found_on(ways(), visit, live, look) == []


@pytest.mark.long
def test_a_page_of_the_desk_keeps_no_official_out(visit: Visit, live: str) -> None:
    assert found_on(of_officials(placed(), name_of), visit, live, "wide") == []


def found_on(ways: list[Way], visit: Visit, live: str, look: str) -> list[str]:
    """Go every way, and return what is wrong where it ends."""
    wrong = []
    for way in ways:
        page = visit(way.who, look)
        way.go(page, live)
        if name_of(page.url) != way.name:
            wrong.append(f"{way.begin} led to {page.url}, not {way.name}")
        wrong += [f"{way.who} {way.begin} ({way.name}): {one}" for one in found(page, look)]
    return wrong
