"""Questions that are answered publicly, and summaries of requests: rewritten, agreed to, without anybody in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from tests.kernel.acting import AT, DISTRICT, account, holder, office
from tests.kernel.disclosure.asking import answer, asked
from tests.kernel.disclosure.tried import ANOTHER, published
from tests.kernel.identity.peopled import registered, resident_of, somebody
from tests.kernel.services.giving import ASKING, QUESTION, given
from tests.kernel.services.own_trials import public_item

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.powers import WRITE_DISCLOSURE
from zhihai.ground.refusal import Conflict, NotFound, Refused
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.disclosure import acts, reads
from zhihai.kernel.disclosure.kinds import PublicationKind, VersionInput
from zhihai.kernel.identity import reads as who
from zhihai.kernel.services import acts as services

ZONE, KIND, SUMMARY = ZoneInfo("Asia/Shanghai"), "interaction.answer", "government_information.request_summary"
SAYS = VersionInput(title="损坏的路牌由谁更换？", body="由所在街道更换，五日内换好。", made_on=date(2014, 2, 17))
NAME = "曾示例1"


@pytest.fixture
def mine(district: str) -> Actor:
    (person,) = registered(somebody(1, NAME))
    return resident_of(person, NAME, 1)


def clerk() -> Actor:
    return who.actor_of(account("answers"), at=AT)


def answered(mine: Actor, *, agrees: bool | None = True, outcome: str = "answered", **about: str) -> str:
    """A question that was asked and answered; return its number."""
    more = {} if agrees is None else {"publish": agrees}
    number = given(mine, ASKING, {**QUESTION, **more}, **about).number
    case = case_reads.case_view(SYSTEM, number, AT)
    if outcome:
        cases.take_step(SYSTEM, case.id, case.tasks[0].id, outcome, at=AT, note="由示例路所在街道更换。")
    return number


def begun(by: Actor, number: str, says: VersionInput = SAYS, kind: str = KIND) -> int:
    return acts.begin_publication(by, kind, office(DISTRICT), says, at=AT, matter=number)


def made_public(made: int, revision: int = 1) -> int:
    acts.review_version(ANOTHER, made, revision, True, "不涉密，无个人信息", at=AT)
    acts.publish_version(ANOTHER, made, revision, at=AT)
    return made


def test_what_was_asked_and_answered_is_written_anew_and_published_by_another(mine: Actor) -> None:
    item = public_item()
    number = answered(mine, item=item)
    made = begun(clerk(), number, replace(SAYS, items=(item,), theme="p-utilities"))
    assert reads.answers().all == ()
    made_public(made)
    (one,) = reads.answers().all
    assert (one.id, one.question, one.items, one.theme) == (made, SAYS.title, (item,), "p-utilities")
    assert reads.answers().listed({item}) == reads.answers().listed(theme="p-utilities") == (one,)
    assert reads.answers().listed({"no such"}) == ()
    shown = reads.publication(made, ZONE)
    assert (shown.matter, shown.shown.due_on, shown.shown.late) == ("", None, False)
    assert reads.desk_publication(SYSTEM, made, at=AT).matter == number


def test_it_is_found_by_what_somebody_would_ask_and_by_nothing_far_from_it(mine: Actor) -> None:
    made = made_public(begun(SYSTEM, ""))
    other = replace(SAYS, title="养犬登记到哪里办？", body="到户籍所在地派出所办理，带犬只免疫证明。")
    dogs = made_public(begun(SYSTEM, "", other))
    for typed, found in (
        ("路牌坏了找谁换", [made]), ("路牌", [made]), ("lupai", [made]), ("哪里办养犬证", [dogs]),
        ("公积金提取", []), ("房产证", []), ("", []), ("？！", []),
    ):  # fmt: skip
        assert [one.id for one in reads.answers().like(typed, 5)] == found, typed


def test_nothing_is_published_of_what_was_not_agreed_to_or_not_answered(mine: Actor) -> None:
    for wrong, number in (
        ("publication_matter_not_agreed", answered(mine, agrees=None)),
        ("publication_matter_not_agreed", answered(mine, agrees=False)),
        ("publication_matter_open", answered(mine, outcome="")),
        ("publication_matter_open", answered(mine, outcome="withdrawn")),
        ("publication_matter_kind", asked(mine)),
    ):
        with pytest.raises(Refused, match=wrong):
            begun(SYSTEM, number)
    with pytest.raises(NotFound):
        begun(holder({WRITE_DISCLOSURE}, DISTRICT, DISTRICT, "zhihai.disclosure_writer"), answered(mine))
    with pytest.raises(Refused, match="publication_matter_kind"):
        begun(SYSTEM, answered(mine), kind="government_information.plans")


def test_a_matter_becomes_one_publication(mine: Actor) -> None:
    number = answered(mine)
    made = begun(SYSTEM, number)
    with pytest.raises(Conflict, match="publication_matter_taken"):
        begun(SYSTEM, number)
    acts.discard_version(SYSTEM, made, at=AT)
    assert begun(SYSTEM, number) > made


def test_a_text_with_somebody_in_it_is_refused_when_it_is_written_and_when_it_is_amended(mine: Actor) -> None:
    number = answered(mine)
    wrong = (
        ("publication_names_asker", "body", replace(SAYS, body=f"{NAME}问的路牌，由街道更换。")),
        ("publication_names_asker", "title", replace(SAYS, title=f"{NAME}的路牌由谁更换")),
        ("publication_personal", "body", replace(SAYS, body="持 11010519491231002x 到窗口。")),
        ("publication_personal", "body", replace(SAYS, body="请拨打１３８００００００００。")),
        ("publication_personal", "body", replace(SAYS, body="请拨打 138-0000 0000。")),
        ("publication_personal", "body", replace(SAYS, body="持 110105 19491231 002X 到窗口。")),
        ("publication_names_asker", "body", replace(SAYS, body="曾 示例 1问的路牌，由街道更换。")),
        ("publication_personal", "number", replace(SAYS, number="13800000000")),
    )
    for code, field, says in wrong:
        with pytest.raises(Refused, match=code) as refused:
            begun(SYSTEM, number, says)
        assert refused.value.field == field
    made = begun(SYSTEM, number, replace(SAYS, body="请拨打 010-12345678，编号 110105194912310021。"))
    for code, _, says in wrong:
        with pytest.raises(Refused, match=code):
            acts.write_version(SYSTEM, made, says, at=AT)
    with pytest.raises(Refused, match="publication_personal"):
        begun(SYSTEM, "", wrong[3][2])


def test_what_is_taken_down_leaves_no_question_behind(mine: Actor) -> None:
    """Of an answer the title is what somebody asked: it stood at its address for good."""
    made = made_public(begun(SYSTEM, answered(mine)))
    acts.withdraw_publication(SYSTEM, made, "认得出是谁问的", readable=False, at=AT)
    shown = reads.publication(made, ZONE)
    assert (shown.shown.title, shown.shown.body) == ("", "")
    assert reads.desk_publication(SYSTEM, made, at=AT).versions[0].title == SAYS.title


@pytest.mark.parametrize("reason", [f"提问人{NAME}不同意公开", "请联系 138 0000 0000"])
def test_the_reason_for_taking_down_says_nothing_of_whoever_asked(mine: Actor, reason: str) -> None:
    made = made_public(begun(SYSTEM, answered(mine)))
    with pytest.raises(Refused, match=r"publication_(names_asker|personal)") as refused:
        acts.withdraw_publication(SYSTEM, made, reason, readable=False, at=AT)
    assert refused.value.field == "reason"
    assert reads.publication(made, ZONE).shown.title == SAYS.title


def test_what_was_withdrawn_is_not_told_as_answered(mine: Actor) -> None:
    first, second = asked(mine), asked(mine)
    services.withdraw_application(mine, first, at=AT)
    answer(second, "disclosed", AT)
    assert [one.number for one in reads.answered_requests(ZONE, at=AT, limit=5)] == [second]


def test_items_and_themes_that_are_none_are_refused(mine: Actor) -> None:
    for code, says in (
        ("publication_item", replace(SAYS, items=("no such item",))),
        ("publication_items", replace(SAYS, items=tuple(str(n) for n in range(21)))),
        ("publication_theme", replace(SAYS, theme="p-nothing")),
    ):
        with pytest.raises(Refused, match=rf"{code}\b"):
            begun(SYSTEM, "", says)


def test_they_stand_apart_from_the_list_and_what_is_taken_down_is_found_no_more(mine: Actor) -> None:
    plan, made = published(), made_public(begun(SYSTEM, ""))
    assert [one.id for one in reads.publications(ZONE)] == [plan]
    assert reads.counted().whole == 1
    assert [one.id for one in reads.publications(ZONE, kind=KIND)] == [made]
    acts.write_version(SYSTEM, made, replace(SAYS, title="路牌坏了找谁？", reason="改得好懂些"), at=AT)
    made_public(made)
    assert [one.question for one in reads.answers().all] == ["路牌坏了找谁？"]
    acts.withdraw_publication(SYSTEM, made, "规定已改", readable=True, at=AT)
    assert reads.answers().all == ()


def test_a_summary_stands_beside_its_request_and_is_of_none_else(mine: Actor) -> None:
    first, second = asked(mine), asked(mine)
    with pytest.raises(Refused, match="publication_matter_open"):
        begun(SYSTEM, first, kind=SUMMARY)
    answer(first, "disclosed", AT)
    with pytest.raises(Refused, match="publication_matter_asked"):
        begun(SYSTEM, "", kind=SUMMARY)
    says = replace(SAYS, title="河道治理工程的验收结论", body="已公开验收结论，验收组成员的个人信息除外。")
    writer = holder({WRITE_DISCLOSURE, "case.see"}, DISTRICT, DISTRICT, "government_information.summary_writer")
    made = made_public(begun(writer, first, says, SUMMARY))
    rows = {one.number: one.summary for one in reads.requests(2014, ZONE, at=AT).rows}
    summary = rows[first]
    assert summary is not None
    assert (summary.id, summary.title, rows[second]) == (made, says.title, None)
    assert reads.publication(made, ZONE).matter == first
    assert [one.number for one in reads.answered_requests(ZONE, at=AT, limit=5)] == [first]
    acts.withdraw_publication(SYSTEM, made, "有误", readable=False, at=AT)
    assert {one.summary for one in reads.requests(2014, ZONE, at=AT).rows} == {None}


def test_a_kind_of_the_list_comes_out_of_no_matter_and_all_else_out_of_one() -> None:
    for shown, matter in (("list", "consultation"), ("answers", ""), ("register", "")):
        with pytest.raises(ValueError, match="matter"):
            PublicationKind(id="wrong", shown=shown, matter=matter)  # type: ignore[arg-type]
