"""The general application: accepted or asked once for what is missing, decided, served; and what silence means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.kernel.acting import AT, DISTRICT, OFFICE, account, area, office

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.ground.words import Said
from zhihai.kernel import records as store
from zhihai.kernel.cases import acts, reads
from zhihai.kernel.identity import reads as who

RESIDENT = Actor(account=4711, name="某人", sort="resident")
ABOUT = ("application", 7)
ITEM = {"item": {"zh": "食品经营许可", "en": "Food business licence"}}


def opened(**more: object) -> reads.CaseView:
    given = {"area": area(DISTRICT), "organisation": office(OFFICE), "facts": ITEM, **more}
    ref = acts.open_about(RESIDENT, ABOUT, at=AT, **given)  # type: ignore[arg-type]
    return reads.case_view(SYSTEM, ref.number, AT)


def official(username: str) -> Actor:
    return who.actor_of(account(username), at=AT)


def step(username: str, outcome: str, *, at: datetime = AT, note: str = "已告知") -> reads.Course:
    """Whoever has the open task ends it so; returns how far the matter is then."""
    case = store.value("SELECT id FROM cases WHERE subject_noun = 'application'")
    task = store.value("SELECT id FROM task WHERE case_id = %s AND state = 'open'", (case,))
    acts.take_step(official(username), case, task, outcome, at=at, note=note)
    return course(at)


def course(at: datetime = AT) -> reads.Course:
    found = reads.course_about(ABOUT, at)
    assert found is not None
    return found


def clock(found: reads.Course, name: str) -> reads.ClockView:
    return next(one for one in found.clocks if one.name == name)


def test_the_window_accepts_the_department_decides_and_the_applicant_reads_why(district: str) -> None:
    case = opened()
    assert (case.org, [task.role for task in case.tasks]) == (office(OFFICE), ["zhihai.window_clerk"])
    assert case.tasks[0].org == office(DISTRICT), "the window's duty"
    step("window", "accepted", note="材料齐全（内部）")
    found = step("reviewer", "granted", note="准予许可，证照编号示例一")
    assert [one.step for one in found.waiting] == ["serve"]
    found = step("window", "served")
    assert (found.state, found.closing) == ("closed", "granted")
    assert [one.told for one in found.stages] == [None, "准予许可，证照编号示例一", None], (
        "notes of officials stay theirs"
    )


def test_nobody_but_the_department_decides(district: str) -> None:
    opened()
    step("window", "accepted")
    with pytest.raises(NotPermitted):
        step("window", "granted")


def test_what_is_missing_is_asked_for_once(district: str) -> None:
    opened()
    found = step("window", "incomplete", note="请补交营业执照复印件")
    assert found.stages[0].told == "请补交营业执照复印件"
    assert {one.name for one in found.clocks if one.reading.state == "running"} == {"supplement"}
    later = AT + timedelta(days=3)
    acts.answer_about(RESIDENT, ABOUT, "supplement", "supplemented", at=later, note="已补交")
    assert course(later).choices("accept_supplemented") == {"accepted", "declined", "withdrawn"}, "not asked twice"
    assert reads.case_view(SYSTEM, course(later).number, later).rework == 0, "the office did nothing twice"


def test_silence_is_acceptance_from_the_day_of_receipt(district: str) -> None:
    opened()
    due = clock(course(), "acceptance").reading.due
    assert due is not None
    acts.tick(at=due - timedelta(seconds=1))
    assert [one.step for one in course(due).waiting] == ["accept"]
    acts.tick(at=due + timedelta(hours=1))
    found = course(due + timedelta(hours=1))
    assert [(one.step, one.outcome) for one in found.stages] == [("accept", "deemed"), ("decide", None)]
    assert found.late, "the window was late, whatever the law makes of it"
    assert clock(found, "decision").clock.events[0].at == AT, "reckoned from receipt, not from the day nobody answered"
    assert clock(found, "acceptance").clock.breached == due + timedelta(hours=1)
    seen = reads.case_view(SYSTEM, found.number, due)
    assert (seen.tasks[0].note, seen.tasks[0].actor_sort) == (Said("cases.lapsed", {}), "system")
    acts.tick(at=due + timedelta(hours=2))
    assert len(course(due).stages) == 2, "the law says it once"


def test_nobody_chooses_what_the_law_alone_brings_about(district: str) -> None:
    opened()
    with pytest.raises(Refused) as refused:
        step("window", "deemed")
    assert refused.value.code == "law_alone"
    assert "deemed" not in course().choices("accept")


def test_the_item_promises_less_than_the_law_allows(district: str) -> None:
    opened(limits={"promised": (3, "working_day", "办事指南第二版")})
    found = step("window", "accepted")
    terms = clock(found, "promised").clock.terms
    assert (terms.amount, terms.source, terms.confirmed) == (3, "办事指南第二版", True)
    assert clock(found, "decision").clock.terms.amount == 20
    assert clock(found, "promised").reading.due == datetime(2014, 2, 20, 10, tzinfo=UTC)


def test_a_promise_for_a_clock_that_the_kind_lacks_is_refused_and_nothing_is_opened(district: str) -> None:
    with pytest.raises(Refused) as refused:
        opened(limits={"lunch": (3, "working_day", "办事指南")})
    assert (refused.value.code, refused.value.facts["clock"]) == ("no_clock_of_kind", "lunch")
    assert store.value("SELECT count(*) FROM cases") == 0


def test_the_applicant_withdraws_until_it_is_decided(district: str) -> None:
    opened()
    step("window", "accepted")
    acts.answer_about(RESIDENT, ABOUT, "decide", "withdrawn", at=AT)
    assert (course().state, course().closing) == ("closed", "withdrawn")
    with pytest.raises(NotFound):
        acts.answer_about(RESIDENT, ABOUT, "decide", "withdrawn", at=AT)


def test_what_waits_for_nobody_here_is_not_found(district: str) -> None:
    assert reads.course_about(("application", 8), AT) is None
    with pytest.raises(NotFound):
        acts.answer_about(RESIDENT, ("application", 8), "supplement", "supplemented", at=AT)
    with pytest.raises(NotFound) as nobody:
        acts.open_about(RESIDENT, ("umbrella", 1), at=AT, area=area(DISTRICT))
    assert nobody.value.code == "no_case_about"
