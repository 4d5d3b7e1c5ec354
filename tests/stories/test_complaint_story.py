"""A resident finds that an official looked at her file, complains, and reads the answer of whoever supervises looks."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.kernel.identity.peopled import number
from tests.stories.people import ADDRESS, NAME, Enter, look_and_confirm, sign_up_as

SAID = "我没有办理任何事项，为什么查我的地址？"
ANSWER = "查阅没有对应的申请，已责令整改，向您致歉"


def test_a_resident_complains_about_a_look_and_is_answered(enter: Enter, page: Page, live: str) -> None:
    sign_up_as(page, live, ADDRESS)
    page.get_by_role("textbox", name="姓名").fill(NAME)
    page.get_by_role("textbox", name="居民身份证号码").fill(number(40))
    page.get_by_role("button", name="核验").click()
    expect(page.get_by_text("二级")).to_be_visible()

    look_and_confirm(enter, page, live)

    enter(ADDRESS)
    looked = page.get_by_role("region", name="谁查看过我的信息")
    expect(looked).to_contain_text("SQ-2014-0099")
    looked.get_by_role("link", name="投诉这次查阅").click()
    page.get_by_label("为什么投诉").fill(SAID)
    page.get_by_role("button", name="提交投诉").click()
    expect(page.get_by_text("投诉已受理")).to_be_visible()
    own = page.get_by_role("region", name="进展和答复")
    expect(own).to_contain_text(SAID)
    expect(own).to_contain_text("最迟答复")

    enter("protection")
    page.get_by_role("link", name="对湖畔示例区查阅个人信息的投诉").first.click()
    case = page.get_by_role("region", name="被投诉的查阅")
    expect(case).to_contain_text(SAID)
    expect(case).to_contain_text("窗口员甲")
    expect(case).to_contain_text("SQ-2014-0099")
    page.get_by_label("办理说明").fill("系统中没有这个申请号")
    page.get_by_role("button", name="投诉成立，责令纠正").click()
    page.get_by_label("办理说明").fill(ANSWER)
    page.get_by_role("button", name="已纠正，答复本人").click()

    enter(ADDRESS)
    expect(page.get_by_role("link", name="已投诉，查看进展")).to_be_visible()
    page.get_by_role("link", name="我的投诉").click()
    expect(page.get_by_role("region", name="进展和答复")).to_contain_text("投诉成立，已纠正")
    expect(page.get_by_text(ANSWER)).to_be_visible()
