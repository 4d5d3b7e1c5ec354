"""At a window: somebody without account or telephone is registered, a helper's tie recorded, and taken back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from tests.faces.staging import staged_person
from tests.kernel.acting import area
from tests.kernel.identity.peopled import number, registered, somebody

from zhihai.ground.actors import SYSTEM
from zhihai.kernel.identity import reads
from zhihai.kernel.journal import reads as clock

ELDER, HELPER, EAST, WEST = "示老人", "示帮办", "990101001", "990101002"


def said(answer: object) -> str:
    """Return what a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())  # type: ignore[attr-defined]


def elder(**more: object) -> dict[str, object]:
    given = {"name": ELDER, "number": number(60), "area": area(EAST), "document": "居民身份证原件"}
    return {**given, **more}


def helping(**more: object) -> dict[str, object]:
    given = {"rests": "zhihai.helper:spoken", "evidence": "窗口笔录第 7 号", "name": HELPER, "number": number(61)}
    return {**given, "all": "1", "from": "2014-02-18", "until": "2014-06-30", **more}


@pytest.fixture
def helper(worked: str) -> int:
    return registered(somebody(61, HELPER))[0]


def person(name: str) -> int:
    return reads.by_name(SYSTEM, name)[0].id


def test_who_has_no_telephone_is_registered_and_helped_until_they_take_it_back(
    helper: int, reader: Callable[..., Client]
) -> None:
    window = reader("window")
    page = said(window.post("/desk/people/register", elder(), follow=True))
    assert "已当面登记。" in page
    assert "三级：" in page
    ties = f"/desk/people/{person(ELDER)}/ties"
    assert "没有登记过代办关系" in said(window.get(ties))
    page = said(window.post(f"{ties}/record", helping(), follow=True))
    assert f"由“{HELPER}”代办" in page
    assert "至 2014-06-30 止" in page
    assert f"为“{ELDER}”代办" in said(window.get(f"/desk/people/{helper}/ties"))
    (tie,) = re.findall(r'name="tie" value="(\d+)"', window.get(ties).content.decode())
    assert window.post(f"{ties}/withdraw", {"tie": tie, "why": ""}).status_code == 422
    assert "已终止" in said(window.post(f"{ties}/withdraw", {"tie": tie, "why": "本人到窗口收回"}, follow=True))
    assert "本人到窗口收回" in said(window.get(ties))
    again = window.post(f"{ties}/withdraw", {"tie": tie, "why": "再次收回"})
    assert again.status_code == 409
    assert "终止" in said(again)


def test_what_is_wrong_is_said_and_no_number_is_written_back(helper: int, reader: Callable[..., Client]) -> None:
    window = reader("window")
    for wrong, told in (
        ({"document": ""}, "请写明当面查验的证件"),
        ({"number": number(60)[:-1] + ("1" if number(60)[-1] != "1" else "2")}, "校验码不符"),
        ({"area": ""}, "没有这个区域"),
        ({"name": ""}, "此项须为"),
        ({"birth": "1950-02-30"}, "出生日期不存在"),
        ({"number": number(61)}, "已登记，未重复登记"),
    ):
        answer = window.post("/desk/people/register", elder(**wrong))
        assert answer.status_code in (409, 422), wrong
        assert told in said(answer), wrong
        assert str(wrong.get("number", number(60))) not in answer.content.decode()
    ties = f"/desk/people/{staged_person()}/ties"
    for wrong, told in (
        ({"rests": ""}, "没有这种代办关系"),
        ({"rests": "zhihai.helper:court"}, "请选择凭什么登记"),
        ({"evidence": ""}, "请写明"),
        ({"rests": "zhihai.firm_proxy:appointment"}, "不适用于此人"),
        ({"until": ""}, "请填写终止日期"),
        ({"until": "2014-02-17"}, "须在开始日期和今天之后"),
        ({"name": "别人"}, "没有登记姓名和证件号码都相符的人"),
    ):
        answer = window.post(f"{ties}/record", helping(**wrong))
        assert answer.status_code == 422, wrong
        assert told in said(answer), wrong
        assert number(61) not in answer.content.decode()


def test_another_streets_window_registers_and_records_nothing_there(helper: int, reader: Callable[..., Client]) -> None:
    (western,) = registered(somebody(62, "示西岸人", WEST))
    window = reader("window-east")
    assert WEST not in window.get("/desk/people/new").content.decode()
    assert window.post("/desk/people/register", elder(area=area(WEST))).status_code == 403
    for address, given in ((f"/desk/people/{western}/ties", None), (f"/desk/people/{western}/ties/record", helping())):
        answer = window.get(address) if given is None else window.post(address, given)
        assert answer.status_code == 403, address
    assert "已登记" in said(reader("window").post(f"/desk/people/{western}/ties/record", helping(), follow=True))
    (tie,) = reads.ties_of(SYSTEM, western, at=clock.now())[1]
    given = {"tie": tie.id, "why": "越权终止"}
    assert window.post(f"/desk/people/{western}/ties/withdraw", given).status_code == 403
    assert reads.ties_of(SYSTEM, western, at=clock.now())[1][0].state != "ended"
