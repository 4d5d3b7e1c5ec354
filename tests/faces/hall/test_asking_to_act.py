"""A resident asks to act for somebody by a paper: the pages say the same whoever it is, and keep what is others'."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from tests.faces.hall.test_acting import said, today
from tests.faces.staging import RESIDENT, later, sign_up, staged_request
from tests.ground.forms.test_files import a_script_pdf
from tests.kernel.acting import EAST
from tests.kernel.forms.applying import a_png
from tests.kernel.identity.peopled import MACHINE, number, registered, somebody

from zhihai.ground.actors import SYSTEM
from zhihai.kernel.identity import acts
from zhihai.kernel.journal import reads as clock

Reader = Callable[..., Client]
ELDER = "示高龄"


@pytest.fixture
def elder(worked: str) -> int:
    """Somebody of the east without an account."""
    (person,) = registered(somebody(70, ELDER, EAST))
    return person


def send(client: Client, content: bytes | None = None, **more: object) -> HttpResponse:
    scan = SimpleUploadedFile("委托书.png", a_png() if content is None else content, "image/png")
    given = {
        "kind": "zhihai.helper", "name": ELDER, "number": number(70), "relation": "child", "all": "1",
        "until": (today() + timedelta(days=30)).isoformat(), "scan": scan,
    }  # fmt: skip
    return client.post("/my/acting/ask/send", {**given, **more}, follow=True)


def key_in(page: HttpResponse) -> str:
    found = re.search(r"/requests/([\w-]{22})", page.content.decode())
    assert found is not None
    return found[1]


def test_known_and_unknown_people_are_answered_alike(elder: int, reader: Reader) -> None:
    """The number of somebody here, and of nobody: the same page, but for what was typed."""
    client, pages = reader("resident"), []
    for n in (70, 71):
        answer = send(client, number=number(n))
        assert "申请已提交" in said(answer)
        assert number(n) not in answer.content.decode()
        key = re.search(r'name="key" value="([^"]+)"', answer.content.decode())
        assert key is not None
        pages.append(said(answer).partition("撤回申请")[0])
        client.post("/my/acting/ask/withdraw", {"key": key[1]}, follow=True)
    assert pages[0] == pages[1]
    assert "待审核" in pages[0]


def test_what_is_wrong_comes_back_without_the_number(elder: int, reader: Reader) -> None:
    client = reader("resident")
    wrong = send(client, a_script_pdf())
    assert wrong.status_code == 422
    assert ELDER in wrong.content.decode()
    assert number(70) not in wrong.content.decode()
    assert send(client, relation="nobody").status_code == 422
    assert send(client, until="not a day").status_code == 422
    assert send(client, scan="").status_code == 422
    assert "待审核" not in said(client.get("/my/acting/"))


def test_officials_of_another_street_and_other_residents_find_nothing(elder: int, reader: Reader) -> None:
    mine = reader("resident")
    send(mine)
    key = key_in(reader("window-east").get("/desk/people/requests/"))
    for other in ("leader", "hotline", "helper", "resident", "newcomer"):
        for address in ("", "/scan"):
            assert reader(other).get(f"/desk/people/requests/{key}{address}").status_code == 403, other
        assert reader(other).post(f"/desk/people/requests/{key}/decide", {"what": "accept"}).status_code == 403, other
    sister = sign_up("sister")
    acts.claim_person(sister, ELDER, number(70), at=clock.now(), at_machine=MACHINE)
    acts.confirm_person(SYSTEM, elder, sister.account, "居民身份证原件", at=clock.now(), reason="读卡器故障")
    assert reader("sister").get(f"/my/acting/ask/{key}/scan").status_code == 404
    assert reader("sister").post("/my/acting/ask/withdraw", {"key": key}).status_code == 404
    assert mine.get(f"/my/acting/ask/{key}/scan").content == a_png()


def test_a_form_left_open_decides_nothing_once_it_was_decided(elder: int, reader: Reader) -> None:
    mine, window = reader("resident"), reader("window")
    send(mine)
    there = f"/desk/people/requests/{key_in(window.get('/desk/people/requests/'))}"
    assert "姓名和号码相符" in said(window.get(there))
    assert window.get(f"{there}/scan").content == a_png()
    assert window.post(f"{there}/decide", {"what": "accept"}).status_code == 422  # without how it was made sure
    window.post(f"{there}/decide", {"what": "refuse", "reason": "unsigned"})
    late = window.post(f"{there}/decide", {"what": "accept", "evidence": "打过电话"})
    assert late.status_code == 409
    assert "已有结果" in said(late)
    assert "委托书没有本人签名和日期" in said(mine.get("/my/acting/"))


def test_once_accepted_it_is_used_and_ended_like_any_other(elder: int, reader: Reader) -> None:
    mine, window = reader("resident"), reader("window")
    send(mine, until=(today() + timedelta(days=1)).isoformat())
    there = f"/desk/people/requests/{key_in(window.get('/desk/people/requests/'))}"
    assert "以其名义办事" not in said(mine.get("/my/acting/"))
    done = window.post(f"{there}/decide", {"what": "accept", "evidence": "打过电话，本人确认"}, follow=True)
    assert "代办关系已登记" in said(done)
    page = mine.get("/my/acting/")
    assert "打过电话，本人确认" in said(page)
    tie = re.search(r'name="tie" value="(\d+)"', page.content.decode())
    assert tie is not None
    assert f"您正在为“{ELDER}”办事" in said(mine.post("/my/acting/as", {"tie": tie[1]}, follow=True))
    assert window.get(f"/desk/people/{elder}/ties/{tie[1]}/paper/file").content == a_png()
    later(clock.now() + timedelta(days=3))
    assert "已到期" in said(mine.get("/my/acting/"))
    assert RESIDENT not in said(mine.get("/my/matters/"))


def test_who_only_said_name_and_number_is_led_to_a_window(worked: str, reader: Reader) -> None:
    assert "当面核验后才能委托或代办" in said(reader("newcomer").get("/my/acting/ask"))
    assert send(reader("newcomer")).status_code == 403
    assert staged_request()
