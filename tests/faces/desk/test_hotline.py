"""The pages of the hotline: a matter found by number, a guide beside it, a call taken down and its code read out."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client
from tests.faces.desk.test_serving import of
from tests.faces.hall.test_complaints import said
from tests.faces.staging import RESIDENT, actor, staged_matter
from tests.kernel.services.giving import ASKING, QUESTION

from zhihai.kernel.journal import reads as clock
from zhihai.kernel.services import reads as services

Reader = Callable[..., Client]


def test_a_matter_is_found_for_a_caller(worked: str, reader: Reader) -> None:
    number, hotline = staged_matter(), reader("hotline")
    own = services.own_application(actor("resident"), number, at=clock.now())
    without = said(hotline.post("/desk/hotline/find", {"number": number}))
    assert "受理审查" in without
    assert "下一步最迟" in without
    assert "来电人没有说出查询码" in without
    known = said(hotline.post("/desk/hotline/find", {"number": number, "code": own.code}))
    assert "受理期限" in known
    for page in (without, known):
        assert RESIDENT not in page
        assert own.title.zh not in page
    wrong = hotline.post("/desk/hotline/find", {"number": number, "code": "22222222"})
    assert wrong.status_code == 404
    assert "取水许可" in said(hotline.get("/desk/hotline/?q=取水"))
    assert hotline.get("/desk/hotline/find").status_code == 302


def test_a_call_is_taken_down_without_a_name(worked: str, reader: Reader) -> None:
    hotline = reader("hotline")
    there = hotline.post("/desk/hotline/record", {"kind": ASKING})["Location"]
    assert "正在为来电人记录" in said(hotline.get(there))
    answer = hotline.post(f"{there}save", {**QUESTION, "revision": 1, "do": "review"})
    page = hotline.get(answer["Location"]).content.decode()
    assert "本人确认" not in page
    sent = {"revision": of(page, "revision"), "form": of(page, "form"), "do": "send"}
    answer = hotline.post(f"{there}sign", sent)
    receipt = said(hotline.get(answer["Location"]))
    assert "请把编号和查询码告诉来电人" in receipt
    assert "来电人" in receipt
    number = answer["Location"].rpartition("/")[2]
    assert number in receipt
    ended = answer["Location"].partition("/receipts/")[0]
    assert "接待已结束" in said(hotline.post(f"{ended}/end", follow=True))
    assert hotline.get(answer["Location"]).status_code == 403
