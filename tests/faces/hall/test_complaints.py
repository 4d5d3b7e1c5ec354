"""A resident complains about a look on the page that shows it, and reads the answer; the officer sees the ground."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.test import Client
from tests.faces.staging import actor

from zhihai.kernel.identity import reads

SAID = "我没有提出过这个申请"


def said(answer: object) -> str:
    """Return what a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())  # type: ignore[attr-defined]


def look() -> int:
    return reads.my_data(actor("resident")).looks[0].id


def test_a_look_is_complained_about_where_it_is_shown(worked: str, reader: Callable[..., Client]) -> None:
    resident, officer = reader("resident"), reader("protection")
    link = f"/my/complaints/?look={look()}"
    assert link in resident.get("/my/").content.decode()
    form = said(resident.get(link))
    assert "SQ-2014-0001" in form
    assert resident.post("/my/complaints/send", {"look": look(), "said": "x"}).status_code == 422
    page = said(resident.post("/my/complaints/send", {"look": look(), "said": SAID}, follow=True))
    (number,) = set(re.findall(r"LS-2014-GX-\d+", page))
    assert SAID in page
    assert "最迟答复" in page
    again = resident.post("/my/complaints/send", {"look": look(), "said": SAID})
    assert again.status_code == 409
    case = said(officer.get(f"/desk/cases/{number}"))
    for part in (SAID, "窗口员甲", "SQ-2014-0001", "个人信息查阅投诉"):
        assert part in case
    leader = said(reader("leader").get(f"/desk/cases/{number}"))
    assert SAID not in leader
    assert "只有办理人能看" in leader
    task = re.findall(r"/tasks/(\d+)", officer.get(f"/desk/cases/{number}").content.decode())[0]
    officer.post(f"/desk/cases/{number}/tasks/{task}", {"outcome": "lawful", "note": "为办理您的申请"})
    page = said(resident.get("/my/complaints/"))
    assert "查阅有据" in page
    assert "为办理您的申请" in page


def test_nobody_complains_about_the_look_at_another(worked: str, reader: Callable[..., Client]) -> None:
    for person in ("newcomer", "window"):
        client = reader(person)
        assert client.get(f"/my/complaints/?look={look()}").status_code == 403
        assert client.post("/my/complaints/send", {"look": look(), "said": SAID}).status_code == 403
    assert reader("resident").get("/my/complaints/?look=999999").status_code == 403
    assert reader("resident").post("/my/complaints/send", {"said": SAID}).status_code == 422
    assert "您没有投诉过" in said(reader("resident").get("/my/complaints/?look=x"))
