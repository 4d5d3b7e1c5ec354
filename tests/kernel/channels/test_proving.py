"""A mobile number is proved by the code that came there: guessed at, replayed, late, in two tabs, by somebody else."""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connection
from tests.kernel.acting import MACHINE
from tests.kernel.channels.reached import AT, HOME, person, tell, ways
from tests.kernel.identity.peopled import resident_of

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import records as store
from zhihai.kernel.channels import acts, proving, reads
from zhihai.kernel.journal import reads as journal

NUMBER, OTHER = "13912345678", "15087654321"
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
pytestmark = pytest.mark.usefixtures("district")


def somebody(n: int = 1, **facts: str) -> Actor:
    return resident_of(person(n, **facts), f"曾示例{n}", n)


def sent(at: datetime = MACHINE) -> list[acts.Message]:
    """Send the codes that wait, and return the messages."""
    got: list[acts.Message] = []
    acts.send_codes(got.append, at_machine=at)
    return got


def code_in(message: acts.Message) -> str:
    (code,) = re.findall(r"\b[0-9]{6}\b", message.subject)
    return str(code)


def asked(by: Actor, number: str | None = NUMBER, at: datetime = MACHINE) -> str:
    """Ask for a code and return the one that came."""
    acts.ask_number(by, number, at=AT, at_machine=at)
    (message,) = sent(at)
    return code_in(message)


def prove(by: Actor, code: str, at: datetime = MACHINE) -> str:
    """Type a code in; returns what was said against it."""
    try:
        acts.prove_number(by, code, at=AT, at_machine=at)
    except Refused as refused:
        return refused.code
    return ""


def wrong(code: str, n: int = 1) -> str:
    return f"{(int(code) + n) % 10**6:06d}"


def standing(by: Actor, at: datetime = MACHINE) -> reads.Number:
    return reads.number_of(by.account, at_machine=at)


class TestProved:
    def test_short_messages_go_to_the_number_that_was_proved(self) -> None:
        mine = somebody(**HOME)
        code = asked(mine, "＋86 139-1234-5678")
        assert standing(mine).state == "sent"
        assert prove(mine, f" {code[:3]} {code[3:]} ") == ""
        assert (standing(mine).proved, standing(mine).state, standing(mine).proved_at) == (NUMBER, None, AT)
        acts.choose(mine, ["sms"], "zh", at=AT)
        tell(accounts=[mine.account])
        got: list[acts.Message] = []
        acts.deliver(got.append, "sms", at_machine=journal.now() + 9999 * DAY)
        assert [message.to for message in got] == [NUMBER], "before the telephone of the record"

    def test_who_was_never_at_a_window_may_be_told_so_too(self) -> None:
        mine = somebody()
        with pytest.raises(Refused, match="notice_no_phone"):
            acts.choose(mine, ["sms"], "zh", at=AT)
        prove(mine, asked(mine))
        acts.choose(mine, ["sms"], "zh", at=AT)
        assert reads.choice_of(mine.account, None).ways == ("sms",)

    def test_another_number_takes_the_place_of_the_first_when_it_is_proved_and_not_before(self) -> None:
        mine = somebody()
        prove(mine, asked(mine))
        code = asked(mine, OTHER, MACHINE + 2 * MINUTE)
        assert (standing(mine).proved, standing(mine, MACHINE + 2 * MINUTE).waiting) == (NUMBER, OTHER)
        assert prove(mine, code, MACHINE + 3 * MINUTE) == ""
        assert standing(mine).proved == OTHER

    def test_what_is_taken_away_ends_the_way_that_needs_it(self) -> None:
        mine, at_window = somebody(), somebody(2, **HOME)
        for one, number in ((mine, NUMBER), (at_window, OTHER)):
            prove(one, asked(one, number))
            acts.choose(one, ["sms"], "en", at=AT)
            acts.drop_number(one, at=AT)
        assert standing(mine).proved == ""
        assert (reads.choice_of(mine.account, None).ways, reads.choice_of(mine.account, None).language) == ((), "en")
        assert reads.choice_of(at_window.account, None).ways == ("sms",), "the telephone of the record is still known"
        with pytest.raises(Refused, match="number_none"):
            acts.drop_number(mine, at=AT)
        tell(accounts=[at_window.account])
        assert ways() == Counter({("sms", "queued"): 3}), "this, and to each number that it was taken away"

    def test_two_who_share_a_telephone_both_prove_it_and_neither_learns_of_the_other(self) -> None:
        first, second = somebody(1), somebody(2)
        assert prove(first, asked(first)) == ""
        code = asked(second, at=MACHINE + 2 * MINUTE)
        assert prove(second, code, MACHINE + 2 * MINUTE) == ""
        acts.drop_number(first, at=AT)
        assert (standing(first).proved, standing(second).proved) == ("", NUMBER)


class TestAttacks:
    def test_a_code_is_guessed_at_five_times_and_no_more(self) -> None:
        mine = somebody()
        code = asked(mine)
        said = [prove(mine, wrong(code, n)) for n in range(1, 6)]
        assert said == ["number_wrong"] * 4 + ["number_spent"]
        assert prove(mine, code) == "number_spent", "the right one comes too late"
        assert (standing(mine).state, standing(mine).proved) == ("spent", "")

    def test_what_is_no_code_does_not_count(self) -> None:
        mine = somebody()
        code = asked(mine)
        for bad in ("", "12345", "1234567", "12345a", "١٢٣٤٥٦", "1 2 3 4 5"):
            assert prove(mine, bad) == "number_code_form"
        assert standing(mine).left == 5
        assert prove(mine, "".join(chr(ord(digit) + 0xFEE0) for digit in code)) == "", "full-width digits are digits"

    def test_guesses_at_once_are_counted_one_after_the_other(self) -> None:
        mine = somebody()
        code, said = asked(mine), []

        def guess(n: int) -> None:
            try:
                said.append(prove(mine, wrong(code, n)))
            finally:
                connection.close()

        threads = [threading.Thread(target=guess, args=(n,)) for n in range(1, 11)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert Counter(said) == Counter({"number_wrong": 4, "number_spent": 6})

    def test_a_code_is_good_once(self) -> None:
        mine = somebody()
        code = asked(mine)
        assert [prove(mine, code), prove(mine, code)] == ["", "number_no_code"]
        acts.drop_number(mine, at=AT)
        assert prove(mine, code) == "number_no_code"
        assert standing(mine).proved == ""

    def test_a_code_holds_ten_minutes(self) -> None:
        mine = somebody()
        code = asked(mine)
        late = MACHINE + timedelta(minutes=10, seconds=1)  # of its taking, a moment after the pass began
        assert (standing(mine, late).state, prove(mine, code, late)) == ("expired", "number_expired")
        assert prove(mine, code, late - 2 * SECOND) == ""

    def test_of_two_tabs_the_code_of_the_later_holds(self) -> None:
        mine = somebody()
        first = asked(mine)
        second = asked(mine, OTHER, MACHINE + MINUTE)
        if first != second:
            assert prove(mine, first, MACHINE + MINUTE) == "number_wrong"
        assert prove(mine, second, MACHINE + MINUTE) == ""
        assert standing(mine).proved == OTHER

    def test_a_code_proves_nothing_for_anybody_else(self) -> None:
        mine, other = somebody(1), somebody(2)
        code = asked(mine)
        assert prove(other, code) == "number_no_code"
        theirs = asked(other, OTHER)
        if theirs != code:
            assert prove(other, code) == "number_wrong"
        assert (standing(mine).left, standing(other).proved) == (5, "")
        with pytest.raises(NotPermitted):
            acts.prove_number(replace(mine, narrowed=True), code, at=AT, at_machine=MACHINE)

    def test_codes_are_asked_for_once_a_minute_and_ten_times_a_day(self) -> None:
        mine, at = somebody(), MACHINE
        for _ in range(10):
            asked(mine, at=at)
            with pytest.raises(Refused, match=r"number_minute|number_day"):
                acts.ask_number(mine, OTHER, at=AT, at_machine=at + MINUTE - SECOND)
            at += MINUTE
        for number in (NUMBER, OTHER, None):
            with pytest.raises(Refused, match="number_day"):
                acts.ask_number(mine, number, at=AT, at_machine=at)
        asked(mine, at=MACHINE + DAY + MINUTE)

    def test_a_number_is_not_flooded_from_many_accounts(self) -> None:
        at = MACHINE
        for n in range(1, 11):
            asked(somebody(n), at=at)
            with pytest.raises(Refused, match=r"number_minute|number_day"):
                acts.ask_number(somebody(n + 20), NUMBER, at=AT, at_machine=at)
            at += MINUTE
        with pytest.raises(Refused, match="number_day"):
            acts.ask_number(somebody(11), NUMBER, at=AT, at_machine=at)
        asked(somebody(12), OTHER, at)

    def test_two_tabs_at_once_ask_for_one_code(self) -> None:
        mine, said = somebody(), []

        def ask(number: str) -> None:
            try:
                acts.ask_number(mine, number, at=AT, at_machine=MACHINE)
                said.append("")
            except Refused as refused:
                said.append(refused.code)
            finally:
                connection.close()

        threads = [threading.Thread(target=ask, args=(number,)) for number in (NUMBER, OTHER, NUMBER, OTHER)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert Counter(said) == Counter({"": 1, "number_minute": 3})

    def test_a_clock_that_stood_ahead_holds_up_nobody(self) -> None:
        mine = somebody()
        asked(mine, at=MACHINE + 30 * DAY)
        code = asked(mine)
        assert prove(mine, code) == ""

    def test_number_and_code_stand_nowhere_to_be_read(self, caplog: pytest.LogCaptureFixture) -> None:
        mine = somebody()
        with caplog.at_level(logging.DEBUG):
            code = asked(mine)
            prove(mine, wrong(code))
            prove(mine, code)
        with store.atomic():
            store.value("SELECT zh_read_as('platform')")
            kept = str([store.rows(f"SELECT to_jsonb(x) - 'asked_at' - 'until' - 'next_at' FROM {table} x")
                        for table in ("number_code", "notice_number", "notice", "delivery")])  # fmt: skip
        entries = str([(entry.act, entry.data) for entry in journal.entries("account", mine.account)])
        for secret in (code, NUMBER, NUMBER[-8:]):
            assert secret not in kept + entries + caplog.text + repr(standing(mine))
            assert secret not in repr(reads.choice_of(mine.account, None))

    def test_the_store_shows_them_to_no_other_question(self) -> None:
        mine, other = somebody(1), somebody(2)
        prove(mine, asked(mine))
        for reader, n in (("", 0), (f"own:{other.account}", 0), (f"own:{mine.account}", 1), ("platform", 1)):
            with store.atomic():
                store.value("SELECT zh_read_as(%s)", (reader,))
                assert store.value("SELECT count(*) FROM notice_number") == n
                assert store.value("SELECT count(*) FROM number_code") == n


class TestSending:
    def test_a_gateway_that_is_away_gets_another_code_later_and_is_given_up_after_three(self) -> None:
        mine, got = somebody(), []

        def lose(message: acts.Message) -> None:
            got.append(message)
            raise OSError

        acts.ask_number(mine, NUMBER, at=AT, at_machine=MACHINE)
        for n in range(4):
            acts.send_codes(lose, at_machine=MACHINE + n * MINUTE)
        assert [message.reference.rpartition(".")[2] for message in got] == ["1", "2", "3"]
        first, latest = code_in(got[0]), code_in(got[2])
        if first != latest:
            assert prove(mine, first, MACHINE + 4 * MINUTE) == "number_wrong", "a later attempt made another"
        assert prove(mine, latest, MACHINE + 4 * MINUTE) == "", "its answer was lost, not the message"

    def test_a_code_whose_sending_is_doubtful_waits_to_be_typed_until_it_ends(self) -> None:
        mine = somebody()

        def lose(message: acts.Message) -> None:
            raise TimeoutError

        acts.ask_number(mine, NUMBER, at=AT, at_machine=MACHINE)
        for n in range(3):
            acts.send_codes(lose, at_machine=MACHINE + n * MINUTE)
        until = standing(mine).until
        assert until is not None
        assert (standing(mine, until - SECOND).state, standing(mine, until).state) == ("unsure", "failed")

    def test_the_lease_of_each_sending_begins_when_it_is_taken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for n in range(6):
            acts.ask_number(somebody(n), f"1391234567{n}", at=AT, at_machine=MACHINE)
        passed, first, second = [0.0], [], []
        monkeypatch.setattr(proving, "time", SimpleNamespace(monotonic=lambda: passed[0]))

        def slow(message: acts.Message) -> None:
            first.append(message.to)
            passed[0] += 9
            if len(first) == 6:  # another worker looks meanwhile
                acts.send_codes(lambda one: second.append(one.to), at_machine=MACHINE + passed[0] * SECOND)

        assert acts.send_codes(slow, at_machine=MACHINE) == 6
        assert (len(set(first)), second) == (6, [])

    def test_what_is_said_of_a_code_that_did_not_leave_is_the_case(self) -> None:
        mine = somebody()

        def refuse(message: acts.Message) -> None:
            raise acts.RefusedForGood

        assert prove(mine, "123456") == "number_no_code"
        acts.ask_number(mine, NUMBER, at=AT, at_machine=MACHINE)
        assert prove(mine, "123456") == "number_still_waits"
        assert prove(mine, "123456", MACHINE + 10 * MINUTE) == "number_expired"
        acts.send_codes(refuse, at_machine=MACHINE)
        assert prove(mine, "123456") == "number_not_sent"
        assert standing(mine).left == 5, "there was nothing to guess at"

    def test_a_number_that_is_refused_is_said(self) -> None:
        mine = somebody()

        def refuse(message: acts.Message) -> None:
            raise acts.RefusedForGood

        acts.ask_number(mine, NUMBER, at=AT, at_machine=MACHINE)
        assert acts.send_codes(refuse, at_machine=MACHINE) == 0
        assert (standing(mine).state, sent(MACHINE + MINUTE)) == ("failed", [])
        assert len(asked(mine, None, MACHINE + MINUTE)) == 6, "and may be asked for anew"

    def test_what_waited_too_long_does_not_leave(self) -> None:
        mine = somebody()
        acts.ask_number(mine, NUMBER, at=AT, at_machine=MACHINE)
        assert standing(mine).state == "waiting"
        assert sent(MACHINE + timedelta(minutes=10)) == []
        assert standing(mine).state == "failed"

    def test_codes_are_forgotten_after_a_day(self) -> None:
        mine = somebody()
        prove(mine, asked(mine))
        assert acts.sweep_codes(at_machine=MACHINE + DAY - MINUTE) == 0
        assert acts.sweep_codes(at_machine=MACHINE + DAY + MINUTE) == 1
        assert standing(mine).proved == NUMBER


def test_numbers_are_sealed_anew_under_the_present_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = somebody()
    prove(mine, asked(mine))
    code = asked(mine, OTHER, MACHINE + MINUTE)
    monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", [settings.SECRET_KEY])
    monkeypatch.setattr(settings, "SECRET_KEY", "another secret of this platform, for a test")
    assert acts.reseal_numbers() == 3
    assert acts.reseal_numbers() == 0
    assert (standing(mine).proved, standing(mine).waiting) == (NUMBER, OTHER)
    assert prove(mine, code, MACHINE + MINUTE) == "number_expired", "not a wrong one, which would count"
    assert prove(mine, asked(mine, None, MACHINE + 2 * MINUTE), MACHINE + 2 * MINUTE) == ""
