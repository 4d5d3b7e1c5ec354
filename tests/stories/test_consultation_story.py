"""A resident who does not understand a guide asks about it, and is answered by the office that keeps it."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.faces.staging import ITEM
from tests.kernel.services.giving import QUESTION
from tests.stories.people import Enter

ANSWER = "由示例路所在街道更换，五日内换好"


def test_a_question_about_an_item_is_asked_from_its_guide_and_answered(enter: Enter, page: Page, live: str) -> None:
    enter("resident")
    page.goto(f"{live}/hall/items/{ITEM}")
    page.get_by_role("link", name="咨询", exact=True).click()
    page.get_by_role("button", name="开始填写").click()
    page.get_by_label("用一句话概括").fill(QUESTION["subject"])
    page.get_by_label("具体问题").fill(QUESTION["question"])
    page.get_by_label("在本网站看").check()
    page.get_by_role("button", name="检查并提交").click()
    expect(page.get_by_role("heading", name="提交前请核对")).to_be_visible()
    page.get_by_role("button", name="提交申请").click()
    number = page.url.rpartition("/")[2]
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
