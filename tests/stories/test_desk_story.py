"""The desk in a real browser: a case from the inbox to its closure, clocks, conflicts, readings, rules and figures."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Page, expect
from tests.faces.staging import number_of
from tests.stories.people import Enter

from zhihai.kernel import records

ENGLISH = "English"


def tab_to(page: Page, name: str, most: int = 80) -> None:
    """Go by the Tab key to the button of this name, as one does without a mouse."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText") == name:
            return
    pytest.fail(f"the keyboard does not reach {name}")


def test_a_case_goes_from_the_inbox_to_its_closure(enter: Enter, page: Page) -> None:
    number = number_of(2)
    enter("dispatcher")
    expect(page.get_by_role("heading", level=1)).to_have_text("待办")
    page.keyboard.press("j")
    row = page.locator("tr", has=page.locator(":focus"))
    expect(row).to_contain_text(re.compile("派遣"))
    page.goto(page.url.replace("/desk/", f"/desk/cases/{number}"))
    why = page.locator("details.why").first
    expect(why).to_contain_text("“全程”为什么这一天到期")
    expect(why.locator("li").last).to_contain_text("到期")
    page.get_by_role("link", name=ENGLISH).click()
    expect(why.locator("summary")).to_contain_text("Why is “Whole case” due then?")
    expect(why.locator("li").last).to_contain_text(re.compile("due", re.I))
    page.get_by_role("link", name="中文").click()
    tab_to(page, "派员检查")
    page.keyboard.press("Enter")
    course = page.get_by_role("region", name="经过")
    expect(course.get_by_role("listitem").first).to_contain_text(re.compile("派遣员甲.*派遣：派员检查"))

    steps = [
        ("inspector", "未发现违规", ""), ("inspector", "提交报告并结案", "走访两处工地，未见扬尘。"),
    ]  # fmt: skip
    for who, button, note in steps:
        enter(who, f"/desk/cases/{number}")
        if note:
            page.get_by_label("办理说明").fill(note)
        page.get_by_role("button", name=button).click()
    expect(page.locator(".head .tag").first).to_have_text("已结案 · 已处置")
    expect(course.get_by_role("listitem").first).to_contain_text("走访两处工地，未见扬尘。")
    expect(page.locator(".process .step.done")).to_have_count(3)


def test_what_is_missing_is_said_beside_its_field_and_what_was_written_is_kept(enter: Enter, page: Page) -> None:
    enter("inspector", f"/desk/cases/{number_of(1)}")
    page.get_by_role("button", name="发现违规", exact=True).click()
    field = page.get_by_label("办理说明")
    expect(page.get_by_role("alert")).to_contain_text("这个结果需要写明情况")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("两处裸土未覆盖。")
    page.get_by_role("button", name="发现违规", exact=True).click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("region", name="经过")).to_contain_text("两处裸土未覆盖。")


def test_of_two_tabs_the_later_one_is_told_and_keeps_its_text(enter: Enter, page: Page, live: str) -> None:
    address = f"{live}/desk/cases/{number_of(1)}"
    enter("inspector", f"/desk/cases/{number_of(1)}")
    other = page.context.new_page()
    other.goto(address)
    page.get_by_role("button", name="未发现违规").click()
    expect(page.get_by_role("region", name="经过")).to_contain_text("未发现违规")
    other.get_by_label("办理说明").fill("我也到过现场。")
    other.get_by_role("button", name="发现违规", exact=True).click()
    expect(other.get_by_role("alert")).to_contain_text("未保存")
    expect(other.get_by_label("您写的说明（未保存）")).to_have_value("我也到过现场。")
    other.reload()
    other.goto(other.url)
    expect(other).to_have_url(address)


def test_a_clock_is_paused_for_a_cause_and_its_strip_shows_it(enter: Enter, page: Page) -> None:
    enter("dispatcher", f"/desk/cases/{number_of(2)}")
    clock = page.get_by_role("region", name="时限")
    expect(clock.locator(".strip-paused")).to_have_count(0)
    clock.get_by_text("暂停、恢复或延长…").click()
    clock.get_by_role("button", name="延长").click()
    expect(clock.get_by_label("事由与文书编号")).to_be_focused()  # the browser itself asks for what is required
    clock.get_by_label("事由与文书编号").fill("检测告知书 2014-0211")
    clock.get_by_role("button", name="延长").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(clock.get_by_label("事由与文书编号")).to_have_value("检测告知书 2014-0211")
    clock.get_by_role("button", name="暂停计时").click()
    expect(clock.locator(".strip-paused")).to_have_count(1)
    expect(clock.locator(".why").first).to_contain_text("检测告知书 2014-0211")
    newest = page.get_by_role("region", name="经过").get_by_role("listitem").first
    expect(newest).to_contain_text("暂停计时：全程")
    expect(newest).to_contain_text("检测告知书 2014-0211")


def test_the_process_leaves_as_bpmn(enter: Enter, page: Page) -> None:
    enter("leader", f"/desk/cases/{number_of(0)}")
    with page.expect_download() as begun:
        page.get_by_role("link", name="导出 BPMN").click()
    root = ElementTree.parse(begun.value.path()).getroot()
    assert begun.value.suggested_filename == "inspection.bpmn"
    assert root.tag == "{http://www.omg.org/spec/BPMN/20100524/MODEL}definitions"


def test_an_operator_releases_a_reading(enter: Enter, page: Page) -> None:
    enter("operator", "/desk/quarantine/")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(2)
    odd = rows.filter(has_text="99999")
    page.get_by_label("处理说明").fill("已与站点核对")
    page.get_by_role("button", name="放行").click()
    expect(page.get_by_role("alert")).to_contain_text("没有选中任何读数")
    expect(page.get_by_label("处理说明")).to_have_value("已与站点核对")
    odd.get_by_role("checkbox").check()
    page.get_by_role("button", name="放行").click()
    expect(rows).to_have_count(1)
    page.get_by_role("link", name="已放行").click()
    expect(rows).to_contain_text("已与站点核对")
    page.goto(f"{page.url.partition('/desk/')[0]}/desk/devices/east-air?quantity=o3")
    expect(page.get_by_role("region", name="最新数值")).to_contain_text("99,999")


def test_a_dry_run_says_what_a_rule_would_have_found_and_writes_nothing(enter: Enter, page: Page) -> None:
    before = records.value("SELECT count(*) FROM journal_entry")
    enter("operator", "/desk/rules/air.heavy_pollution")
    page.get_by_label("从").fill("2014-02-17")
    page.get_by_label("到", exact=True).fill("2014-02-18")
    page.get_by_label("AQI 高于").first.fill("900")
    page.get_by_role("button", name="试算").click()
    expect(page.get_by_role("heading", name="会有 0 次发现")).to_be_visible()
    page.get_by_label("AQI 高于").first.fill("100")
    page.get_by_role("button", name="试算").click()
    expect(page.get_by_role("heading", name="会有 1 次发现")).to_be_visible()
    page.get_by_label("到", exact=True).fill("2010-01-01")
    page.get_by_role("button", name="试算").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("到", exact=True)).to_have_value("2010-01-01")
    assert records.value("SELECT count(*) FROM journal_entry") == before


def test_a_figure_opens_down_to_its_rows(enter: Enter, page: Page) -> None:
    enter("leader", "/figures/")
    page.locator(".tile", has_text="检查按时率").get_by_role("link").click()
    rows = page.get_by_role("region", name="逐行数据").locator("tbody tr").filter(has_text="LS-2014-KQ")
    expect(rows).to_have_count(4)
    rows.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("重污染现场检查")
