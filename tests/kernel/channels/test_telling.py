"""Accounts are told once; what they are told reads in their own language."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound
from zhihai.kernel import records as store
from zhihai.kernel.channels import acts, reads
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as journal_reads

AT = datetime(2014, 2, 20, 7, 30, tzinfo=UTC)
NOTICE = "zhihai.calendar_missing"


@pytest.fixture(autouse=True)
def district(records: str) -> None:
    journal.found_district(
        SYSTEM, code="110199", name=Named("示例区", "Example"), zone="Asia/Shanghai", mode="replay", at=AT
    )


def account(name: str, **more: Any) -> int:
    return identity.create_account(SYSTEM, name, Named("受理员甲", "Clerk A"), at=AT, **more)


def tell(*accounts: int, once: str = "calendar:2031", **facts: object) -> int:
    return acts.tell([acts.Telling(accounts, NOTICE, {"year": 2031, **facts}, "/desk/", once, AT)])


def test_the_same_matter_is_told_once() -> None:
    one, two = account("one"), account("two")
    assert tell(one) == 1
    assert tell(one, two, two) == 1
    assert tell(one, two) == 0
    assert tell(one, once="calendar:2032") == 1
    assert [len(reads.notices(who)) for who in (one, two)] == [2, 1]


def test_many_matters_are_told_at_once_in_the_order_given() -> None:
    one, two = account("one"), account("two")
    years = [2033, 2031, 2032, 2031]
    tellings = [acts.Telling([two, one], NOTICE, {"year": year}, "", f"calendar:{year}", AT) for year in years]
    assert acts.tell(tellings) == 6
    assert acts.tell([]) == 0
    assert [notice.facts["year"] for notice in reads.notices(one)] == [2032, 2031, 2033]


def test_a_notice_carries_what_its_page_needs() -> None:
    one = account("one")
    tell(one)
    (notice,) = reads.notices(one)
    assert (notice.kind, notice.urgency, notice.link, notice.at) == (NOTICE, "late", "/desk/", AT)
    assert (notice.mode, notice.read_at, notice.facts) == ("replay", None, {"year": 2031})
    assert "2031" in notice.say("zh")[0]
    assert "2031" in notice.say("en")[1]
    assert notice.say("zh") != notice.say("en")


def test_telling_is_undone_with_the_act_that_told() -> None:
    one = account("one", email="one@example.org")

    def undone() -> None:
        with store.atomic():
            tell(one)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    assert reads.notices(one) == ()
    assert reads.deliveries()["email"].queued == 0


def test_only_who_has_an_address_is_written_to_and_who_is_switched_off_is_not_told() -> None:
    with_mail, without, off = (
        account("one", email="one@example.org"),
        account("two"),
        account("three", email="3@example.org"),
    )
    store.execute("UPDATE account SET is_active = false WHERE id = %s", (off,))
    assert tell(with_mail, without, off, 999_999) == 2
    assert reads.deliveries()["email"].queued == 1
    assert reads.notices(off) == ()


def test_a_notice_no_pack_declares_is_a_defect() -> None:
    with pytest.raises(KeyError, match="no_such"):
        acts.tell([acts.Telling([1], "zhihai.no_such", {}, "", "x", AT)])


@pytest.mark.parametrize("link", ["https://example.org/", "//example.org", "/\\example.org", "desk"])
def test_a_link_leads_nowhere_but_into_the_platform(link: str) -> None:
    one = account("one")
    with pytest.raises(IntegrityError):
        acts.tell([acts.Telling([one], NOTICE, {"year": 1}, link, "x", AT)])


def test_two_that_tell_the_same_at_once_tell_it_once() -> None:
    people = [account(f"person{n}", email=f"{n}@example.org") for n in range(8)]
    told: list[int] = []

    def work(order: list[int]) -> None:
        try:
            told.append(tell(*order))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(people[::step],)) for step in (1, -1, 1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(told) == 8
    assert len(told) == 4
    assert reads.deliveries()["email"].queued == 8


def test_reading_is_for_the_one_who_was_told_and_is_noted_once() -> None:
    one, two = account("one"), account("two")
    tell(one)
    (notice,) = reads.notices(one)
    with pytest.raises(NotFound):
        acts.read_notice(Actor(account=two, name="乙"), notice.id, at=AT)
    with pytest.raises(NotFound):
        acts.read_notice(Actor(account=one, name="甲"), notice.id + 1, at=AT)
    assert reads.unread(one) == 1
    later = AT.replace(hour=9)
    acts.read_notice(Actor(account=one, name="甲"), notice.id, at=AT)
    acts.read_notice(Actor(account=one, name="甲"), notice.id, at=later)
    assert reads.unread(one) == 0
    assert reads.notices(one)[0].read_at == AT
    (entry,) = journal_reads.entries("notice", notice.id)
    assert (entry.act, entry.actor) == ("channels.read_notice", one)


def test_unread_is_counted_to_ninety_nine() -> None:
    one = account("one")
    for n in range(120):
        tell(one, once=f"n{n}")
    assert reads.unread(one) == reads.MOST_UNREAD == 99


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(total=st.integers(0, 12), size=st.integers(1, 5))
def test_pages_together_are_the_whole_list_newest_first(total: int, size: int) -> None:
    store.execute("TRUNCATE notice CASCADE")
    store.execute("DELETE FROM account")
    one, two = account("one"), account("two")
    for n in range(total):
        tell(one, two, once=f"n{n}")
    seen: list[int] = []
    while page := reads.notices(one, after=seen[-1] if seen else None, limit=size):
        assert len(page) <= size
        seen += [notice.id for notice in page]
    assert len(seen) == total
    assert seen == sorted(seen, reverse=True)


def test_facts_are_said_in_the_readers_language_and_the_districts_time() -> None:
    one = account("one")
    said = acts.Said("zhihai.notice.calendar_missing.subject", {"year": Named("某", "some")})
    inner = acts.Said("channels.not_live", {"subject": said})
    tell(one, year=inner, when=AT)
    (notice,) = reads.notices(one)
    zh, en = notice.say("zh")[0], notice.say("en")[0]
    assert "某" in zh
    assert "some" in en
    assert "某" not in en


def test_an_instant_is_said_as_people_say_it() -> None:
    one = account("one")
    tell(one, year=AT)
    (notice,) = reads.notices(one)
    assert "2014年02月20日 15:30" in notice.say("zh")[0]
    assert "20 Feb 2014, 15:30" in notice.say("en")[0]


@pytest.mark.parametrize(
    "change", ["template = 'gone.old_notice'", "facts = '{}'", 'facts = \'{"year": {"say": "no.key"}}\'']
)
def test_a_notice_whose_words_are_gone_says_so(change: str, caplog: pytest.LogCaptureFixture) -> None:
    one = account("one")
    tell(one)
    with store.atomic():
        store.value("SELECT zh_read_as('platform')")
        store.execute(f"UPDATE notice SET {change}")
    (notice,) = reads.notices(one)
    assert all(len(part) > 5 for part in (*notice.say("zh"), *notice.say("en")))
    assert "can not be said" in caplog.text
