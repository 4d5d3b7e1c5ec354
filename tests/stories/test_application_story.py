"""A resident asks for a new street sign: sees what is known, goes on later, adds a photograph, sends it, reads it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from playwright.sync_api import Page, expect
from tests.faces.staging import actor
from tests.kernel.forms.applying import GENERAL, WHOLE, a_png
from tests.stories.people import Enter

from zhihai.kernel.forms import acts, reads
from zhihai.kernel.journal import reads as clock


def begin() -> str:
    """Begin a draft, as the page of a service does."""
    return acts.start_draft(
        actor("resident"), GENERAL, "item:1", "路牌更换", at=clock.now(), at_machine=datetime.now(UTC)
    )


def test_a_resident_sends_a_general_application(enter: Enter, page: Page, live: str) -> None:
    key = begin()
    enter("resident")
    page.goto(f"{live}/apply/{key}/")
    expect(page.get_by_role("button", name="更新要填的内容")).to_be_hidden()
    expect(page.get_by_label("电子邮箱")).to_be_hidden()
    page.get_by_label("电子邮件").check()
    expect(page.get_by_label("电子邮箱")).to_be_visible()
    page.get_by_label("电子邮箱").fill("nonsense")
    page.get_by_label("申请什么").fill(str(WHOLE["purpose"]))
    expect(page.get_by_text("电子邮箱应像")).to_be_visible()
    page.get_by_label("电子邮箱").fill("a@example.org")
    page.get_by_label("个人", exact=True).check()
    expect(page.get_by_text("来自人口基础库").first).to_be_visible()
    expect(page.get_by_text("草稿已自动保存")).to_be_visible()

    page.goto(f"{live}/apply/")  # later, on another device
    page.get_by_role("link", name="路牌更换").click()
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
    expect(page.get_by_text(re.compile("^[0-9a-f]{64}$"))).to_be_visible()
    expect(page.get_by_role("link", name="路牌.png")).to_be_visible()
    assert [one.title for one in reads.drafts(actor("resident"))] == ["更换路牌"]
