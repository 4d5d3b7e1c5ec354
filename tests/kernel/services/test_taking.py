"""Nothing requires the web: a window writes for who comes in person, and it is the same matter with the same clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.kernel.acting import AT, DISTRICT, EAST, MACHINE, holder
from tests.kernel.forms.applying import WHOLE, a_png
from tests.kernel.identity.peopled import helping, looks_of, number, resident_of
from tests.kernel.services.own_trials import public_item, sending
from tests.kernel.services.taken import CARD, received, somebody_old, taken, window, written

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.powers import SEE_PEOPLE, TAKE_MATTERS, TELL_PEOPLE
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel import records as store
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.forms import acts as forms
from zhihai.kernel.forms import reads as form_reads
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.services import acts, reads


def clerk_of(account: int, place: str = EAST) -> Actor:
    return holder(frozenset({TAKE_MATTERS, SEE_PEOPLE}), DISTRICT, place, "zhihai.window_clerk", account)


def test_a_window_takes_the_same_matter_that_the_person_would_have_sent(district: str) -> None:
    person = somebody_old()
    at_window = taken(person)
    resident = resident_of(person, "曾示例1", 1)
    own = acts.begin_application(resident, public_item(), at=AT, at_machine=MACHINE)
    at_home = acts.apply(resident, sending(resident, own), at=AT, at_machine=MACHINE)
    first, second = (reads.own_application(resident, one.number, at=AT) for one in (at_window, at_home))
    assert (first.person, first.title, first.proved) == (second.person, second.title, second.proved)
    courses = [reads.course_of(one, at=AT) for one in (first, second)]
    assert courses[0].due == courses[1].due is not None
    assert [one.name for one in courses[0].clocks] == [one.name for one in courses[1].clocks]
    sent = form_reads.submission_told(first.submissions[0])
    assert (sent.way, sent.whole, sent.person) == ("window", True, person)
    assert sent.taken == form_reads.Taken(CARD, "read")
    assert sent.held["person_name"].value == "曾示例1"


def test_the_person_reads_who_looked_and_the_official_keeps_nothing(district: str) -> None:
    person = somebody_old()
    made = taken(person)
    seen = looks_of(person)
    assert {look.ground for look in seen} == {"window"}
    assert {"name", "address", "phone"} & {name for look in seen for name in look.fields} == {"name", "address"}
    assert reads.my_applications(window(), at=AT) == ()
    with pytest.raises(NotFound):
        reads.own_application(window(), made.number, at=AT)
    (served,) = form_reads.receptions(window(), at_machine=MACHINE)
    assert reads.reached_application(window(), made.number, at=AT).number == made.number
    forms.end_reception(window(), served.id, at=AT, at_machine=MACHINE)
    with pytest.raises(NotFound):
        reads.reached_application(window(), made.number, at=AT)


def test_a_draft_is_the_offices_and_waits_for_the_person_to_come_again(district: str) -> None:
    person, other = somebody_old(), somebody_old(2)
    sent = written(person)
    assert form_reads.drafts(window()) == ()
    colleague = clerk_of(8765)
    with pytest.raises(NotFound):
        form_reads.read_draft(colleague, sent.key, at=AT)
    received(other, colleague)
    with pytest.raises(NotFound):
        form_reads.read_draft(colleague, sent.key, at=AT)
    received(person, colleague)
    assert form_reads.read_draft(colleague, sent.key, at=AT).content.answers["wish"] == WHOLE["wish"]
    for one in form_reads.receptions(window(), at_machine=MACHINE):
        forms.end_reception(window(), one.id, at=AT, at_machine=MACHINE)
    with pytest.raises(NotFound):
        acts.apply(window(), sent, at=AT, at_machine=MACHINE)
    with pytest.raises(NotFound):
        form_reads.read_draft(resident_of(person, "曾示例1", 1), sent.key, at=AT)


def test_a_reception_ends_by_itself(district: str) -> None:
    person = somebody_old()
    one = received(person)
    late = MACHINE + timedelta(hours=3)
    with pytest.raises(NotPermitted):
        acts.begin_taking(window(), one, public_item(), at=AT, at_machine=late)
    sent = acts.begin_taking(window(), one, public_item(), at=AT, at_machine=MACHINE)
    assert forms.end_late_receptions(at_machine=MACHINE) == 0
    assert forms.end_late_receptions(at_machine=late) == 1
    with pytest.raises(NotFound):
        form_reads.read_draft(window(), sent, at=AT)


def test_who_lives_elsewhere_is_received_elsewhere(district: str) -> None:
    with pytest.raises(NotPermitted):
        received(somebody_old(), clerk_of(8765, "990101002"))


def test_nothing_is_sent_that_nobody_agreed_to(district: str) -> None:
    person = somebody_old()
    sent = written(person, signed="")
    with pytest.raises(Refused, match="signed_how"):
        acts.apply(window(), sent, at=AT, at_machine=MACHINE)
    paper = acts.Sending(sent.key, sent.revision, sent.code, sent.language, "paper")
    with pytest.raises(Refused, match="signed_scan"):
        acts.apply(window(), paper, at=AT, at_machine=MACHINE)
    _, revision = forms.attach(window(), sent.key, sent.revision, forms.SIGNED, "扫描.png", a_png(), at=AT)
    with pytest.raises(Refused, match="signed_how"):
        acts.apply(window(), acts.Sending(sent.key, revision, sent.code, "zh", "read"), at=AT, at_machine=MACHINE)
    made = acts.apply(window(), acts.Sending(sent.key, revision, sent.code, "zh", "paper"), at=AT, at_machine=MACHINE)
    own = reads.own_application(resident_of(person, "曾示例1", 1), made.number, at=AT)
    told = form_reads.submission_told(own.submissions[0])
    assert [one.asked for one in told.files] == [forms.SIGNED]
    assert form_reads.file_told(told.id, told.files[0].key).content == a_png()


def test_what_was_missing_is_given_in_at_the_window_too(district: str) -> None:
    person = somebody_old()
    made = taken(person)
    case = case_reads.case_view(window(), made.number, AT)
    cases.take_step(window(), case.id, case.tasks[0].id, "incomplete", at=AT, note="请补交照片")
    (served,) = form_reads.receptions(window(), at_machine=MACHINE)
    key = acts.start_supplement(window(), made.number, at=AT, at_machine=MACHINE, received=served)
    again = acts.start_supplement(window(), made.number, at=AT, at_machine=MACHINE, received=served)
    assert again == key
    draft = form_reads.read_draft(window(), key, at=AT)
    assert draft.content.answers["facts"] == WHOLE["facts"]
    code = draft.form.code
    sent = acts.Sending(key, draft.revision, code, "zh", "read")
    assert acts.supplement(window(), sent, at=AT, at_machine=MACHINE) == made.number
    assert len(reads.reached_application(window(), made.number, at=AT).submissions) == 2
    acts.withdraw_application(window(), made.number, at=AT)
    assert reads.course_of(reads.reached_application(window(), made.number, at=AT), at=AT).closing == "withdrawn"


def test_who_calls_is_shown_nothing_and_asks_no_window(district: str) -> None:
    person = somebody_old()
    made = taken(person)
    operator = Actor(account=5, name="话务", scope=holder(frozenset({"call.answer"}), DISTRICT, DISTRICT, "x").scope)
    forms.take_call(operator, at=AT, at_machine=MACHINE)
    with pytest.raises(NotFound):
        reads.reached_application(operator, made.number, at=AT)
    with pytest.raises(NotPermitted):
        forms.take_call(clerk_of(8765), at=AT, at_machine=MACHINE)
    assert number(1) not in str(store.rows("SELECT * FROM journal_entry"))


def test_a_call_begins_with_what_is_taken_down_or_not_at_all(district: str) -> None:
    """A form that was refused left a call behind among those whom one serves; a name is asked where the law asks it."""
    operator = Actor(account=5, name="话务", scope=holder(frozenset({"call.answer"}), DISTRICT, DISTRICT, "x").scope)
    for kind, error in (("nothing.at_all", NotFound), ("government_information.request", Refused), ("", Refused)):
        with pytest.raises(error):
            acts.begin_call(operator, kind, at=AT, at_machine=MACHINE)
    assert form_reads.receptions(operator, at_machine=MACHINE) == ()
    assert acts.begin_call(operator, "interaction.complaint", at=AT, at_machine=MACHINE)
    assert len(form_reads.receptions(operator, at_machine=MACHINE)) == 1


def test_who_only_helps_by_papers_receives_nobody_at_a_window(district: str) -> None:
    """A worker without a paper posted the number of a person, and had their matters before them."""
    worker = holder(frozenset({TAKE_MATTERS, TELL_PEOPLE}), DISTRICT, EAST, "zhihai.community_worker", 8766)
    with pytest.raises(NotPermitted):
        forms.receive(worker, somebody_old(), CARD, at=AT, at_machine=MACHINE)
    assert form_reads.receptions(worker, at_machine=MACHINE) == ()


def test_what_is_missing_in_ones_matter_is_not_given_in_as_anothers(district: str) -> None:
    """With two people received at once, a supplement of the one could become a submission of the other."""
    person, other = somebody_old(), somebody_old(2)
    made = taken(person)
    case = case_reads.case_view(window(), made.number, AT)
    cases.take_step(window(), case.id, case.tasks[0].id, "incomplete", at=AT, note="请补交照片")
    received(other)
    wrong = next(one for one in form_reads.receptions(window(), at_machine=MACHINE) if one.person == other)
    with pytest.raises(NotFound):
        acts.start_supplement(window(), made.number, at=AT, at_machine=MACHINE, received=wrong)


def test_who_stood_there_for_somebody_reaches_nothing_once_the_tie_has_ended(district: str) -> None:
    person, _ = somebody_old(), somebody_old(2)
    made = taken(person)
    for one in form_reads.receptions(window(), at_machine=MACHINE):
        forms.end_reception(window(), one.id, at=AT, at_machine=MACHINE)
    tie = identity.record_tie(SYSTEM, helping(person, 2), at=AT)
    forms.receive(window(), person, CARD, at=AT, at_machine=MACHINE, tie=tie)
    (served,) = form_reads.receptions(window(), at_machine=MACHINE)
    assert [one.number for one, _ in reads.matters_received(served, at=AT)] == [made.number]
    later = AT + timedelta(minutes=10)
    identity.end_tie(resident_of(person, "曾示例1", 1), tie, "不再需要", at=AT)
    with pytest.raises(Refused):
        reads.matters_received(served, at=later)
    for reach in (reads.reached_application, acts.withdraw_application):
        with pytest.raises(NotFound):
            reach(window(), made.number, at=later)
