"""Powers by two: one proposes, another confirms, it is ended; an official away hands the work to a colleague."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.stories.people import Enter

GROUND = "任职文件第九号"


def proposed(enter: Enter, page: Page) -> str:
    """Propose by the pages that an official becomes a window clerk; return the address of the official's page."""
    enter("administrator")
    page.get_by_role("link", name="权限管理", exact=True).click()
    page.get_by_label("姓名、登录名或拼音").fill("wuren")
    page.get_by_role("button", name="查找").click()
    expect(page.get_by_text("没有这样开头的账号")).to_be_visible()
    page.get_by_label("姓名、登录名或拼音").fill("xi'an ban")
    page.get_by_role("button", name="查找").click()
    page.get_by_role("link", name="西岸办事员甲").click()
    page.get_by_label("岗位", exact=True).select_option("zhihai.window_clerk")
    page.get_by_label("机构").select_option(label="西岸示例街道办事处")
    page.get_by_label("区域").select_option(label="西岸示例街道")
    page.get_by_label("依据").fill(GROUND)
    page.get_by_role("button", name="授予或提出").click()
    expect(page.get_by_text("等待另一人确认")).to_be_visible()
    return page.url


def test_what_one_proposes_another_confirms_and_it_can_be_ended(enter: Enter, page: Page, live: str) -> None:
    official = proposed(enter, page)
    page.goto(f"{live}/desk/powers/")
    waiting = page.locator("section", has_text=GROUND)
    expect(waiting.get_by_text("须由另一人确认")).to_be_visible()
    expect(waiting.get_by_role("button", name="确认授权")).to_have_count(0)

    enter("supervisor")
    page.goto(f"{live}/desk/powers/")
    page.locator("section", has_text=GROUND).get_by_role("button", name="确认授权").click()
    expect(page.get_by_text("已确认，授权即时生效")).to_be_visible()

    enter("street-west")
    page.get_by_role("link", name="人员查找").click()
    expect(page.get_by_role("heading", name="人员查找")).to_be_visible()

    enter("administrator")
    page.goto(official)
    held = page.locator("section", has_text=GROUND)
    expect(held.get_by_text("监察员甲")).to_be_visible()
    held.get_by_text("结束这个岗位").click()
    held.get_by_label("理由").fill("调离窗口")
    held.get_by_role("button", name="立即结束").click()
    expect(page.get_by_text("已结束，即时生效")).to_be_visible()

    enter("street-west")
    page.goto(f"{live}/desk/people/")
    expect(page.get_by_role("heading", name="需要权限")).to_be_visible()


def test_who_is_away_is_stood_in_for_and_the_course_says_so(enter: Enter, page: Page, live: str) -> None:
    """The dispatcher leaves; the leader, who works on nothing, dispatches a case in the dispatcher's place."""
    enter("dispatcher")
    page.get_by_role("link", name="外出委托").click()
    page.get_by_label("委托给").select_option(label="领导甲")
    page.get_by_label("至何日").fill("2014-02-25")
    page.get_by_label("事由").fill("年休假")
    page.get_by_role("button", name="委托代行").click()
    expect(page.get_by_text("已委托。到期自动收回")).to_be_visible()

    enter("leader")
    page.goto(f"{live}/desk/")
    row = page.get_by_role("row").filter(has_text="代派遣员甲").first
    row.get_by_role("link").click()
    page.get_by_role("button", name="派员检查").click()
    expect(page.get_by_text("领导甲（代派遣员甲）").first).to_be_visible()

    enter("dispatcher")
    page.goto(f"{live}/desk/away/")
    page.get_by_role("button", name="提前结束").click()
    expect(page.get_by_text("委托已结束")).to_be_visible()
    enter("leader")
    page.goto(f"{live}/desk/")
    expect(page.get_by_text("代派遣员甲")).to_have_count(0)
