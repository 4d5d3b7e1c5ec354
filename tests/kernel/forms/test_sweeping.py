"""Drafts that nobody goes on with are told of, stay if saved once more, and are thrown away with their files."""

from __future__ import annotations

from datetime import timedelta

from tests.kernel.acting import AT, MACHINE
from tests.kernel.forms.applying import WHOLE, a_png, newcomer, written
from tests.kernel.forms.receptions_tried import window
from tests.kernel.identity.peopled import registered, resident_of, somebody
from tests.kernel.services.own_trials import public_item

from zhihai.kernel import records
from zhihai.kernel.forms import acts, reads
from zhihai.kernel.services import acts as services

DAY = timedelta(days=1)


def told(account: int) -> int:
    return int(records.value("SELECT count(*) FROM zh_notices(%s, NULL, 50)", (account,)))


def test_a_draft_is_told_of_and_then_gone_with_its_files(district: str) -> None:
    mine = newcomer()
    key = written(mine)
    acts.attach(mine, key, 2, "files", "a.png", a_png(), at=AT)
    assert acts.sweep_drafts(at=AT + 59 * DAY) == 0
    assert acts.sweep_drafts(at=AT + 60 * DAY) == 1
    assert told(mine.account) == 1
    assert acts.sweep_drafts(at=AT + 73 * DAY) == 0
    assert [one.key for one in reads.drafts(mine)] == [key]
    assert acts.sweep_drafts(at=AT + 74 * DAY) == 1
    assert reads.drafts(mine) == ()
    assert records.value("SELECT count(*) FROM form_file") == 0
    assert told(mine.account) == 1


def test_whoever_saves_it_once_more_keeps_it(district: str) -> None:
    mine = newcomer()
    key = written(mine)
    acts.sweep_drafts(at=AT + 60 * DAY)
    acts.save_draft(mine, key, 2, WHOLE, at=AT + 61 * DAY)
    assert acts.sweep_drafts(at=AT + 100 * DAY) == 0
    assert acts.sweep_drafts(at=AT + 121 * DAY) == 1
    assert told(mine.account) == 2


def test_of_what_an_office_wrote_the_person_is_told_not_the_clerk(district: str) -> None:
    (person,) = registered(somebody(1, "曾示例1"))
    mine = resident_of(person, "曾示例1", 1)
    before = told(mine.account), told(window().account)
    one = acts.receive(window(), person, "居民身份证原件", at=AT, at_machine=MACHINE)
    services.begin_taking(window(), one, public_item(), at=AT, at_machine=MACHINE)
    acts.sweep_drafts(at=AT + 60 * DAY)
    assert (told(mine.account), told(window().account)) == (before[0] + 1, before[1])
