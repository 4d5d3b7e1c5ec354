"""A number or an address that was replaced is told once that it was: not only what a thief put in its place."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.conf import settings
from tests.kernel.acting import MACHINE
from tests.kernel.channels.reached import AT, HOME
from tests.kernel.channels.test_proving import MINUTE, NUMBER, OTHER, asked, prove, somebody
from tests.kernel.hearing import heard

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.kernel import records as store
from zhihai.kernel.channels import acts, reads
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity.staff import StaffInput
from zhihai.kernel.journal import reads as journal

NUMBER_TOLD, EMAIL_TOLD = "zhihai.number_replaced", "zhihai.email_replaced"
THIRD = "18600001111"
pytestmark = pytest.mark.usefixtures("district")


def out(way: reads.Way, at: datetime | None = None) -> list[acts.Message]:
    """Send what waits by a way, at whatever hour, and return the messages."""
    got: list[acts.Message] = []
    acts.deliver(got.append, way, at_machine=at or journal.now() + timedelta(days=9999))
    return got


def proved(*numbers: str, by: Actor | None = None, begin: datetime = MACHINE) -> Actor:
    """Somebody who proved these numbers, one after the other."""
    mine = by or somebody()
    for n, number in enumerate(numbers):
        at = begin + 2 * n * MINUTE
        assert prove(mine, asked(mine, number, at), at) == ""
    return mine


def address(account: int, email: str, *, verified: bool = True) -> None:
    store.execute("UPDATE account SET email = %s WHERE id = %s", (email, account))
    store.execute(
        'INSERT INTO account_emailaddress (user_id, email, verified, "primary") VALUES (%s, %s, %s, true)',
        (account, email, verified),
    )


def test_a_number_that_was_replaced_is_told_once_and_the_new_one_is_not() -> None:
    mine = proved(NUMBER)
    assert reads.notices(mine.account) == (), "there was none before"
    acts.choose(mine, ["sms"], "en", at=AT)
    proved(OTHER, by=mine, begin=MACHINE + 5 * MINUTE)
    (message,) = out("sms")
    assert (message.to, message.kinds, message.stops) == (NUMBER, (NUMBER_TOLD,), ())
    assert "5678" in message.text
    assert NUMBER not in message.subject + message.text
    assert out("sms") == []
    assert [one.kind for one in reads.notices(mine.account)] == [NUMBER_TOLD]


def test_who_proves_the_same_number_again_is_told_nothing() -> None:
    mine = proved(NUMBER, NUMBER)
    assert (reads.notices(mine.account), out("sms")) == ((), [])


def test_a_number_that_was_taken_away_is_told_so_though_no_short_message_goes_any_more() -> None:
    mine = proved(NUMBER)
    acts.drop_number(mine, at=AT)
    assert [message.to for message in out("sms")] == [NUMBER]


def test_a_number_that_was_never_proved_is_told_nothing() -> None:
    mine = somebody(**HOME)
    asked(mine)
    acts.drop_number(mine, at=AT)
    assert (reads.notices(mine.account), out("sms")) == ((), [])


def test_each_number_that_was_left_is_told_of_itself_however_many_there_are() -> None:
    numbers = [f"1391234{n:04d}" for n in range(8)]
    proved(*numbers)
    assert [message.to for message in out("sms")] == numbers[:-1], "never together: each is another receiver"


def test_a_former_number_is_kept_no_longer_than_until_it_was_told(caplog: pytest.LogCaptureFixture) -> None:
    mine = proved(NUMBER, OTHER)

    def refuse(message: acts.Message) -> None:
        raise acts.RefusedForGood

    (kept,) = store.rows("SELECT former FROM delivery WHERE former IS NOT NULL")
    assert NUMBER not in str(kept) + caplog.text + str([one.facts for one in reads.notices(mine.account)])
    acts.deliver(refuse, "sms", at_machine=journal.now() + timedelta(days=9999))
    assert store.value("SELECT count(*) FROM delivery WHERE former IS NOT NULL") == 0
    assert "RefusedForGood" in caplog.text


def test_a_former_number_is_sealed_anew_while_it_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    proved(NUMBER, OTHER)
    monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", [settings.SECRET_KEY])
    monkeypatch.setattr(settings, "SECRET_KEY", "another secret of this platform, for a test")
    acts.reseal_numbers()
    monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", [])
    assert [message.to for message in out("sms")] == [NUMBER]


def test_an_address_that_was_replaced_is_told_once_and_the_first_one_is_not() -> None:
    mine = somebody()
    identity.prove_contact(mine.account, "old@example.org", at=AT)
    identity.prove_contact(mine.account, "OLD@example.org", at=AT)
    heard()
    assert reads.notices(mine.account) == ()
    identity.prove_contact(mine.account, "new@example.org", at=AT)
    heard()
    heard()
    assert [(message.to, message.kinds) for message in out("email")] == [("OLD@example.org", (EMAIL_TOLD,))]
    assert store.value("SELECT count(*) FROM delivery WHERE former IS NOT NULL") == 0


def test_an_address_that_a_list_replaces_is_told_if_its_reader_had_proved_it() -> None:
    for name, verified in (("ann", True), ("bo", False)):
        listed = StaffInput(username=name, name=Named(name, name), email=f"{name}@example.org", posts=(), line=2)
        account = identity.join_staff(SYSTEM, listed, "list 1", at=AT)
        address(account, listed.email, verified=verified)
        newer = StaffInput(username=name, name=Named(name, name), email=f"{name}.new@example.org", posts=(), line=2)
        identity.join_staff(SYSTEM, newer, "list 2", at=AT)
    heard()
    assert [message.to for message in out("email")] == ["ann@example.org"]


def test_of_two_who_share_a_telephone_the_one_who_leaves_it_is_told_and_the_other_hears_nothing() -> None:
    first, second = proved(NUMBER), somebody(2)
    proved(NUMBER, by=second, begin=MACHINE + 5 * MINUTE)
    acts.drop_number(first, at=AT)
    assert len(out("sms")) == 1
    assert reads.notices(second.account) == ()
