"""Fees for requests beyond reason: what they come to, how their time runs, and what the year's report says of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernel.acting import AT, WEST, account, holder
from tests.kernel.disclosure.asking import answer, asked, clock_of
from tests.kernel.identity.peopled import registered, resident_of, somebody

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.powers import SEE_CASES, WORK_CASES
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.ground.words import Said
from zhihai.kernel import house, records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.disclosure import acts, reads
from zhihai.kernel.disclosure.kinds import FeeInput, FeeWay, ReturnInput, TariffKind, Tier
from zhihai.kernel.identity import reads as who
from zhihai.kernel.services import reads as services
from zhihai.packs.government_information.kinds import FEE

DAY, ZONE = timedelta(days=1), ZoneInfo("Asia/Shanghai")
PAGES = FeeInput(way="pages", count=130, reason="页数明显超过合理范围。", how="持通知书到政务大厅财政窗口缴纳。")
WAYS: tuple[FeeWay, ...] = ("items", "pages")
RETURN = ReturnInput(cents=50_00, returned_on=date(2014, 2, 25), reason="多收。", reference="退 001")


@pytest.fixture
def mine(district: str) -> Actor:
    (person,) = registered(somebody(1, "曾示例1"))
    return resident_of(person, "曾示例1", 1)


def officer(at: datetime = AT) -> Actor:
    return who.actor_of(account("requests"), at=at)


def case(number: str, at: datetime) -> case_reads.CaseView:
    return case_reads.case_view(SYSTEM, number, at)


def waits(number: str, at: datetime) -> list[str]:
    return [task.step for task in case(number, at).tasks if task.state == "open"]


def by_hand(way: str, count: int) -> int:
    """What the norm says, unit by unit: 办法 art. 4 and 5, in yuan."""

    def price(n: int) -> int:
        if way == "items":
            return 0 if n <= 10 else 100 if n <= 30 else 200 + 100 * ((n - 31) // 10)
        return 0 if n <= 30 else 10 if n <= 100 else 20 if n <= 200 else 40

    return sum(price(n) for n in range(1, count + 1)) * 100


@given(st.sampled_from(WAYS), st.integers(0, 400))
def test_each_unit_costs_what_its_tier_says(way: FeeWay, count: int) -> None:
    assert FEE.cents(way, count) == by_hand(way, count)


@given(st.sampled_from(WAYS), st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 5000))
def test_fees_are_whole_never_fall_and_do_not_depend_on_how_requests_are_cut(
    way: FeeWay, before: int, one: int, two: int
) -> None:
    whole = FEE.cents(way, one + two, before=before)
    assert isinstance(whole, int)
    assert whole == FEE.cents(way, one, before=before) + FEE.cents(way, two, before=before + one)
    assert FEE.cents(way, one, before=before) <= whole
    assert FEE.cents(way, one, before=before) <= FEE.cents(way, one, before=before + two)  # later ones cost no less


@pytest.mark.parametrize(
    "tiers",
    [
        (), (Tier(upto=10, cents=0),), (Tier(upto=None, cents=0), Tier(upto=None, cents=1)),
        (Tier(upto=10, cents=0), Tier(upto=10, cents=1), Tier(upto=None, cents=2)), (Tier(upto=None, cents=-1),),
    ],
)  # fmt: skip
def test_a_tariff_whose_tiers_have_a_gap_or_no_end_is_no_tariff(tiers: tuple[Tier, ...]) -> None:
    with pytest.raises(ValueError, match="tariff"):
        TariffKind(id="wrong", items=tiers, pages=FEE.pages)


def test_the_time_to_pay_holds_the_answer_and_its_limit_begins_anew_after_payment(mine: Actor) -> None:
    number = asked(mine)
    noticed = AT + 8 * DAY
    acts.charge_fee(officer(), number, PAGES, at=noticed)
    assert waits(number, noticed) == ["fee"]
    found = reads.charging_of(officer(), number, at=noticed)
    assert (found.pay_by, found.fees[0].cents, found.may) == (date(2014, 3, 25), 130_000, {"paid", "released"})
    clocks = {one.name: one.reading for one in case(number, noticed + 20 * DAY).clocks}
    assert clocks["answer"].due is None  # held, as long as the fee may be paid
    paid, recorded = date(2014, 3, 5), datetime(2014, 3, 10, 3, tzinfo=UTC)
    acts.record_payment(officer(), number, " 票 0001 ", paid, at=recorded)
    assert waits(number, recorded) == ["answer_paid"]
    later = {one.name: one for one in case(number, recorded).clocks}
    assert later["answer"].clock.done
    due = later["answer_paid"].reading.due
    assert due is not None
    assert (due - timedelta(seconds=1)).astimezone(ZONE).date() == date(2014, 4, 2)  # 20 working days on
    answer(number, "disclosed", due - DAY / 24)
    (row,) = reads.requests(2014, ZONE, at=due).rows
    assert (row.late, row.limit, row.outcome) == (False, 20, "disclosed")


def test_a_fee_not_paid_is_looked_up_and_then_the_request_counts_as_given_up(mine: Actor) -> None:
    number = asked(mine)
    acts.charge_fee(officer(), number, PAGES, at=AT)
    over = datetime(2014, 3, 18, 1, tzinfo=UTC)
    cases.tick(at=over)
    assert waits(number, over) == ["fee_overdue"]
    with pytest.raises(Refused, match="fee_paid_on"):
        acts.record_payment(officer(), number, "票 0002", date(2014, 3, 18), at=over)
    assert records.value("SELECT late FROM cases WHERE number = %s", (number,)) is False  # who pays late is not we
    end = over + 9 * DAY
    cases.tick(at=end)
    assert waits(number, end) == ["fee_overdue"]
    assert records.value("SELECT late FROM cases WHERE number = %s", (number,)) is True  # who looks it up late is
    answer(number, "unpaid", end, note="国库没有这笔缴费。")
    closed = case(number, end)
    assert (closed.state, closed.closing) == ("closed", "otherwise")
    report = reads.report(2014, ZONE, at=end)
    assert report is not None
    assert [line.row.id for line in report.lines if line.whole] == ["unpaid"]
    assert reads.requests(2014, ZONE, at=end).rows[0].late is False


def test_what_was_paid_in_time_is_recorded_however_late_it_is_found_and_can_be_returned(mine: Actor) -> None:
    number = asked(mine)
    acts.charge_fee(officer(), number, PAGES, at=AT)
    found = datetime(2014, 4, 18, 1, tzinfo=UTC)
    for at in (datetime(2014, 3, 18, 1, tzinfo=UTC), datetime(2014, 3, 28, 1, tzinfo=UTC), found):
        cases.tick(at=at)
    acts.record_payment(officer(), number, "票 0007", date(2014, 3, 14), at=found)
    assert waits(number, found) == ["answer_paid"]
    acts.return_payment(officer(), number, replace(RETURN, returned_on=date(2014, 4, 18)), at=found)
    assert reads.fees_in(2014).returned == 50_00


def test_a_notice_is_taken_back_after_the_time_to_pay_too(mine: Actor) -> None:
    number = asked(mine)
    acts.charge_fee(officer(), number, PAGES, at=AT)
    over = datetime(2014, 3, 18, 1, tzinfo=UTC)
    cases.tick(at=over)
    acts.release_fee(officer(), number, "页数统计有误。", at=over + DAY)
    assert waits(number, over + DAY) == ["answer_clear"]
    assert reads.fees_in(2014).notices == 0


def test_a_fee_asked_for_again_leaves_one_limit_running_after_a_supplement_too(mine: Actor) -> None:
    number = asked(mine)
    answer(number, "incomplete", AT, note="请写明文件名称。")
    answer(number, "supplemented", AT + DAY)
    acts.charge_fee(officer(), number, PAGES, at=AT + DAY)
    over = datetime(2014, 3, 19, 1, tzinfo=UTC)
    cases.tick(at=over)
    assert waits(number, over) == ["fee_overdue"]
    acts.release_fee(officer(), number, "页数统计有误。", at=over)
    acts.charge_fee(officer(), number, PAGES, at=over)
    acts.record_payment(officer(), number, "票 0009", date(2014, 3, 20), at=over + 2 * DAY)
    assert {one.name for one in case(number, over + 2 * DAY).clocks if not one.clock.done} == {"answer_paid"}


def test_no_fee_is_asked_for_once_the_limit_of_the_answer_is_over(mine: Actor) -> None:
    number = asked(mine)
    late = datetime(2014, 3, 18, 1, tzinfo=UTC)
    with pytest.raises(Conflict, match="fee_too_late"):
        acts.charge_fee(officer(late), number, PAGES, at=late)
    assert waits(number, late) == ["answer"]


def test_who_may_not_record_payments_is_not_told_whether_a_receipt_is_known(mine: Actor) -> None:
    first, second = asked(mine), asked(mine)
    for number in (first, second):
        acts.charge_fee(officer(), number, PAGES, at=AT)
    acts.record_payment(officer(), first, "票 0008", date(2014, 2, 17), at=AT)
    other = holder({SEE_CASES, WORK_CASES}, WEST, WEST, "government_information.disclosure_officer")
    with pytest.raises(NotPermitted):
        acts.record_payment(other, second, "票 0008", date(2014, 2, 17), at=AT)


def test_what_was_paid_on_the_last_day_and_found_later_is_paid(mine: Actor) -> None:
    number = asked(mine)
    acts.charge_fee(officer(), number, PAGES, at=AT)
    over = datetime(2014, 3, 18, 1, tzinfo=UTC)
    cases.tick(at=over)
    acts.record_payment(officer(), number, "票 0003", date(2014, 3, 17), at=over + DAY)
    assert waits(number, over + DAY) == ["answer_paid"]


def test_a_notice_taken_back_lets_the_request_go_on_and_another_may_follow(mine: Actor) -> None:
    number = asked(mine)
    due = next(one.reading.due for one in case(number, AT).clocks if one.name == "answer")
    acts.charge_fee(officer(), number, PAGES, at=AT + DAY)
    acts.release_fee(officer(), number, "页数统计有误。", at=AT + 2 * DAY)
    assert waits(number, AT + 2 * DAY) == ["answer_clear"]
    again = next(one.reading.due for one in case(number, AT + 2 * DAY).clocks if one.name == "answer")
    assert due is not None
    assert again is not None
    assert due < again <= due + 2 * DAY  # the day that the notice stood does not count
    assert reads.fees_in(2014).notices == 0
    acts.charge_fee(officer(), number, replace(PAGES, count=31), at=AT + 2 * DAY)
    fees = reads.charging_of(officer(), number, at=AT + 2 * DAY).fees
    assert [(one.cents, one.released_on) for one in fees] == [(10_00, None), (130_000, date(2014, 2, 19))]


def test_items_are_counted_through_the_calendar_month_by_person_and_office(mine: Actor) -> None:
    former = asked(mine, at=AT - 20 * DAY)  # in January
    numbers = [asked(mine, at=AT + timedelta(minutes=n)) for n in range(11)]
    (person,) = registered(somebody(2, "曾示例2"))
    other = asked(resident_of(person, "曾示例2", 2), at=AT)
    later = AT + DAY
    for number, before in ((former, 0), (numbers[0], 0), (numbers[9], 9), (numbers[10], 10), (other, 0)):
        assert reads.charging_of(officer(), number, at=later).before == before
    items = replace(PAGES, way="items", count=1)
    with pytest.raises(Refused, match="fee_none"):
        acts.charge_fee(officer(), numbers[9], items, at=later)
    acts.charge_fee(officer(), numbers[9], replace(items, count=5), at=later)  # it asks for five things at once
    assert reads.charging_of(officer(), numbers[9], at=later).fees[0].cents == 400_00
    assert reads.charging_of(officer(), numbers[10], at=later).before == 14


def test_the_report_says_notices_what_was_received_and_what_was_returned(mine: Actor) -> None:
    first, second = asked(mine), asked(mine)
    for number in (first, second):
        acts.charge_fee(officer(), number, PAGES, at=AT)
    acts.record_payment(officer(), first, "票 0004", date(2014, 2, 20), at=AT + 5 * DAY)
    acts.return_payment(officer(), first, RETURN, at=AT + 10 * DAY)
    found = reads.fees_in(2014)
    assert (found.notices, found.asked, found.received, found.returned) == (2, 260_000, 130_000, 50_00)
    assert reads.fees_in(2013).notices == reads.fees_in(2015).received == 0
    with pytest.raises(Conflict, match="fee_not_returnable"):
        acts.return_payment(officer(), first, RETURN, at=AT + 10 * DAY)
    with pytest.raises(Refused, match="fee_receipt_known"):
        acts.record_payment(officer(), second, "票 0004", date(2014, 2, 20), at=AT + 5 * DAY)


def test_what_can_not_be_is_refused_by_field_and_leaves_nothing(mine: Actor) -> None:
    number, paid = asked(mine), asked(mine)
    for field, wrong in (
        ("count", replace(PAGES, count=30)), ("count", replace(PAGES, count=0)), ("count", replace(PAGES, count=10**6)),
        ("reason", replace(PAGES, reason=" ")), ("how", replace(PAGES, how="长" * 401)),
    ):  # fmt: skip
        with pytest.raises(Refused) as refused:
            acts.charge_fee(officer(), number, wrong, at=AT)
        assert refused.value.field == field
    assert waits(number, AT) == ["answer"]
    for act in (
        lambda: acts.record_payment(officer(), number, "票 1", date(2014, 2, 17), at=AT),
        lambda: acts.release_fee(officer(), number, "没有。", at=AT),
        lambda: acts.return_payment(officer(), number, RETURN, at=AT),
        lambda: acts.charge_fee(officer(), "LS-2014-GK-999999", PAGES, at=AT),
    ):
        with pytest.raises(NotFound):
            act()
    acts.charge_fee(officer(), paid, PAGES, at=AT)
    with pytest.raises(Conflict, match="fee_step"):
        acts.charge_fee(officer(), paid, PAGES, at=AT)
    acts.record_payment(officer(), paid, "票 5", date(2014, 2, 17), at=AT)
    for field, less in (("cents", {"cents": 130_001}), ("cents", {"cents": 0}), ("reference", {"reference": ""})):
        with pytest.raises(Refused) as refused:
            acts.return_payment(officer(), paid, replace(RETURN, **less), at=AT + 9 * DAY)
        assert refused.value.field == field
    with pytest.raises(Refused, match="fee_returned_on"):
        acts.return_payment(officer(), paid, RETURN, at=AT)


def test_nobody_asks_for_a_fee_by_choosing_it_among_the_answers(mine: Actor) -> None:
    number = asked(mine)
    with pytest.raises(Refused, match="outcome_apart"):
        answer(number, "charge", AT)
    shown = case(number, AT)
    assert "charge" not in {one.id for one in shown.kind.choices("answer")}


def test_another_office_neither_charges_nor_reads_fees(mine: Actor) -> None:
    number = asked(mine)
    other = holder({SEE_CASES, WORK_CASES}, WEST, WEST, "government_information.disclosure_officer")
    with pytest.raises(NotPermitted):
        acts.charge_fee(other, number, PAGES, at=AT)
    with pytest.raises(NotFound):
        reads.charging_of(other, number, at=AT)
    reader = holder({SEE_CASES}, "990101", "990101", "government_information.disclosure_officer")
    with pytest.raises(NotPermitted):
        acts.charge_fee(reader, number, PAGES, at=AT)
    with pytest.raises(NotPermitted):
        reads.charging_of(reader, number, at=AT)


def test_who_asked_reads_what_is_to_be_paid_and_how(mine: Actor) -> None:
    number = asked(mine)
    acts.charge_fee(officer(), number, PAGES, at=AT)
    course = case_reads.course_about(("application", services.own_application(mine, number, at=AT).id), AT)
    assert course is not None
    told = [stage.told.say(house.words(), "zh") for stage in course.stages if isinstance(stage.told, Said)]
    assert any("共 130 页，应缴 1,300.00 元" in one and "财政窗口" in one for one in told)


def test_a_request_of_before_ends_by_the_course_that_it_began_with(mine: Actor) -> None:
    number = asked(mine)
    records.execute("UPDATE cases SET version = 1 WHERE number = %s", (number,))
    with pytest.raises(NotFound):
        acts.charge_fee(officer(), number, PAGES, at=AT)
    assert [one.version for one in house.registry().versions(CaseKind, "government_information.request")] == [1, 2]
    answer(number, "disclosed", AT + DAY)
    assert case(number, AT + DAY).state == "closed"


def test_what_follows_time_to_supplement_has_a_day_of_its_own(mine: Actor) -> None:
    number = asked(mine)
    answer(number, "incomplete", AT, note="请写明文件名称。")
    over = datetime(2014, 3, 11, 1, tzinfo=UTC)
    cases.tick(at=over)
    assert waits(number, over) == ["overdue"]
    clock = next(one for one in case(number, over).clocks if one.id == clock_of(number, "overdue"))
    assert clock.reading.due is not None
    assert (clock.reading.due - timedelta(seconds=1)).astimezone(ZONE).date() == date(2014, 3, 18)
    answer(number, "abandoned", over + DAY, note="没有说明理由。")
    assert case(number, over + DAY).state == "closed"
