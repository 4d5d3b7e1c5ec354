"""A question that was answered is published without whoever asked it; the next one reads it before asking."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.faces.publishing import PUBLISHER
from tests.faces.staging import ITEM
from tests.kernel.services.giving import QUESTION
from tests.stories.people import Enter, ask_about_item

WRITTEN, ANSWER = "损坏的路牌由谁更换？", "由路牌所在街道更换，一般五日内换好。"


def test_who_asks_lets_it_be_published_and_another_finds_the_answer(enter: Enter, page: Page, live: str) -> None:
    enter("resident")
    number = ask_about_item(page, live, publish=True)

    enter("window", f"/desk/cases/{number}")
    page.get_by_label("办理说明").fill(ANSWER)
    page.get_by_role("button", name="已答复", exact=True).click()
    enter("answers", f"/desk/cases/{number}")
    page.get_by_role("link", name="撰写问题和答复").click()
    expect(page.get_by_label("问题", exact=True)).to_have_value("")
    page.get_by_label("问题", exact=True).fill(WRITTEN)
    page.get_by_label("答复", exact=True).fill(ANSWER)
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_role("heading", name=WRITTEN)).to_be_visible()
    draft = page.url.removeprefix(live)

    enter(PUBLISHER, draft)
    page.get_by_label("可以公开").check()
    page.get_by_label("依据或理由").fill("不涉密，没有个人信息")
    page.get_by_role("button", name="记录审查").click()
    page.get_by_role("button", name="发布", exact=True).click()

    page.context.clear_cookies()
    page.goto(f"{live}/hall/items/{ITEM}")
    page.get_by_role("link", name=WRITTEN).click()
    expect(page.get_by_text(ANSWER)).to_be_visible()
    expect(page.get_by_text(QUESTION["question"])).to_have_count(0)
    look_before_asking(page)
    take_it_back(enter, page, live, number, draft)


def take_it_back(enter: Enter, page: Page, live: str, number: str, there: str) -> None:
    """Who asked takes back the agreement; who publishes sees that it is due, and takes it down."""
    enter("resident", f"/my/matters/{number}")
    agreement = page.get_by_role("region", name="公开的同意")
    expect(agreement).to_contain_text("已经公开")
    agreement.get_by_text("不想再公开").click()
    agreement.get_by_role("button", name="撤回同意").click()
    expect(page.get_by_text("公开的同意已撤回。")).to_be_visible()
    expect(agreement).to_contain_text("已请发布部门撤下")

    enter(PUBLISHER, "/desk/publications/")
    expect(page.get_by_text("应撤下：提问人撤回同意")).to_be_visible()
    page.goto(f"{live}{there}")
    expect(page.get_by_text("请有发布权的同事尽快撤下")).to_be_visible()
    page.locator("summary", has_text="废止或撤下").click()
    page.get_by_label("撤下：各版本的正文和附件都不再提供").check()
    page.get_by_role("region", name="废止或撤下").get_by_label("理由").fill("不再公开")
    page.get_by_role("region", name="废止或撤下").get_by_role("button").click()
    enter("resident", f"/my/matters/{number}")
    expect(page.get_by_role("region", name="公开的同意")).to_contain_text("公开的内容已经撤下")


def look_before_asking(page: Page) -> None:
    """Find the answer in one's own words, with the way to ask still there."""
    page.get_by_role("link", name="常见问题").first.click()
    page.get_by_label("先看看有没有人问过").fill("路牌坏了找谁")
    page.get_by_role("button", name="查找").click()
    expect(page.get_by_role("link", name=WRITTEN)).to_be_visible()
    expect(page.get_by_role("link", name="我要提问").first).to_be_visible()
