"""A resident applies, follows, rates and withdraws on pages; nobody else sees it, and progress asks for a code."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.test import Client
from pypdf import PdfReader
from tests.faces.hall.test_complaints import said
from tests.faces.staging import ITEM, actor, staged_matter, step
from tests.kernel.forms.applying import WHOLE
from tests.kernel.hearing import heard

from zhihai.ground.papers.typesetting import typefaces
from zhihai.kernel import records
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.services import acts
from zhihai.kernel.services import reads as services

Reader = Callable[..., Client]
WHOM = "示居民"


def close(number: str) -> None:
    """Let the window and the reviewer grant it and serve it."""
    step("window", number, "accepted")
    step("reviewer", number, "granted", note="准予，牌已换")
    step("window", number, "served")


def test_a_matter_is_listed_and_shown_with_clocks_course_and_who_looked(worked: str, reader: Reader) -> None:
    number = staged_matter()
    resident = reader("resident")
    assert number in said(resident.get("/my/matters/"))
    page = said(resident.get(f"/my/matters/{number}"))
    for part in (number, "受理审查", "受理期限", "窗口受理员", WHOM, "撤回申请"):
        assert part in page, part
    assert services.own_application(actor("resident"), number, at=clock.now()).code in page


def test_nobody_else_finds_it(worked: str, reader: Reader) -> None:
    number = staged_matter()
    for person in ("newcomer", "window", "leader"):
        client, status = reader(person), 404 if person == "newcomer" else 403
        assert client.get(f"/my/matters/{number}").status_code == status, person
        assert client.post(f"/my/matters/{number}/withdraw").status_code == status
        assert client.post(f"/my/matters/{number}/rate", {"level": 1, "said": "xx"}).status_code == status
    assert reader(None).get(f"/my/matters/{number}").status_code == 302
    assert services.my_applications(actor("resident"), at=clock.now())[0][1].state == "open"


def test_it_is_withdrawn_once(worked: str, reader: Reader) -> None:
    number, resident = staged_matter(), reader("resident")
    assert "已撤回" in said(resident.post(f"/my/matters/{number}/withdraw", follow=True))
    assert resident.post(f"/my/matters/{number}/withdraw").status_code == 409


def test_the_answer_is_read_and_rated_and_a_poor_rating_answered(worked: str, reader: Reader) -> None:
    number, resident = staged_matter(), reader("resident")
    assert "办得怎么样" not in said(resident.get(f"/my/matters/{number}"))
    close(number)
    page = said(resident.get(f"/my/matters/{number}"))
    assert "准予，牌已换" in page
    assert "办得怎么样" in page
    assert resident.post(f"/my/matters/{number}/rate", {"said": "x"}).status_code == 422
    given = {"level": 1, "reasons": ["slow"], "said": "等了很久"}
    assert "评价已收到" in said(resident.post(f"/my/matters/{number}/rate", given, follow=True))
    officer = reader("rating")
    case = re.findall(r"LS-2014-CP-\d+", officer.get("/desk/").content.decode())[0]
    seen = said(officer.get(f"/desk/cases/{case}"))
    assert "等了很久" in seen
    assert WHOM not in seen
    step("rating", case, "put_right", note="今后三日办结")
    assert "今后三日办结" in said(resident.get(f"/my/matters/{number}"))


def test_the_guide_says_how_long_it_really_took(worked: str, reader: Reader) -> None:
    number = staged_matter()
    guide = f"/hall/items/{ITEM}"
    assert "暂无数据" in said(reader(None).get(guide))
    close(number)
    heard()
    assert "近期办结的 1 件" in said(reader(None).get(guide))


def test_the_office_reads_a_rating_only_when_the_matter_is_closed(worked: str, reader: Reader) -> None:
    number, resident, window = staged_matter(), reader("resident"), reader("window")
    resident.post(f"/my/matters/{number}/rate", {"level": 2, "reasons": ["rude"], "said": "态度不好"})
    assert "态度不好" not in said(window.get(f"/desk/cases/{number}"))
    close(number)
    assert "态度不好" in said(window.get(f"/desk/cases/{number}"))


def test_who_works_on_it_looks_and_has_it_noted(worked: str, reader: Reader) -> None:
    number = staged_matter()
    step("window", number, "accepted")
    reviewer, resident = reader("reviewer"), reader("resident")
    page = said(reviewer.get(f"/desk/cases/{number}"))
    assert "查看并留痕" in page
    assert WHOM not in page
    assert reviewer.get(f"/desk/cases/{number}/given-in/1").status_code == 404, "not before it is noted"
    page = said(reviewer.post(f"/desk/cases/{number}/given-in/look", follow=True))
    assert WHOM in page
    assert "审批员" in said(resident.get(f"/my/matters/{number}"))
    leader = reader("leader")
    for address in (f"/desk/cases/{number}/given-in/1/files/{'x' * 22}", f"/my/matters/{number}/forms/1/files/x"):
        assert reviewer.get(address).status_code in (403, 404)
        assert leader.get(address).status_code == 403
        assert reader("newcomer").get(address).status_code == 404
    assert WHOM not in said(leader.get(f"/desk/cases/{number}"))
    assert leader.post(f"/desk/cases/{number}/given-in/look").status_code == 403
    assert leader.get(f"/desk/cases/{number}/given-in/1").status_code == 403


def test_progress_takes_number_and_code_and_names_nobody(worked: str, reader: Reader) -> None:
    number = staged_matter()
    code = services.own_application(actor("resident"), number, at=clock.now()).code
    somebody = reader(None)
    assert somebody.get("/progress/").status_code == 200
    page = said(somebody.post("/progress/", {"number": f" {number} ", "code": code.lower()}))
    assert "受理审查" in page
    assert WHOM not in page
    for given in ({"number": number, "code": "AAAAAAAA"}, {"number": "LS-2014-SQ-1", "code": code}, {}):
        answer = somebody.post("/progress/", given)
        assert answer.status_code == 404
        assert "对不上" in said(answer)


def test_progress_can_not_be_guessed_at_without_end(worked: str, reader: Reader) -> None:
    cache.clear()
    somebody = reader(None)
    told = {somebody.post("/progress/", {"number": "x", "code": "y"}).status_code for _ in range(61)}
    assert told == {404, 429}
    cache.clear()


def test_what_stands_in_the_way_is_told_before_a_word_is_written(worked: str, reader: Reader) -> None:
    page = said(reader("newcomer").get(f"/hall/items/{ITEM}/apply"))
    assert "去填写姓名和证件号码" in page
    assert "开始填写" not in page
    records.execute("UPDATE service_item SET who = 'firm' WHERE code = %s", (ITEM,))
    assert "切换以谁的名义办理" in said(reader("resident").get(f"/hall/items/{ITEM}/apply"))
    assert reader("window").get(f"/hall/items/{ITEM}/apply").status_code == 403
    assert reader("resident").get("/hall/items/none/apply").status_code == 404


def test_papers_and_forms_are_handed_out_as_pdf_to_whose_they_are(worked: str, reader: Reader) -> None:
    number, resident, window = staged_matter(), reader("resident"), reader("window")
    heard()
    assert "正在制作" in said(resident.get(f"/my/matters/{number}"))
    assert resident.get(f"/my/matters/{number}/papers/1").status_code == 404
    if not typefaces():
        pytest.skip("no typeface with Chinese characters on this machine")
    acts.issue_papers(at_machine=datetime(2026, 11, 23, tzinfo=UTC))
    assert "收件凭证" in said(resident.get(f"/my/matters/{number}"))
    theirs = (f"/my/matters/{number}/papers/1", f"/my/matters/{number}/forms/1/pdf")
    for address in theirs:
        answer = resident.get(address)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert reader("newcomer").get(address).status_code == 404
        assert window.get(address).status_code == 403
    assert resident.get(f"/my/matters/{number}/papers/2").status_code == 404
    form = read(resident.get(theirs[1]).content)
    assert str(WHOLE["facts"]) in form
    assert WHOM in form

    ours = (f"/desk/cases/{number}/papers/1", f"/desk/cases/{number}/given-in/1/pdf")
    assert [window.get(address).status_code for address in ours] == [200, 200]
    assert [reader("leader").get(address).status_code for address in ours] == [403, 403]
    assert "收件凭证" in said(window.get(f"/desk/cases/{number}"))


def read(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    return "".join("".join(page.extract_text() for page in pages).split())
