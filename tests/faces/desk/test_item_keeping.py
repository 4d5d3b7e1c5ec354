"""Keeping service items at the desk: a guide completed and published, words, thesaurus, a list brought in."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.faces.staging import ITEMS, staged_item

from zhihai.ground.actors import SYSTEM
from zhihai.kernel.services import reads
from zhihai.site.items_list import COLUMNS

DAY = "2014-02-01"


@pytest.fixture
def keeper(worked: str, reader: Callable[..., Client]) -> Client:
    """Whoever keeps the items of the district, signed in."""
    return reader(ITEMS)


def page(client: Client, address: str) -> str:
    return unescape(client.get(address).content.decode())


def told(client: Client, address: str, **form: object) -> str:
    """What the page says after a form was sent, wherever it leads."""
    return unescape(client.post(address, form, follow=True).content.decode())


def field(name: str, value: str, source: str = "取水条例", as_of: str = DAY) -> dict[str, str]:
    return {name: value, f"{name}-source": source, f"{name}-as_of": as_of}


def test_a_guide_is_kept_as_a_draft_and_read_by_the_public_once_it_is_published(keeper: Client) -> None:
    item = staged_item()
    card = reads.catalogue().cards[item]
    said = told(keeper, f"/desk/items/{item}/guide", **field("result", "取水许可证"), **field("statutory", "20"))
    assert "草稿已保存" in said
    hall = page(keeper, f"/hall/items/{card.code}")
    assert "取水许可证" not in hall
    assert "已公开" in told(keeper, f"/desk/items/{item}/publish")
    hall = page(keeper, f"/hall/items/{card.code}")
    assert "取水许可证" in hall
    assert "20 个工作日" in hall
    shown = page(keeper, f"/desk/items/{item}")
    assert "第 2 版" in shown
    assert "已被替代" in shown


def test_a_field_that_can_not_be_is_told_beside_it_and_nothing_typed_is_lost(keeper: Client) -> None:
    item = staged_item()
    for wrong, sentence in [
        (field("fee", "不收费", source=""), "请写明出处"),
        (field("fee", "不收费", as_of="明天"), "请填写截至哪天"),
        (field("statutory", "二十"), "请填写工作日数"),
    ]:
        said = told(keeper, f"/desk/items/{item}/guide", **wrong, **field("result", "一张我打了很久的证"))
        assert sentence in said
        assert "一张我打了很久的证" in said
    assert "fee" in reads.guide_of(item)


def test_an_item_is_taken_out_and_assigned_and_described(keeper: Client) -> None:
    item = staged_item()
    assert "请写明撤下的理由" in told(keeper, f"/desk/items/{item}/withdraw", reason=" ")
    assert "已撤下" in told(keeper, f"/desk/items/{item}/withdraw", reason="并入别的事项")
    assert item not in reads.catalogue().cards
    told(keeper, f"/desk/items/{item}/publish")
    assert "承办机构已更改" in told(keeper, f"/desk/items/{item}/assign", organisation="")
    assert reads.catalogue().cards[item].organisation is None
    words = {"who": "both", "themes": ["f-water"], "life": [], "words": "挖井证\n打机井|抽地下水", "source": "水务部门"}
    assert "搜索即刻按新的说法" in told(keeper, f"/desk/items/{item}/describe", **words)
    assert reads.catalogue().search("抽地下水", "", 1, False)[0].card.id == item
    assert "主题" in told(keeper, f"/desk/items/{item}/describe", **words | {"themes": ["p-dogs"]})


def test_the_list_goes_by_what_guides_lack(keeper: Client) -> None:
    shown = page(keeper, "/desk/items/?lacks=some")
    assert reads.catalogue().cards[staged_item()].name in shown
    assert "残疾人证新办" not in shown
    assert "残疾人证新办" in page(keeper, "/desk/items/?office=区残联&owner=nobody")
    assert "没有符合条件的事项" in page(keeper, "/desk/items/?sought=卍")


def test_the_thesaurus_is_changed_and_a_wrong_group_is_named(keeper: Client) -> None:
    said = told(keeper, "/desk/items/synonyms/set", groups="户口 户籍\n孤零零")
    assert "第 2 组" in said
    assert "孤零零" in said
    assert "已保存 2 组" in told(keeper, "/desk/items/synonyms/set", groups="户口 户籍\n\n残疾证 残本")
    assert reads.catalogue().search("残本", "", 1, False)[0].card.name.startswith("残疾人证")


LIST = "code,name,main,sort,office,office_code,organisation,who,themes,life,words\n{lines}"
NEW = "510112345001,新事项,,01,区水务局,1,990101-water,firm,f-water,build,新说法|又一个"


def bring(keeper: Client, text: str, source: str = "上级目录") -> str:
    file = SimpleUploadedFile("list.csv", text.encode(), "text/csv")
    return told(keeper, "/desk/items/import/compare", file=file, name_zh=source, words_source="水务部门")


def between(text: str, before: str, after: str) -> str:
    return text.split(before, 1)[1].split(after, 1)[0]


def test_a_list_is_compared_first_and_then_brought_in(keeper: Client) -> None:
    said = bring(keeper, LIST.format(lines=NEW))
    assert "新事项" in said
    assert "新增" in said
    assert not reads.items(SYSTEM, sought="新事项")
    form = {
        "list": between(said, '<textarea name="list" hidden>', "</textarea>"), "file": "list.csv",
        "seen": between(said, 'name="seen" value="', '"'), "name_zh": "上级目录", "words_source": "水务部门",
    }  # fmt: skip
    assert "1 个事项有变动" in told(keeper, "/desk/items/import/apply", **form)
    (line,) = reads.items(SYSTEM, sought="新事项")
    assert line.state == "draft"
    assert "现状或名册有了变化" in told(keeper, "/desk/items/import/apply", **form)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("code,name\nx,y\n", "目录缺少列"),
        (LIST.format(lines=""), "没有一行内容"),
        (LIST.format(lines=NEW.replace("新事项", "")), "2 name"),
        (LIST.format(lines=NEW.replace(",01,", ",77,")), "不是国家标准的事项类型"),
        (LIST.format(lines=NEW.replace("990101-water", "nowhere")), "没有代码为 nowhere 的机构"),
    ],
)
def test_a_list_that_can_not_be_used_says_where(keeper: Client, text: str, sentence: str) -> None:
    assert sentence in bring(keeper, text)


def test_a_list_without_source_or_of_anothers_codes_is_refused(keeper: Client) -> None:
    assert "请写明目录来源" in bring(keeper, LIST.format(lines=NEW), source=" ")
    taken = next(iter(reads.catalogue().by_code))
    assert "已由另一来源列出" in bring(keeper, LIST.format(lines=NEW.replace("510112345001", taken)))
    assert all(column in page(keeper, "/desk/items/import") for column in COLUMNS)
