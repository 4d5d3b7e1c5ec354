"""Mail leaves once, and nothing is lost while the receiver is away or a worker dies."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.kernel import records as store
from zhihai.kernel.channels import acts, delivering, reads
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.journal import acts as journal

AT = datetime(2014, 2, 20, tzinfo=UTC)


@pytest.fixture
def now(records: str) -> datetime:
    """Machine time a second after everything below was queued."""
    journal.found_district(
        SYSTEM, code="110199", name=Named("示例区", "Example"), zone="Asia/Shanghai", mode="live", at=AT
    )
    return datetime.now(UTC) + timedelta(seconds=60)


def queue(n: int, first: int = 0) -> None:
    """Tell ``n`` accounts with an address something."""
    people = [
        identity.create_account(
            SYSTEM, f"p{number}", Named("受理员甲", "Clerk A"), at=AT, email=f"p{number}@example.org",
            language="en" if number % 2 else "zh",
        )
        for number in range(first, first + n)
    ]  # fmt: skip
    told = acts.Telling(people, "zhihai.calendar_missing", {"year": 2031}, "/desk/calendar", "calendar:2031", AT)
    acts.tell([told])


class Receiver:
    """A mail server that can be away, or fail so that we die; ``got`` counts what it acknowledged, by address."""

    def __init__(self, fails: BaseException | None = None) -> None:
        self.away, self.fails = fails is not None, fails or ConnectionRefusedError("p0@example.org")
        self.references: list[str] = []
        self.tried = 0
        self.got: Counter[str] = Counter()
        self.mails: list[acts.Message] = []

    def __call__(self, mail: acts.Message) -> None:
        self.tried += 1
        self.references.append(mail.reference)
        if self.away:
            raise self.fails
        self.got[mail.to] += 1
        self.mails.append(mail)


def everyone_once(receiver: Receiver, n: int) -> bool:
    return receiver.got == Counter({f"p{number}@example.org": 1 for number in range(n)})


def states() -> Counter[str]:
    return Counter(row[0] for row in store.rows("SELECT state FROM delivery"))


def test_what_is_due_is_sent_once_in_the_readers_language(now: datetime) -> None:
    queue(2)
    receiver = Receiver()
    assert acts.deliver(receiver, at_machine=now) == 2
    assert acts.deliver(receiver, at_machine=now) == 0
    first, second = sorted(receiver.mails, key=lambda mail: mail.to)
    assert (first.to, first.language, first.link) == ("p0@example.org", "zh", "/desk/calendar")
    assert "缺少" in first.subject
    assert (second.language, "missing" in second.subject) == ("en", True)
    assert first.reference != second.reference
    assert reads.deliveries()["email"] == reads.DeliveryState(0, 0.0, 0)


def test_mail_of_a_replay_says_so(now: datetime) -> None:
    queue(2)
    with store.atomic():
        store.value("SELECT zh_read_as('platform')")
        store.execute("UPDATE notice SET mode = 'replay'")
    receiver = Receiver()
    acts.deliver(receiver, at_machine=now)
    assert sorted("Replay" in mail.subject or "重放" in mail.subject for mail in receiver.mails) == [True, True]


def test_nothing_is_lost_while_the_receiver_is_away_for_ten_minutes(now: datetime) -> None:
    queue(20)
    receiver = Receiver()
    receiver.away = True
    minute = timedelta(minutes=1)
    for past in range(10):
        assert acts.deliver(receiver, at_machine=now + past * minute) == 0
    assert states() == Counter(queued=20)
    assert reads.deliveries()["email"].queued == 20
    receiver.away = False
    sent = 0
    for past in range(10, 90):
        sent += acts.deliver(receiver, at_machine=now + past * minute)
    assert sent == 20
    assert everyone_once(receiver, 20)
    assert states() == Counter(sent=20)


def test_a_receiver_that_is_away_is_left_in_peace(now: datetime) -> None:
    queue(20)
    receiver = Receiver()
    receiver.away = True
    acts.deliver(receiver, at_machine=now)
    assert receiver.tried == delivering.AWAY_AFTER


def test_each_failure_waits_longer_up_to_an_hour_and_in_the_end_it_is_given_up(
    now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    queue(1)
    receiver = Receiver()
    receiver.away = True
    waits = []
    for _ in range(delivering.MOST_ATTEMPTS):
        acts.deliver(receiver, at_machine=now)
        due = store.value("SELECT next_at FROM delivery")
        waits.append((due - now).total_seconds())
        now = due
    assert waits[:4] == pytest.approx([30, 60, 120, 240], abs=5)
    assert waits[10:-1] == pytest.approx([3600] * 49, abs=5)
    assert states() == Counter(failed=1)
    assert reads.deliveries()["email"].failed == 1
    assert store.value("SELECT failure FROM delivery") == "ConnectionRefusedError"
    assert "p0@example.org" not in caplog.text
    receiver.away = False
    assert acts.deliver(receiver, at_machine=now + timedelta(days=1)) == 0


def test_one_bad_address_does_not_hold_up_the_others(now: datetime) -> None:
    queue(5)
    receiver = Receiver()

    def send(mail: acts.Message) -> None:
        if mail.to == "p0@example.org":
            raise ValueError(mail.to)
        receiver(mail)

    assert acts.deliver(send, at_machine=now) == 4
    assert states() == Counter(sent=4, queued=1)


def test_who_has_no_address_any_more_is_given_up_at_once(now: datetime) -> None:
    queue(2)
    store.execute("UPDATE account SET email = '' WHERE username = 'p0'")
    store.execute("UPDATE account SET is_active = false WHERE username = 'p1'")
    receiver = Receiver()
    assert acts.deliver(receiver, at_machine=now) == 0
    assert receiver.tried == 0
    assert states() == Counter(failed=2)


def test_the_limit_of_a_round_is_kept(now: datetime) -> None:
    queue(5)
    receiver = Receiver()
    assert [acts.deliver(receiver, at_machine=now, limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_a_worker_that_died_at_work_is_waited_for_and_then_followed_under_the_same_reference(now: datetime) -> None:
    queue(1)
    fatal = Receiver(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        acts.deliver(fatal, at_machine=now)
    assert states() == Counter(sending=1)
    receiver = Receiver()
    assert acts.deliver(receiver, at_machine=now + delivering.LEASE - timedelta(seconds=30)) == 0
    assert acts.deliver(receiver, at_machine=now + delivering.LEASE + timedelta(seconds=30)) == 1
    assert receiver.references == fatal.references
    assert states() == Counter(sent=1)


@pytest.mark.parametrize("hours", [2, 25, 100_000])
def test_what_was_begun_while_the_clock_stood_ahead_is_not_waited_for(now: datetime, hours: int) -> None:
    """Found by the crash laboratory: mail lay for the twenty-five hours that the clock had been ahead."""
    receiver, ahead = Receiver(), now + timedelta(hours=hours)
    queue(1)
    with pytest.raises(KeyboardInterrupt):
        acts.deliver(Receiver(KeyboardInterrupt()), at_machine=ahead)
    queue(1, first=1)
    receiver.away = True
    assert acts.deliver(receiver, at_machine=ahead) == 0
    receiver.away = False
    assert acts.deliver(receiver, at_machine=now) == 2
    assert everyone_once(receiver, 2)


def test_an_answer_that_comes_after_its_lease_changes_nothing(now: datetime) -> None:
    """The slow worker believes it failed; another has sent the message in the meantime."""
    queue(1)
    receiver = Receiver()

    def slow(mail: acts.Message) -> None:
        assert in_thread(lambda: acts.deliver(receiver, at_machine=now + delivering.LEASE + timedelta(minutes=1))) == 1
        raise TimeoutError

    assert acts.deliver(slow, at_machine=now) == 0
    assert states() == Counter(sent=1)
    assert acts.deliver(receiver, at_machine=now + timedelta(days=1)) == 0
    assert everyone_once(receiver, 1)


def pile_up(n: int, first: int = 0, account: str = "p0") -> None:
    """Tell one account of ``n`` years, each a notice of its own, oldest first."""
    who = store.value("SELECT id FROM account WHERE username = %s", (account,))
    years = range(2031 + first, 2031 + first + n)
    acts.tell(
        [
            acts.Telling([who], "zhihai.calendar_missing", {"year": year}, "/desk/calendar", f"calendar:{year}", AT)
            for year in years
        ]
    )


def years_in(mail: acts.Message) -> list[int]:
    return [int(found) for found in re.findall(r"\b20[3-9]\d\b", mail.text)]


def test_a_few_notices_leave_each_in_a_message_of_its_own(now: datetime) -> None:
    queue(1)
    pile_up(delivering.SINGLE - 1, first=1)
    receiver = Receiver()
    assert acts.deliver(receiver, at_machine=now) == delivering.SINGLE


def test_what_has_piled_up_for_one_person_leaves_in_one_message_in_order(now: datetime) -> None:
    queue(2)
    pile_up(12, first=1)
    receiver = Receiver()
    assert acts.deliver(receiver, at_machine=now) == 2, "the other account has a message of its own"
    (mail,) = [mail for mail in receiver.mails if mail.to == "p0@example.org"]
    assert years_in(mail) == list(range(2031, 2044))
    assert "13" in mail.subject
    assert mail.link == "/desk/notices/"
    assert states() == Counter(sent=14)
    pile_up(1, first=20)
    assert acts.deliver(receiver, at_machine=now) == 1
    assert receiver.mails[-1].reference.startswith("notice.")


def test_a_message_is_the_same_however_often_it_is_tried(now: datetime) -> None:
    queue(1)
    pile_up(9, first=1)
    tried: list[acts.Message] = []

    def fail(mail: acts.Message) -> None:
        tried.append(mail)
        raise TimeoutError

    acts.deliver(fail, at_machine=now)
    pile_up(8, first=40)
    receiver = Receiver()
    assert acts.deliver(receiver, at_machine=now + timedelta(hours=1)) == 2
    again, rest = sorted(receiver.mails, key=lambda mail: years_in(mail)[0])
    assert again == tried[0]
    assert years_in(rest) == list(range(2071, 2079))
    assert states() == Counter(sent=18)


def test_what_was_tried_alone_stays_alone(now: datetime) -> None:
    """The receiver may have taken it: told again in another message, it would be told twice."""
    queue(1)
    receiver = Receiver()
    receiver.away = True
    acts.deliver(receiver, at_machine=now)
    pile_up(20, first=1)
    receiver.away = False
    assert acts.deliver(receiver, at_machine=now + timedelta(hours=1)) == 2
    alone, together = sorted(receiver.mails, key=lambda mail: len(years_in(mail)))
    assert (years_in(alone), years_in(together)) == ([2031], list(range(2032, 2052)))


def test_a_day_of_standstill_and_1500_notices_are_no_flood(now: datetime) -> None:
    """The receiver is away for ten minutes of machine time, driven here, while 1,500 matters are told to three."""
    queue(3)
    receiver = Receiver()
    receiver.away = True
    for minute in range(10):
        for person in range(3):
            pile_up(50, first=1 + 50 * minute, account=f"p{person}")
        acts.deliver(receiver, at_machine=now + minute * timedelta(minutes=1))
    receiver.away = False
    for hour in range(1, 4):
        acts.deliver(receiver, at_machine=now + hour * timedelta(hours=1))
    assert states() == Counter(sent=1503)
    told = Counter((mail.to, year) for mail in receiver.mails for year in all_years_in(mail))
    assert told == Counter({(f"p{n}@example.org", year): 1 for n in range(3) for year in range(2031, 2532)})
    assert len(receiver.mails) <= 33, "a message for each person and minute, and three that were tried alone"


def all_years_in(mail: acts.Message) -> list[int]:
    return [int(found) for found in re.findall(r"\b2[0-5]\d\d\b", mail.text)]


@pytest.mark.parametrize("more", [0, 11], ids=["alone", "together"])
def test_what_is_committed_while_it_is_taken_is_sent_and_not_left_behind(more: int, now: datetime) -> None:
    """Found by the crash laboratory: a notice told between the worker's snapshot and its taking was taken, not sent."""
    queue(1)
    receiver = Receiver()
    held = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    with psycopg.connect(**{name: held[name] for name in names if held.get(name)}) as other:
        other.execute("LOCK TABLE delivery IN ACCESS EXCLUSIVE MODE")
        other.execute("SELECT zh_read_as('platform')")
        other.execute(
            """WITH told AS (INSERT INTO notice (account_id, template, facts, once, at, mode)
               SELECT account_id, template, facts, 'again:' || n, at, mode FROM notice, generate_series(0, %s) AS n
               RETURNING id) INSERT INTO delivery (notice_id, channel) SELECT id, 'email' FROM told""",
            (more,),
        )
        works = threading.Thread(target=lambda: in_thread(lambda: acts.deliver(receiver, at_machine=now)))
        works.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'delivery'::regclass"
        until = time.monotonic() + 30
        while not store.value(waiting):
            assert time.monotonic() < until
        other.commit()
        works.join(60)
    acts.deliver(receiver, at_machine=now)
    assert states() == Counter(sent=more + 2)


def test_workers_at_once_send_what_leaves_together_once(now: datetime) -> None:
    queue(3)
    for person in range(3):
        pile_up(30, first=1, account=f"p{person}")
    receiver = Receiver()
    at_once(*[lambda: acts.deliver(receiver, at_machine=now)] * 4)
    assert states() == Counter(sent=93)
    told = Counter((mail.to, year) for mail in receiver.mails for year in all_years_in(mail))
    assert told == Counter({(f"p{n}@example.org", year): 1 for n in range(3) for year in range(2031, 2062)})
    assert len(receiver.mails) <= 12, "workers that gather at once may part what waits between them"


def in_thread(work: Callable[[], Any]) -> Any:
    return at_once(work)[0]


def at_once(*works: Callable[[], Any]) -> list[Any]:
    results: list[Any] = []

    def run(work: Callable[[], Any]) -> None:
        try:
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_workers_at_once_send_each_message_once(now: datetime) -> None:
    queue(40)
    receiver = Receiver()
    works = [lambda: acts.deliver(receiver, at_machine=now)] * 4
    assert sum(at_once(*works)) == 40
    assert everyone_once(receiver, 40)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_fails_and_whenever_every_message_is_acknowledged_once(now: datetime, data: st.DataObject) -> None:
    store.execute("TRUNCATE notice CASCADE")
    store.execute("DELETE FROM account")
    queue(6)
    receiver = Receiver()
    for hour in range(12):
        receiver.away = data.draw(st.booleans())
        acts.deliver(receiver, at_machine=now + timedelta(hours=2 * hour), limit=data.draw(st.integers(1, 8)))
    receiver.away = False
    for hour in range(24, 30):
        acts.deliver(receiver, at_machine=now + timedelta(hours=2 * hour))
    assert everyone_once(receiver, 6)
    assert states() == Counter(sent=6)
