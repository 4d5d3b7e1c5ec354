"""A resident finds that her address is wrong, asks to have it put right, and reads the answer of the window."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.kernel.identity.peopled import number
from tests.stories.people import ADDRESS, HOME, NAME, Enter, look_and_confirm, sign_up_as

NEW, WHY, ANSWER = "湖畔路 12 号", "去年九月搬家，有租赁合同", "已按租赁合同更正"


def put_right(enter: Enter, page: Page) -> None:
    """Let the window read what is asked for, look, correct and answer."""
    enter("window")
    page.get_by_role("link", name="个人信息更正申请").first.click()
    here, asked = page.url, page.get_by_role("region", name="申请更正的内容")
    expect(asked).to_contain_text(WHY)
    expect(asked).to_contain_text("与申请的内容不同")
    asked.get_by_role("link").click()
    page.get_by_role("button", name="查看并留痕").click()
    expect(page.get_by_text(HOME)).to_be_visible()
    correcting = page.get_by_role("region", name="更正一项")
    correcting.get_by_label("项目").select_option("address")
    correcting.get_by_label("更正为").fill(NEW)
    correcting.get_by_role("button", name="更正", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("已更正")
    page.goto(here)
    expect(asked).to_contain_text("已是申请的内容")
    page.get_by_label("办理说明").fill(ANSWER)
    page.get_by_role("button", name="已更正，答复本人").click()


def test_a_resident_has_what_is_wrong_put_right_and_is_answered(enter: Enter, page: Page, live: str) -> None:
    sign_up_as(page, live, ADDRESS)
    page.get_by_role("textbox", name="姓名").fill(NAME)
    page.get_by_role("textbox", name="居民身份证号码").fill(number(40))
    page.get_by_role("button", name="核验").click()
    look_and_confirm(enter, page, live)

    enter(ADDRESS)
    page.get_by_text("哪一项不对？申请更正").click()
    page.get_by_label("哪一项").select_option("address")
    page.get_by_label("应为").fill(HOME)
    page.get_by_label("理由和依据").fill(WHY)
    page.get_by_role("button", name="提交更正申请").click()
    expect(page.get_by_role("alert")).to_contain_text("现在记录的就是这个内容")
    expect(page.get_by_label("理由和依据")).to_have_value(WHY)
    page.get_by_label("应为").fill(NEW)
    page.get_by_role("button", name="提交更正申请").click()
    own = page.get_by_role("region", name="我申请的更正")
    expect(own).to_contain_text(NEW)
    expect(own).to_contain_text("最迟答复")

    put_right(enter, page)

    enter(ADDRESS)
    expect(own).to_contain_text("已更正")
    expect(own).to_contain_text(ANSWER)
    expect(page.get_by_role("region", name="已知信息及来源")).to_contain_text(NEW)
