"""The catalogue of items: brought in with a difference told first, assigned, completed, published, withdrawn, found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from tests.kernel.acting import AT, DISTRICT, EAST, holder, office

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.powers import PUBLISH_SERVICES, SET_SERVICES
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.kernel import house, records
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.services import acts, reads
from zhihai.kernel.services.finding import kept
from zhihai.kernel.services.kinds import FIELDS, LIFE, THEMES, Contact, Described, GuideField, ItemInput, SourceInput

SOURCE = SourceInput(name=Named("第二目录", "Second list"), note=Named("示例。", "Example."), provenance="synthetic")
LAKESIDE, WATER = "湖畔示例区事项目录", "990101-water"
TODAY = date(2014, 2, 17)


@pytest.fixture(autouse=True)
def _district(district: str) -> None:
    """Every test stands in the invented district, with its twelve items."""


def item(code: str, name: str = "事项", **more: Any) -> ItemInput:
    return ItemInput(code=code, name=name, **more)


LIST = [item(f"510112345{n:03}", f"事项{n}", sort="01", words=("说法",)) for n in range(1, 6)]


def number(code: str) -> int:
    return int(records.value("SELECT id FROM service_item WHERE code = %s", (code,)))


def named(name: str) -> reads.Card:
    return next(card for card in reads.catalogue().cards.values() if card.name == name)


def brought(inputs: list[ItemInput], **more: Any) -> reads.Difference:
    return acts.bring_in(SYSTEM, SOURCE, inputs, at=AT, **more)


def entries() -> int:
    return int(records.value("SELECT count(*) FROM journal_entry"))


def test_a_list_is_compared_before_anything_is_written() -> None:
    before = entries()
    found = reads.compare(SOURCE.name.zh, LIST)
    assert (len(found.new), found.changes, found.kept) == (5, 5, 0)
    assert entries() == before
    assert brought(LIST).changes == 5
    again = brought(LIST)
    assert (again.changes, again.kept) == (0, 5)


def test_a_later_list_changes_and_takes_out_and_brings_back() -> None:
    brought(LIST)
    renamed = replace(LIST[0], name="事项一", words=())
    found = brought([renamed, *LIST[1:4]])
    assert [one.fields for one in found.changed] == [("name",)]
    assert [one.code for one in found.gone] == [LIST[4].code]
    kept = reads.item_page(SYSTEM, number(LIST[0].code))
    assert (kept.line.name, kept.described.words) == ("事项一", ("说法",))  # what a list leaves open stands
    assert reads.item_page(SYSTEM, number(LIST[4].code)).line.state == "withdrawn"
    back = brought([renamed, *LIST[1:]])
    assert [one.code for one in back.back] == [LIST[4].code]
    assert reads.item_page(SYSTEM, number(LIST[4].code)).line.state == "draft"


def test_a_list_that_would_take_out_most_is_not_believed_unsaid() -> None:
    brought(LIST)
    with pytest.raises(Refused, match="items_most_gone"):
        brought(LIST[:1])
    assert len(brought(LIST[:1], most_gone=True).gone) == 4


def test_codes_of_another_source_are_left_alone() -> None:
    taken = next(iter(reads.catalogue().by_code))
    assert reads.compare(SOURCE.name.zh, [*LIST, item(taken)]).taken == (taken,)
    with pytest.raises(Refused, match="items_taken"):
        brought([*LIST, item(taken)])
    assert not records.value("SELECT count(*) FROM service_item WHERE name = '事项1'")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (item("", "名"), "item_code"),
        (item("a/b", "名"), "item_code"),
        (item("x" * 121, "名"), "item_code"),
        (item("x", ""), "item_name"),
        (item("x", "名" * 401), "item_name"),
        (item(LIST[0].code), "item_twice"),
        (item("x", sort="99"), "item_sort"),
        (item("x", sort="1"), "item_sort"),
        (item("x", organisation="nowhere"), "item_organisation"),
        (item("x", who="dog"), "item_who"),
        (item("x", themes=("p-dogs",)), "item_themes"),
        (item("x", life=("party",)), "item_life"),
        (item("x", words=("长" * 41,)), "item_words"),
        (item("x", words=tuple(map(str, range(41)))), "item_words"),
    ],
)
def test_a_list_with_one_wrong_line_changes_nothing(wrong: ItemInput, code: str) -> None:
    with pytest.raises(Refused) as refused:
        brought([*LIST, wrong])
    assert refused.value.code == code
    assert (refused.value.field or "").startswith("6 ")
    assert not records.value("SELECT count(*) FROM service_source WHERE name_zh = %s", (SOURCE.name.zh,))


def test_odd_codes_are_kept_and_told() -> None:
    odd = item("E-000021-001-2222222222222222", sort="09")
    found = brought([*LIST, odd])
    assert [(one.code, one.reasons) for one in found.odd] == [
        (odd.code, ("identifiers.item.form_lettered_short", "identifiers.item.organ_placeholder"))
    ]
    assert reads.item_page(SYSTEM, number(odd.code)).odd == found.odd[0].reasons


def guide(**values: str) -> dict[str, GuideField]:
    return {name: GuideField(value=value, source="水法", as_of=TODAY) for name, value in values.items()}


WHOLE = dict.fromkeys(FIELDS, "有") | {"statutory": "20", "promised": "5"}


def test_a_guide_is_completed_published_and_changed_with_its_history() -> None:
    one = named("取水许可（新办）")
    assert one.filled == 0
    assert acts.complete_guide(SYSTEM, one.id, guide(fee="不收费"), at=AT) == 1
    assert acts.complete_guide(SYSTEM, one.id, guide(fee="免费", statutory="20"), at=AT) == 1
    assert reads.guide_of(one.id) == {}  # a draft is nobody's to read
    assert acts.publish(SYSTEM, [one.id], at=AT) == 1
    assert reads.guide_of(one.id)["fee"].value == "免费"
    assert reads.catalogue().cards[one.id].filled == 2
    later = AT + timedelta(days=1)
    assert acts.complete_guide(SYSTEM, one.id, guide(**WHOLE), at=later) == 2
    assert reads.guide_of(one.id)["fee"].value == "免费"
    acts.publish(SYSTEM, [one.id], at=later)
    assert reads.catalogue().cards[one.id].completeness == 1.0
    history = reads.item_page(SYSTEM, one.id).versions
    assert [(v.version, v.state, len(v.fields), v.ended_at) for v in history] == [
        (2, "published", 10, None), (1, "superseded", 2, later),
    ]  # fmt: skip
    assert acts.publish(SYSTEM, [one.id], at=later) == 0


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        (guide(colour="蓝"), "guide_field", "colour"),
        (guide(fee=" "), "guide_value", "fee"),
        (guide(fee="长" * 8001), "guide_value", "fee"),
        ({"fee": GuideField(value="不收费", source=" ", as_of=TODAY)}, "guide_source", "fee"),
        ({"fee": GuideField(value="不收费", source="法", as_of=TODAY + timedelta(1))}, "guide_day", "fee"),
        (guide(statutory="二十"), "guide_days", "statutory"),
        (guide(promised="-1"), "guide_days", "promised"),
        (guide(statutory="5", promised="20"), "guide_promise", "promised"),
    ],
)
def test_a_guide_that_can_not_be_is_refused_by_field(fields: dict[str, GuideField], code: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        acts.complete_guide(SYSTEM, named("取水许可（新办）").id, fields, at=AT)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_an_item_is_taken_out_with_a_reason_that_the_public_reads() -> None:
    one = named("取水许可（新办）")
    with pytest.raises(Refused, match="item_reason"):
        acts.withdraw(SYSTEM, one.id, " ", at=AT)
    acts.withdraw(SYSTEM, one.id, "并入延续事项", at=AT)
    assert one.code not in reads.catalogue().by_code
    assert reads.withdrawn(one.code) == (one.name, "并入延续事项")
    with pytest.raises(Conflict, match="item_not_public"):
        acts.withdraw(SYSTEM, one.id, "再撤一次", at=AT)
    acts.publish(SYSTEM, [one.id], at=AT)
    assert reads.withdrawn(one.code) is None


def keeper(where: str, *powers: str) -> Actor:
    return holder(frozenset(powers), where, DISTRICT, "zhihai.service_keeper")


def test_a_department_keeps_its_own_items_and_no_others() -> None:
    ours, theirs = named("取水许可（新办）"), named("建筑工程施工许可")
    water = keeper(WATER, SET_SERVICES, PUBLISH_SERVICES)
    acts.complete_guide(water, ours.id, guide(fee="不收费"), at=AT)
    acts.publish(water, [ours.id], at=AT)
    nobodys = named("残疾人证新办")
    for other in (theirs, nobodys):
        with pytest.raises(NotPermitted):
            acts.complete_guide(water, other.id, guide(fee="不收费"), at=AT)
        with pytest.raises(NotPermitted):
            acts.publish(water, [ours.id, other.id], at=AT)
        page = reads.item_page(water, other.id)
        assert (page.may_set, page.may_publish) == (False, False)
    with pytest.raises(NotPermitted):
        reads.items(Actor(account=9, name="路人"))
    with pytest.raises(NotFound):
        acts.complete_guide(water, 999_999, guide(fee="不收费"), at=AT)


def test_items_are_assigned_and_described_and_found_so() -> None:
    one = named("残疾人证新办")
    assert acts.assign(SYSTEM, {one.id: office(EAST)}, at=AT) == 1
    assert acts.assign(SYSTEM, {one.id: office(EAST)}, at=AT) == 0
    assert [card.id for card in reads.catalogue().listed(organisations=[office(EAST)])] == [one.id]
    with pytest.raises(NotFound):
        acts.assign(SYSTEM, {one.id: 999_999}, at=AT)
    said = Described(who="person", themes=("p-care",), life=("age",), words=("评残", "残疾本本"), source="区残联")
    acts.describe(SYSTEM, one.id, said, at=AT)
    assert reads.item_page(SYSTEM, one.id).described == said
    found = reads.catalogue().search("残疾本本", "", 5, False)
    assert (found[0].card.id, found[0].text, found[0].sort) == (one.id, "残疾本本", "word")
    with pytest.raises(Refused, match="guide_source"):
        acts.describe(SYSTEM, one.id, replace(said, source=""), at=AT)


def test_search_finds_by_words_synonyms_sound_and_initials_and_says_why() -> None:
    seen = reads.catalogue()
    for typed, name, sort, way in [
        ("残疾证丢了", "残疾人证遗失补办", "word", "text"),
        ("开餐厅", "食品经营许可（新办）", "", ""),
        ("shihuibaozhangka", "社会保障卡挂失与解挂", "", ""),
        ("shehuibaozhangka", "社会保障卡挂失与解挂", "name", "sound"),
        ("cjzdl", "残疾人证遗失补办", "word", "initials"),
        ("户籍", "户口登记项目变更", "synonym", "text"),
    ]:
        best = seen.search(typed, "", 5, False)[0]
        assert best.card.name == name, typed
        assert not sort or (best.sort, best.way) == (sort, way), typed
    assert seen.search("户籍", "", 5, False)[0].stands_for == "户口"
    assert {found.card.who for found in seen.search("许可", "person", 5, False)} <= {"person", "both"}
    assert seen.search("卍卍卍", "", 5, False) == ()


def test_the_thesaurus_is_the_districts_to_change() -> None:
    assert not reads.catalogue().search("荤菜铺", "", 5, False)
    acts.set_synonyms(SYSTEM, [*reads.synonym_groups(), ("开饭馆", "荤菜铺")], at=AT)
    assert reads.catalogue().search("荤菜铺", "", 5, False)[0].card.name == "食品经营许可（新办）"
    for wrong in (["一个"], ["一样", "一样"], ["长" * 41, "短"]):
        with pytest.raises(Refused) as refused:
            acts.set_synonyms(SYSTEM, [("甲", "乙"), wrong], at=AT)
        assert (refused.value.code, refused.value.field) == ("synonym_group", "2")
    assert ("开饭馆", "荤菜铺") in reads.synonym_groups()


def test_whoever_keeps_a_catalogue_sees_a_change_at_once(together: Callable[..., list[Any]]) -> None:
    """Two processes are two keepers: both ask the version, and both answer as the store is now."""
    other = kept()
    before = other.now()
    assert other.now() is before
    acts.withdraw(SYSTEM, named("取水许可（新办）").id, "试验", at=AT)
    assert other.now().version == reads.catalogue().version != before.version
    mine, theirs = (one.search("取水证", "", 5, False) for one in (reads.catalogue(), other.now()))
    assert [(found.card.code, found.score) for found in mine] == [(found.card.code, found.score) for found in theirs]
    assert len({id(one) for one in together(*[other.now] * 4)}) == 1


def test_departments_are_measured_by_what_their_guides_lack() -> None:
    acts.complete_guide(SYSTEM, named("取水许可（新办）").id, guide(**WHOLE), at=AT)
    acts.publish(SYSTEM, [named("取水许可（新办）").id], at=AT)
    water = next(one for one in reads.catalogue().offices() if one.office == "区水务局")
    assert (water.items, water.whole, water.empty, round(water.completeness, 3)) == (3, 1, 2, 0.333)
    assert [line.name for line in reads.items(SYSTEM, lacks="nothing")] == ["取水许可（新办）"]
    assert len(reads.items(SYSTEM, lacks="all", office="区水务局", state="published")) == 2
    assert [line.code for line in reads.items(SYSTEM, sought="争议")] == ["E-000021-001-1111111111111111"]
    assert len(reads.items(SYSTEM, unassigned=True, limit=3)) == 3


def test_contacts_need_a_number_or_a_place() -> None:
    acts.set_contact(SYSTEM, Contact(sort="hotline", name=Named("热线", "Line"), phone="12345", source="公告"), at=AT)
    assert reads.catalogue().contacts["hotline"].name.zh == "热线"
    for wrong, code in [
        (Contact(sort="pigeon", name=Named("鸽", "Pigeon"), phone="1", source="x"), "contact_sort"),
        (Contact(sort="hotline", name=Named("热线", "Line"), source="x"), "contact_empty"),
        (Contact(sort="window", name=Named("窗口", "Window"), phone="1"), "contact_empty"),
    ]:
        with pytest.raises(Refused, match=code):
            acts.set_contact(SYSTEM, wrong, at=AT)


def test_every_theme_life_event_and_field_has_words() -> None:
    words = house.words()
    wanted = [
        f"services.{sort}.{one}" for sort, ids in (("theme", THEMES), ("life", LIFE), ("field", FIELDS)) for one in ids
    ]
    assert [key for key in wanted if key not in words] == []


def test_what_was_done_to_an_item_stands_in_the_journal() -> None:
    one = named("取水许可（新办）")
    acts.complete_guide(SYSTEM, one.id, guide(fee="不收费"), at=AT)
    acts.publish(SYSTEM, [one.id], at=AT)
    acts.withdraw(SYSTEM, one.id, "试验", at=AT)
    done = [entry.act for entry in journal.entries("service_item", one.id)]
    assert done == ["services.complete_guide", "services.publish", "services.withdraw"]
