"""The government tells of itself: written by one, reviewed and published by another, read by anybody."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect
from tests.faces.publishing import PUBLISHER, WRITER
from tests.stories.people import Enter


def test_what_one_official_writes_another_publishes_and_anybody_reads(
    worked: str, live: str, page: Page, browser: Browser, enter: Enter
) -> None:
    enter(WRITER, "/desk/publications/new")
    page.get_by_label("公开目录").select_option("财政预算、决算")
    page.get_by_label("标题").fill("2014 年部门预算")
    page.get_by_label("形成或变更日期").fill("2014-02-17")
    page.get_by_label("正文").fill("# 收支\n\n全年支出 **300 万元**。")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_text("草稿已保存")).to_be_visible()
    expect(page.get_by_text("审查和发布由本机构的信息公开审核员办理。")).to_be_visible()
    desk = page.url
    enter(PUBLISHER, desk.removeprefix(live))
    page.get_by_label("可以公开").check()
    page.get_by_label("依据或理由").fill("不涉密，保密法第十五条")
    page.get_by_role("button", name="记录审查").click()
    page.get_by_role("button", name="发布").click()
    expect(page.get_by_text("已发布。")).to_be_visible()
    context = browser.new_context(java_script_enabled=False, locale="zh-CN", viewport={"width": 390, "height": 844})
    anybody = context.new_page()
    anybody.goto(f"{live}/disclosure/")
    anybody.get_by_role("searchbox").fill("预算 支出")
    anybody.get_by_role("button", name="查找").click()
    anybody.get_by_role("link", name="2014 年部门预算").click()
    expect(anybody.get_by_role("heading", name="收支")).to_be_visible()
    expect(anybody.get_by_text("第二十条第七项")).to_be_visible()
    context.close()
