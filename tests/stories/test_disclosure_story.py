"""The government tells of itself, and answers who asks: published by two, answered late and shown so to everybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, Page, expect
from tests.faces.publishing import PUBLISHER, WRITER
from tests.stories.people import Enter

from zhihai.ground.actors import SYSTEM
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal.reads import now
from zhihai.site.pulse import pulse


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


WANTED = "2013 年示例河治理工程的验收结论"
ANSWER = "已按您要的形式提供，见附件。答复晚了，向您致歉。"


def ask(page: Page) -> str:
    """Ask for information, from the list of what is published; return the number of the request."""
    page.get_by_role("link", name="申请公开", exact=True).click()
    page.get_by_role("button", name="开始填写").click()
    page.get_by_label("信息的名称或内容").fill(WANTED)
    page.get_by_label("电子文档").check()
    page.get_by_label("在本网站领取").check()
    page.get_by_label("联系电话").fill("13800000000")
    page.get_by_label("个人").check()
    page.get_by_role("button", name="检查并提交").click()
    expect(page.get_by_role("heading", name="提交前请核对")).to_be_visible()
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("heading", name="申请公开政府信息")).to_be_visible()
    return page.url.rpartition("/")[2]


def test_a_request_answered_late_is_shown_so_to_everybody(
    live: str, page: Page, browser: Browser, enter: Enter
) -> None:
    enter("resident", "/disclosure/")
    number = ask(page)

    anybody = browser.new_context(java_script_enabled=False, locale="zh-CN").new_page()
    anybody.goto(f"{live}/disclosure/requests/")
    expect(anybody.get_by_role("row", name=number)).to_contain_text("办理中")
    late = now() + timedelta(days=30)
    journal.set_clock(SYSTEM, mode="frozen", instant=late, ends_at=late, at=now())
    pulse(late, datetime.now(UTC))
    anybody.reload()
    expect(anybody.get_by_role("row", name=number)).to_contain_text("逾期未答复")

    enter("requests", f"/desk/cases/{number}")
    page.get_by_label("办理说明").fill(ANSWER)
    page.get_by_label("办理结果").select_option("予以公开")
    page.get_by_role("button", name="办结这一步").click()
    enter("resident", f"/my/matters/{number}")
    expect(page.get_by_text(ANSWER).first).to_be_visible()

    anybody.get_by_role("link", name="1 逾期").click()
    row = anybody.get_by_role("row", name=number)
    expect(row).to_contain_text("予以公开")
    expect(row).to_contain_text("逾期答复")
    expect(anybody.get_by_text(WANTED)).to_have_count(0)
    anybody.get_by_role("link", name="2014 年年度报告").click()
    anybody.get_by_role("link", name="其中逾期：1").click()
    expect(anybody.get_by_role("row", name=number)).to_be_visible()
    anybody.context.close()
