"""The hotline: who calls is told little without a code, is taken down without a name, and is called back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.kernel.acting import AT, MACHINE, account
from tests.kernel.hearing import heard
from tests.kernel.services.giving import ASKING, QUESTION
from tests.kernel.services.own_trials import public_item
from tests.kernel.services.taken import somebody_old, taken, window

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.forms import reads as form_reads
from zhihai.kernel.identity import reads as who
from zhihai.kernel.services import acts, reads

CALLED = {**QUESTION, "reach": "phone", "phone": "13800000000"}


@pytest.fixture
def operator(district: str) -> Actor:
    return who.actor_of(account("hotline"), at=AT)


def asked(operator: Actor, answers: dict[str, object] = CALLED) -> str:
    """Take a question down; return its number."""
    call = forms.take_call(operator, at=AT, at_machine=MACHINE)
    key = acts.begin_taking(operator, call, at=AT, at_machine=MACHINE, kind=ASKING)
    draft = form_reads.read_draft(operator, key, at=AT)
    revision = forms.save_draft(operator, key, draft.revision, answers, at=AT)
    sending = acts.Sending(key, revision, draft.form.code, "zh")
    number = acts.apply(operator, sending, at=AT, at_machine=MACHINE).number
    forms.end_reception(operator, call, at=AT, at_machine=MACHINE)
    return number


def answered(number: str) -> None:
    case = case_reads.case_view(window(), number, AT)
    cases.take_step(window(), case.id, case.tasks[0].id, "answered", at=AT, note="由街道更换。")
    heard()


def call_backs(operator: Actor) -> list[str]:
    return [row.number for row in case_reads.inbox(operator, AT, kind="interaction.call_back").rows]


def test_a_caller_without_name_is_taken_down_and_called_back(operator: Actor) -> None:
    number = asked(operator)
    assert reads.my_applications(operator, at=AT) == ()
    with pytest.raises(NotFound):
        reads.reached_application(operator, number, at=AT)
    assert call_backs(operator) == []
    answered(number)
    (back,) = call_backs(operator)
    case = case_reads.case_view(operator, back, AT)
    with pytest.raises(NotPermitted):
        acts.look_into(window(), back, at=AT)
    acts.look_into(operator, back, at=AT)
    found = reads.given_in(operator, case)
    assert found is not None
    assert (found.number, found.person, found.name) == (number, None, "")
    assert form_reads.submission_told(found.submissions[0]).answers["phone"] == CALLED["phone"]


def test_three_calls_that_reach_nobody_end_it_so(operator: Actor) -> None:
    answered(asked(operator))
    (back,) = call_backs(operator)
    for day, step in enumerate(("call", "second_call", "third_call")):
        at = AT + timedelta(days=day)
        case = case_reads.case_view(operator, back, at)
        (task,) = [one for one in case.tasks if one.state == "open"]
        assert task.step == step
        cases.take_step(operator, case.id, task.id, "not_reached", at=at)
    assert case_reads.case_view(operator, back, AT + timedelta(days=3)).closing == "not_reached"


def test_who_left_no_number_or_wrote_by_the_web_is_not_called(operator: Actor) -> None:
    answered(asked(operator, QUESTION))
    assert call_backs(operator) == []


def test_an_item_is_applied_for_by_nobody_whose_face_was_not_seen(operator: Actor) -> None:
    call = forms.take_call(operator, at=AT, at_machine=MACHINE)
    with pytest.raises(Refused, match="matter_named"):
        acts.begin_taking(operator, call, public_item(), at=AT, at_machine=MACHINE)


def test_without_the_code_only_stage_and_day_are_told_and_a_wrong_one_tells_nothing(operator: Actor) -> None:
    made = taken(somebody_old())
    assert acts.tell_caller(operator, made.number, "", at=AT)[0] is False
    knows, course = acts.tell_caller(operator, made.number.lower(), f" {made.code.lower()} ", at=AT)
    assert (knows, course.number) == (True, made.number)
    for number, code in ((made.number, "22222222"), ("SQ-2014-999999", ""), ("SQ-2014-999999", made.code)):
        with pytest.raises(NotFound):
            acts.tell_caller(operator, number, code, at=AT)
    noted = records.rows("SELECT data::json->>'code' FROM journal_entry WHERE act = 'services.tell_caller' ORDER BY id")
    assert [row[0] for row in noted] == ["false", "true"]
