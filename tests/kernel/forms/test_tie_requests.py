"""A relative sends in a paper that somebody signed: it gives nothing until it is accepted, and tells nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from tests.ground.forms.test_files import a_carrying_pdf, a_locked_pdf, a_script_pdf
from tests.kernel.acting import AT, DISTRICT, EAST, MACHINE, WEST, account
from tests.kernel.forms.applying import a_png
from tests.kernel.forms.requests_tried import a_request, accepted, asked, elder, official, relative
from tests.kernel.hearing import heard
from tests.kernel.identity.peopled import everything_written, helping, number, resident_of

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.kernel import records as store
from zhihai.kernel.forms import acts, reads
from zhihai.kernel.forms.requesting import REASONS, RELATIONS
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as who
from zhihai.kernel.wall import PLATFORM, seeing

DAY = timedelta(days=1)


@contextmanager
def _noting() -> Iterator[list[str]]:
    """Note every question to the store, without what it is asked about."""
    noted: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *more: Any) -> Any:
        noted.append(sql)
        return execute(sql, *more)

    with connection.execute_wrapper(note):
        yield noted


def _told(account_: int) -> list[str]:
    """Full names of the notices of an account, the latest first."""
    return [row[0] for row in rows("SELECT template FROM notice WHERE account_id = %s ORDER BY id DESC", account_)]


def rows(question: str, *given: object) -> list[Any]:
    with seeing(PLATFORM):
        return store.rows(question, given)


def test_a_request_gives_no_right_until_an_official_accepts_it(district: str) -> None:
    person, mine = elder(), relative()
    key = asked(mine)
    assert who.mandates(mine, at=AT) == ()
    (waits,) = reads.my_tie_requests(mine)
    assert (waits.state, waits.name, waits.tie) == ("waiting", "曾示例1", None)
    tie = accepted(official(), key)
    (held,) = who.mandates(mine, at=AT)
    assert (held.id, held.principal.id, held.ground, held.evidence) == (tie, person, "written", "已打电话向本人核实")
    (done,) = reads.my_tie_requests(mine)
    assert (done.state, done.tie, done.scan) == ("accepted", tie, False)
    assert reads.paper_told(official(), tie, at=AT).content == a_png()
    identity.end_tie(mine, tie, "不再需要", at=AT)
    assert who.mandates(mine, at=AT) == ()


def test_the_answer_is_the_same_whoever_the_number_is(district: str) -> None:
    """Known, known by another name, and nobody's: the same questions in the same order, and the same page."""
    elder()
    mine = relative()
    with _noting() as known:
        asked(mine)
    with _noting() as misnamed:
        asked(mine, n=3, name="张冠李戴")
    with _noting() as nobody:
        asked(mine, n=4)
    assert known == misnamed == nobody
    assert not any("FROM person WHERE number_index" in one for one in known)
    assert {(one.state, one.tie) for one in reads.my_tie_requests(mine)} == {("waiting", None)}


def test_who_decides_reads_whether_name_and_number_fit(district: str) -> None:
    person, mine = elder(), relative()
    fits, wrong = asked(mine), asked(mine, n=3)
    assert [row.request.key for row in reads.tie_requests(official(EAST))] == [fits]
    assert [row.request.key for row in reads.tie_requests(official(WEST))] == [wrong]
    assert reads.tie_request(official(EAST), fits).person == person
    assert reads.tie_request(official(WEST), wrong).person is None
    with pytest.raises(Refused, match="tie_request_nobody"):
        accepted(official(WEST), wrong)
    assert reads.tie_request(official(EAST), fits).request.number.count("*") > 5


def test_a_name_that_is_another_is_accepted_by_nobody(district: str) -> None:
    elder()
    key = asked(relative(), name="张冠李戴")
    assert reads.tie_request(official(), key).person is None
    with pytest.raises(Refused, match="tie_request_nobody"):
        accepted(official(), key)


def test_nobody_reads_or_decides_what_is_anothers(district: str) -> None:
    elder()
    mine, other = relative(), relative(3)
    key = asked(mine)
    for guessed in (key, key[:-1] + ("A" if key[-1] != "A" else "B"), "1", "", "' OR true --", "x" * 22):
        with pytest.raises(NotFound):
            reads.own_scan(other, guessed)
        with pytest.raises(NotFound):
            acts.withdraw_tie_request(other, guessed, at=AT)
        for by in (official(WEST), mine, other):
            with pytest.raises(NotPermitted):
                reads.scan_asked(by, guessed)
            with pytest.raises(NotPermitted):
                accepted(by, guessed)
            with pytest.raises(NotPermitted):
                acts.refuse_tie_request(by, guessed, "unsigned", at=AT)
    assert store.rows("SELECT * FROM tie_request") == []
    assert reads.own_scan(mine, key).content == reads.scan_asked(official(), key).content == a_png()


def test_nobody_accepts_their_own_whatever_powers_they_hold(district: str) -> None:
    elder()
    mine = relative()
    key = asked(mine)
    with pytest.raises(NotPermitted):
        accepted(official(DISTRICT, mine.account), key)


def test_whoever_helps_the_person_by_a_paper_does_not_decide(district: str) -> None:
    person, mine = elder(), relative()
    helped = identity.record_tie(SYSTEM, helping(person, 2, valid_to=AT + DAY), at=AT)
    acts.keep_paper(SYSTEM, helped, "a.png", a_png(), at=AT, helper="window")
    later = relative(3)
    key = asked(later)
    with pytest.raises(Refused, match="tie_request_tied"):
        accepted(official(EAST, account("window")), key)
    assert mine.account != later.account
    assert accepted(official(EAST), key)


def test_two_officials_at_once_make_one_tie(district: str, together: Callable[..., list[Any]]) -> None:
    elder()
    key = asked(relative())
    first, second = official(EAST, 501), official(EAST, 502)
    made = together(lambda: accepted(first, key), lambda: acts.refuse_tie_request(second, key, "unsigned", at=AT))
    made += together(lambda: accepted(first, key), lambda: accepted(second, key))
    assert sum(isinstance(one, Conflict) for one in made) == 3
    assert rows("SELECT count(*) FROM tie")[0][0] <= 1
    assert rows("SELECT state FROM tie_request")[0][0] in ("accepted", "refused")


def test_one_request_for_one_person_waits_at_a_time(district: str, together: Callable[..., list[Any]]) -> None:
    elder()
    mine = relative()
    made = together(*[lambda: asked(mine)] * 3)
    assert sum(isinstance(one, Conflict) for one in made) == 2
    acts.withdraw_tie_request(mine, next(one for one in made if isinstance(one, str)), at=AT)
    assert asked(mine)


def test_a_replaced_account_of_the_same_person_asks_for_the_same_person_once(district: str) -> None:
    elder()
    mine = relative()
    asked(mine)
    own, _ = who.my_ties(mine, at=AT)
    assert own is not None
    again = resident_of(own, "曾示例2", 2)  # the window confirmed another account; the first is let go
    with pytest.raises(Conflict, match="tie_request_twice"):
        asked(again)
    for n in (4, 5):
        asked(again, n=n)
    with pytest.raises(Refused, match="tie_request_later"):
        asked(again, n=6)


def test_a_day_takes_three(district: str) -> None:
    mine = relative()
    for n in (3, 4, 5):
        asked(mine, n=n)
    with pytest.raises(Refused, match="tie_request_later"):
        asked(mine, n=6)
    assert acts.request_tie(mine, a_request(6), at=AT, at_machine=MACHINE + DAY + timedelta(seconds=1))


def test_only_who_was_shown_in_person_asks(district: str) -> None:
    elder()
    made = identity.sign_up("a password of a test", who.account_named("window").name, "zh", at=AT)
    mine = Actor(account=made, name="曾示例3", sort="resident")
    for by in (mine, official(), SYSTEM):
        with pytest.raises(NotPermitted):
            asked(by)
    assert rows("SELECT count(*) FROM tie_request") == [(0,)]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"kind": "zhihai.guardian"}, "no_tie_kind"),
        ({"kind": "zhihai.nothing"}, "no_tie_kind"),
        ({"relation": "friend"}, "tie_relation"),
        ({"name": "  "}, "tie_request_name"),
        ({"name": "a\x00b"}, "tie_request_name"),
        ({"number": number(2)}, "tie_request_self"),
        ({"number": number(1)[:-1] + "0"}, "number_check"),
        ({"services": ()}, "no_service"),
        ({"services": ("zhihai.everything",)}, "no_service"),
        ({"valid_to": AT}, "tie_order"),
        ({"valid_to": AT + 400 * DAY}, "tie_long"),
        ({"content": b""}, "paper_scan"),
        ({"content": b"MZ\x90 not a picture"}, "file_type"),
        ({"content": a_script_pdf(), "file": "a.pdf"}, "file_active"),
        ({"content": a_carrying_pdf(), "file": "a.pdf"}, "file_active"),
        ({"content": a_locked_pdf(), "file": "a.pdf"}, "file_locked"),
        ({"content": a_png() + b"\x00" * (11 << 20)}, "file_large"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_kept(district: str, wrong: dict[str, Any], code: str) -> None:
    mine = relative()
    with pytest.raises(Refused, match=code):
        asked(mine, **wrong)
    assert rows("SELECT count(*) FROM tie_request") == [(0,)]


def test_what_is_refused_is_kept_and_its_scan_goes_when_a_draft_would(district: str) -> None:
    elder()
    mine = relative()
    key = asked(mine)
    with pytest.raises(Refused, match="tie_request_reason"):
        acts.refuse_tie_request(official(), key, "because", at=AT)
    acts.refuse_tie_request(official(), key, "unsigned", at=AT)
    again = asked(mine)
    assert acts.sweep_tie_requests(at=AT + 59 * DAY) == 0
    assert reads.own_scan(mine, key).content == a_png()
    assert acts.sweep_tie_requests(at=AT + 60 * DAY) == 1
    with pytest.raises(NotFound):
        reads.own_scan(mine, key)
    waits, refused = reads.my_tie_requests(mine)
    assert (refused.state, refused.reason, refused.scan, waits.key, waits.scan) == (
        "refused", "unsigned", False, again, True
    )  # fmt: skip
    with pytest.raises(Conflict):
        accepted(official(), key)


def test_the_person_is_told_and_ends_it_and_who_asked_hears_of_a_refusal(district: str) -> None:
    person, mine = elder(), relative()
    principal = resident_of(person, "曾示例1", 1)
    first = asked(mine)
    acts.refuse_tie_request(official(), first, "differs", at=AT)
    assert _told(mine.account)[0] == "zhihai.tie_request_refused"
    tie = accepted(official(), asked(mine))
    heard()
    assert _told(principal.account)[0] == "zhihai.tie_consented"
    assert _told(mine.account)[0] == "zhihai.tie_consented"
    identity.end_tie(principal, tie, "不是我的意思", at=AT)
    with pytest.raises(Refused, match="tie_ended"):
        who.mandate(mine, tie, at=AT + DAY)


def test_somebody_without_an_account_is_told_by_letter(district: str) -> None:
    elder()
    accepted(official(), asked(relative()))
    heard()
    with seeing(PLATFORM):
        found = store.rows(
            """SELECT d.channel FROM delivery d JOIN notice n ON n.id = d.notice_id
               WHERE n.template = 'zhihai.tie_consented' AND n.person_id IS NOT NULL"""
        )
    assert found == [("post",)]


def test_who_asked_is_no_level_three_any_more(district: str) -> None:
    elder()
    mine = relative()
    key = asked(mine)
    own, _ = who.my_ties(mine, at=AT)
    assert own is not None
    resident_of(own, "曾示例2", 2)  # another account, which the window confirmed: the first is let go
    with pytest.raises(Refused, match="tie_request_gone"):
        accepted(official(), key)


def test_nothing_that_was_written_is_readable_in_the_store(district: str) -> None:
    asked(relative(), n=7, name="只写在申请里")
    written = everything_written()
    assert number(7) not in written
    assert "只写在申请里" not in written


def test_a_new_secret_seals_them_anew_and_still_finds_the_pair(district: str, monkeypatch: pytest.MonkeyPatch) -> None:
    person, mine = elder(), relative()
    key = asked(mine)
    monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", [settings.SECRET_KEY])
    monkeypatch.setattr(settings, "SECRET_KEY", "another secret of the platform, long enough to be one")
    with pytest.raises(Conflict):
        asked(mine)
    assert identity.reseal()
    assert acts.reseal_forms()
    monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", [])
    assert reads.own_scan(mine, key).content == a_png()
    assert reads.tie_request(official(), key).person == person
    with pytest.raises(Conflict):
        asked(mine)


def test_every_relation_and_reason_is_one_the_store_knows(district: str) -> None:
    elder()
    mine = relative()
    for reason in REASONS:
        key = acts.request_tie(
            mine, a_request(relation=RELATIONS[0]), at=AT, at_machine=MACHINE + DAY * 2 * REASONS.index(reason)
        )
        acts.refuse_tie_request(official(), key, reason, at=AT)
    assert {one.reason for one in reads.my_tie_requests(mine)} == set(REASONS)
