"""The hall's public pages: items found in one's own words, listed, and shown with what their guides say and lack."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from django.test import Client
from tests.kernel.acting import AT

from zhihai.ground.actors import SYSTEM
from zhihai.kernel.services import acts, reads
from zhihai.kernel.services.kinds import FIELDS, GuideField

WELL = "519A0000100001-990101000000-000-11990101008778239R-1-00"
ODD = "E-000021-001-1111111111111111"
NOTE = "事项是虚构的示例。"


@pytest.fixture(autouse=True)
def _district(district: str) -> None:
    """Every test stands in the invented district, with its twelve items."""


def text(address: str, status: int = 200, language: str = "zh") -> str:
    """A page's text as people read it, without tags and with single blanks."""
    answer = Client(HTTP_HOST="127.0.0.1", HTTP_ACCEPT_LANGUAGE=language).get(address)
    assert answer.status_code == status
    main = re.search(r"<main.*</main>", answer.content.decode(), re.S)
    assert main is not None
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main[0])).split())


def test_the_front_leads_to_items_by_life_event_and_theme_and_to_a_person() -> None:
    page = text("/hall/")
    assert "残疾 2" in page
    assert "12345" in page
    assert NOTE in page
    assert "12 个事项中，0 个的指南要素齐全" in page
    assert "Ask a person" in text("/hall/", language="en")


def test_search_answers_with_the_reason() -> None:
    page = text("/hall/search?q=户籍写错了")
    assert "户口登记项目变更" in page
    assert NOTE in page
    assert "“户籍”与“户口”同义" in text("/hall/search?q=户籍")
    assert "读音相近：" in text("/hall/search?q=qushuixuke")
    assert "拼音首字母：" in text("/hall/search?q=cjzdl")
    firms = text("/hall/search?q=取水证&who=person")
    assert "取水许可" not in firms


def test_nothing_found_says_what_to_do_and_whom_to_ask() -> None:
    page = text("/hall/search?q=卍卍")
    assert "没有找到“卍卍”" in page
    assert "12345" in page
    assert "请写下您想办的事" in text("/hall/search?q=")


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", "' OR 1=1 --", "%", "🀄" * 90, "{{7*7}}"])
def test_whatever_is_typed_is_only_text(typed: str) -> None:
    for address in ("/hall/search", "/hall/suggest"):
        answer = Client(HTTP_HOST="127.0.0.1").get(address, {"q": typed})
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()
    assert "49" not in text("/hall/search?q={{7*7}}")


def test_suggestions_are_a_piece_of_a_page() -> None:
    piece = Client(HTTP_HOST="127.0.0.1").get("/hall/suggest", {"q": "canj"}).content.decode()
    assert "<html" not in piece
    assert piece.count("<li>") == 2
    assert "残疾人证新办" in piece
    assert not Client(HTTP_HOST="127.0.0.1").get("/hall/suggest", {"q": ""}).content.strip()


def test_lists_go_by_who_theme_life_department_and_street() -> None:
    assert "3 个事项" in text("/hall/items/?theme=f-water")
    assert "河道管理范围内建设项目审批" in text("/hall/items/?who=person&life=build")
    assert "取水许可（新办）" not in text("/hall/items/?who=person&life=build")
    assert "2 个事项" in text("/hall/items/?office=区残联")
    assert "这个街道的办事处没有登记" in text("/hall/items/?street=990101001")
    street = reads.catalogue().by_code[WELL]
    assert text("/hall/items/?theme=p-dogs") != ""
    assert "没有符合这些条件的事项" in text("/hall/items/?theme=p-dogs")
    assert street.name in text("/hall/items/")


def test_an_item_without_a_guide_says_so_and_never_pretends() -> None:
    page = text(f"/hall/items/{WELL}")
    assert "指南还缺 10 项（共 10 项）" in page
    assert page.count("部门还没有提供") == 2
    assert "暂无数据" in page
    assert NOTE in page
    assert "取水许可（延续）" in page  # of the same main item
    assert "水务部门" in page  # whose it is here
    assert "占位数字" in text(f"/hall/items/{ODD}")


def test_a_guide_is_shown_with_source_and_day_of_every_field() -> None:
    card = reads.catalogue().by_code[WELL]
    said = dict.fromkeys(FIELDS, "有") | {
        "statutory": "20",
        "promised": "0",
        "materials": "申请书\n身份证明 <b>原件</b>",
    }
    fields = {name: GuideField(value=value, source="取水条例", as_of=date(2014, 2, 1)) for name, value in said.items()}
    acts.complete_guide(SYSTEM, card.id, fields, at=AT)
    assert "20 个工作日" not in text(f"/hall/items/{WELL}")
    acts.publish(SYSTEM, [card.id], at=AT)
    page = text(f"/hall/items/{WELL}")
    assert "20 个工作日" in page
    assert "当场办结" in page
    assert page.count("取水条例，截至 2014-02-01") == 10
    assert "<b>原件</b>" in page  # as text
    assert "指南还缺" not in page
    assert "指南齐全" in page
    offices = text("/hall/departments/")
    assert "33.3" in offices


def test_an_item_taken_out_says_why_and_an_unknown_one_is_not_found() -> None:
    acts.withdraw(SYSTEM, reads.catalogue().by_code[WELL].id, "并入取水许可（延续）", at=AT)
    page = text(f"/hall/items/{WELL}")
    assert "并入取水许可（延续）" in page
    assert "申请办理" not in page
    assert Client(HTTP_HOST="127.0.0.1").get("/hall/items/nothing").status_code == 404
    assert WELL not in text("/hall/items/")
