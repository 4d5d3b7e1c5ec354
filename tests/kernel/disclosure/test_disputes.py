"""Reviews and law suits about requests: recorded by the office that answered, counted by the year's report."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.kernel.acting import AT, DISTRICT, WEST, holder
from tests.kernel.disclosure.asking import answer, asked
from tests.kernel.identity.peopled import registered, resident_of, somebody

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.powers import RECORD_DISPUTES
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.disclosure import acts, reads
from zhihai.kernel.disclosure.kinds import DisputeInput

ZONE = ZoneInfo("Asia/Shanghai")
REVIEW = DisputeInput(sort="review", body="示例区人民政府", begun_on=date(2014, 2, 20), reference="示复〔2014〕3 号")
LATER = AT + timedelta(days=400)


@pytest.fixture
def mine(district: str) -> Actor:
    (person,) = registered(somebody(1, "曾示例1"))
    return resident_of(person, "曾示例1", 1)


def answered(mine: Actor) -> str:
    number = asked(mine)
    answer(number, "not_held", AT)
    return number


def numbers(year: int, sort: str, result: str) -> list[str]:
    return [one.number for one in reads.requests(year, ZONE, at=LATER, disputed=(sort, result)).rows]


def test_each_figure_of_the_report_leads_to_as_many_rows_whenever_the_request_came(mine: Actor) -> None:
    first, second = answered(mine), answered(mine)
    review = acts.record_dispute(SYSTEM, first, REVIEW, at=LATER)
    suit = replace(REVIEW, sort="suit_after_review", body="示例区人民法院", begun_on=date(2014, 12, 1))
    acts.record_dispute(SYSTEM, first, suit, at=LATER)
    other = acts.record_dispute(SYSTEM, second, replace(suit, sort="suit"), at=LATER)
    ended = replace(REVIEW, result="upheld", ended_on=date(2014, 4, 1))
    acts.amend_dispute(SYSTEM, first, review, ended, at=LATER)
    corrected = replace(suit, sort="suit", result="corrected", ended_on=date(2015, 2, 1))
    acts.amend_dispute(SYSTEM, second, other, corrected, at=LATER)
    assert reads.disputes_in(2013) == {}
    assert reads.disputes_in(2014) == {
        ("review", "upheld"): 1, ("suit_after_review", "pending"): 1, ("suit", "pending"): 1,
    }  # fmt: skip
    assert reads.disputes_in(2015) == {("suit_after_review", "pending"): 1, ("suit", "corrected"): 1}
    for year in (2014, 2015):
        for (sort, result), count in reads.disputes_in(year).items():
            assert len(numbers(year, sort, result)) == count, (year, sort, result)
    assert numbers(2015, "suit", "corrected") == [second]
    assert numbers(2014, "review", "pending") == []
    assert [(one.sort, one.result) for one in reads.disputes_of(SYSTEM, first, at=LATER)] == [
        ("review", "upheld"), ("suit_after_review", "pending"),
    ]  # fmt: skip


def test_what_can_not_be_is_refused_by_field(mine: Actor) -> None:
    number, waits = answered(mine), asked(mine)
    for field, wrong in (
        ("body", replace(REVIEW, body=" ")), ("body", replace(REVIEW, body="长" * 201)),
        ("reference", replace(REVIEW, reference="号" * 61)), ("sort", replace(REVIEW, sort="appeal")),
        ("result", replace(REVIEW, result="won")), ("result", replace(REVIEW, result="upheld")),
        ("result", replace(REVIEW, ended_on=date(2014, 3, 1))),
        ("begun_on", replace(REVIEW, begun_on=date(2014, 2, 16))),
        ("begun_on", replace(REVIEW, begun_on=date(2034, 2, 16))),
        ("ended_on", replace(REVIEW, result="other", ended_on=date(2014, 2, 19))),
        ("ended_on", replace(REVIEW, result="other", ended_on=date(2034, 2, 19))),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            acts.record_dispute(SYSTEM, number, wrong, at=LATER)
        assert refused.value.field == field
    with pytest.raises(Refused, match="dispute_open"):
        acts.record_dispute(SYSTEM, waits, REVIEW, at=LATER)
    with pytest.raises(NotFound):
        acts.record_dispute(SYSTEM, "LS-2014-GK-999999", REVIEW, at=LATER)
    assert reads.disputes_of(SYSTEM, number, at=LATER) == ()


def test_another_office_neither_records_nor_reads_them(mine: Actor) -> None:
    number = answered(mine)
    other = holder({RECORD_DISPUTES}, WEST, DISTRICT, "government_information.legal_writer")
    with pytest.raises(NotPermitted):
        acts.record_dispute(other, number, REVIEW, at=LATER)
    with pytest.raises(NotPermitted):
        reads.disputes_of(other, number, at=LATER)


def test_a_second_review_against_a_new_answer_is_another_row(mine: Actor) -> None:
    number = answered(mine)
    ended = replace(REVIEW, result="corrected", ended_on=date(2014, 4, 1))
    acts.record_dispute(SYSTEM, number, ended, at=LATER)
    acts.record_dispute(SYSTEM, number, replace(REVIEW, begun_on=date(2014, 5, 4)), at=LATER)
    assert reads.disputes_in(2014) == {("review", "corrected"): 1, ("review", "pending"): 1}


def test_a_second_instance_does_not_rewrite_the_report_of_a_former_year(mine: Actor) -> None:
    number = answered(mine)
    first = replace(REVIEW, sort="suit", result="upheld", ended_on=date(2014, 12, 1))
    acts.record_dispute(SYSTEM, number, first, at=LATER)
    told = reads.disputes_in(2014)
    second = DisputeInput(sort="suit", body="示例市中级人民法院", begun_on=date(2015, 1, 10), instance="second")
    made = acts.record_dispute(SYSTEM, number, second, at=LATER)
    acts.amend_dispute(SYSTEM, number, made, replace(second, result="corrected", ended_on=date(2015, 3, 1)), at=LATER)
    assert reads.disputes_in(2014) == told == {("suit", "upheld"): 1}
    assert reads.disputes_in(2015) == {("suit", "corrected"): 1}
    with pytest.raises(Refused, match="dispute_instance"):
        acts.record_dispute(SYSTEM, number, replace(REVIEW, instance="second"), at=LATER)


def test_silence_past_the_limit_is_brought_before_others_and_not_before(mine: Actor) -> None:
    waits, in_time = asked(mine), answered(mine)
    silence = replace(REVIEW, against="silence", begun_on=date(2014, 3, 20))
    with pytest.raises(Refused, match="dispute_in_time"):
        acts.record_dispute(SYSTEM, in_time, silence, at=LATER)
    with pytest.raises(Refused, match="dispute_in_time"):
        acts.record_dispute(SYSTEM, waits, silence, at=AT)
    with pytest.raises(Refused, match="dispute_begun"):
        acts.record_dispute(SYSTEM, waits, replace(silence, begun_on=date(2014, 3, 10)), at=LATER)
    acts.record_dispute(SYSTEM, waits, silence, at=LATER)
    assert numbers(2014, "review", "pending") == [waits]


def test_what_was_recorded_wrongly_is_corrected_or_taken_back_with_a_reason_that_the_journal_keeps(
    mine: Actor,
) -> None:
    number = answered(mine)
    made = acts.record_dispute(SYSTEM, number, REVIEW, at=LATER)
    other = replace(REVIEW, body="示例市人民政府")
    with pytest.raises(Refused, match="dispute_reason"):
        acts.amend_dispute(SYSTEM, number, made, other, at=LATER)
    acts.amend_dispute(SYSTEM, number, made, other, "机关写错。", at=LATER)
    assert [one.body for one in reads.disputes_of(SYSTEM, number, at=LATER)] == ["示例市人民政府"]
    kept = records.value(
        "SELECT data FROM journal_entry WHERE act = 'disclosure.amend_dispute' ORDER BY id DESC LIMIT 1"
    )
    assert "机关写错。" in str(kept)
    assert "示例区人民政府" in str(kept)
    with pytest.raises(Refused, match="dispute_reason"):
        acts.take_back_dispute(SYSTEM, number, made, " ", at=LATER)
    with pytest.raises(Refused, match="publication_personal"):
        acts.take_back_dispute(SYSTEM, number, made, "打 13800000000 核对过。", at=LATER)
    acts.take_back_dispute(SYSTEM, number, made, "登记到别的申请上了。", at=LATER)
    assert reads.disputes_in(2014) == {}
    for act in (
        lambda: acts.take_back_dispute(SYSTEM, number, made, "再一次。", at=LATER),
        lambda: acts.amend_dispute(SYSTEM, number, made, other, "再一次。", at=LATER),
    ):
        with pytest.raises(NotFound):
            act()
