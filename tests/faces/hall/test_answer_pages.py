"""Questions that are answered publicly, as anybody finds them, and as officials write them out of a matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client
from tests.faces.publishing import PUBLISHER, WRITER
from tests.faces.staging import ITEM, actor
from tests.kernel.disclosure.asking import answer, asked
from tests.kernel.disclosure.test_answers import KIND, SAYS, SUMMARY
from tests.kernel.services.giving import ASKING, QUESTION, given

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.disclosure import acts, reads
from zhihai.kernel.disclosure.kinds import VersionInput
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal.reads import now

TWO = Actor(account=SYSTEM.account - 1, name="另一系统", sort="system")


def said(client: Client, address: str, status: int = 200) -> str:
    shown = client.get(address)
    assert shown.status_code == status
    return shown.content.decode()


def public(says: VersionInput, kind: str = KIND, matter: str = "") -> int:
    office = identity.organisation_by_code("990101").id
    made = acts.begin_publication(SYSTEM, kind, office, says, at=now(), matter=matter)
    acts.review_version(TWO, made, 1, True, "不涉密", at=now())
    acts.publish_version(TWO, made, 1, at=now())
    return made


@pytest.fixture
def made(worked: str) -> int:
    """One question that is answered about an item."""
    return public(replace(SAYS, items=(ITEM,), theme="p-utilities"))


def test_it_stands_on_the_page_of_its_item_in_the_search_and_in_the_list(
    made: int, reader: Callable[..., Client]
) -> None:
    link = f'href="/disclosure/{made}"'
    for address, there in (
        (f"/hall/items/{ITEM}", True), ("/hall/search?q=路牌坏了", True), ("/hall/search?q=公积金", False),
        ("/hall/answers/", True), ("/hall/answers/?q=路牌坏了找谁", True), ("/hall/answers/?q=公积金", False),
        (f"/hall/answers/?item={ITEM}", True), (f"/hall/answers/?item={ITEM}&theme=p-death", False),
        ("/hall/answers/?theme=p-utilities", True),
        ("/hall/answers/?theme=p-death", False), ("/hall/answers/?theme=x&item=y&after=z", True),
        ("/disclosure/", False), (f"/disclosure/feed.atom?kind={KIND}", False),
    ):  # fmt: skip
        assert (link in said(reader(), address)) is there, address
    assert f"/disclosure/{made}</id>" in said(reader(), f"/disclosure/feed.atom?kind={KIND}")
    assert "常见问题" in said(reader(), "/hall/")
    page = said(reader(language="en"), f"/disclosure/{made}")
    for part in (
        SAYS.title,
        "A general answer",
        "Ask your own question",
        f'href="/hall/items/{ITEM}"',
        "Guide for gov",
    ):
        assert part in page, part


def test_what_others_asked_stands_before_one_asks_and_the_way_to_ask_stays(
    made: int, reader: Callable[..., Client]
) -> None:
    mine = reader("resident")
    for query, there in ((f"?item={ITEM}", True), ("", False), ("?q=路牌坏了找谁", True), ("?q=公积金提取", False)):
        page = said(mine, f"/hall/matters/{ASKING}{query}")
        assert (f'href="/disclosure/{made}"' in page) is there, query
        assert "开始填写" in page
    assert "提问之前" not in said(mine, "/hall/matters/interaction.complaint")


def test_an_official_writes_it_out_of_the_matter_and_the_askers_words_are_not_taken_over(
    worked: str, reader: Callable[..., Client]
) -> None:
    numbers = [given(actor("resident"), ASKING, {**QUESTION, "publish": agrees}).number for agrees in (True, False)]
    for number in numbers:
        case = case_reads.case_view(SYSTEM, number, now())
        cases.take_step(actor("window"), case.id, case.tasks[0].id, "answered", at=now(), note="由街道更换。")
    clerk = reader("answers")
    assert "没有同意公开" in said(clerk, f"/desk/cases/{numbers[1]}")
    assert "撰写问题和答复" in said(clerk, f"/desk/cases/{numbers[0]}")
    form = said(clerk, f"/desk/publications/new?matter={numbers[0]}")
    assert QUESTION["question"] not in form
    assert QUESTION["subject"] not in form
    sent = {
        "matter": numbers[0], "kind": KIND, "organisation": identity.organisation_by_code("990101").id,
        "title": SAYS.title, "body": SAYS.body, "made_on": "2014-02-17", "items": f"{ITEM}，no", "theme": "",
    }  # fmt: skip
    refused = clerk.post("/desk/publications/begin", sent)
    assert (refused.status_code, "没有编码为“no”的事项" in refused.content.decode()) == (422, True)
    assert SAYS.body in refused.content.decode()
    done = clerk.post("/desk/publications/begin", {**sent, "items": ITEM})
    place = done["Location"]
    assert done.status_code == 302
    page = said(clerk, place)
    assert f'href="/desk/cases/{numbers[0]}"' in page
    assert ITEM in page
    publisher = reader(PUBLISHER)
    assert publisher.post(f"{place}/review", {"revision": 1, "fit": "yes", "ground": "无个人信息"}).status_code == 302
    assert publisher.post(f"{place}/publish", {"revision": 1}).status_code == 302
    shown = said(reader(), f"/hall/items/{ITEM}")
    assert SAYS.title in shown
    assert numbers[0] not in said(reader(), place.replace("/desk/publications/", "/disclosure/"))
    assert "查看由此撰写的稿件" in said(clerk, f"/desk/cases/{numbers[0]}")
    assert said(reader(WRITER), f"/desk/publications/new?matter={numbers[0]}", 404)


def test_a_summary_and_the_feed_of_requests_say_what_became_of_them(worked: str, reader: Callable[..., Client]) -> None:
    numbers = [asked(actor("resident"), at=now()) for _ in range(2)]
    answer(numbers[0], "disclosed", now())
    made = public(replace(SAYS, title="河道治理工程的验收结论"), SUMMARY, numbers[0])
    register = said(reader(), "/disclosure/requests/")
    assert f'href="/disclosure/{made}"' in register
    for sort in ("atom", "rss"):
        feed = said(reader(), f"/disclosure/requests/feed.{sort}")
        assert numbers[0] in feed
        assert "河道治理工程的验收结论" in feed
        assert numbers[1] not in feed
        assert "曾示例" not in feed
    assert "河道治理工程的验收结论" in said(reader(), "/disclosure/requests/table.csv")
    page = said(reader(), f"/disclosure/{made}")
    assert numbers[0] in page
    assert "办理摘要" in page


def test_a_law_suit_recorded_on_a_case_stands_in_the_report_and_leads_to_its_row(
    worked: str, reader: Callable[..., Client]
) -> None:
    number = asked(actor("resident"), at=now())
    answer(number, "not_held", now())
    place, writer = f"/desk/cases/{number}/disputes", reader("legal")
    assert place in said(writer, f"/desk/cases/{number}")
    sent = {
        "sort": "suit", "body": "示例区人民法院", "begun_on": "2014-02-18", "result": "upheld", "ended_on": "",
        "against": "answer", "instance": "first",
    }  # fmt: skip
    refused = writer.post(f"{place}/record", sent)
    assert refused.status_code == 422
    assert "示例区人民法院" in refused.content.decode()
    assert writer.post(f"{place}/record", {**sent, "result": "pending"})["Location"] == place
    assert "尚未审结" in said(writer, place)
    link = "/disclosure/requests/?year=2014&dispute=suit&result=pending"
    assert link.replace("&", "&amp;") in said(reader(), "/disclosure/report/2014")
    assert number in said(reader(), link)
    assert number not in said(reader(), link.replace("pending", "upheld"))
    (row,) = reads.disputes_of(SYSTEM, number, at=now())
    ended = {**sent, "ended_on": "2014-02-18"}
    assert writer.post(f"{place}/{row.id}/amend", {**ended, "body": "另一法院"}).status_code == 422
    assert writer.post(f"{place}/{row.id}/amend", ended).status_code == 302
    assert number in said(reader(), link.replace("pending", "upheld"))
    assert writer.post(f"{place}/{row.id}/take-back", {"why": ""}).status_code == 422
    assert writer.post(f"{place}/{row.id}/take-back", {"why": "重复登记。"}).status_code == 302
    assert "还没有登记" in said(writer, place)
    for other in ("resident", "inspector", WRITER):
        assert reader(other).get(place).status_code == 403
        assert reader(other).post(f"{place}/record", sent).status_code == 403
