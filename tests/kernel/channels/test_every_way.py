"""Notices by the way that somebody chose, to people without an account too, and on by hand where a way fails."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection
from tests.kernel.acting import MACHINE, holder
from tests.kernel.channels.reached import AT, DUTY, FREE, HOME, person, tell, ways
from tests.kernel.identity.peopled import looks_of, resident_of

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import records as store
from zhihai.kernel.channels import acts, reads
from zhihai.kernel.channels.choosing import hook_secret
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity.kinds import SEE_PEOPLE, SET_PEOPLE, TELL_PEOPLE
from zhihai.kernel.journal import reads as journal

LATER = timedelta(minutes=1)
NIGHT = reads.QuietHours(time(21), time(8))
WEST, EAST, DISTRICT = "990101002", "990101001", "990101-district"
pytestmark = pytest.mark.usefixtures("district")


def worker(*powers: str, street: str = EAST) -> Actor:
    return holder(frozenset(powers or (TELL_PEOPLE,)), "990101", street, "zhihai.community_worker", 77)


def taken(way: reads.Way, at: datetime | None = None, quiet: reads.QuietHours = reads.NO_QUIET) -> list[acts.Message]:
    """Deliver all that is due by a way, and return it."""
    got: list[acts.Message] = []
    acts.deliver(got.append, way, at_machine=at or datetime.now(UTC) + LATER, quiet=quiet)
    return got


class TestWithoutAnAccount:
    def test_somebody_with_an_address_gets_a_letter_and_anybody_else_is_called_on(self) -> None:
        tell(people=[person(1, **HOME), person(2, phone="138-0000-0001"), person(3)])
        assert ways() == Counter({("post", "queued"): 1, ("person", "queued"): 2})

    def test_the_same_matter_is_told_once(self) -> None:
        one = person(1, **HOME)
        assert (tell(people=[one]), tell(people=[one, one])) == (1, 0)
        mine = resident_of(one, "曾示例1", 1)
        assert tell(people=[one]) == 0, "an account that came later is the same person"
        assert [notice.facts for notice in reads.notices(mine.account)] == [{"number": "LS-2014-000001"}]

    def test_whoever_has_an_account_is_told_there(self) -> None:
        one = person(1, **HOME)
        mine = resident_of(one, "曾示例1", 1)
        store.execute("UPDATE account SET email = 'one@example.org' WHERE id = %s", (mine.account,))
        assert tell(people=[one]) == 1
        assert ways() == Counter({("email", "queued"): 1})
        assert reads.unread(mine.account) == 1

    def test_a_name_and_a_number_open_nothing_that_a_person_was_told(self) -> None:
        one = person(1, **HOME)
        tell(people=[one])
        claimed = identity.sign_up("a password of a test", Named("居民", "Resident"), "zh", at=AT)
        tied = "INSERT INTO account_person VALUES (%s, %s, 2, %s, '', 1)"
        with store.atomic():
            store.value("SELECT zh_read_as('platform')")
            store.execute(tied, (claimed, one, AT))
        assert reads.notices(claimed) == ()
        assert reads.unread(claimed) == 0

    def test_short_messages_go_to_the_telephone_that_is_known(self) -> None:
        one = person(1, **HOME)
        acts.choose_for(SYSTEM, one, ["sms"], "en", at=AT)
        tell(people=[one])
        (message,) = taken("sms")
        assert (message.to, message.language) == ("138-0000-0000", "en")
        assert "closed" in message.subject
        assert message.reference.endswith(".sms")
        assert HOME["phone"] not in repr(message)


class TestChoosing:
    def test_a_way_that_lacks_what_it_needs_is_refused(self) -> None:
        one = person(1)
        mine = resident_of(one, "曾示例1", 1)
        for way, code in (("sms", "notice_no_phone"), ("post", "notice_no_home"), ("webhook", "notice_no_hook")):
            with pytest.raises(Refused) as refused:
                acts.choose(mine, [way], "zh", at=AT)
            assert refused.value.code == code
        acts.choose(mine, ["person"], "zh", at=AT)
        with pytest.raises(Refused, match="notice_no_phone"):
            acts.choose_for(SYSTEM, one, ["sms"], "zh", at=AT)
        with pytest.raises(Refused, match="notice_way"):
            acts.choose_for(SYSTEM, one, ["email"], "zh", at=AT)
        assert reads.choice_of(mine.account, None).ways == ("person",)

    def test_what_must_be_told_can_not_be_stopped_and_the_rest_waits_on_the_page(self) -> None:
        mine = resident_of(person(1, **HOME), "曾示例1", 1)
        with pytest.raises(Refused, match="notice_duty"):
            acts.choose(mine, ["sms"], "zh", [DUTY], at=AT)
        acts.choose(mine, ["sms"], "zh", [FREE], at=AT)
        tell(accounts=[mine.account])
        tell(accounts=[mine.account], kind=FREE, once="other")
        assert ways() == Counter({("sms", "queued"): 1})
        assert [len(one.told) for one in reads.notices(mine.account)] == [0, 1]

    def test_a_link_stops_what_may_be_stopped_and_nothing_else_once(self) -> None:
        mine = resident_of(person(1, **HOME), "曾示例1", 1)
        acts.choose(mine, ["sms"], "en", at=AT)
        whom = reads.Addressee(mine.account, None)
        assert acts.stop(whom, "email", [DUTY, FREE, "gone.kind"], at=AT) == (FREE,)
        assert acts.stop(whom, "email", [FREE], at=AT) == (FREE,)
        choice = reads.choice_of(mine.account, None)
        assert (choice.ways, choice.language, choice.off, choice.off_by) == (("sms",), "en", (), (("email", FREE),))
        entries = [entry for entry in journal.entries("account", mine.account) if entry.act == "channels.stop"]
        assert len(entries) == 1
        acts.stop(reads.Addressee(None, 1), "email", [], at=AT)

    def test_a_link_does_not_undo_what_a_window_noted(self) -> None:
        """Who had asked for letters at a window, and stopped a kind by an old mail, was told by mail again."""
        one = person(1, **HOME)
        acts.choose_for(SYSTEM, one, ["post"], "en", at=AT)
        mine = resident_of(one, "曾示例1", 1)
        acts.stop(reads.Addressee(mine.account, None), "email", [FREE], at=AT)
        choice = reads.choice_of(mine.account, None)
        assert (choice.ways, choice.language, choice.off_by) == (("post",), "en", (("email", FREE),))

    def test_the_accounts_own_choice_goes_before_the_windows(self) -> None:
        one = person(1, **HOME)
        acts.choose_for(SYSTEM, one, ["post"], "zh", at=AT)
        mine = resident_of(one, "曾示例1", 1)
        tell(accounts=[mine.account])
        acts.choose(mine, ["sms"], "zh", at=AT)
        tell(accounts=[mine.account], once="other")
        assert ways() == Counter({("post", "queued"): 1, ("sms", "queued"): 1})

    def test_the_secret_of_a_system_is_sealed_and_new_each_time(self) -> None:
        mine = resident_of(person(1), "曾示例1", 1)
        first = acts.set_hook(mine, "https://firm.example/notices", at=AT)
        second = acts.set_hook(mine, " https://firm.example/notices?a=1 ", at=AT)
        assert first != second
        with store.atomic():
            store.value("SELECT zh_read_as('platform')")
            (row,) = store.rows("SELECT id, sealed FROM notice_choice")
        assert second not in row[1]
        assert hook_secret(*row) == second
        tell(accounts=[mine.account])
        (message,) = taken("webhook")
        assert (message.to, message.secret) == ("https://firm.example/notices?a=1", second)
        assert second not in repr(message)

    @pytest.mark.parametrize(
        "address",
        ["", "http://firm.example/", "https://", "https://u:p@firm.example/", "https://firm.example/#x",
         "https://firm.example:99999/", "javascript:alert(1)", "https://firm.example/" + "x" * 500, "https://a b/"],
    )  # fmt: skip
    def test_an_address_that_is_none_is_refused(self, address: str) -> None:
        mine = resident_of(person(1), "曾示例1", 1)
        with pytest.raises(Refused, match="notice_hook"):
            acts.set_hook(mine, address, at=AT)


class TestSending:
    def test_a_number_that_is_refused_for_good_goes_on_by_letter_and_is_not_tried_again(self) -> None:
        one = person(1, **HOME)
        acts.choose_for(SYSTEM, one, ["sms"], "zh", at=AT)
        tell(people=[one])

        def refuse(message: acts.Message) -> None:
            raise acts.RefusedForGood

        now = datetime.now(UTC) + LATER
        assert acts.deliver(refuse, "sms", at_machine=now) == 0
        assert ways() == Counter({("sms", "failed"): 1, ("post", "queued"): 1})
        assert taken("sms", now + timedelta(days=3)) == []
        assert reads.deliveries()["sms"] == reads.DeliveryState(0, 0.0, 1, "RefusedForGood")

    def test_what_need_not_be_told_does_not_go_on(self) -> None:
        one = person(1, **HOME)
        acts.choose_for(SYSTEM, one, ["sms"], "zh", at=AT)
        tell(people=[one], kind=FREE)

        def refuse(message: acts.Message) -> None:
            raise acts.RefusedForGood

        acts.deliver(refuse, "sms", at_machine=datetime.now(UTC) + LATER)
        assert ways() == Counter({("sms", "failed"): 1})

    def test_at_night_only_what_is_urgent_rings_and_the_rest_leaves_in_the_morning(self) -> None:
        mine = resident_of(person(1, **HOME), "曾示例1", 1)
        acts.choose(mine, ["sms"], "zh", at=AT)
        tell(accounts=[mine.account])
        tell(accounts=[mine.account], kind="zhihai.password_changed", once="other")
        store.execute("UPDATE delivery SET next_at = '2026-05-01'")
        night = datetime(2026, 5, 1, 15, tzinfo=UTC)
        assert [message.kinds for message in taken("sms", night, NIGHT)] == [("zhihai.password_changed",)]
        assert taken("sms", night + timedelta(hours=8, minutes=59), NIGHT) == []
        assert [message.kinds for message in taken("sms", night + timedelta(hours=9), NIGHT)] == [(DUTY,)]

    def test_mail_leaves_at_night_and_one_way_does_not_hold_up_another(self) -> None:
        mine = resident_of(person(1, **HOME), "曾示例1", 1)
        acts.choose(mine, ["sms"], "zh", at=AT)
        tell(accounts=[mine.account])
        assert taken("email", quiet=reads.QuietHours(time(0), time(23, 59))) == []
        assert ways() == Counter({("sms", "queued"): 1})


class TestByHand:
    def test_the_list_names_nobody_and_ends_at_the_street(self) -> None:
        tell(people=[person(1, **HOME)])
        (row,) = reads.waiting_by_hand(worker(), "post")
        assert "曾示例" not in repr(row)
        assert (row.duty, row.tries, row.kind) == (True, 0, DUTY)
        assert reads.waiting_by_hand(worker(street=WEST), "post") == ()
        assert reads.waiting_by_hand(worker(), "person") == ()
        assert reads.waiting_by_hand(worker(SEE_PEOPLE), "post") == ()
        with pytest.raises(NotPermitted):
            acts.open_by_hand(worker(street=WEST), row.id, at=AT, at_machine=MACHINE)

    def test_opening_is_a_look_that_the_person_reads(self) -> None:
        one = person(1, **HOME)
        acts.choose_for(SYSTEM, one, ["post"], "en", at=AT)
        tell(people=[one])
        (row,) = reads.waiting_by_hand(worker(), "post")
        with pytest.raises(NotPermitted):
            acts.open_by_hand(worker(SEE_PEOPLE), row.id, at=AT, at_machine=MACHINE)
        assert looks_of(one) == ()
        opened = acts.open_by_hand(worker(), row.id, at=AT, at_machine=MACHINE)
        assert (opened.name, opened.address, opened.language) == ("曾示例1", HOME["address"], "en")
        assert "closed" in opened.subject
        (look,) = looks_of(one)
        assert (look.ground, set(look.fields)) == ("notice", {"name", "address", "phone"})

    def test_who_was_not_reached_is_tried_again_a_day_later_and_each_try_is_kept(self) -> None:
        one = person(1)
        mine = resident_of(one, "曾示例1", 1)
        tell(people=[one], about=("case", 5))
        (row,) = reads.waiting_by_hand(worker(), "person")
        note = acts.note_told
        note(worker(), row.id, "call", False, at=AT, at_machine=MACHINE)
        (again,) = reads.waiting_by_hand(worker(), "person")
        assert (again.tries, again.next_at) == (1, MACHINE + timedelta(days=1))
        note(worker(), row.id, "visit", True, at=AT + LATER, at_machine=MACHINE + LATER)
        assert reads.waiting_by_hand(worker(), "person") == ()
        with pytest.raises(NotPermitted):
            note(worker(), row.id, "visit", True, at=AT, at_machine=MACHINE)
        (told,) = reads.notices(mine.account)[0].told
        assert (told.way, told.state, told.sent_at) == ("person", "sent", MACHINE + LATER)
        assert [(tried.how, tried.reached) for tried in told.tries] == [("call", False), ("visit", True)]
        (about,) = reads.told_about("case", 5)
        assert (about.kind, about.told) == (DUTY, (told,))
        assert reads.told_about("case", 6) == ()

    @pytest.mark.parametrize(
        ("how", "reached", "letter"),
        [("letter", False, ""), ("letter", True, "a b"), ("call", True, "XA123"), ("pigeon", True, ""),
         ("letter", True, "x" * 41), ("letter", True, "<b>")],
    )  # fmt: skip
    def test_what_can_not_be_is_refused_and_nothing_is_noted(self, how: str, reached: bool, letter: str) -> None:
        tell(people=[person(1, **HOME)])
        (row,) = reads.waiting_by_hand(worker(), "post")
        with pytest.raises(Refused):
            acts.note_told(worker(), row.id, how, reached, letter, at=AT, at_machine=MACHINE)
        assert ways() == Counter({("post", "queued"): 1})
        acts.note_told(worker(), row.id, "letter", True, "XA-123", at=AT, at_machine=MACHINE)
        assert ways() == Counter({("post", "sent"): 1})


OUTCOMES = {"sent": None, "refused": acts.RefusedForGood}


class TestSeveralWays:
    def test_each_notice_goes_once_by_each_way_whatever_fails_and_in_whatever_order(self) -> None:
        electronic: tuple[reads.Way, ...] = ("email", "sms", "webhook")
        one = person(1, **HOME)
        mine = resident_of(one, "曾示例1", 1)
        store.execute("UPDATE account SET email = 'one@example.org' WHERE id = %s", (mine.account,))
        acts.set_hook(mine, "https://firm.example/", at=AT)
        tried = 0
        for ways_ in [some for n in (1, 2, 3) for some in itertools.combinations(electronic, n)]:
            acts.choose(mine, ways_, "zh", at=AT)
            for outcomes, order, kind in itertools.product(
                itertools.product(OUTCOMES, repeat=len(ways_)), itertools.permutations(ways_), (DUTY, FREE)
            ):
                tried += 1
                fails = dict(zip(ways_, outcomes, strict=True))
                tell(accounts=[mine.account], kind=kind, once=f"{tried}")
                tell(accounts=[mine.account], people=[one], kind=kind, once=f"{tried}")
                offered: Counter[str] = Counter()
                for n, way in enumerate(order):
                    _deliver(way, fails[way], offered, n)
                    _deliver(way, fails[way], offered, n)
                all_failed = set(outcomes) == {"refused"}
                expected = {way: {"sent": "sent", "refused": "failed"}[fails[way]] for way in ways_}
                if kind == DUTY and all_failed:
                    expected["post"] = "queued"
                (notice,) = reads.notices(mine.account, limit=1)
                assert {told.way: told.state for told in notice.told} == expected
                assert (len(notice.told), offered) == (len(expected), Counter(ways_))
        assert tried == 2 * (3 * 2 + 3 * 4 * 2 + 8 * 6)

    def test_two_workers_that_give_up_the_last_two_ways_at_once_leave_one_letter(self) -> None:
        mine = resident_of(person(1, **HOME), "曾示例1", 1)
        store.execute("UPDATE account SET email = 'one@example.org' WHERE id = %s", (mine.account,))
        acts.choose(mine, ["email", "sms"], "zh", at=AT)
        for n in range(10):
            tell(accounts=[mine.account], once=f"{n}")
            both = threading.Barrier(2)

            def refuse(message: acts.Message, both: threading.Barrier = both) -> None:
                both.wait(20)
                raise acts.RefusedForGood

            def work(way: reads.Way, send: Callable[[acts.Message], object] = refuse) -> None:
                try:
                    acts.deliver(send, way, at_machine=datetime.now(UTC) + LATER)
                finally:
                    connection.close()

            threads = [threading.Thread(target=work, args=(way,)) for way in ("email", "sms")]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
            assert ways() == Counter({("email", "failed"): n + 1, ("sms", "failed"): n + 1, ("post", "queued"): n + 1})

    def test_a_letter_that_was_chosen_too_is_not_sent_twice(self) -> None:
        mine = resident_of(person(1, **HOME), "曾示例1", 1)
        acts.choose(mine, ["sms", "post"], "zh", at=AT)
        tell(accounts=[mine.account])
        _deliver("sms", "refused", Counter(), 0)
        assert ways() == Counter({("sms", "failed"): 1, ("post", "queued"): 1})

    def test_what_a_link_stops_ends_by_its_way_alone_until_it_is_wanted_again(self) -> None:
        mine = resident_of(person(1, **HOME), "曾示例1", 1)
        store.execute("UPDATE account SET email = 'one@example.org' WHERE id = %s", (mine.account,))
        acts.choose(mine, ["email", "sms"], "zh", at=AT)
        acts.stop(reads.Addressee(mine.account, None), "email", [FREE, DUTY], at=AT)
        tell(accounts=[mine.account], kind=FREE)
        assert ways() == Counter({("sms", "queued"): 1})
        tell(accounts=[mine.account], kind=DUTY, once="duty")
        assert ways() == Counter({("sms", "queued"): 2, ("email", "queued"): 1})
        acts.choose(mine, ["email", "sms"], "zh", at=AT)
        assert reads.choice_of(mine.account, None).off_by == (("email", FREE),), "saving something else keeps it"
        acts.choose(mine, ["email", "sms"], "zh", [], [], at=AT)
        tell(accounts=[mine.account], kind=FREE, once="again")
        assert ways() == Counter({("sms", "queued"): 3, ("email", "queued"): 2})

    def test_a_system_is_told_besides_what_was_chosen(self) -> None:
        mine = resident_of(person(1, **HOME), "曾示例1", 1)
        acts.choose(mine, ["post"], "en", at=AT)
        acts.set_hook(mine, "https://firm.example/", at=AT)
        acts.set_hook(mine, "https://firm.example/2", at=AT)
        assert reads.choice_of(mine.account, None).ways == ("webhook", "post")

    def test_all_ways_are_refused_where_one_lacks_what_it_needs(self) -> None:
        mine = resident_of(person(1), "曾示例1", 1)
        with pytest.raises(Refused, match="notice_no_phone"):
            acts.choose(mine, ["person", "sms"], "zh", at=AT)
        assert reads.choice_of(mine.account, None).ways == ()
        with pytest.raises(Refused, match="notice_way"):
            acts.choose_for(SYSTEM, mine.account, [], "zh", at=AT)


def _deliver(way: reads.Way, outcome: str, offered: Counter[str], days: int) -> None:
    """Deliver what waits by a way, as a receiver who takes it or refuses it for good; it counts what it is offered."""

    def send(message: acts.Message) -> None:
        offered[message.way] += 1
        if (fault := OUTCOMES[outcome]) is not None:
            raise fault

    acts.deliver(send, way, at_machine=datetime.now(UTC) + LATER + timedelta(days=days))


def test_nobody_but_ones_own_account_and_a_window_of_the_street_chooses() -> None:
    one = person(1, **HOME)
    narrowed = Actor(account=resident_of(one, "曾示例1", 1).account, name="x", sort="resident", narrowed=True)
    tries: list[Callable[[], object]] = [
        lambda: acts.choose(narrowed, ["sms"], "zh", at=AT),
        lambda: acts.set_hook(narrowed, "https://firm.example/", at=AT),
        lambda: acts.choose_for(worker(SET_PEOPLE, street=WEST), one, ["post"], "zh", at=AT),
        lambda: acts.choose_for(worker(SEE_PEOPLE), one, ["post"], "zh", at=AT),
    ]
    for attempt in tries:
        with pytest.raises(NotPermitted):
            attempt()
