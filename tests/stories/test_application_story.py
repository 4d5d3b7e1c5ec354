"""A resident finds a service, applies, supplements, reads the decision and rates it; everybody sees how it went."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from playwright.sync_api import Page, expect
from tests.faces.staging import ITEM, actor
from tests.kernel.forms.applying import WHOLE, a_png
from tests.kernel.hearing import heard
from tests.stories.people import Enter

from zhihai.kernel import records
from zhihai.kernel.forms import reads as forms
from zhihai.kernel.indicators import acts as indicators
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.services import reads as services

NAME, MISSING, RESULT, SAID = "取水许可（新办）", "请补交取水口位置示意图", "准予许可，十日内送达许可证", "三天办好"


def find_and_begin(page: Page, live: str) -> None:
    """Search, open the guide, and begin."""
    page.goto(f"{live}/hall/")
    page.get_by_role("searchbox").fill("取水")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("取水许可.*新办")).first.click()
    page.get_by_role("link", name="申请办理").click()
    page.get_by_role("button", name="开始填写").click()


def fill_in(page: Page, live: str) -> None:
    """Answer, leave, go on later, mend what is wrong, add a photograph, and send."""
    expect(page.get_by_role("button", name="更新要填的内容")).to_be_hidden()
    expect(page.get_by_label("电子邮箱")).to_be_hidden()
    page.get_by_label("电子邮件").check()
    page.get_by_label("电子邮箱").fill("nonsense")
    page.get_by_label("申请什么").fill(str(WHOLE["purpose"]))
    expect(page.get_by_text("电子邮箱应像")).to_be_visible()
    page.get_by_label("电子邮箱").fill("a@example.org")
    page.get_by_label("个人", exact=True).check()
    expect(page.get_by_text("来自人口基础库").first).to_be_visible()
    expect(page.get_by_text("草稿已自动保存")).to_be_visible()

    page.goto(f"{live}/apply/")  # later, on another device
    page.get_by_role("link", name=NAME).click()
    expect(page.get_by_label("申请什么")).to_have_value(str(WHOLE["purpose"]))
    page.get_by_role("button", name="检查并提交").click()
    problems = page.get_by_role("alert")
    expect(problems).to_be_focused()
    problems.get_by_role("link", name="事实和理由").click()
    expect(page.get_by_label("事实和理由")).to_be_focused()
    page.keyboard.type(str(WHOLE["facts"]))
    page.get_by_label("希望得到的结果").fill(str(WHOLE["wish"]))
    page.get_by_label("我承诺所填内容").check()
    page.get_by_label("附件", exact=True).set_input_files(
        {"name": "路牌.png", "mimeType": "image/png", "buffer": a_png()}
    )
    page.get_by_role("button", name="检查并提交").click()
    expect(page.get_by_role("heading", name="提交前请核对")).to_be_visible()
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("alert")).to_contain_text("已经提交")


def end(page: Page, button: str, note: str = "") -> None:
    """End the open task of the application, from the inbox."""
    page.get_by_role("link", name=NAME).first.click()
    page.get_by_label("办理说明").fill(note)
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_role("heading", name=NAME)).to_be_visible()


def look_and_ask(enter: Enter, page: Page, live: str) -> None:
    """Let the window read what was given in, which is noted, and ask for what is missing."""
    enter("window")
    page.get_by_role("link", name=NAME).first.click()
    expect(page.get_by_text("选“一次告知补正”“不予受理”时，本人看得到这段说明")).to_be_visible()
    expect(page.get_by_role("button", name="视为受理")).to_have_count(0)
    page.get_by_role("button", name="查看并留痕").click()
    page.get_by_role("link", name="第 1 次提交的申请表").click()
    expect(page.get_by_text(str(WHOLE["facts"]))).to_be_visible()
    with page.expect_download() as coming:
        page.get_by_role("link", name="路牌.png").click()
    assert coming.value.path().read_bytes() == a_png()
    page.goto(f"{live}/desk/")
    end(page, "一次告知补正", MISSING)


def supplement(enter: Enter, page: Page, number: str) -> None:
    """Read what is missing, and give it in."""
    enter("resident", f"/my/matters/{number}")
    expect(page.get_by_text(MISSING).first).to_be_visible()
    page.get_by_role("button", name="去补交").click()
    expect(page.get_by_label("事实和理由")).to_have_value(str(WHOLE["facts"]))
    page.get_by_label("附件", exact=True).set_input_files(
        {"name": "示意图.png", "mimeType": "image/png", "buffer": a_png()}
    )
    page.get_by_role("button", name="检查并提交").click()
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("alert")).to_contain_text("补交的材料已经收到")


def test_a_service_is_found_applied_for_decided_and_rated(enter: Enter, page: Page, live: str) -> None:
    records.execute("UPDATE service_item SET who = 'both' WHERE code = %s", (ITEM,))
    enter("resident")
    find_and_begin(page, live)
    fill_in(page, live)
    number = page.url.rpartition("/")[2]
    page.get_by_role("link", name="第 1 次提交").click()
    expect(page.get_by_text(re.compile("^[0-9a-f]{64}$"))).to_be_visible()
    expect(page.get_by_text("路牌.png")).to_be_visible()

    look_and_ask(enter, page, live)
    supplement(enter, page, number)

    enter("window")
    end(page, "受理")
    enter("reviewer")
    end(page, "准予", RESULT)
    enter("window")
    end(page, "已送达")

    enter("resident", f"/my/matters/{number}")
    expect(page.get_by_role("region", name="结果和答复")).to_contain_text(RESULT)
    expect(page.get_by_role("region", name="谁看过申请材料")).to_contain_text("窗口受理员")
    page.get_by_label("非常满意", exact=True).check()
    page.get_by_label("想说的话").fill(SAID)
    page.get_by_role("button", name="提交评价").click()
    expect(page.get_by_role("region", name="办得怎么样")).to_contain_text(SAID)
    own = services.own_application(actor("resident"), number, at=clock.now())
    assert [forms.submission_told(one).files[0].name for one in own.submissions] == ["路牌.png", "示意图.png"]
    supervise(page, live, number, own.code)


def supervise(page: Page, live: str, number: str, code: str) -> None:
    """Follow the matter without an account; see how all are handled, and open a figure to what it was made from."""
    heard()
    while indicators.compute(at=clock.now(), at_machine=datetime(2100, 1, 1, tzinfo=UTC)):
        pass
    page.context.clear_cookies(name="zhihai_session")
    page.goto(f"{live}/progress/")
    page.get_by_label("办件编号", exact=True).fill(number)
    page.get_by_label("查询码", exact=True).fill(code)
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_role("region", name=NAME)).to_contain_text("已")
    expect(page.get_by_text(RESULT)).to_have_count(0)
    page.get_by_role("link", name="办理公示").click()
    page.locator("section.tile", has_text="申请办理满意率").get_by_role("link").click()
    row = page.get_by_role("table").first.get_by_role("row").nth(1)
    expect(row).to_contain_text("非常满意")
    expect(page.get_by_text("下列数据与计算时一致")).to_be_visible()
    page.goto(f"{live}/hall/handling/")
    page.locator("section.tile", has_text="按时受理率").get_by_role("link").click()
    expect(page.get_by_role("table").first).to_contain_text("按时")
    expect(page.get_by_text(number)).to_have_count(0)
