"""A window serves who comes in person, page by page: found, received, written for, agreed, and given a receipt."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.faces.hall.test_complaints import said
from tests.faces.staging import ITEM, RESIDENT, actor, staged_person, staged_reception
from tests.kernel.forms.applying import WHOLE, a_png
from tests.kernel.identity.peopled import number

from zhihai.kernel import records
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.services import reads as services

Reader = Callable[..., Client]


def begun(window: Client) -> str:
    """Find and receive the resident, and begin a form; return its address."""
    records.execute("UPDATE service_item SET who = 'both' WHERE code = %s", (ITEM,))
    found = window.post("/desk/serving/find", {"sort": "natural", "number": number(8)})
    assert found["Location"] == f"/desk/serving/people/{staged_person()}"
    assert RESIDENT in said(window.get(found["Location"]))
    served = window.post(f"{found['Location']}/receive", {"tie": "", "shown": "居民身份证原件"})["Location"]
    page = said(window.get(f"{served}?q=取水"))
    assert "取水许可" in page
    return str(window.post(f"{served}/begin", {"item": ITEM})["Location"])


def written(window: Client) -> str:
    there = begun(window)
    page = said(window.get(there))
    assert f"正在窗口为{RESIDENT}填写" in page
    assert "来自人口基础库" in page
    assert "在“人员”页面更正" in page
    given = {name: value for name, value in WHOLE.items() if name != "truthful"}
    answer = window.post(f"{there}save", {**given, "truthful": "1", "revision": 1, "do": "review"})
    assert answer["Location"] == f"{there}review"
    return there


def of(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def test_a_matter_is_taken_signed_and_receipted(worked: str, reader: Reader) -> None:
    window = reader("window")
    there = written(window)
    page = window.get(f"{there}review").content.decode()
    sent = {"revision": of(page, "revision"), "form": of(page, "form")}
    refused = window.post(f"{there}sign", {**sent, "do": "send", "signed": "paper"})
    assert refused.status_code == 422
    assert "还没有签名页的扫描件" in said(refused)
    scan = SimpleUploadedFile("签名.png", a_png(), "image/png")
    page = window.post(f"{there}sign", {**sent, "do": "attach", "scan": scan}, follow=True).content.decode()
    assert "签名.png" in page
    sent = {"revision": of(page, "revision"), "form": sent["form"]}
    receipt = said(window.post(f"{there}sign", {**sent, "do": "send", "signed": "paper"}, follow=True))
    (own, _) = services.my_applications(actor("resident"), at=clock.now())[0]
    for part in ("回执", own.number, own.code, RESIDENT):
        assert part in receipt, part
    mine = said(reader("resident").get(f"/my/matters/{own.number}/forms/1"))
    assert "窗口接待 · 居民身份证原件 · 本人签名" in mine
    assert "签名.png" in mine
    at_desk = said(window.get(f"/desk/serving/{staged_reception()}"))
    assert own.number in at_desk


def test_another_clerk_and_who_is_done_see_nothing(worked: str, reader: Reader) -> None:
    window, other = reader("window"), reader("window-east")
    there, served = written(window), staged_reception()
    for address in (there, f"{there}review"):
        assert other.get(address).status_code == 404
    assert other.get(f"/desk/serving/{served}").status_code == 403
    assert other.post(f"/desk/serving/{served}/end").status_code == 403
    assert reader("resident").get(f"/desk/serving/{served}").status_code == 403
    assert "接待已结束" in said(window.post(f"/desk/serving/{served}/end", follow=True))
    assert window.get(there).status_code == 404
    assert window.get(f"/desk/serving/{served}").status_code == 403
    assert window.post(f"{there}sign", {"do": "send", "signed": "read", "revision": 1}).status_code == 404


def test_whoever_is_not_found_is_registered_first(worked: str, reader: Reader) -> None:
    window = reader("window")
    assert "先登记" in said(window.post("/desk/serving/find", {"sort": "natural", "number": number(99)}))
    assert "公民身份号码" in said(window.post("/desk/serving/find", {"sort": "natural", "number": "123"}))
    answer = window.post(f"/desk/serving/people/{staged_person()}/receive", {"tie": "", "shown": ""})
    assert answer.status_code == 422
    assert "请写明查验了什么证件" in said(answer)


def test_a_receipt_is_of_whom_one_serves(worked: str, reader: Reader) -> None:
    window = reader("window")
    assert window.get(f"/desk/serving/{staged_reception()}/receipts/SQ-2014-999999").status_code == 404
