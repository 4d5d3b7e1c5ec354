"""The mobile number on the page of how one is told: typed in, proved by the code that came, changed and taken away."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from tests.faces.staging import actor

from zhihai.kernel import records as store
from zhihai.kernel.channels import acts, reads
from zhihai.site import workers
from zhihai.site.configuration import Configuration
from zhihai.site.sms import Catcher

NUMBER = "139 1234 5678"
ASK, PROVE, DROP = "/account/notices/number", "/account/notices/number/code", "/account/notices/number/drop"


@pytest.fixture
def own(worked: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The resident's account, where everything is a trial."""
    monkeypatch.setattr(settings, "ZHIHAI_DEMONSTRATION", True)
    return actor("resident").account


@pytest.fixture
def mine(own: int, reader: Callable[..., Client]) -> Client:
    return reader("resident")


def caught(folder: Path) -> str:
    """Let the worker send what was asked for, and return the code that the catcher wrote down last."""
    acts.send_codes(Catcher(folder).send, at_machine=datetime.now(UTC))
    return latest_code(folder)


def latest_code(folder: Path) -> str:
    latest = max(folder.glob("code.*.json"), key=lambda path: [int(n) for n in path.name.split(".")[1:3]])
    (code,) = re.findall(r"(?<!\d)\d{6}(?!\d)", latest.read_text(encoding="utf-8"))
    return str(code)


def said(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def minutes_pass(n: int) -> None:
    """Let all that was asked for have been asked for so many minutes earlier."""
    with store.atomic():
        store.value("SELECT zh_read_as('platform')")
        store.execute(
            "UPDATE number_code SET asked_at = asked_at - %s, until = until - %s", (timedelta(minutes=n),) * 2
        )


def test_a_number_is_typed_in_proved_chosen_and_taken_away(mine: Client, own: int, tmp_path: Path) -> None:
    waits = said(mine.post(ASK, {"number": "＋86 139 1234 5678"}, follow=True))
    assert "正在向 139****5678 发送验证码" in waits
    code = caught(tmp_path)
    page = said(mine.get("/account/notices/"))
    assert "验证码已发到 139****5678" in page
    assert 'autocomplete="one-time-code"' in page
    assert "号码已验证" in said(mine.post(PROVE, {"code": code}, follow=True))
    mine.post("/account/notices/choose", {"way": "sms", "language": "zh"})
    assert reads.choice_of(own, None).ways == ("sms",)
    page = said(mine.get("/account/notices/"))
    assert "尾号 5678" in page
    assert "13912345678" not in waits + page
    assert "号码已删除" in said(mine.post(DROP, follow=True))
    assert "139****5678" not in said(mine.get("/account/notices/"))
    assert mine.post(DROP).status_code == 422


def test_what_is_no_mobile_number_is_said_why_and_kept_in_its_field(mine: Client) -> None:
    for number, why in (("010-62345678", "固定电话"), ("+1 212 555 0100", "中国内地"), ("12345", "11 位")):
        answer = mine.post(ASK, {"number": number})
        assert (answer.status_code, why in said(answer), f'value="{number}"' in said(answer)) == (422, True, True)
    assert "<script>alert" not in said(mine.post(ASK, {"number": "<script>alert(1)</script>"}))
    assert mine.post(ASK).status_code == 422


def test_a_wrong_code_counts_and_the_fifth_ends_it(mine: Client, tmp_path: Path) -> None:
    mine.post(ASK, {"number": NUMBER})
    code = caught(tmp_path)
    for left in (4, 3, 2, 1):
        answer = mine.post(PROVE, {"code": f"{(int(code) + left) % 10**6:06d}"})
        assert (answer.status_code, f"还可以试 {left} 次" in said(answer)) == (422, True)
        assert code not in said(answer)
    assert "填错次数过多" in said(mine.post(PROVE, {"code": f"{(int(code) + 9) % 10**6:06d}"}))
    assert mine.post(PROVE, {"code": code}).status_code == 422
    hurried = mine.post(ASK, {"number": "15087654321"})
    assert (hurried.status_code, 'value="15087654321"' in said(hurried)) == (429, True), "nothing typed is lost"
    minutes_pass(1)
    assert mine.post(ASK, {"again": "1"}).status_code == 302
    assert "号码已验证" in said(mine.post(PROVE, {"code": caught(tmp_path)}, follow=True))


def test_a_code_that_ran_out_is_said_so(mine: Client, tmp_path: Path) -> None:
    mine.post(ASK, {"number": NUMBER})
    code = caught(tmp_path)
    minutes_pass(11)
    assert "已过期" in said(mine.get("/account/notices/"))
    assert "已过期" in said(mine.post(PROVE, {"code": code}))


def test_a_code_that_may_have_come_can_be_typed_in(mine: Client, own: int, tmp_path: Path) -> None:
    """The gateway took it and its answer was lost, three times: the field is there, and the code proves the number."""
    catcher = Catcher(tmp_path)

    def lose(message: acts.Message) -> None:
        catcher.send(message)
        raise TimeoutError

    mine.post(ASK, {"number": NUMBER})
    for n in range(3):
        acts.send_codes(lose, at_machine=datetime.now(UTC) + timedelta(minutes=n))
    assert reads.number_of(own, at_machine=datetime.now(UTC)).state == "unsure"
    page = said(mine.get("/account/notices/"))
    assert "没有确认" in page
    assert page.index("one-time-code") < page.index('id="how"'), "what one waits for stands first"
    assert 'autocomplete="one-time-code"' in page
    code = latest_code(tmp_path)
    assert "号码已验证" in said(mine.post(PROVE, {"code": code}, follow=True))


def test_another_persons_code_opens_nothing(mine: Client, reader: Callable[..., Client], tmp_path: Path) -> None:
    mine.post(ASK, {"number": NUMBER})
    code = caught(tmp_path)
    other = reader("window")
    assert "139****5678" not in said(other.get("/account/notices/"))
    assert "没有等待填写的验证码" in said(other.post(PROVE, {"code": code}))
    assert other.post(ASK, {"number": NUMBER}).status_code == 429, "as after a code of one's own: nobody is named"


def test_without_a_gateway_the_page_says_so_and_offers_other_ways(
    worked: str, monkeypatch: pytest.MonkeyPatch, reader: Callable[..., Client]
) -> None:
    monkeypatch.setattr(settings, "ZHIHAI_DEMONSTRATION", False)
    mine = reader("resident")
    page = said(mine.get("/account/notices/"))
    assert "还没有接通短信网关" in page
    assert 'name="number"' not in page
    assert 'value="email"' in page
    answer = mine.post(ASK, {"number": NUMBER})
    assert (answer.status_code, "还没有接通短信网关" in said(answer)) == (422, True)


def test_the_worker_sends_codes_by_the_way_that_is_set(
    mine: Client, own: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine.post(ASK, {"number": NUMBER})
    monkeypatch.setattr(settings, "CONFIG", Configuration(data=tmp_path, demonstration=False))
    workers.run_sms()
    assert reads.number_of(own, at_machine=datetime.now(UTC)).state == "failed"
    assert "没能发到" in said(mine.get("/account/notices/"))
