"""A resident who has a sign-in of the city comes in by it, and one who has an account here links it."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect
from tests.faces.hall.other_provider import CLIENT, SECRET, OtherProvider, serving
from tests.stories.people import PASSWORD

from zhihai.ground.named import Named
from zhihai.kernel.identity.account import Account


@pytest.fixture
def other(worked: str, live: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[OtherProvider]:
    """The city's provider, which signs in whoever comes."""
    monkeypatch.setattr("django.conf.settings.ZHIHAI_ORIGIN", live)
    with serving() as other:
        there = SimpleNamespace(
            issuer=other.address, client=CLIENT, secret=SECRET, name=Named("市统一身份认证", "City sign-in"),
            scope="openid", number_claim="", officials=False,
        )  # fmt: skip
        monkeypatch.setattr("django.conf.settings.ZHIHAI_ELSEWHERE", there)
        yield other


def test_a_resident_comes_in_by_the_citys_sign_in_and_another_links_it(
    other: OtherProvider, live: str, page: Page
) -> None:
    page.goto(f"{live}/sign-in/?next=/my/acting/")
    page.get_by_role("button", name="用市统一身份认证登录").click()
    page.wait_for_url(f"{live}/my/acting/")
    made = set(Account.objects.filter(sort="resident").values_list("username", flat=True)) - {"resident", "newcomer"}
    assert len(made) == 1

    other.subject = "subject-2"
    page.context.clear_cookies(name="zhihai_session")
    page.goto(f"{live}/sign-in/?next=/account/")
    page.get_by_label("登录名或邮箱").fill("resident")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_role("button", name="绑定", exact=True).click()
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="继续").click()
    page.get_by_role("button", name="绑定", exact=True).click()
    expect(page.get_by_role("button", name="解除绑定")).to_be_visible()

    page.context.clear_cookies(name="zhihai_session")
    page.goto(f"{live}/sign-in/")
    page.get_by_role("button", name="用市统一身份认证登录").click()
    page.wait_for_url(f"{live}/my/")
    assert Account.objects.filter(sort="resident").count() == 3
