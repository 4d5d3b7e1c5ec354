"""Fees for requests: the officer asks, records and returns on one page; everybody reads the tariff and the report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from tests.faces.staging import actor
from tests.kernel.disclosure.asking import answer, asked

from zhihai.ground.actors import SYSTEM
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.journal.reads import now
from zhihai.site.pulse import pulse


def said(client: Client, address: str, status: int = 200) -> str:
    shown = client.get(address)
    assert shown.status_code == status, address
    return shown.content.decode()


@pytest.fixture
def request_(worked: str) -> str:
    return asked(actor("resident"), at=now())


def test_a_fee_is_asked_for_paid_and_returned_on_one_page_and_stands_in_the_report(
    request_: str, reader: Callable[..., Client]
) -> None:
    officer, place = reader("requests"), f"/desk/cases/{request_}/fees"
    assert place in said(officer, f"/desk/cases/{request_}")
    assert "发出收费通知" in said(officer, place)
    fee = {"way": "pages", "count": "30", "reason": "页数多。", "how": "到窗口缴纳。"}
    wrong = officer.post(f"{place}/charge", fee)
    assert (wrong.status_code, "这个数量不收费" in wrong.content.decode()) == (422, True)
    assert "到窗口缴纳。" in wrong.content.decode()  # what was written is kept
    assert officer.post(f"{place}/charge", {**fee, "count": "130"}).status_code == 302
    page = said(officer, place)
    for part in ("1,300.00 元", "待缴费", "最迟缴费日期"):
        assert part in page, part
    day = now().date().isoformat()
    assert officer.post(f"{place}/pay", {"receipt": "票 1", "paid_on": "x"}).status_code == 422
    assert officer.post(f"{place}/pay", {"receipt": "票 1", "paid_on": day}).status_code == 302
    back = {"yuan": "1,300.001", "returned_on": day, "reason": "不应收取。", "reference": "退 1"}
    assert officer.post(f"{place}/return", back).status_code == 422
    assert officer.post(f"{place}/return", {**back, "yuan": "1,300.00"}).status_code == 302
    assert "已退费" in said(officer, place)
    report = said(reader(), f"/disclosure/report/{day[:4]}")
    for part in ("发出收费通知", "1,300.00 元"):
        assert part in report, part
    mine = said(reader("resident"), f"/my/matters/{request_}")
    assert "应缴 1,300.00 元" in mine


def test_a_notice_is_taken_back(request_: str, reader: Callable[..., Client]) -> None:
    officer, place = reader("requests"), f"/desk/cases/{request_}/fees"
    officer.post(f"{place}/charge", {"way": "pages", "count": "31", "reason": "页数多。", "how": "到窗口缴纳。"})
    assert officer.post(f"{place}/release", {"reason": ""}).status_code == 422
    assert officer.post(f"{place}/release", {"reason": "算错了。"}).status_code == 302
    assert "已撤回" in said(officer, place)


def test_a_request_that_ended_while_its_time_stood_still_opens_on_every_page(
    request_: str, reader: Callable[..., Client]
) -> None:
    """The time to answer waits for the fee; where none is paid the request ends so, and was never due."""
    officer, place = reader("requests"), f"/desk/cases/{request_}/fees"
    officer.post(f"{place}/charge", {"way": "pages", "count": "31", "reason": "页数多。", "how": "到窗口缴纳。"})
    end = clock.now() + timedelta(days=30)
    journal.set_clock(SYSTEM, mode="frozen", instant=end, ends_at=end, at=clock.now())
    pulse(end, datetime.now(UTC))
    answer(request_, "unpaid", end, note="国库没有这笔缴费。")
    assert "未缴费" in said(officer, place)
    assert "待缴费" not in said(officer, place)
    assert request_ in said(officer, f"/desk/cases/{request_}")
    assert request_ in said(reader("resident"), f"/my/matters/{request_}")


def test_who_does_not_work_there_sees_no_fees(request_: str, reader: Callable[..., Client]) -> None:
    assert said(reader("window"), f"/desk/cases/{request_}/fees", 403)
    assert f"{request_}/fees" not in said(reader("window"), f"/desk/cases/{request_}")
    assert reader("resident").post(f"/desk/cases/{request_}/fees/charge", {}).status_code == 403


def test_everybody_reads_the_tariff(worked: str, reader: Callable[..., Client]) -> None:
    page = said(reader(), "/disclosure/fees")
    for part in (
        "第 11 至 30 件",
        "每件 100 元",
        "第 31 件起",
        "之后每满 10 件",
        "第 101 至 200 页",
        "每页 20 元",
        "国办函〔2020〕109号",
    ):
        assert part in page, part
    assert "/disclosure/fees" in said(reader(), "/disclosure/requests/")
    english = said(reader(language="en"), "/disclosure/fees")
    for part in ("From item 31 on", "100 yuan each", "Free", "20 working days"):
        assert part in english, part
