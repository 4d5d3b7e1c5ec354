"""Questions and complaints: asked, answered in words, looked into by somebody else than the office complained of."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.kernel.acting import AT, account, office
from tests.kernel.identity.peopled import registered, resident_of, somebody
from tests.kernel.services.giving import ASKING, COMPLAINING, COMPLAINT, QUESTION, given
from tests.kernel.services.own_trials import public_item

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.identity import reads as who
from zhihai.kernel.services import acts, reads


@pytest.fixture
def mine(district: str) -> Actor:
    (person,) = registered(somebody(1, "曾示例1"))
    return resident_of(person, "曾示例1", 1)


def test_a_question_about_nothing_waits_at_the_window_and_is_answered(mine: Actor) -> None:
    made = given(mine, ASKING, QUESTION)
    ((own, progress),) = reads.my_applications(mine, at=AT)
    assert (own.number, own.title, own.item_code, progress.kind) == (
        made.number, Named("咨询", "Ask a question"), "", ASKING,
    )  # fmt: skip
    official = who.actor_of(account("window"), at=AT)
    case = case_reads.case_view(official, made.number, AT)
    cases.take_step(official, case.id, case.tasks[0].id, "answered", at=AT, note="由示例路所在街道更换。")
    course = reads.course_of(reads.own_application(mine, made.number, at=AT), at=AT)
    assert (course.closing, [one.told for one in course.stages]) == ("answered", ["由示例路所在街道更换。"])
    acts.rate(mine, made.number, 5, [], "", at=AT)


def test_a_complaint_is_looked_into_by_somebody_else_than_the_office_complained_of(mine: Actor) -> None:
    made = given(mine, COMPLAINING, COMPLAINT, item=public_item())
    window = who.actor_of(account("window"), at=AT)
    case = case_reads.case_view(window, made.number, AT)
    cases.take_step(window, case.id, case.tasks[0].id, "taken", at=AT, note="已受理。")
    (waiting,) = [one for one in case_reads.case_view(SYSTEM, made.number, AT).tasks if one.state == "open"]
    assert (waiting.role, waiting.org) == ("interaction.complaint_officer", office("990101-informatization"))


def test_clocks_of_a_complaint_are_those_of_the_regulations(mine: Actor) -> None:
    made = given(mine, COMPLAINING, COMPLAINT)
    window = who.actor_of(account("window"), at=AT)
    case = case_reads.case_view(window, made.number, AT)
    cases.take_step(window, case.id, case.tasks[0].id, "taken", at=AT + timedelta(days=1), note="已受理。")
    course = reads.course_of(reads.own_application(mine, made.number, at=AT), at=AT + timedelta(days=1))
    limits = {one.name: one.clock.terms.amount for one in course.clocks if one.name != "promised"}
    assert limits == {"acceptance": 15 * 24, "handling": 60 * 24}
    assert course.due is not None
