"""Finding, applying and booking by keyboard alone; the same ways without any script.

Tab leads through a page in its order; wherever it stops, focus is drawn and stands inside the window.
"""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, Page, expect
from tests.faces.staged_windows import staged_window
from tests.faces.staging import ITEM
from tests.kernel.forms.applying import WHOLE
from tests.stories.people import PASSWORD, Enter

from zhihai.kernel import records

MOST = 90
"""More stops than any of these pages has."""

_STOP = """() => {
  const here = document.activeElement;
  if (here === document.body) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(here);
  const { top, bottom } = here.getBoundingClientRect();
  const place = [...document.querySelectorAll("*")].indexOf(here);
  const text = here.labels?.length ? here.labels[0].innerText : here.innerText;
  return {
    name: (here.ariaLabel ?? text ?? "").trim(), tag: here.localName, field: here.name ?? "", place,
    seen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && bottom > 0 && top < innerHeight,
  };
}"""


def stop(page: Page, key: str = "Tab") -> dict[str, Any]:
    """Go to the next stop; focus must be seen there."""
    page.keyboard.press(key)
    here = page.evaluate(_STOP)
    assert here is not None, "focus left the page"
    assert here["seen"], f"focus is not seen on {here}"
    return dict(here)


def tab_to(page: Page, name: str = "", *, field: str = "") -> None:
    """Press Tab until it stops at the control of this name (a pattern) or field.

    No stop lies before the last one; a date has several.
    """
    before = -1
    for _ in range(MOST):
        here = stop(page)
        assert here["place"] >= before, f"Tab went back to {here}"
        before = here["place"]
        if here["field"] == field if field else re.search(name, here["name"]):
            return
    raise AssertionError(f"Tab does not lead to {name or field}")


def enter_(page: Page, key: str = "Enter") -> None:
    """Press what has focus, and wait for the page it leads to."""
    with page.expect_navigation():
        page.keyboard.press(key)


def test_the_first_stop_skips_to_the_content(worked: str, live: str, page: Page) -> None:
    for address in ("/hall/", "/wall/", "/plan/"):
        page.goto(f"{live}{address}")
        assert stop(page)["name"] == "跳到正文"
        expect(page.locator(".skip")).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()
        stop(page)
        assert page.evaluate("document.activeElement.closest('main') !== null"), address


def mend(page: Page, name: str, *keys: str, text: str = "") -> None:
    """Follow a line of the summary of errors, which stands before the form, and answer there."""
    summary = page.get_by_role("alert")
    page.keyboard.press("Home")
    summary.focus()
    while stop(page)["name"] != name:
        pass
    page.keyboard.press("Enter")
    assert page.evaluate(_STOP)["field"] != "", f"{name} leads to no field"
    for key in keys:
        page.keyboard.press(key)
    page.keyboard.type(text)


def test_an_item_is_found_applied_for_and_sent_by_keyboard(enter: Enter, page: Page, live: str) -> None:
    records.execute("UPDATE service_item SET who = 'both' WHERE code = %s", (ITEM,))
    enter("resident", "/hall/")
    tab_to(page, field="q")
    page.keyboard.type("取水")
    enter_(page)
    tab_to(page, "^取水许可.*新办")
    enter_(page)
    tab_to(page, "^申请办理$")
    enter_(page)
    tab_to(page, "^开始填写$")
    enter_(page, "Space")

    tab_to(page, "^检查并提交$")
    enter_(page)
    expect(page.get_by_role("alert")).to_be_focused()
    mend(page, "申请什么", text=WHOLE["purpose"])
    mend(page, "事实和理由", text=WHOLE["facts"])
    mend(page, "希望得到的结果", text=WHOLE["wish"])
    mend(page, "以什么身份申请", "Space")
    mend(page, "怎样通知您", "Space", "ArrowDown")
    mend(page, "真实性承诺", "Space")
    tab_to(page, "^检查并提交$")
    enter_(page)
    expect(page.get_by_role("alert")).to_be_focused()
    only = page.get_by_role("alert").get_by_role("listitem")
    expect(only).to_have_count(1)
    mend(page, only.get_by_role("link").inner_text(), text="a@example.org")
    tab_to(page, "^检查并提交$")
    enter_(page)
    expect(page.get_by_role("heading", name="提交前请核对")).to_be_visible()
    tab_to(page, "^提交申请$")
    enter_(page, "Space")
    expect(page.get_by_role("alert")).to_contain_text("已经提交")


def test_a_time_is_booked_by_keyboard(enter: Enter, page: Page, live: str) -> None:
    enter("resident", "/hall/windows/")
    tab_to(page, "^综合服务窗口$")
    enter_(page)
    tab_to(page, "^2月19日")
    enter_(page)
    tab_to(page, "^09:00")
    enter_(page)
    tab_to(page, "^确认预约$")
    enter_(page, "Space")
    expect(page.get_by_role("alert")).to_contain_text("预约成功")
    tab_to(page, "^改约$")
    enter_(page)
    tab_to(page, "^2月19日")
    enter_(page)
    tab_to(page, "^09:30")
    enter_(page)
    expect(page.get_by_role("alert")).to_contain_text("已改到新的时段")


def sign_in(page: Page, live: str) -> None:
    """Sign the resident in."""
    page.goto(f"{live}/sign-in/")
    page.get_by_label("登录名或邮箱").fill("resident")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def apply_without_scripts(page: Page, live: str) -> None:
    """Search, open the guide, answer, mend what is wrong, and send."""
    page.goto(f"{live}/hall/search?q=取水")
    page.get_by_role("link", name=re.compile("^取水许可.*新办")).click()
    page.get_by_role("link", name="申请办理").click()
    page.get_by_role("button", name="开始填写").click()
    page.get_by_label("申请什么").fill(WHOLE["purpose"])
    page.get_by_label("个人", exact=True).check()
    page.get_by_label("电子邮件").check()
    page.get_by_role("button", name="更新要填的内容").click()
    page.get_by_label("电子邮箱").fill("nonsense")
    page.get_by_label("事实和理由").fill(WHOLE["facts"])
    page.get_by_label("希望得到的结果").fill(WHOLE["wish"])
    page.get_by_label("我承诺所填内容").check()
    page.get_by_role("button", name="检查并提交").click()
    page.get_by_role("alert").get_by_role("link", name="电子邮箱").click()
    page.get_by_label("电子邮箱").fill("a@example.org")
    page.get_by_role("button", name="检查并提交").click()
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("alert")).to_contain_text("已经提交")


def test_one_applies_books_and_asks_without_scripts(worked: str, live: str, browser: Browser) -> None:
    records.execute("UPDATE service_item SET who = 'both' WHERE code = %s", (ITEM,))
    context = browser.new_context(java_script_enabled=False, locale="zh-CN", viewport={"width": 390, "height": 844})
    page = context.new_page()
    sign_in(page, live)
    apply_without_scripts(page, live)

    page.goto(f"{live}/hall/windows/{staged_window()}")
    page.get_by_role("link", name=re.compile("^2月19日")).click()
    page.get_by_role("link", name=re.compile("^09:00")).click()
    page.get_by_role("button", name="确认预约").click()
    expect(page.get_by_role("alert")).to_contain_text("预约成功")

    page.goto(f"{live}/hall/matters/interaction.consultation")
    page.get_by_role("button", name="开始填写").click()
    page.get_by_label("用一句话概括").fill("取水许可要多久")
    page.get_by_label("具体问题").fill("从受理到办结要几天？")
    page.get_by_label("在本网站看").check()
    page.get_by_role("button", name="检查并提交").click()
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("alert")).to_contain_text("已经提交")
    context.close()
