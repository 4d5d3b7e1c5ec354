"""Requests for government information: answered by article 36, within the limit of article 33, registered publicly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.kernel.acting import AT, EAST, account, office
from tests.kernel.disclosure.asking import REQUEST, answer, asked, clock_of
from tests.kernel.identity.peopled import registered, resident_of, somebody

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.disclosure import reads
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.forms import reads as form_reads
from zhihai.kernel.identity import reads as who
from zhihai.kernel.services import acts
from zhihai.kernel.services import reads as services

ZONE, DAY = ZoneInfo("Asia/Shanghai"), timedelta(days=1)
LAST = datetime(2014, 3, 17, 9, tzinfo=UTC)
"""Within the twentieth working day after Monday, 17 February 2014."""


@pytest.fixture
def mine(district: str) -> Actor:
    (person,) = registered(somebody(1, "曾示例1"))
    return resident_of(person, "曾示例1", 1)


def row(number: str, at: datetime) -> reads.Registered:
    return next(one for one in reads.requests(2014, ZONE, at=at).rows if one.number == number)


def test_an_answer_on_the_twentieth_working_day_is_in_time_and_the_next_day_late(mine: Actor) -> None:
    early, late = asked(mine), asked(mine)
    assert row(early, AT).due is not None
    answer(early, "disclosed", LAST)
    assert row(late, LAST).late is False
    assert row(late, LAST + DAY / 8).late is True  # it waits past its limit, and says so before anybody answers
    answer(late, "not_held", LAST + DAY)
    told = row(early, LAST + DAY)
    assert (told.outcome, told.late, told.days, told.limit) == ("disclosed", False, 19, 20)
    told = row(late, LAST + DAY)
    assert (told.outcome, told.late, told.days) == ("not_held", True, 20)
    found = reads.requests(2014, ZONE, at=LAST + DAY).tally
    assert (found.received, found.answered, found.late, found.open) == (2, 1, 1, 0)
    assert [one.number for one in reads.requests(2014, ZONE, at=LAST + DAY, only="late").rows] == [late]
    assert [one.number for one in reads.requests(2014, ZONE, at=LAST + DAY, outcomes=["disclosed"]).rows] == [early]


def test_time_of_a_third_party_does_not_count(mine: Actor) -> None:
    number = asked(mine)
    answer(number, "ask_third", AT + 2 * DAY, note="涉及第三方合法权益，已书面征求意见。")
    answer(number, "heard", AT + 16 * DAY, note="第三方同意公开。")
    answer(number, "disclosed", LAST + 8 * DAY)
    told = row(number, LAST + 8 * DAY)
    assert told.late is False
    assert told.days < 20


def test_a_supplement_begins_the_limit_anew_and_is_asked_for_once(mine: Actor) -> None:
    number = asked(mine)
    answer(number, "incomplete", AT + DAY, note="请写明文件名称或年份。")
    at = AT + 9 * DAY
    key = acts.start_supplement(mine, number, at=at, at_machine=at)
    from_form = services.own_application(mine, number, at=at)
    assert from_form.kind == "government_information.request"
    supplement(mine, key, at)
    told = row(number, at)
    assert (told.days, told.limit) == (0, 20)
    view = case_reads.case_view(who.actor_of(account("requests"), at=at), number, at)
    assert "incomplete" not in {one.id for one in view.kind.choices("answer_supplemented")}
    answer(number, "partly", at + DAY)
    assert row(number, at + DAY).outcome == "partly"


def choices(number: str, at: datetime) -> set[str]:
    """Return the outcomes that the officer can choose of the step that waits."""
    view = case_reads.case_view(who.actor_of(account("requests"), at=at), number, at)
    (task,) = [one for one in view.tasks if one.state == "open"]
    return {task.step, *(one.id for one in view.kind.choices(task.step))}


def test_after_seven_working_days_nothing_more_is_asked_for_and_the_limit_runs_on(mine: Actor) -> None:
    """17 February 2014 is a Monday: the seventh working day after it is Wednesday, 26 February."""
    number, head = asked(mine), who.actor_of(account("requests-head"), at=AT)
    case, clock = case_reads.case_view(head, number, AT), clock_of(number, "clarity")
    with pytest.raises(Conflict, match="clock_not_pausable"):
        cases.pause(head, case.id, clock, "停一停", at=AT)
    with pytest.raises(Refused, match="extension_long"):
        cases.extend(head, case.id, clock, 1, "延一天", at=AT)
    evening = datetime(2014, 2, 26, 9, tzinfo=UTC)
    cases.tick(at=evening)
    assert {"answer", "incomplete"} <= choices(number, evening)
    assert "unasked" not in choices(number, evening)
    cases.tick(at=evening + DAY)
    after = choices(number, evening + DAY)
    assert {"answer_clear", "disclosed", "ask_third"} <= after
    assert "incomplete" not in after
    assert (row(number, evening + DAY).late, row(number, evening + DAY).due) == (False, row(number, AT).due)
    answer(number, "disclosed", LAST)
    assert row(number, LAST).late is False


def test_a_request_found_clear_in_time_is_late_by_no_clock_of_seven_days(mine: Actor) -> None:
    clear, unread = asked(mine), asked(mine)
    answer(clear, "clear", AT + DAY, note="")
    at = AT + 15 * DAY
    cases.tick(at=at)
    assert [services.course_of(services.own_application(mine, one, at=at), at=at).late for one in (clear, unread)] == [
        False, True,
    ]  # fmt: skip


def test_who_does_not_supplement_in_time_is_asked_for_the_reason_before_it_counts_as_given_up(mine: Actor) -> None:
    number = asked(mine)
    answer(number, "incomplete", AT + DAY, note="请写明文件名称或年份。")
    assert choices(number, AT + DAY) == {"supplement", "supplemented", "withdrawn"}
    at = AT + 40 * DAY
    cases.tick(at=at)
    assert choices(number, at) == {"overdue", "abandoned", "excused", "withdrawn"}
    with pytest.raises(NotFound):
        acts.start_supplement(mine, number, at=at, at_machine=at)
    answer(number, "excused", at, note="住院期间无法补正，再给十五个工作日。")
    supplement(mine, acts.start_supplement(mine, number, at=at, at_machine=at), at + DAY)
    assert (row(number, at + DAY).days, row(number, at + DAY).late) == (0, False)

    other = asked(mine)
    answer(other, "incomplete", AT + DAY, note="请写明文件名称或年份。")
    cases.tick(at=at)
    answer(other, "abandoned", at, note="逾期未补正，也没有说明理由，不再处理。")
    assert (row(other, at).outcome, row(other, at).late) == ("abandoned", False)


def supplement(actor: Actor, key: str, at: datetime) -> None:
    draft = form_reads.read_draft(actor, key, at=at)
    revision = forms.save_draft(actor, key, draft.revision, {**REQUEST, "document": "示水发〔2013〕7 号"}, at=at)
    acts.supplement(actor, acts.Sending(key, revision, draft.form.code, "zh"), at=at, at_machine=at)


def test_it_is_extended_once_by_twenty_days_at_most_and_by_the_head(mine: Actor) -> None:
    number, head = asked(mine), who.actor_of(account("requests-head"), at=AT)
    case = case_reads.case_view(head, number, AT)
    clock = clock_of(number, "answer")
    with pytest.raises(NotPermitted):
        cases.extend(who.actor_of(account("requests"), at=AT), case.id, clock, 10, "情况复杂", at=AT)
    with pytest.raises(Refused, match="extension_long"):
        cases.extend(head, case.id, clock, 21, "情况复杂", at=AT)
    cases.extend(head, case.id, clock, 20, "情况复杂，经负责人同意", at=AT)
    with pytest.raises(Conflict, match="extended_already"):
        cases.extend(head, case.id, clock, 1, "再延", at=AT)
    with pytest.raises(Conflict, match="clock_not_pausable"):
        cases.pause(head, case.id, clock, "再停一停", at=AT)
    answer(number, "disclosed", LAST + 20 * DAY)
    told = row(number, LAST + 20 * DAY)
    assert (told.late, told.limit) == (False, 40)


def test_a_request_goes_to_the_office_it_is_addressed_to(mine: Actor) -> None:
    number = asked(mine, to=EAST)
    assert row(number, AT).organisation == office(EAST)
    assert reads.requests(2014, ZONE, at=AT, organisation=office("990101")).rows == ()
    assert [one.number for one in reads.requests(2014, ZONE, at=AT, organisation=office(EAST)).rows] == [number]


def test_the_register_pages_by_number_and_holds_nobodys_words(mine: Actor) -> None:
    numbers = [asked(mine) for _ in range(3)]
    first = reads.requests(2014, ZONE, at=AT, limit=2).rows
    assert [one.number for one in first] == numbers[:0:-1]
    assert [one.number for one in reads.requests(2014, ZONE, at=AT, after=first[-1].number).rows] == numbers[:1]
    assert reads.requests(2014, ZONE, at=AT).years == (2014,)
    assert reads.requests(2013, ZONE, at=AT).rows == ()
    assert "示例河" not in repr(first)
    assert "曾示例" not in repr(first)


def test_the_report_holds_what_came_in_against_what_went_out(mine: Actor) -> None:
    before = datetime(2013, 12, 20, 1, tzinfo=UTC)
    old, new, left = asked(mine), asked(mine), asked(mine)
    for number in (old, left):
        records.execute("UPDATE cases SET opened_at = %s WHERE number = %s", (before, number))
    answer(old, "secret", AT + DAY)
    answer(new, "already_public", AT + DAY)
    found = reads.report(2014, ZONE, at=AT + DAY)
    assert found is not None
    assert (found.received, found.carried_in, found.carried_over) == ((1, 0), (2, 0), (1, 0))
    counted = {line.row.id: line.whole for line in found.lines if line.whole}
    assert counted == {"disclosed": 1, "secret": 1}
    for line in found.lines:  # whenever it came: what a line counts is what it leads to
        rows = reads.requests(2014, ZONE, at=AT + DAY, outcomes=line.row.outcomes, reported=True).rows
        assert len(rows) == line.whole, line.row.id
    late = reads.requests(2014, ZONE, at=AT + DAY, only="late", reported=True).rows
    assert len(late) == found.late
    last = reads.report(2013, ZONE, at=AT + DAY)
    assert last is not None
    assert (last.received, last.carried_in, last.carried_over) == ((2, 0), (0, 0), (2, 0))


ENDS = st.sampled_from(["", "disclosed", "partly", "secret", "not_held", "petition", "other", "withdrawn"])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lives=st.lists(st.tuples(st.integers(0, 700), st.integers(0, 400), ENDS), max_size=6))
def test_every_report_balances(mine: Actor, lives: list[tuple[int, int, str]]) -> None:
    """Received and carried in are, together, ended and carried over; what goes over comes in the next year."""
    begin = datetime(2013, 1, 1, tzinfo=UTC)
    with records.atomic():
        for number in [one.number for year in (2013, 2014) for one in reads.requests(year, ZONE, at=AT).rows]:
            records.execute("UPDATE application SET kind = 'x' WHERE number = %s", (number,))
    for opened, took, end in lives:
        number, at = asked(mine), begin + opened * DAY
        if end:
            answer(number, end, AT)
        records.execute(
            "UPDATE cases SET opened_at = %s, closed_at = closed_at - opened_at + %s WHERE number = %s",
            (at, at + took * DAY, number),
        )
    whole = [reads.report(year, ZONE, at=begin + 1200 * DAY) for year in (2012, 2013, 2014, 2015)]
    for one in whole:
        assert one is not None
        came = sum(one.received) + sum(one.carried_in)
        assert came == sum(line.whole for line in one.lines) + sum(one.carried_over)
    for one, after in pairwise(whole):
        assert one is not None
        assert after is not None
        assert one.carried_over == after.carried_in
