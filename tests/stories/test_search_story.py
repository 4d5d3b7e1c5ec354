"""Somebody finds what to apply for in their own words, while typing, by keyboard alone, and without any script."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect


def test_a_resident_finds_an_item_while_typing_and_by_keyboard_alone(district: str, live: str, page: Page) -> None:
    page.goto(f"{live}/hall/")
    page.keyboard.press("/")
    page.keyboard.type("canjizhengd")
    suggestion = page.locator("#suggestions a").first
    expect(suggestion).to_contain_text("残疾人证遗失补办")
    expect(suggestion).to_contain_text("读音相近")
    page.keyboard.press("Tab")  # to the button, then to what is suggested
    page.keyboard.press("Tab")
    expect(suggestion).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("残疾人证遗失补办")
    expect(page.get_by_text("指南还缺 10 项（共 10 项）")).to_be_visible()
    expect(page.get_by_role("link", name="12345")).to_be_visible()


def test_the_hall_works_without_script_and_leads_to_a_person(district: str, live: str, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, locale="zh-CN", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{live}/hall/")
    page.get_by_role("searchbox").fill("饭馆不开了")
    page.get_by_role("button", name="查找").click()
    expect(page.locator(".found .name").first).to_have_text("食品经营许可（注销）")
    page.get_by_role("searchbox").fill("卍卍卍")
    page.get_by_role("button", name="查找").click()
    expect(page.get_by_role("heading", name="没有找到“卍卍卍”")).to_be_visible()
    expect(page.get_by_role("link", name="12345")).to_be_visible()
    page.get_by_role("link", name="按主题和人生大事找").click()
    page.get_by_role("link", name="残疾 2").click()
    expect(page.locator(".found .name")).to_have_count(2)
    context.close()
