"""What everybody may see, in a real browser: the wall, languages, large print, small screens and slow lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from tests.faces.staged_windows import staged_window
from tests.faces.staging import number_of, set_the_stage, staged_item

from zhihai.kernel.identity.account import Account

PHONE = {"width": 390, "height": 844}
BACKEND = "zhihai.faces.signing.SigningIn"


@pytest.fixture
def worked(store: Any, lakeside: str) -> Iterator[str]:
    """A fresh copy of the invented district at work."""
    with store.copy(store.template("worked", set_the_stage, base="lakeside")) as name:
        yield name


def test_the_wall_speaks_both_languages_to_nobody_in_particular(worked: str, live: str, page: Page) -> None:
    page.goto(live)
    expect(page).to_have_url(f"{live}/wall/")
    expect(page.get_by_role("heading", level=1)).to_have_text("湖畔示例区 · 此刻")
    lead = page.locator(".tile.lead")
    expect(lead).to_contain_text("东岸空气站")
    expect(lead.locator(".value")).to_have_text(re.compile(r"^\d{3}$"))
    expect(page.locator("zh-map .maplibregl-canvas")).to_be_visible()
    expect(page.locator("zh-chart canvas, zh-chart svg").first).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(lead).to_contain_text("East Shore air station")
    chinese = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(one => /[\\u4e00-\\u9fff]/.test(one.textContent)).length"
    )
    assert chinese == 0
    assert "LS-2014" not in page.content()


def test_large_print_is_kept_and_can_be_left(worked: str, live: str, page: Page) -> None:
    page.goto(f"{live}/figures/")
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    usual = page.evaluate(size)
    page.get_by_role("link", name="关怀模式").click()
    expect(page).to_have_url(f"{live}/figures/")
    assert page.evaluate(size) >= 1.3 * usual
    page.goto(f"{live}/plan/")
    assert page.evaluate(size) >= 1.3 * usual
    page.locator(".prefs a").nth(1).click()
    assert page.evaluate(size) == usual


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_page_of_the_desk_is_wider_than_a_phone(
    worked: str, live: str, browser: Browser, language: str, sign: Any
) -> None:
    pages = {
        "dispatcher": ("/desk/", "/desk/cases/", "/desk/closed/", f"/desk/cases/{number_of(0)}", "/desk/notices/"),
        "operator": (
            "/desk/devices/", "/desk/devices/east-air", "/desk/quarantine/", "/desk/rules/",
            "/desk/rules/air.heavy_pollution", "/desk/operation/", "/desk/intake/", "/desk/machine/", "/desk/parked/",
            "/desk/items/", f"/desk/items/{staged_item()}", "/desk/items/synonyms", "/desk/items/import",
        ),
    }  # fmt: skip
    wide = []
    for who, addresses in pages.items():
        context = browser.new_context(viewport=PHONE, java_script_enabled=False)
        context.add_cookies([{"name": "zhihai_language", "value": language, "url": live}, *sign(who, live)])
        for care in ("0", "1"):
            context.add_cookies([{"name": "zhihai_care", "value": care, "url": live}])
            shown = context.new_page()
            for address in addresses:
                shown.goto(f"{live}{address}")
                width = shown.locator("html").evaluate("html => html.scrollWidth")
                if width > PHONE["width"]:
                    wide.append(f"{address} care={care}: {width}")
        context.close()
    assert wide == []


@pytest.fixture
def sign(worked: str) -> Any:
    """Make the cookies of somebody who has signed in."""

    def make(username: str, live: str) -> list[dict[str, str]]:
        client = Client()
        client.force_login(Account.objects.get(username=username), BACKEND)
        return [{"name": "zhihai_session", "value": client.cookies["zhihai_session"].value, "url": live}]

    return make


def test_a_slow_line_still_shows_what_matters(worked: str, live: str, page: Page) -> None:
    """At 50 kB/s the figures stand there long before the map and the charts have come."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 200, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    line.send("Network.emulateNetworkConditions", slow)
    page.goto(f"{live}/wall/", wait_until="commit")
    expect(page.locator(".tile.lead .value")).to_be_visible(timeout=10_000)
    expect(page.locator(".rows", has_text="东岸气象站")).to_be_visible()
    assert page.evaluate("document.querySelectorAll('.maplibregl-canvas').length") == 0
    line.send(
        "Network.emulateNetworkConditions", {**slow, "downloadThroughput": -1, "uploadThroughput": -1, "latency": 0}
    )


def test_a_page_that_draws_itself_anew_can_be_held_still(worked: str, live: str, page: Page) -> None:
    """Who reads slowly, or by ear, is not thrown back to the beginning (WCAG 2.2.1, 2.2.2)."""
    for address in ("/wall/", f"/hall/windows/{staged_window()}/screen"):
        answer = page.goto(f"{live}{address}")
        assert answer is not None
        assert "refresh" in answer.headers
        with page.expect_response(re.compile("still=1")) as held:
            page.get_by_role("link", name="停止自动更新").click()
        assert "refresh" not in held.value.headers
        with page.expect_response(re.compile(f"{address}$")) as again:
            page.get_by_role("link", name="恢复自动更新").click()
        assert "refresh" in again.value.headers


def test_without_scripts_everything_can_be_read(worked: str, live: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{live}/wall/")
    expect(page.locator(".tile.lead .value")).to_have_text(re.compile(r"^\d{3}$"))
    page.get_by_role("link", name="看它由哪些数据算出").first.click()
    expect(page.locator("tbody tr").first).to_be_visible()
    context.close()
