"""A resident who does not understand a guide asks about it, and is answered by the office that keeps it."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.kernel.services.giving import QUESTION
from tests.stories.people import Enter, ask_about_item

ANSWER = "由示例路所在街道更换，五日内换好"


def test_a_question_about_an_item_is_asked_from_its_guide_and_answered(enter: Enter, page: Page, live: str) -> None:
    enter("resident")
    number = ask_about_item(page, live)
    expect(page.get_by_role("heading", name="咨询：")).to_be_visible()

    enter("window")
    page.get_by_role("link", name="咨询：").first.click()
    page.get_by_role("button", name="查看并留痕").click()
    page.get_by_role("link", name="第 1 次提交的申请表").click()
    expect(page.get_by_text(QUESTION["question"])).to_be_visible()
    page.goto(f"{live}/desk/cases/{number}")
    page.get_by_label("办理说明").fill(ANSWER)
    page.get_by_role("button", name="已答复", exact=True).click()

    enter("resident", f"/my/matters/{number}")
    expect(page.get_by_text(ANSWER).first).to_be_visible()
    page.get_by_label("非常满意", exact=True).check()
    page.get_by_role("button", name="提交评价").click()
    expect(page.get_by_text("非常满意")).to_be_visible()
