"""A daughter sends in the paper that her mother signed: refused once, accepted then, and used to apply for her."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect
from tests.faces.staging import HOUR, ITEM
from tests.kernel.forms.applying import a_png
from tests.kernel.identity.peopled import number, registered, somebody
from tests.stories.people import ADDRESS, NAME, Enter, confirmed

from zhihai.kernel import records
from zhihai.kernel.journal import reads as clock

ELDER = "示高龄"


def ask(page: Page, paper: Path) -> None:
    """Fill the request in, by its page, and send it."""
    page.get_by_role("link", name="代办人与代理").click()
    page.get_by_role("link", name="凭委托书申请代办").click()
    page.get_by_label("委托人姓名").fill(ELDER)
    page.get_by_label("委托人身份证号码").fill(number(70))
    page.get_by_label("您是委托人的").select_option(label="子女")
    page.get_by_label("委托书写明可代办全部事项").check()
    page.get_by_label("终止日期").fill((clock.now() + 24 * 30 * HOUR).date().isoformat())
    page.get_by_label("委托书扫描件").set_input_files(paper)
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_text("申请已提交，正在等待审核。")).to_be_visible()
    expect(page.get_by_role("region", name="我的代办申请")).to_contain_text("待审核")
    expect(page.get_by_role("button", name="以其名义办事")).to_have_count(0)


def open_request(page: Page, live: str) -> None:
    page.goto(f"{live}/desk/people/")
    page.get_by_role("link", name="代办申请审核").click()
    page.get_by_role("link", name=NAME).click()
    expect(page.get_by_text("姓名和号码相符")).to_be_visible()
    with page.expect_download() as scan:
        page.get_by_role("link", name="下载扫描件").click()
    assert scan.value.suggested_filename == "consent.png"


def test_a_paper_is_refused_once_then_accepted_and_she_applies_for_her_mother(
    enter: Enter, page: Page, live: str, tmp_path: Path
) -> None:
    registered(somebody(70, ELDER, facts={"address": "示例路 3 号院"}))
    confirmed(ADDRESS, NAME, 40)
    records.execute("UPDATE service_item SET who = 'both' WHERE code = %s", (ITEM,))
    paper = tmp_path / "委托书.png"
    paper.write_bytes(a_png())

    enter(ADDRESS)
    ask(page, paper)

    enter("window")
    open_request(page, live)
    page.get_by_label("委托书没有本人签名和日期").check()
    page.get_by_role("button", name="不予通过").click()
    expect(page.get_by_text("已退回，并告知了申请人。")).to_be_visible()

    enter(ADDRESS)
    page.get_by_role("link", name="代办人与代理").click()
    expect(page.get_by_role("region", name="我的代办申请")).to_contain_text("委托书没有本人签名和日期")
    page.goto(f"{live}/my/")
    ask(page, paper)

    enter("window")
    open_request(page, live)
    page.get_by_label("怎样核实的").fill("打登记电话，本人确认")
    page.get_by_role("button", name="通过", exact=True).click()
    expect(page.get_by_text("已通过，代办关系已登记。")).to_be_visible()

    enter(ADDRESS)
    page.get_by_role("link", name="代办人与代理").click()
    expect(page.get_by_text("打登记电话，本人确认")).to_be_visible()
    page.get_by_role("button", name="以其名义办事").click()
    expect(page.get_by_text(f"您正在为“{ELDER}”办事")).to_be_visible()
    page.goto(f"{live}/hall/items/{ITEM}/apply")
    page.get_by_role("button", name="开始填写").click()
    expect(page.get_by_text(ELDER).first).to_be_visible()
