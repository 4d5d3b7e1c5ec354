"""Applying for an item: a frozen form and a case in one transaction, one's own alone, followed, supplemented, rated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from tests.kernel.acting import AT, MACHINE, OFFICE, account, office
from tests.kernel.forms.applying import GENERAL, WHOLE, newcomer
from tests.kernel.hearing import heard
from tests.kernel.identity.peopled import helping, registered, resident_of, somebody

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.kernel import records as store
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.channels import reads as channel_reads
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.forms import reads as form_reads
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as who
from zhihai.kernel.services import acts, reads
from zhihai.kernel.services.kinds import GuideField

LATER = AT + timedelta(days=1)


def code_of(name: str) -> str:
    """The code of a public item of the invented district."""
    return str(store.value("SELECT code FROM service_item WHERE name = %s", (name,)))


@pytest.fixture
def item(district: str) -> str:
    """An item that anybody may apply for, which the environment department keeps."""
    code = str(store.value("SELECT code FROM service_item WHERE state = 'published' ORDER BY id LIMIT 1"))
    store.execute("UPDATE service_item SET who = 'both', organisation_id = %s WHERE code = %s", (office(OFFICE), code))
    return code


@pytest.fixture
def mine(district: str) -> Actor:
    (person,) = registered(somebody(1, "曾示例1"))
    return resident_of(person, "曾示例1", 1)


def sending(actor: Actor, key: str, answers: dict[str, Any] = WHOLE, at: Any = AT) -> acts.Sending:
    draft = form_reads.read_draft(actor, key, at=at)
    revision = forms.save_draft(actor, key, draft.revision, answers, at=at)
    return acts.Sending(key, revision, form_reads.form_in_force(GENERAL, at=at).code, "zh")


def applied(actor: Actor, item: str, **more: Any) -> acts.Applied:
    key = acts.begin_application(actor, item, at=AT, at_machine=MACHINE, **more)
    return acts.apply(actor, sending(actor, key), at=AT, at_machine=MACHINE)


def step(username: str, number: str, outcome: str, note: str = "已告知", at: Any = AT) -> None:
    official = who.actor_of(account(username), at=AT)
    case = case_reads.case_view(official, number, at)
    task = next(task for task in case.tasks if task.state == "open")
    cases.take_step(official, case.id, task.id, outcome, at=at, note=note)


def test_an_application_is_a_case_of_the_items_office_that_knows_no_applicant(mine: Actor, item: str) -> None:
    made = applied(mine, item)
    case = case_reads.case_view(SYSTEM, made.number, AT)
    assert (case.org, case.subject, case.facts.keys()) == (office(OFFICE), ("application", made.id), {"item"})
    ((own, _),) = reads.my_applications(mine, at=AT)
    assert (own.number, own.code, own.item_code, own.proved, own.own) == (made.number, made.code, item, True, True)
    assert form_reads.submission_told(own.submissions[0]).answers["purpose"] == WHOLE["purpose"]
    assert form_reads.drafts(mine) == ()


def test_nothing_is_half_done_where_the_case_can_not_be_opened(mine: Actor, item: str) -> None:
    key = acts.begin_application(mine, item, at=AT, at_machine=MACHINE)
    sent = sending(mine, key)
    store.execute("DELETE FROM duty WHERE kind = 'general_application.general'")
    store.execute("UPDATE service_item SET organisation_id = NULL")
    with pytest.raises(Refused) as refused:
        acts.apply(mine, sent, at=AT, at_machine=MACHINE)
    assert refused.value.code == "no_duty"
    assert [one.key for one in form_reads.drafts(mine)] == [key], "what was written is still there"
    assert reads.my_applications(mine, at=AT) == ()


def test_what_the_guide_promised_on_that_day_binds(mine: Actor, item: str) -> None:
    number = int(store.value("SELECT id FROM service_item WHERE code = %s", (item,)))
    said = {
        name: GuideField(value=value, source="办事指南", as_of=date(2014, 1, 1))
        for name, value in (("promised", "3"), ("statutory", "15"))
    }
    acts.complete_guide(SYSTEM, number, said, at=AT)
    acts.publish(SYSTEM, [number], at=AT)
    made = applied(mine, item)
    step("window", made.number, "accepted")
    course = reads.course_of(reads.own_application(mine, made.number, at=AT), at=AT)
    terms = {one.name: one.clock.terms for one in course.clocks}
    assert [(terms[name].amount, terms[name].source) for name in ("promised", "decision")] == [
        (3, "办事指南"), (15, "办事指南"),
    ]  # fmt: skip
    assert reads.own_application(mine, made.number, at=AT).guide == 1


@pytest.mark.parametrize(("who_may", "refused"), [("firm", "item_for_firms"), ("person", None)])
def test_an_item_for_others_is_told_before_a_word_is_written(
    mine: Actor, item: str, who_may: str, refused: str | None
) -> None:
    store.execute("UPDATE service_item SET who = %s WHERE code = %s", (who_may, item))
    if refused is None:
        assert acts.begin_application(mine, item, at=AT, at_machine=MACHINE)
        return
    with pytest.raises(Refused) as told:
        acts.begin_application(mine, item, at=AT, at_machine=MACHINE)
    assert told.value.code == refused
    assert form_reads.drafts(mine) == ()


def test_an_item_that_is_not_public_can_not_be_applied_for(mine: Actor, item: str) -> None:
    key = acts.begin_application(mine, item, at=AT, at_machine=MACHINE)
    sent = sending(mine, key)
    store.execute("UPDATE service_item SET state = 'withdrawn', reason = '停办' WHERE code = %s", (item,))
    with pytest.raises(NotFound):
        acts.apply(mine, sent, at=AT, at_machine=MACHINE)
    with pytest.raises(NotFound):
        acts.begin_application(mine, "no such code", at=AT, at_machine=MACHINE)


def test_whoever_said_no_name_yet_is_told_so_first(item: str) -> None:
    with pytest.raises(Refused) as refused:
        acts.begin_application(newcomer(), item, at=AT, at_machine=MACHINE)
    assert refused.value.code == "not_verified"
    with pytest.raises(NotPermitted):
        acts.begin_application(who.actor_of(account("window"), at=AT), item, at=AT, at_machine=MACHINE)


def test_a_name_and_a_number_open_nothing_that_others_did(mine: Actor, item: str) -> None:
    (person,) = registered(somebody(2, "曾示例2"))
    guesser = newcomer("guesser")
    identity.claim_person(guesser, "曾示例2", somebody(2, "曾示例2").number, at=AT, at_machine=MACHINE)
    made = applied(guesser, item)
    assert not reads.own_application(guesser, made.number, at=AT).proved
    owner = resident_of(person, "曾示例2", 2)
    assert reads.my_applications(owner, at=AT) == (), (
        "what somebody did in their name is not put before them as their own"
    )
    theirs = applied(owner, item)
    assert [one.number for one, _ in reads.my_applications(guesser, at=AT)] == [made.number]
    with pytest.raises(NotFound):
        reads.own_application(guesser, theirs.number, at=AT)


def test_a_helper_applies_within_the_scope_and_both_follow_it(mine: Actor, item: str) -> None:
    (elder,) = registered(somebody(3, "曾示例3"))
    own = resident_of(elder, "曾示例3", 3)
    tie = identity.record_tie(SYSTEM, helping(elder, 1, services=("zhihai.applications",)), at=AT)
    made = applied(mine, item, tie=tie)
    seen = [reads.own_application(one, made.number, at=AT) for one in (mine, own)]
    assert [(one.name, one.own) for one in seen] == [("曾示例3", False), ("曾示例3", True)]
    (another,) = registered(somebody(5, "曾示例5"))
    narrow = identity.record_tie(SYSTEM, helping(another, 1, services=("zhihai.looks",)), at=AT)
    with pytest.raises(Refused) as refused:
        acts.begin_application(mine, item, at=AT, at_machine=MACHINE, tie=narrow)
    assert refused.value.code == "tie_scope"


def test_a_mandate_that_ends_in_the_middle_opens_the_matter_no_more(mine: Actor, item: str) -> None:
    """Whoever had given it in went on reading, withdrawing and rating it after the mandate had run out."""
    (elder,) = registered(somebody(3, "曾示例3"))
    own = resident_of(elder, "曾示例3", 3)
    tie = identity.record_tie(SYSTEM, helping(elder, 1, services=("zhihai.applications",)), at=AT)
    made = applied(mine, item, tie=tie)
    step("window", made.number, "incomplete", "请补交")
    key = acts.start_supplement(mine, made.number, at=AT, at_machine=MACHINE)
    sent = sending(mine, key)
    over = AT + timedelta(days=31)
    trials: list[Callable[[], object]] = [
        lambda: reads.own_application(mine, made.number, at=over),
        lambda: acts.withdraw_application(mine, made.number, at=over),
        lambda: acts.rate(mine, made.number, 5, [], "", at=over),
        lambda: acts.start_supplement(mine, made.number, at=over, at_machine=MACHINE),
        lambda: acts.supplement(mine, sent, at=over, at_machine=MACHINE),
        lambda: form_reads.read_draft(mine, key, at=over),
        lambda: forms.save_draft(mine, key, sent.revision, WHOLE, at=over),
    ]
    for trial in trials:
        with pytest.raises(Refused) as refused:
            trial()
        assert refused.value.code == "tie_over"
    assert reads.my_applications(mine, at=over) == ()
    assert [one.number for one, _ in reads.my_applications(own, at=over)] == [made.number], "it is still the elder's"
    forms.discard_draft(mine, key, at=over)
    assert form_reads.drafts(mine) == ()


def test_anothers_matter_is_as_none(mine: Actor, item: str) -> None:
    made = applied(mine, item)
    (person,) = registered(somebody(4, "曾示例4"))
    other = resident_of(person, "曾示例4", 4)
    trials: list[Callable[[], object]] = [
        lambda: reads.own_application(other, made.number, at=AT),
        lambda: acts.withdraw_application(other, made.number, at=AT),
        lambda: acts.rate(other, made.number, 1, ["slow"], "", at=AT),
        lambda: acts.start_supplement(other, made.number, at=AT, at_machine=MACHINE),
        lambda: reads.own_application(other, "HD-2014-SQ-999999", at=AT),
    ]
    for trial in trials:
        with pytest.raises(NotFound):
            trial()
    assert reads.my_applications(other, at=AT) == ()


def test_progress_by_number_and_code_says_nothing_of_anybody(mine: Actor, item: str) -> None:
    made = applied(mine, item)
    name, course = reads.asked_by_code(made.number.lower(), f" {made.code.lower()} ", at=AT)
    assert (name, course.number) == (reads.own_application(mine, made.number, at=AT).title, made.number)
    assert "曾示例1" not in repr(course)
    assert WHOLE["facts"] not in repr(course)
    for number, code in ((made.number, "AAAAAAAA"), ("HD-2014-SQ-999999", made.code), ("", "")):
        with pytest.raises(NotFound) as refused:
            reads.asked_by_code(number, code, at=AT)
        assert refused.value.code == "no_matter_by_code"


def test_what_is_missing_is_supplemented_beside_what_was_given_in(mine: Actor, item: str) -> None:
    made = applied(mine, item)
    with pytest.raises(NotFound):
        acts.start_supplement(mine, made.number, at=AT, at_machine=MACHINE)
    step("window", made.number, "incomplete", "请写明路口名称")
    key = acts.start_supplement(mine, made.number, at=LATER, at_machine=MACHINE)
    assert form_reads.read_draft(mine, key, at=LATER).content.answers["facts"] == WHOLE["facts"]
    again = {**WHOLE, "facts": "示例路与湖畔路路口的路牌被撞坏。"}
    assert acts.supplement(mine, sending(mine, key, again, LATER), at=LATER, at_machine=MACHINE) == made.number
    own = reads.own_application(mine, made.number, at=AT)
    told = [form_reads.submission_told(one).answers["facts"] for one in own.submissions]
    assert told == [WHOLE["facts"], again["facts"]]
    assert [one.step for one in reads.course_of(own, at=LATER).waiting] == ["accept_supplemented"]


def test_a_matter_is_withdrawn_until_it_is_decided(mine: Actor, item: str) -> None:
    made = applied(mine, item)
    acts.withdraw_application(mine, made.number, at=AT)
    assert reads.my_applications(mine, at=AT)[0][1].closing == "withdrawn"
    decided = applied(mine, item)
    step("window", decided.number, "accepted")
    step("reviewer", decided.number, "granted", "准予")
    with pytest.raises(Conflict) as refused:
        acts.withdraw_application(mine, decided.number, at=AT)
    assert refused.value.code == "application_decided"


def test_who_works_on_it_looks_by_an_act_and_the_applicant_reads_who(mine: Actor, item: str) -> None:
    made = applied(mine, item)
    window, inspector = (who.actor_of(account(name), at=AT) for name in ("window", "inspector"))
    case = case_reads.case_view(window, made.number, AT)
    assert reads.given_in(window, case) is None
    acts.look_into(window, made.number, at=AT)
    acts.look_into(window, made.number, at=LATER)
    found = reads.given_in(window, case)
    assert found is not None
    assert (found.name, found.submissions) == ("曾示例1", reads.own_application(mine, made.number, at=AT).submissions)
    looks = reads.own_application(mine, made.number, at=AT).looks
    assert [(one.role, one.at) for one in looks] == [("zhihai.window_clerk", AT)]
    seen = case_reads.case_view(inspector, made.number, AT)  # may see the case of the office, and does not work on it
    with pytest.raises(NotPermitted):
        reads.given_in(inspector, seen)
    with pytest.raises(NotPermitted):
        acts.look_into(inspector, made.number, at=AT)


def test_a_poor_rating_is_a_case_of_somebody_else_and_is_answered(mine: Actor, item: str) -> None:
    made = applied(mine, item)
    with pytest.raises(Refused) as refused:
        acts.rate(mine, made.number, 1, [], " ", at=AT)
    assert refused.value.code == "rating_why"
    acts.rate(mine, made.number, 2, ["slow", "slow"], "等了两周", at=AT)
    rating = reads.own_application(mine, made.number, at=AT).rating
    case = reads.answer_to(rating)
    assert rating is not None
    assert case is not None
    assert (rating.level, rating.reasons, rating.said, case.state) == (2, ("slow",), "等了两周", "open")
    step("rating", case.number, "put_right", "已约谈，今后三日内办结")
    answered = reads.answer_to(rating)
    assert answered is not None
    assert answered.answer == "已约谈，今后三日内办结"
    with pytest.raises(Conflict):
        acts.rate(mine, made.number, 5, [], "", at=AT)


def test_a_good_rating_opens_nothing(mine: Actor, item: str) -> None:
    made = applied(mine, item)
    acts.rate(mine, made.number, 5, [], "", at=AT)
    rating = reads.own_application(mine, made.number, at=AT).rating
    assert rating is not None
    assert reads.answer_to(rating) is None
    for level, reasons in ((0, []), (6, []), (3, ["lunch"])):
        with pytest.raises(Refused):
            acts.rate(mine, made.number, level, reasons, "", at=AT)


def test_the_applicant_is_told_of_each_step_once_and_by_no_name(mine: Actor, item: str) -> None:
    made = applied(mine, item)
    step("window", made.number, "incomplete", "请补交")
    heard()
    heard()
    told = store.rows("SELECT template, facts::text, link FROM zh_notices(%s, NULL, 20)", (mine.account,))
    assert [(template, link) for template, _, link in told] == [("zhihai.matter_asks", f"/my/matters/{made.number}")]
    assert "曾示例" not in told[0][1]
    acts.withdraw_application(mine, made.number, at=LATER)
    heard()
    count = len(store.rows("SELECT template FROM zh_notices(%s, NULL, 20)", (mine.account,)))
    assert count == 2


def test_who_did_not_give_it_in_themselves_is_told_as_a_person_and_the_case_knows_it(mine: Actor, item: str) -> None:
    made = applied(mine, item)
    clerk = account("window")
    with store.atomic():
        store.value("SELECT zh_read_as('platform')")
        assert store.execute("UPDATE application SET way = 'window', account_id = %s", (clerk,)) == 1
        store.execute("UPDATE account_person SET level = 2, document = ''")
    step("window", made.number, "incomplete", "请补交")
    heard()
    heard()
    assert store.rows("SELECT channel, state FROM delivery WHERE channel IN ('post', 'person')") == [
        ("person", "queued")
    ]
    case = case_reads.case_view(who.actor_of(clerk, at=AT), made.number, AT)
    (told,) = channel_reads.told_about("case", case.id)
    assert (told.kind, [one.way for one in told.told]) == ("zhihai.matter_asks", ["person"])
    assert "zhihai.matter_asks" not in {one.kind for one in channel_reads.notices(clerk)}


def test_the_same_sent_from_two_tabs_at_once_is_one_matter(
    mine: Actor, item: str, together: Callable[..., list[Any]]
) -> None:
    """One form, one number, one case; whoever comes second is told that it was sent."""
    given = sending(mine, acts.begin_application(mine, item, at=AT, at_machine=MACHINE))
    found = together(*[lambda: acts.apply(mine, given, at=AT, at_machine=MACHINE)] * 4)
    assert sorted(type(one).__name__ for one in found) == ["Applied", "Conflict", "Conflict", "Conflict"]
    assert len(reads.my_applications(mine, at=AT)) == 1
    with store.atomic():
        store.value("SELECT zh_read_as('platform')")
        counted = "SELECT count(*), (SELECT count(*) FROM cases WHERE subject_noun = 'application') FROM application"
        assert store.one(counted) == (1, 1)


def test_a_matter_that_is_withdrawn_twice_at_once_is_withdrawn_once(
    mine: Actor, item: str, together: Callable[..., list[Any]]
) -> None:
    made = applied(mine, item)
    found = together(*[lambda: acts.withdraw_application(mine, made.number, at=LATER)] * 3)
    assert [one for one in found if not isinstance(one, Refused)] == [None]
    assert all(isinstance(one, Refused | type(None)) for one in found)
