"""A resident lets somebody act for her, who accepts and acts under a strip on every page, until it ends."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from tests.faces.staging import ADDRESS, RESIDENT, actor, later, sign_up, staged_person
from tests.kernel.identity.peopled import DAY, FIRM, MACHINE, number, registered, somebody

from zhihai.ground.actors import SYSTEM
from zhihai.kernel.identity import acts, reads
from zhihai.kernel.identity.acts import PersonInput, TieInput
from zhihai.kernel.journal import reads as clock

HELPER = "示帮办"


def said(answer: object) -> str:
    """Return what a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())  # type: ignore[attr-defined]


def today() -> date:
    district = clock.clock()
    return district.instant.astimezone(district.zone).date()


@pytest.fixture
def helper(worked: str) -> int:
    """Somebody confirmed at a window, with an account ``sister``; the number of the person."""
    (person,) = registered(somebody(50, HELPER))
    account = sign_up("sister")
    acts.claim_person(account, HELPER, number(50), at=clock.now(), at_machine=MACHINE)
    acts.confirm_person(actor("window"), person, account.account, "居民身份证原件", at=clock.now(), reason="读卡器故障")
    return person


def form(**more: object) -> dict[str, object]:
    until = today() + timedelta(days=30)
    given = {"for": f"{staged_person()}:zhihai.helper", "name": HELPER, "number": number(50), "all": "1"}
    return {**given, "from": today().isoformat(), "until": until.isoformat(), **more}


def tie_of(username: str) -> int:
    return reads.my_ties(actor(username), at=clock.now())[1][0].id


def granted(reader: Callable[..., Client], **more: object) -> int:
    """A tie from the resident to the helper, granted and accepted by their pages."""
    answer = reader("resident").post("/my/acting/grant", form(**more), follow=True)
    assert "已委托" in said(answer)
    tie = tie_of("sister")
    assert "可以开始代办" in said(
        reader("sister").post("/my/acting/change", {"what": "accept", "tie": tie}, follow=True)
    )
    return tie


def test_a_helper_sees_what_the_scope_allows_and_the_resident_reads_it(
    helper: int, reader: Callable[..., Client]
) -> None:
    tie, client = granted(reader), reader("sister")
    for page in ("/my/", "/figures/", "/account/"):
        assert f"您正在为“{RESIDENT}”办事" not in said(client.get(page))
    mine = said(client.post("/my/acting/as", {"tie": tie}, follow=True))
    assert ADDRESS not in mine  # a page that is only opened shows nothing, and leaves no record
    for page in ("/my/", "/my/acting/", "/figures/", "/account/", "/desk/notices/"):
        assert f"您正在为“{RESIDENT}”办事（帮办人，至 {today() + timedelta(days=30)} 止）" in said(client.get(page)), (
            page
        )
    shown = said(client.post("/my/look", {"tie": tie}))
    assert ADDRESS in shown
    assert number(8) not in shown
    assert client.get("/my/look").status_code == 302
    assert "帮办人（受您委托或依法代办）" in said(reader("resident").get("/my/"))
    assert "acting for you" in said(reader("resident", "en").get("/my/"))
    assert "您正在为" not in said(client.post("/my/acting/end", follow=True))


def test_less_than_everything_shows_less(helper: int, reader: Callable[..., Client]) -> None:
    tie = granted(reader, all="", services=["zhihai.looks"])
    shown = said(reader("sister").post("/my/look", {"tie": tie}))
    assert ADDRESS not in shown
    assert "谁查看过其信息" not in shown  # not chosen on this session: it leads to one's own page


def test_what_was_ended_in_another_tab_is_refused_with_its_day(helper: int, reader: Callable[..., Client]) -> None:
    tie, client, day = granted(reader), reader("sister"), today().isoformat()
    client.post("/my/acting/as", {"tie": tie})
    ended = reader("resident").post("/my/acting/change", {"what": "end", "tie": tie, "why": "不再需要"}, follow=True)
    assert "已终止" in said(ended)
    late = client.post("/my/look", {"tie": tie})
    assert late.status_code == 403
    assert f"已于 {day} 终止" in said(late)
    assert ADDRESS not in said(late)
    assert "没有查看" in said(late)
    assert f"已于 {day} 终止" in said(client.get("/figures/"))
    assert client.post("/my/acting/as", {"tie": tie}).status_code == 403


def test_a_term_runs_out_by_the_districts_clock(helper: int, reader: Callable[..., Client]) -> None:
    last = today() + timedelta(days=1)
    tie, client = granted(reader, until=last.isoformat()), reader("sister")
    client.post("/my/acting/as", {"tie": tie})
    assert ADDRESS in said(client.post("/my/look", {"tie": tie}))
    later(clock.now() + timedelta(days=2))
    late = client.post("/my/look", {"tie": tie})
    assert late.status_code == 403
    assert f"已于 {last} 到期" in said(late)
    renewed = reader("resident").post(
        "/my/acting/change",
        {"what": "renew", "tie": tie, "until": (today() + timedelta(days=9)).isoformat()},
        follow=True,
    )
    assert "已续期" in said(renewed)
    assert client.post("/my/acting/as", {"tie": tie_of("sister")}).status_code == 302


def test_what_can_not_be_granted_is_said_and_the_number_is_not_written_back(
    helper: int, reader: Callable[..., Client]
) -> None:
    client = reader("resident")
    for wrong, told in (
        ({"name": RESIDENT, "number": number(8)}, "不能委托自己"),
        ({"until": (today() - timedelta(days=1)).isoformat()}, "须在开始日期和今天之后"),
        ({"until": (today() + timedelta(days=500)).isoformat()}, "期限最长 366 天"),
        ({"until": "x"}, "日期不对"),
        ({"until": "9999-12-31"}, "日期不对"),
        ({"all": ""}, "请至少选择一项"),
        ({"for": f"{helper}:zhihai.helper"}, "没有这项代办关系"),
        ({"for": f"{staged_person()}:zhihai.guardian"}, "只能在窗口办理"),
        ({"number": "12"}, "没有登记姓名和证件号码都相符的人"),
    ):
        answer = client.post("/my/acting/grant", form(**wrong))
        assert answer.status_code in (403, 422), wrong
        assert told in said(answer), wrong
        assert number(50) not in answer.content.decode()
    granted(reader)
    assert "重叠" in said(client.post("/my/acting/grant", form()))


def test_nobody_below_level_three_lets_anybody_act(helper: int, reader: Callable[..., Client]) -> None:
    client = reader("newcomer")
    assert "当面核验后才能委托或代办" in said(client.get("/my/acting/"))
    assert client.post("/my/acting/grant", form()).status_code == 403
    tie = granted(reader)
    for address in ("/my/acting/as", "/my/acting/change"):
        assert client.post(address, {"tie": tie, "what": "end", "why": "不要了"}).status_code == 403
    assert client.post("/my/look", {"tie": tie}).status_code == 403


def test_who_represents_a_firm_lets_a_proxy_act_who_can_not_pass_it_on(
    helper: int, reader: Callable[..., Client]
) -> None:
    (firm,) = registered(
        PersonInput(
            sort="legal", number=FIRM, name="示例商贸", facts={"representative": RESIDENT, "address": "示例路 1 号"},
            source="legal_person_base", as_of=DAY, provenance="synthetic",
        )
    )  # fmt: skip
    window = TieInput(
        kind="zhihai.representative", principal=firm, name=RESIDENT, number=number(8), valid_from=clock.now(),
        valid_to=None, ground="licence", evidence="营业执照原件",
    )  # fmt: skip
    acts.record_tie(SYSTEM, window, at=clock.now())
    assert "为“示例商贸”：单位经办人" in said(reader("resident").get("/my/acting/"))
    tie, client = granted(reader, **{"for": f"{firm}:zhihai.firm_proxy"}), reader("sister")
    assert "示例商贸" in said(client.post("/my/acting/as", {"tie": tie}, follow=True))
    assert "示例路 1 号" in said(client.post("/my/look", {"tie": tie}))
    passed = client.post("/my/acting/grant", form(**{"for": f"{firm}:zhihai.firm_proxy", "name": RESIDENT}))
    assert passed.status_code == 403
    assert "不能再委托他人" in said(passed)


def test_the_instant_of_the_first_day_is_the_districts(helper: int, reader: Callable[..., Client]) -> None:
    tomorrow = today() + timedelta(days=1)
    tie = granted(reader, **{"from": tomorrow.isoformat()})
    held = reads.my_ties(actor("sister"), at=clock.now())[1][0]
    assert held.id == tie
    zone = clock.clock().zone
    assert held.valid_from == datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone)
    assert f"自 {tomorrow} 起才有效" in said(reader("sister").post("/my/acting/as", {"tie": tie}))


def test_nothing_that_is_logged_or_addressed_tells_a_number(
    helper: int, reader: Callable[..., Client], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """All that is logged while numbers go through the forms of ties and of a window, right and wrong."""
    caplog.set_level(logging.DEBUG)
    secret, window = number(50), reader("window")
    answers = [
        reader("resident").post("/my/acting/grant", form(**more)) for more in ({"name": "别人"}, {"until": ""}, {})
    ]
    given = {"name": "示新人", "number": number(63), "document": "", "area": "x"}
    answers += [
        window.post("/desk/people/register", given),
        window.post(f"/desk/people/{staged_person()}/ties/record", {"name": HELPER, "number": secret}),
    ]
    told = caplog.text + "".join(capfd.readouterr()) + "".join(str(answer.headers) for answer in answers)
    told += "".join(str(record.__dict__) for record in caplog.records if record.name.startswith("zhihai"))
    assert len(caplog.records) >= len(answers)
    for hidden in (secret, secret[6:17], number(63), HELPER, "示新人"):
        assert hidden not in told
    assert not any(secret in answer.content.decode() or number(63) in answer.content.decode() for answer in answers)
