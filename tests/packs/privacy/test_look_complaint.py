"""A complaint about a look: a case with clocks, worked by whoever supervises looks, and its words behind the wall."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.kernel.acting import AT, DISTRICT, EAST, MACHINE, account, area, office
from tests.kernel.identity.peopled import clerk, helping, registered, resident_of, somebody

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.powers import SEE_PEOPLE
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import records as store
from zhihai.kernel.cases import acts, reads
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as who

SAID = "我没有办理任何事项，为什么查我？"
GUARDIAN = "990101-informatization"


class Looked:
    """Somebody with an account, at whose data the window of the eastern street looked."""

    def __init__(self) -> None:
        self.person, self.other = registered(somebody(1, "曾示例1"), somebody(2, "曾示例2"))
        self.mine, self.helper = resident_of(self.person, "曾示例1", 1), resident_of(self.other, "曾示例2", 2)
        self.look = self.looked(self.person)

    def looked(self, person: int) -> int:
        by = clerk({SEE_PEOPLE}, EAST, account("window-east"))
        identity.look(by, person, ("name", "address"), "case", "LS-2014-000001", at=AT, at_machine=MACHINE)
        with store.atomic():
            store.value("SELECT zh_read_as('platform')")
            return int(store.value("SELECT max(id) FROM look"))

    def complain(self, **more: Any) -> acts.CaseRef:
        return acts.complain(self.mine, self.look, SAID, at=AT, **more)


@pytest.fixture
def looked(district: str) -> Looked:
    return Looked()


def officer() -> Actor:
    return who.actor_of(account("protection"), at=AT)


def told(actor: Actor) -> reads.Complained:
    (one,) = reads.complained(actor, who.my_complaints(actor))
    return one


def step(number: str, outcome: str, note: str = "已核查", by: Actor | None = None) -> None:
    actor = by or officer()
    view = reads.case_view(actor, number, AT)
    (task,) = [one for one in view.tasks if one.state == "open"]
    acts.take_step(actor, view.id, task.id, outcome, note=note, at=AT + timedelta(days=1))


def test_it_is_a_case_with_a_clock_that_the_person_follows_to_its_answer(looked: Looked) -> None:
    case = looked.complain()
    view = reads.case_view(officer(), case.number, AT)
    assert (view.kind.about, view.subject) == ("look", ("look", looked.look))
    assert {clock.name for clock in view.clocks} == {"answer", "district", "examine"}
    mine = told(looked.mine)
    assert (mine.case.number, mine.case.state, mine.case.answer, mine.said) == (case.number, "open", None, SAID)
    assert mine.case.due is not None
    step(case.number, "upheld", "没有对应的案件")
    assert told(looked.mine).case.answer is None  # what is noted on the way is not the answer
    step(case.number, "answered", "查阅没有依据，已责令整改，向您致歉")
    mine = told(looked.mine)
    assert (mine.case.state, mine.case.closing) == ("closed", "upheld")
    assert mine.case.answer == "查阅没有依据，已责令整改，向您致歉"


def test_a_look_with_a_ground_is_answered_and_a_note_must_be_written(looked: Looked) -> None:
    case = looked.complain()
    with pytest.raises(Refused, match="note_needed"):
        step(case.number, "lawful", "")
    step(case.number, "lawful", "为办理您的申请")
    assert told(looked.mine).case.closing == "lawful"


def test_the_words_are_behind_the_wall_and_in_no_case_nor_the_journal(looked: Looked) -> None:
    looked.complain()
    for table in ("cases", "task", "journal_entry", "outbox"):
        assert SAID not in str(store.rows(f'SELECT t::text FROM "{table}" t'))
    found = who.look_told(officer(), looked.look)
    assert (found.said, found.look.account, found.look.reference) == (SAID, account("window-east"), "LS-2014-000001")
    for actor in (clerk({SEE_PEOPLE}, DISTRICT), looked.helper):
        with pytest.raises(NotPermitted):
            who.look_told(actor, looked.look)


def test_whoever_took_the_look_does_not_judge_it(looked: Looked) -> None:
    case = looked.complain()
    given = (account("window-east"), "zhihai.protection_officer", office(GUARDIAN), area(DISTRICT))
    identity.grant_role(SYSTEM, *given, at=AT)
    with pytest.raises(Refused, match="own_look"):
        step(case.number, "lawful", by=who.actor_of(account("window-east"), at=AT))
    step(case.number, "lawful")


@pytest.mark.parametrize(("duty", "works"), [(EAST, DISTRICT), (GUARDIAN, GUARDIAN)])
def test_the_office_complained_about_does_not_work_on_it(looked: Looked, duty: str, works: str) -> None:
    """Where the duty is the office's own, the one above it has the case."""
    given = ("privacy.look_complaint", "protection_officer", area(DISTRICT), office(duty), "list")
    acts.set_duty(SYSTEM, *given, at=AT)
    store_look(looked, EAST)
    view = reads.case_view(SYSTEM, looked.complain().number, AT)
    assert (view.org, [task.org for task in view.tasks]) == (office(works), [office(works)])


def store_look(looked: Looked, code: str) -> None:
    """Let the look be one of an office."""
    with store.atomic():
        store.value("SELECT zh_read_as('platform')")
        store.execute("UPDATE look SET organisation_id = %s WHERE id = %s", (office(code), looked.look))


def test_nobody_complains_twice_or_about_anothers_look(looked: Looked) -> None:
    looked.complain()
    with pytest.raises(Refused, match="complained_already"):
        looked.complain()
    for actor in (looked.helper, SYSTEM, officer()):
        with pytest.raises(NotPermitted, match="no_look"):
            acts.complain(actor, looked.look, SAID, at=AT)
    assert store.value("SELECT count(*) FROM cases WHERE subject_noun = 'look'") == 1


@pytest.mark.parametrize("said", ["", "  不 ", "长" * 501])
def test_a_complaint_is_a_sentence(looked: Looked, said: str) -> None:
    with pytest.raises(Refused, match="complaint_said"):
        acts.complain(looked.mine, looked.look, said, at=AT)
    assert who.my_complaints(looked.mine) == ()


def test_a_helper_complains_in_the_name_of_whom_he_helps_as_far_as_the_scope_goes(looked: Looked) -> None:
    narrow = identity.record_tie(SYSTEM, helping(looked.person, 2, services=["zhihai.own_data"]), at=AT)
    with pytest.raises(Refused, match="tie_scope"):
        acts.complain(looked.helper, looked.look, SAID, at=AT, tie=narrow)
    identity.withdraw_tie(SYSTEM, narrow, "改范围", at=AT)
    wide = identity.record_tie(SYSTEM, helping(looked.person, 2, services=["zhihai.complaint"]), at=AT)
    acts.complain(looked.helper, looked.look, SAID, at=AT, tie=wide)
    assert told(looked.mine).said == SAID
    with pytest.raises(Refused, match="tie_over"):
        acts.complain(looked.helper, looked.look, SAID, at=AT + timedelta(days=40), tie=wide)


def test_what_was_taken_in_ones_own_name_is_no_officials_look(looked: Looked) -> None:
    tie = identity.record_tie(SYSTEM, helping(looked.person, 2), at=AT)
    identity.look_for(looked.helper, tie, at=AT, at_machine=MACHINE)
    look = who.my_data(looked.mine).looks[0]
    assert look.tie == tie
    with pytest.raises(NotPermitted, match="no_look"):
        acts.complain(looked.mine, look.id, SAID, at=AT)
