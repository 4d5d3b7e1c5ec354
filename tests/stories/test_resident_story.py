"""A resident signs up, proves who she is, stands at a window, and finds that an official looked at her data."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.kernel.identity.peopled import number
from tests.stories.people import ADDRESS, HOME, NAME, Enter, sign_up_as


def test_a_resident_finds_who_looked_at_her_data(enter: Enter, page: Page, live: str) -> None:
    page.goto(f"{live}/sign-in/")
    expect(page.get_by_role("link", name="注册居民账号")).to_be_visible()
    sign_up_as(page, live, ADDRESS)
    expect(page.get_by_role("heading", level=1)).to_have_text("我的信息")
    page.get_by_role("textbox", name="姓名").fill(NAME)
    page.get_by_role("textbox", name="居民身份证号码").fill(number(40))
    page.get_by_role("button", name="核验").click()
    expect(page.get_by_text("二级")).to_be_visible()
    assert HOME not in page.content()

    enter("window")
    page.get_by_role("link", name="人员查找").click()
    page.get_by_label("查找方式").select_option("sound")
    page.get_by_label("查找内容").fill("shi chun xiao")
    page.get_by_role("button", name="查找").click()
    page.get_by_role("link", name=NAME).click()
    page.get_by_label("依据").first.select_option("window")
    page.get_by_label("案件号、申请号或法律条款").fill("CK-2014-0007")
    page.get_by_role("button", name="查看并留痕").click()
    expect(page.get_by_text(HOME)).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    page.goto(page.url.removesuffix("/look"))
    page.get_by_label("当面查验的证件").fill("居民身份证原件")
    page.get_by_label("为什么人工核验").fill("读卡器故障")
    page.get_by_role("button", name="当面核验通过").click()
    expect(page.get_by_text("已当面核验。")).to_be_visible()

    enter(ADDRESS)
    looked = page.get_by_role("region", name="谁查看过我的信息")
    expect(looked).to_contain_text("窗口受理员")
    expect(looked).to_contain_text("CK-2014-0007")
    expect(page.get_by_text(HOME)).to_be_visible()


def test_the_pages_of_residents_fit_a_phone_in_large_print(enter: Enter, page: Page, live: str) -> None:
    enter("resident")
    page.set_viewport_size({"width": 390, "height": 844})
    for address in ("/my/", "/my/acting/", "/my/complaints/", "/my/?care=1", "/my/acting/", "/my/complaints/"):
        page.goto(live + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.clear_cookies(name="zhihai_session")
    for address in ("/sign-up/", "/recover/", "/sign-in/"):
        page.goto(live + address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        for box in page.locator("main input:visible, main button:visible").all():
            assert (box.bounding_box() or {"height": 0})["height"] >= 44
