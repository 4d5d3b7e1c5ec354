"""A form on its page, without any script: drafts, files, what is known, review, sending, and everything people try."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.faces.staging import ITEM, actor
from tests.kernel.acting import AT, MACHINE
from tests.kernel.forms.applying import GENERAL, WHOLE, a_pdf, a_png
from tests.kernel.identity.peopled import number, registered, somebody

from zhihai.kernel import records
from zhihai.kernel.forms import reads
from zhihai.kernel.identity import acts as identity

WRITTEN = {
    "purpose": "更换路牌", "facts": "示例路口的路牌被撞坏，已经两个月没有更换。", "wish": "换上新的路牌。",
    "capacity": "person", "person_name": "某人", "person_number": number(7), "reach": "phone", "phone": "138 0000 0000",
    "truthful": "1",
}  # fmt: skip


def said(answer: Any) -> str:
    """Return what a page says, without its marks."""
    return " ".join(
        html.unescape(re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", answer.content.decode(), flags=re.S)).split()
    )


@pytest.fixture
def newcomer(worked: str, reader: Callable[..., Client]) -> Client:
    """Somebody who said a name and a number, and was not shown in person."""
    registered(somebody(7, "某人"))
    identity.claim_person(actor("newcomer"), "某人", number(7), at=AT, at_machine=MACHINE)
    return reader("newcomer")


def begun(client: Client, title: str = "更换路牌") -> str:
    records.execute("UPDATE service_item SET who = 'both', name = %s WHERE code = %s", (title, ITEM))
    return str(client.post(f"/hall/items/{ITEM}/apply/start").headers["Location"])


def revision(client: Client, there: str) -> str:
    return re.findall(r'name="revision" value="(\d+)"', client.get(there).content.decode())[0]


def save(client: Client, there: str, do: str = "save", **more: Any) -> Any:
    given = {**WRITTEN, "revision": revision(client, there), "do": do, **more}
    return client.post(f"{there}save", given, follow=True)


def test_a_form_is_filled_in_reviewed_and_sent_without_any_script(newcomer: Client) -> None:
    there = begun(newcomer)
    assert "申请什么" in said(newcomer.get(there))
    page = save(newcomer, there, "review", purpose="x", truthful="")
    assert page.redirect_chain[-1][0].endswith("?check=1")
    assert "现有 1 个字" in said(page)
    assert 'href="#f-purpose"' in page.content.decode()
    page = save(newcomer, there, "review")
    assert "提交前请核对" in said(page)
    assert "13800000000" in said(page)
    assert number(7) not in said(page)
    code, number_ = re.findall(r'name="(?:form|revision)" value="([^"]+)"', page.content.decode())[::-1]
    sent = newcomer.post(f"{there}send", {"form": code, "revision": number_}, follow=True)
    assert "已经提交" in said(sent)
    (form,) = re.findall(r'href="(/my/matters/[^"]+/forms/1)"', sent.content.decode())
    assert "内容摘要" in said(newcomer.get(form))
    assert number(7) not in said(sent)
    assert newcomer.post(f"{there}send", {"form": code, "revision": number_}).status_code == 409
    assert "没有" in said(newcomer.get("/apply/"))
    assert "更换路牌" in said(newcomer.get("/my/matters/"))


def test_what_is_not_asked_is_hidden_and_kept(newcomer: Client) -> None:
    there = begun(newcomer)
    save(newcomer, there, "update", reach="email", email="a@example.org")
    page = newcomer.get(there).content.decode()
    assert re.search(r'data-field="phone" hidden', page)
    assert not re.search(r'data-field="email" hidden', page)
    assert 'value="13800000000"' in page


def test_files_are_attached_named_and_taken_off(newcomer: Client) -> None:
    there = begun(newcomer)
    page = save(newcomer, there, "attach:files", files=SimpleUploadedFile("<b>照片</b>.png", a_png(), "text/html"))
    (link,) = re.findall(r'href="(/apply/file/[^"]+)"', page.content.decode())
    file = newcomer.get(link)
    assert file.content == a_png()
    assert file.headers["Content-Type"] == "image/png"
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in file.headers["Content-Security-Policy"]
    page = save(newcomer, there, "attach:files", files=SimpleUploadedFile("扫描件.pdf", b"<svg onload=alert(1)>"))
    assert page.status_code == 422
    assert "“扫描件.pdf”的内容不是可以接收的类型" in said(page)
    assert WRITTEN["facts"] in said(page)
    key = link.rpartition("/")[2]
    page = save(newcomer, there, f"detach:{key}")
    assert key not in page.content.decode()
    assert newcomer.get(link).status_code == 404


def test_a_huge_body_is_refused_before_it_is_read(newcomer: Client) -> None:
    there = begun(newcomer)
    answer = newcomer.post(
        f"{there}save", data=b"x", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(2**30)
    )
    assert answer.status_code == 413


def test_two_tabs_are_told_and_nothing_is_overwritten(newcomer: Client) -> None:
    there = begun(newcomer)
    save(newcomer, there)
    late = newcomer.post(f"{there}save", {**WRITTEN, "purpose": "另一个窗口", "revision": "1", "do": "save"})
    assert late.status_code == 409
    assert "在别的窗口或设备上保存过" in said(late)
    assert 'value="更换路牌"' in late.content.decode()
    kept = newcomer.post(f"{there}save", {**WRITTEN, "revision": "1", "do": "keep"})
    assert (kept.status_code, json.loads(kept.content)) == (409, {"refused": "draft_moved"})
    kept = newcomer.post(f"{there}save", {**WRITTEN, "revision": "2", "do": "keep"})
    assert json.loads(kept.content) == {"revision": 3}


def test_somebody_elses_draft_file_and_application_are_not_found(
    newcomer: Client, reader: Callable[..., Client]
) -> None:
    there = begun(newcomer)
    page = save(newcomer, there, "attach:files", files=SimpleUploadedFile("a.pdf", a_pdf()))
    (link,) = re.findall(r'href="(/apply/file/[^"]+)"', page.content.decode())
    other = reader("resident")
    for address in (there, f"{there}review", link):
        assert other.get(address).status_code == 404
    for what in ("save", "send", "correct"):
        assert other.post(f"{there}{what}", {"revision": "1", "do": "discard"}).status_code == 404
    assert newcomer.get(there).status_code == 200
    for address in ("/apply/x' OR true--/", "/apply/%00/", "/apply/..%2f..%2fetc/"):
        assert newcomer.get(address).status_code in (400, 404)


def test_what_is_known_is_shown_with_its_source_and_can_be_said_to_be_wrong(
    worked: str, reader: Callable[..., Client]
) -> None:
    mine = reader("resident")
    there = begun(mine)
    page = said(mine.get(there))
    assert "来自人口基础库，截至" in page
    given = {"field": "person_name", "value": "新名", "said": "改过名", "revision": "1"}
    assert mine.post(f"{there}correct", {**given, "said": "x"}).status_code == 422
    page = said(mine.post(f"{there}correct", given, follow=True))
    assert re.search(r"编号 LS-2014-GZ-\d+", page)
    draft = reads.read_draft(actor("resident"), there.split("/")[2], at=AT)
    assert draft.content.answers["person_name"] == "新名"
    assert mine.post(f"{there}correct", given).status_code == 409
    assert "改过名" not in said(mine.get("/apply/"))


def test_what_people_write_is_never_run(newcomer: Client) -> None:
    evil = "<script>alert(1)</script>{{ 7*7 }}{0.__class__}=HYPERLINK(1)"
    there = begun(newcomer, title=evil)
    page = save(newcomer, there, purpose=evil, facts=evil, capacity="<img src=x>").content.decode()
    assert "<script>alert(1)" not in page
    assert "<img src=x>" not in page
    assert "{{ 7*7 }}" in page
    assert "49" not in said(newcomer.get("/apply/"))


def test_more_than_the_form_asks_for_is_not_looked_at(newcomer: Client) -> None:
    there = begun(newcomer)
    save(newcomer, there, **{"admin": "1", "files": "abc", "truthful.rows": "9999", "purpose.0.x": "y"})
    draft = reads.read_draft(actor("newcomer"), there.split("/")[2], at=AT)
    assert set(draft.content.answers) <= set(draft.form.program.nodes)
    assert draft.content.answers["files"] == []


def test_a_draft_is_thrown_away(newcomer: Client) -> None:
    there = begun(newcomer)
    assert "已删除草稿" in said(save(newcomer, there, "discard"))
    assert newcomer.get(there).status_code == 404


def test_other_systems_read_what_a_form_takes(worked: str, reader: Callable[..., Client]) -> None:
    answer = reader().get(f"/forms/{GENERAL}.json")
    assert answer.headers["Content-Type"] == "application/schema+json"
    schema = json.loads(answer.content)
    assert schema["$schema"].endswith("2020-12/schema")
    validator = jsonschema_rs.validator_for(schema)
    assert validator.is_valid({key: WHOLE[key] for key in WHOLE})
    assert not validator.is_valid({**WHOLE, "capacity": "ghost"})
    assert reader().get("/forms/no.form.json").status_code == 404
