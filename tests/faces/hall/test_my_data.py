"""A resident proves who he is, sees what is known and who looked at it; an official looks on a ground, and only so."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from tests.faces.staging import ADDRESS, RESIDENT, actor, sign_up, staged_person
from tests.kernel.identity.peopled import number, registered, somebody

from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import records as store
from zhihai.kernel.identity import acts, reads
from zhihai.kernel.journal import reads as clock

MACHINE = datetime(2026, 5, 1, tzinfo=UTC)
SECRET = number(8)


def said(answer: object) -> str:
    """Return what a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())  # type: ignore[attr-defined]


def test_who_was_confirmed_sees_everything_and_who_looked(worked: str, reader: Callable[..., Client]) -> None:
    page = said(reader("resident").get("/my/"))
    for part in (RESIDENT, ADDRESS, f"{SECRET[:8]}******{SECRET[-4:]}", "三级", "人口基础库", "合成"):
        assert part in page
    assert "窗口受理员" in page
    assert "办理申请（SQ-2014-0001）" in page
    assert "包括完整证件号码" in page
    assert SECRET not in page
    assert "窗口员甲" not in page  # the office and the role are told, not the name
    assert said(reader("resident", "en").get("/my/")).count("Work on an application (SQ-2014-0001)") == 2


def test_who_gave_name_and_number_sees_only_those(worked: str, reader: Callable[..., Client]) -> None:
    client = reader("newcomer")
    before = said(client.get("/my/"))
    assert "一级" in before
    assert "请不要填写真实的证件号码" in before
    answer = client.post("/my/claim", {"name": f" {RESIDENT[0]} {RESIDENT[1:]}", "number": SECRET.lower()})
    assert answer.status_code == 302
    page = said(client.get("/my/"))
    assert "二级" in page
    assert f"{SECRET[:8]}******{SECRET[-4:]}" in page
    for hidden in (ADDRESS, "SQ-2014-0001", SECRET):
        assert hidden not in page
    assert ADDRESS in said(reader("resident").get("/my/"))  # whoever was confirmed loses nothing by another's claim


def test_it_is_not_told_what_did_not_fit_and_five_times_are_enough(worked: str, reader: Callable[..., Client]) -> None:
    client = reader("newcomer")
    wrong = ((RESIDENT, number(9)), ("别人", SECRET), ("别人", number(9)), (RESIDENT, "12"), ("", ""))
    pages = [client.post("/my/claim", {"name": name, "number": given}) for name, given in wrong]
    assert {page.status_code for page in pages} == {422}
    assert len({re.sub(r'value="[^"]+"', "", page.content.decode()) for page in pages}) == 1
    assert SECRET not in pages[1].content.decode()
    late = client.post("/my/claim", {"name": RESIDENT, "number": SECRET})
    assert late.status_code == 429
    assert "一级" in said(client.get("/my/"))


def test_a_day_later_it_may_be_tried_again(worked: str) -> None:
    one = sign_up("one")
    for _ in range(5):
        with pytest.raises(Refused, match="claim_wrong"):
            acts.claim_person(one, "别人", SECRET, at=clock.now(), at_machine=MACHINE)
    with pytest.raises(Refused, match="claim_later"):
        acts.claim_person(one, RESIDENT, SECRET, at=clock.now(), at_machine=MACHINE + timedelta(hours=23))
    acts.claim_person(one, RESIDENT, SECRET, at=clock.now(), at_machine=MACHINE + timedelta(hours=25))
    assert reads.my_data(one).level == 2


def test_whoever_stands_at_the_window_lets_go_who_only_claimed(worked: str, reader: Callable[..., Client]) -> None:
    other = sign_up("other")
    acts.claim_person(other, RESIDENT, SECRET, at=clock.now(), at_machine=MACHINE)
    window, person = reader("window"), staged_person()
    page = window.get(f"/desk/people/{person}").content.decode()
    accounts = re.findall(r'name="account" value="(\d+)"', page)
    assert accounts == [str(other.account)]
    given = {"account": other.account, "document": "居民身份证原件", "reason": "读卡器故障"}
    assert window.post(f"/desk/people/{person}/confirm", {**given, "document": ""}).status_code == 422
    for wrong in ("", "号码 11010519491231002X"):
        assert window.post(f"/desk/people/{person}/confirm", {**given, "reason": wrong}).status_code == 422
    assert "已当面核验" in said(window.post(f"/desk/people/{person}/confirm", given, follow=True))
    assert reads.my_data(other).level == 3
    assert "一级" in said(reader("resident").get("/my/"))
    entry = store.value("SELECT data::text FROM journal_entry WHERE act = 'identity.confirm_person' ORDER BY id DESC")
    assert "let_go" in entry
    assert "读卡器故障" in entry


def test_nobody_is_confirmed_who_did_not_claim(worked: str) -> None:
    (person,) = registered(somebody(30, "示别人"))
    with pytest.raises(Refused, match="not_claimed"):
        acts.confirm_person(
            actor("window"), person, sign_up("two").account, "居民身份证原件", at=clock.now(), reason="读卡器故障"
        )


def test_a_confirmed_account_becomes_nobody_else(worked: str) -> None:
    registered(somebody(30, "示别人"))
    resident = actor("resident")
    with pytest.raises(Refused, match="tied_already"):
        acts.claim_person(resident, "示别人", number(30), at=clock.now(), at_machine=MACHINE)
    with pytest.raises(NotPermitted):
        acts.claim_person(actor("window"), "示别人", number(30), at=clock.now(), at_machine=MACHINE)


def test_an_official_searches_without_a_number_in_an_address(worked: str, reader: Callable[..., Client]) -> None:
    window = reader("window")
    for by, sought in (("number", SECRET), ("name", RESIDENT), ("sound", "shi jū min")):
        answer = window.post("/desk/people/found", {"by": by, "sought": sought})
        assert answer.status_code == 200
        assert "no-store" in answer.headers["Cache-Control"]
        page = answer.content.decode()
        assert RESIDENT in page
        assert SECRET not in page
    assert "没有查到" in said(window.post("/desk/people/found", {"by": "number", "sought": number(77)}))
    wrong = window.post("/desk/people/found", {"by": "number", "sought": "123"})
    assert wrong.status_code == 422
    assert window.get("/desk/people/found").status_code == 302


def test_an_official_looks_on_a_ground_and_a_reload_asks_again(worked: str, reader: Callable[..., Client]) -> None:
    window, person = reader("window"), staged_person()
    assert ADDRESS not in said(window.get(f"/desk/people/{person}"))
    groundless = window.post(f"/desk/people/{person}/look", {"ground": "", "reference": "x"})
    assert groundless.status_code == 422
    assert ADDRESS not in said(groundless)
    given = {"ground": "case", "reference": "LS-2014-000001"}
    seen = window.post(f"/desk/people/{person}/look", given)
    assert ADDRESS in said(seen)
    assert SECRET not in said(seen)
    assert SECRET in said(window.post(f"/desk/people/{person}/look", {**given, "whole": "1"}))
    assert window.get(f"/desk/people/{person}/look").headers["Location"] == f"/desk/people/{person}"
    assert said(reader("resident").get("/my/")).count("LS-2014-000001") == 2
    supervisor = said(reader("supervisor").get("/desk/looks/"))
    assert "窗口员甲" in supervisor
    assert supervisor.count("LS-2014-000001") == 2
    assert RESIDENT not in supervisor


def test_an_official_of_another_street_finds_nobody(worked: str, reader: Callable[..., Client]) -> None:
    registered(somebody(31, "示西岸人", "990101002"))
    window = reader("window-east")
    assert "示西岸人" not in said(window.post("/desk/people/found", {"by": "name", "sought": "示"}))
    assert "示西岸人" in said(reader("window").post("/desk/people/found", {"by": "name", "sought": "示西"}))


def test_a_correction_is_seen_with_its_source(worked: str, reader: Callable[..., Client]) -> None:
    window, person = reader("window"), staged_person()
    given = {"field": "phone", "value": "0000-0000", "source": "document", "as_of": "2014-02-18"}
    assert "已更正" in said(window.post(f"/desk/people/{person}/correct", given, follow=True))
    page = said(reader("resident").get("/my/"))
    assert "0000-0000 本人提交的证明材料，截至 2014-02-18" in page
    assert window.post(f"/desk/people/{person}/correct", {**given, "as_of": "x"}).status_code == 422


def test_nothing_that_is_logged_or_addressed_tells_a_number(
    worked: str, reader: Callable[..., Client], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """All that is logged while numbers go through every page, at every level, and every address that leads on."""
    caplog.set_level(logging.DEBUG)
    window, newcomer, person = reader("window"), reader("newcomer"), staged_person()
    answers = [
        window.post("/desk/people/found", {"by": by, "sought": SECRET}) for by in ("number", "credit", "name", "sound")
    ]
    answers += [
        window.post(f"/desk/people/{person}/look", {"ground": "x", "reference": SECRET, "whole": "1"}),
        window.post(f"/desk/people/{person}/look", {"ground": "case", "reference": "LS-2014-000001", "whole": "1"}),
        window.post(f"/desk/people/{person}/correct", {"field": "number", "value": SECRET, "source": "x"}),
        newcomer.post("/my/claim", {"name": "别人", "number": SECRET}),
        newcomer.post("/my/claim", {"name": RESIDENT, "number": SECRET}),
        reader().post("/my/claim", {"name": RESIDENT, "number": SECRET}),
        newcomer.post("/desk/people/found", {"by": "number", "sought": SECRET}),
    ]
    told = caplog.text + "".join(capfd.readouterr()) + "".join(str(answer.headers) for answer in answers)
    told += "".join(str(record.__dict__) for record in caplog.records if record.name.startswith("zhihai"))
    assert len(caplog.records) >= len(answers)
    assert SECRET not in told
    assert SECRET[6:17] not in told
    assert RESIDENT not in told
    shown = [SECRET in answer.content.decode() for answer in answers]
    assert sum(shown) == 4  # what an official typed and may correct, three times, and the look that asked for it
    assert shown[5]


def test_what_is_wrong_is_asked_to_be_put_right_and_the_answer_is_read(
    worked: str, reader: Callable[..., Client]
) -> None:
    resident, clerk = reader("resident"), reader("window-east")
    wrong = resident.post("/my/correct", {"field": "birth", "value": "1970 年", "said": "写错了日期"})
    assert wrong.status_code == 422
    assert "更正申请没有提交" in (page := said(wrong))
    assert "写错了日期" in page  # nothing that was written is lost
    page = said(resident.post("/my/correct", {"field": "sex", "value": "女", "said": "登记时写错"}, follow=True))
    (number,) = set(re.findall(r"LS-2014-GZ-\d+", page))
    assert "我申请的更正" in page
    case = clerk.get(f"/desk/cases/{number}").content.decode()
    assert "登记时写错" in case
    (link,) = re.findall(rf'href="(/desk/people/\d+\?reference={number})"', case)
    form = clerk.get(link).content.decode()
    assert f'value="{number}"' in form
    assert "登记时写错" not in said(reader("leader").get(f"/desk/cases/{number}"))
    task = re.findall(r"/tasks/(\d+)", case)[0]
    clerk.post(f"/desk/cases/{number}/tasks/{task}", {"outcome": "kept", "note": "请带户口簿到窗口"})
    page = said(resident.get("/my/"))
    assert "未更正" in page
    assert "请带户口簿到窗口" in page
    assert reader("newcomer").post("/my/correct", {"field": "sex", "value": "女", "said": "写错"}).status_code == 403
