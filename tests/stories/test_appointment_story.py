"""A resident books a time at a window from the guide, moves it, checks in at the kiosk, is called, and is served."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from playwright.sync_api import Browser, Page, expect
from tests.faces.staged_windows import staged_window
from tests.faces.staging import ITEM, later
from tests.stories.people import Enter

EIGHT_TO_NINE = datetime(2014, 2, 19, 0, 55, tzinfo=UTC)
HALF_PAST_NINE = datetime(2014, 2, 19, 1, 31, tzinfo=UTC)


def book_and_move(page: Page, live: str) -> str:
    """Book from the guide by keyboard, move to another time, and return the code."""
    page.goto(f"{live}/hall/items/{ITEM}")
    page.get_by_role("link", name="预约窗口").click()
    page.get_by_role("link", name="综合服务窗口").click()
    page.get_by_role("link", name=re.compile("^2月19日")).focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("^09:00")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("同时最多保留 2 个预约")).to_be_visible()
    page.get_by_role("button", name="确认预约").click()
    expect(page.get_by_role("alert")).to_contain_text("预约成功")
    code = page.locator(".slip .number").inner_text()
    page.get_by_role("link", name="改约").click()
    page.get_by_role("link", name=re.compile("^2月19日")).click()
    page.get_by_role("button", name=re.compile("^09:30")).click()
    expect(page.get_by_role("alert")).to_contain_text("已改到新的时段")
    expect(page.get_by_text("09:30–10:00")).to_be_visible()
    assert page.locator(".slip .number").inner_text() == code
    return code


def test_a_time_is_booked_moved_kept_and_served(enter: Enter, page: Page, live: str, browser: Browser) -> None:
    window = staged_window()
    enter("resident")
    code = book_and_move(page, live)

    later(EIGHT_TO_NINE)
    enter("window", f"/desk/kiosk/{window}")
    page.get_by_role("button", name="取号", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("A001")
    page.get_by_role("link", name="完成，下一位").click()
    page.get_by_label("预约码").fill(code.lower())
    page.get_by_role("button", name="签到取号").click()
    expect(page.get_by_role("alert")).to_contain_text("B001")
    expect(page.get_by_role("alert")).to_contain_text("前面还有 1 人")

    later(HALF_PAST_NINE)
    page.goto(f"{live}/desk/windows/{window}")
    expect(page.get_by_role("cell", name="示＊")).to_be_visible()
    expect(page.get_by_text("示居民")).to_have_count(0)
    page.get_by_label("我的柜台").fill("3")
    page.get_by_role("button", name="叫下一个").click()
    expect(page.get_by_role("alert")).to_contain_text("已叫 B001 号到 3 号柜台")

    hall = browser.new_context(locale="zh-CN", java_script_enabled=False).new_page()
    hall.goto(f"{live}/hall/windows/{window}/screen")
    expect(hall.get_by_role("row").nth(1)).to_contain_text("B001")
    expect(hall.locator("body")).not_to_contain_text("居民")
    hall.context.close()

    page.get_by_role("button", name="到了，开始办理").click()
    page.get_by_role("button", name="办完了").click()
    expect(page.get_by_role("alert")).to_contain_text("B001 号已办结")
    page.get_by_role("link", name="看它由哪些数据算出").click()
    expect(page.get_by_role("row", name=re.compile("B001"))).to_contain_text("1 分钟")

    enter("resident", "/my/appointments/")
    expect(page.get_by_role("row", name=re.compile("09:30"))).to_contain_text("已办")
