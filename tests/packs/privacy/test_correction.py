"""What somebody says is wrong with their data is a case of the window, verified, put right or not, and answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.kernel.acting import AT, EAST, MACHINE, WEST, account, office
from tests.kernel.identity.peopled import DAY, GROUND, clerk, registered, resident_of, somebody

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.powers import SEE_PEOPLE, SET_PEOPLE
from zhihai.ground.refusal import Conflict, NotPermitted, Refused
from zhihai.kernel import records as store
from zhihai.kernel.cases import acts, reads
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as who

OLD, NEW, WHY = "示例路 1 号", "示例路 2 号", "去年搬家，有新的租赁合同"


class Living:
    """Somebody in the eastern street with an account and an address."""

    def __init__(self) -> None:
        (self.person,) = registered(somebody(1, "曾示例1", facts={"address": OLD, "sex": "female"}))
        self.mine = resident_of(self.person, "曾示例1", 1)

    def ask(self, **more: Any) -> acts.CaseRef:
        given = {"name": "address", "value": NEW, "said": WHY, **more}
        return acts.ask_correction(self.mine, given["name"], given["value"], given["said"], at=given.get("at", AT))


@pytest.fixture
def living(district: str) -> Living:
    return Living()


def window() -> Actor:
    return who.actor_of(account("window-east"), at=AT)


def answer(case: acts.CaseRef, outcome: str, note: str) -> None:
    view = reads.case_view(window(), case.number, AT)
    acts.take_step(window(), view.id, view.tasks[0].id, outcome, note=note, at=AT + timedelta(days=1))


def all_of(actor: Actor) -> tuple[reads.Corrected, ...]:
    return reads.corrected(who.my_data(actor).asked)


def own(actor: Actor) -> reads.Corrected:
    return all_of(actor)[0]


def test_the_window_where_one_lives_verifies_it_puts_it_right_and_answers(living: Living) -> None:
    case = living.ask()
    view = reads.case_view(window(), case.number, AT)
    assert (view.org, {clock.name for clock in view.clocks}) == (office(EAST), {"answer", "verify"})
    asked = who.correction_told(window(), view.subject[1])  # type: ignore[index]
    assert (asked.name, asked.value, asked.said, asked.present) == ("address", NEW, WHY, OLD)
    assert own(living.mine).case.due is not None
    identity.correct_person(window(), living.person, "address", NEW, "document", DAY, at=AT + timedelta(hours=1))
    answer(case, "put_right", "已按租赁合同更正")
    mine = own(living.mine)
    assert (mine.case.state, mine.case.closing, mine.case.answer) == ("closed", "put_right", "已按租赁合同更正")
    assert mine.asked.present == NEW


def test_what_is_not_changed_is_answered_with_a_reason(living: Living) -> None:
    case = living.ask()
    with pytest.raises(Refused, match="note_needed"):
        answer(case, "kept", "")
    answer(case, "kept", "合同与本人不符")
    assert own(living.mine).case.closing == "kept"
    assert living.ask().number != case.number  # and may be asked for again, with better papers


def test_the_words_are_behind_the_wall_and_in_no_case_nor_the_journal(living: Living) -> None:
    case = living.ask()
    for table in ("cases", "task", "journal_entry", "outbox"):
        text = str(store.rows(f'SELECT t::text FROM "{table}" t'))
        assert NEW not in text
        assert WHY not in text
    assert store.rows("SELECT 1 FROM correction") == []
    about = reads.case_view(SYSTEM, case.number, AT).subject
    assert about is not None
    for stranger in (clerk({SEE_PEOPLE}, WEST), clerk({SET_PEOPLE}, EAST), living.mine):
        with pytest.raises(NotPermitted):
            who.correction_told(stranger, about[1])


def test_one_field_is_looked_into_once_at_a_time(living: Living) -> None:
    living.ask()
    with pytest.raises(Conflict, match="correction_waits"):
        living.ask(value="示例路 3 号")
    living.ask(name="sex", value="male")
    assert len(all_of(living.mine)) == 2
    assert store.value("SELECT count(*) FROM cases WHERE subject_noun = 'correction'") == 2


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"name": "number", "value": "990101197001010002"}, "correction_field"),
        ({"name": "area", "value": EAST}, "correction_field"),
        ({"name": "ended", "value": "2014-01-01"}, "correction_field"),
        ({"name": "birth", "value": "1970 年"}, "field_birth"),
        ({"value": " "}, "field_length"),
        ({"value": OLD}, "correction_same"),
        ({"said": "错"}, "correction_said"),
        ({"said": "长" * 501}, "correction_said"),
    ],
)
def test_what_can_not_be_asked_for_is_refused_and_nothing_is_kept(living: Living, more: Any, code: str) -> None:
    with pytest.raises(Refused, match=code):
        living.ask(**more)
    assert who.my_data(living.mine).asked == ()


def test_only_who_was_shown_in_person_asks_and_only_about_themselves(living: Living) -> None:
    identity.look(SYSTEM, living.person, ("name",), *GROUND, at=AT, at_machine=MACHINE)
    made = identity.sign_up("a password of a test", who.account_named(account_name(living.mine)).name, "zh", at=AT)
    named = Actor(account=made, name="曾示例1", sort="resident")
    for actor in (named, SYSTEM, window()):
        with pytest.raises(NotPermitted):
            acts.ask_correction(actor, "address", NEW, WHY, at=AT)
    assert all_of(named) == ()


def account_name(actor: Actor) -> str:
    return str(store.value("SELECT username FROM account WHERE id = %s", (actor.account,)))
