"""An official adds a passkey and signs in with it: alone, and as the second step; a resident too. In a real browser.

The authenticator is Chromium's own virtual one (WebDriver extension of WebAuthn), the address is ``localhost``, since
browsers allow no passkeys at an IP address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect
from tests.kernel.hearing import heard
from tests.stories.people import PASSWORD

from zhihai.kernel.identity.account import Account


@pytest.fixture
def home(worked: str, live: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The platform under a name, where powers ask for a second factor."""
    address = live.replace("127.0.0.1", "localhost")
    monkeypatch.setattr("django.conf.settings.ZHIHAI_ORIGIN", address)
    monkeypatch.setattr("django.conf.settings.ZHIHAI_SECOND_FACTOR", True)
    return address


@pytest.fixture
def authenticators(page: Page) -> Iterator[CDPSession]:
    """The browser's virtual authenticators."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    yield line
    line.send("WebAuthn.disable")


def plugged(line: CDPSession, **options: Any) -> str:
    """Plug an authenticator in that asks who holds it, as a telephone or a computer does."""
    given = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True, **options,
    }  # fmt: skip
    return str(line.send("WebAuthn.addVirtualAuthenticator", {"options": given})["authenticatorId"])


def by_password(page: Page, home: str, username: str) -> None:
    """Sign in with name and password."""
    page.context.clear_cookies(name="zhihai_session")
    page.goto(f"{home}/sign-in/")
    page.get_by_label("登录名或邮箱").fill(username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()


def add(page: Page, name: str) -> None:
    """Add a passkey on one's account's page."""
    page.get_by_role("link", name="添加通行密钥").click()
    if page.get_by_role("heading", level=1).inner_text() == "请再次输入密码":
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="继续").click()
    page.get_by_label("名称").fill(name)
    page.get_by_role("button", name="继续").click()


def test_an_official_signs_in_with_a_passkey_and_a_second_factor(
    home: str, page: Page, authenticators: CDPSession
) -> None:
    device = plugged(authenticators)
    by_password(page, home, "window")
    expect(page.get_by_text("请先设置第二道验证")).to_be_visible()
    add(page, "办公电脑")
    expect(page.get_by_role("heading", level=1)).to_have_text("备用码")
    code = page.locator("li.code").first.inner_text()
    page.get_by_role("link", name="已经收好").click()
    expect(page.get_by_role("link", name="办公电脑")).to_be_visible()
    page.goto(f"{home}/desk/people/")
    expect(page.get_by_role("heading", level=1)).to_have_text("人员查找")

    page.context.clear_cookies(name="zhihai_session")
    page.goto(f"{home}/sign-in/?next=/desk/people/")
    page.get_by_role("button", name="用通行密钥登录").click()
    page.wait_for_url(f"{home}/desk/people/")

    by_password(page, home, "window")
    expect(page.get_by_role("heading", level=1)).to_have_text("第二道验证")
    page.get_by_role("button", name="改用通行密钥").click()
    page.wait_for_url(re.compile("/desk/"))

    authenticators.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})
    plugged(authenticators)  # another device, which has no key of ours
    by_password(page, home, "window")
    page.get_by_role("button", name="改用通行密钥").click()
    expect(page.get_by_role("alert")).to_contain_text("没有完成")
    page.get_by_label("验证码或备用码").fill(code)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(re.compile("/desk/"))


def test_a_key_that_asks_nobody_is_the_second_step_alone(home: str, page: Page, authenticators: CDPSession) -> None:
    """A security key of the older sort: it proves that one has it, not who holds it."""
    plugged(
        authenticators, protocol="u2f", transport="usb", hasResidentKey=False, hasUserVerification=False,
        isUserVerified=False,
    )  # fmt: skip
    by_password(page, home, "window")
    add(page, "安全密钥")
    page.get_by_role("link", name="已经收好").click()
    page.get_by_role("link", name="安全密钥").click()
    if page.get_by_role("heading", level=1).inner_text() == "请再次输入密码":
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="继续").click()
    expect(page.get_by_text("第二道验证（先输入密码）")).to_be_visible()
    by_password(page, home, "window")
    page.get_by_role("button", name="改用通行密钥").click()
    page.wait_for_url(re.compile("/desk/"))


def test_a_resident_adds_a_key_signs_in_and_removes_it(home: str, page: Page, authenticators: CDPSession) -> None:
    plugged(authenticators)
    by_password(page, home, "resident")
    page.goto(f"{home}/account/")
    add(page, "我的手机")
    page.get_by_role("link", name="已经收好").click()
    page.context.clear_cookies(name="zhihai_session")
    page.goto(f"{home}/sign-in/")
    page.get_by_role("button", name="用通行密钥登录").click()
    page.wait_for_url(f"{home}/my/")
    page.goto(f"{home}/account/devices/")
    expect(page.get_by_text("Chrome 浏览器")).to_have_count(2)
    page.get_by_role("button", name="退出其他所有设备").click()
    expect(page.get_by_text("已退出 1 台设备。")).to_be_visible()
    page.goto(f"{home}/account/")
    page.get_by_role("link", name="我的手机").click()
    page.get_by_role("button", name="改用通行密钥").click()
    page.get_by_role("button", name="移除这个通行密钥").click()
    expect(page.get_by_role("link", name="我的手机")).to_have_count(0)
    assert not Account.objects.get(username="resident").second_factor
    heard()
    page.goto(f"{home}/desk/notices/")
    expect(page.get_by_text("登录方式有变动：已移除通行密钥")).to_be_visible()
