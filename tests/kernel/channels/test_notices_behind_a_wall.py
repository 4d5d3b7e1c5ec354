"""Row security of notices: a question that forgets whose it asks gives no row of anybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound
from zhihai.kernel import records as store
from zhihai.kernel.channels import acts, reads
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.journal import acts as journal

AT = datetime(2014, 2, 20, 7, 30, tzinfo=UTC)
EVERY = "SELECT account_id FROM notice"
"""The question of somebody who forgot its condition."""


@pytest.fixture
def told(records: str) -> tuple[int, int]:
    """Two accounts with two notices each; skipped where the database's role is above row security."""
    if store.value("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"):
        pytest.skip("the role of this database is above row security")
    journal.found_district(SYSTEM, code="110199", name=Named("区", "X"), zone="Asia/Shanghai", mode="replay", at=AT)
    one, two = (identity.create_account(SYSTEM, name, Named("甲", "A"), at=AT) for name in ("one", "two"))
    for year in (2031, 2032):
        acts.tell(
            [acts.Telling([one, two], "zhihai.calendar_missing", {"year": year}, "/desk/", f"calendar:{year}", AT)]
        )
    return one, two


def forgetful() -> set[int]:
    return {row[0] for row in store.rows(EVERY)}


def test_a_forgotten_condition_gives_nobodys_rows(told: tuple[int, int]) -> None:
    assert forgetful() == set()
    assert store.value("SELECT count(*) FROM notice") == 0


def test_within_a_transaction_of_one_there_are_only_ones_own(told: tuple[int, int]) -> None:
    one, two = told
    with store.atomic():
        store.value("SELECT zh_read_as(%s)", (f"own:{one}",))
        assert forgetful() == {one}
        assert store.execute("UPDATE notice SET read_at = %s WHERE account_id = %s", (AT, two)) == 0
        assert store.execute("DELETE FROM notice WHERE account_id = %s", (two,)) == 0
    assert reads.unread(two) == 2


@pytest.mark.parametrize("reader", ["", "0", "own:0", "own:-1", "own:%", "platforms", "NULL"])
def test_a_reader_that_is_none_sees_nothing(told: tuple[int, int], reader: str) -> None:
    with store.atomic():
        store.value("SELECT zh_read_as(%s)", (reader,))
        assert forgetful() == set()


def test_nobody_writes_a_notice_in_the_name_of_another(told: tuple[int, int]) -> None:
    one, two = told
    insert = "INSERT INTO notice (account_id, template, once, at, mode) VALUES (%s, 'x', 'x', %s, 'live')"
    with store.atomic():
        store.value("SELECT zh_read_as(%s)", (f"own:{one}",))
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            store.execute(insert, (two, AT))


@pytest.mark.parametrize("asks", [reads.notices, reads.unread], ids=["notices", "unread"])
def test_no_question_leaves_the_wall_open_behind_it(told: tuple[int, int], asks: Callable[[int], object]) -> None:
    """In one transaction too: whom the question before asked for says nothing about the next."""
    assert asks(told[0])
    assert forgetful() == set()
    with store.atomic():
        assert asks(told[0])
        assert forgetful() == set()
        acts.tell([acts.Telling(told, "zhihai.calendar_missing", {"year": 2033}, "/desk/", "calendar:2033", AT)])
        assert forgetful() == set()


def test_a_fault_closes_the_wall_too(told: tuple[int, int]) -> None:
    with store.atomic():
        with pytest.raises(DatabaseError), transaction.atomic():
            store.value("SELECT zh_tell(%s::jsonb)", ('[{"accounts": "no list"}]',))
        assert forgetful() == set()


def test_each_reads_their_own_in_one_question(told: tuple[int, int]) -> None:
    one, two = told
    with CaptureQueriesContext(connection) as asked:
        mine = reads.notices(one)
    assert len(asked) == 1
    assert [notice.facts["year"] for notice in mine] == [2032, 2031]
    assert {notice.id for notice in mine}.isdisjoint({notice.id for notice in reads.notices(two)})
    acts.read_notice(Actor(account=one, name="one"), mine[0].id, at=AT)
    acts.read_notice(Actor(account=one, name="one"), mine[0].id, at=AT)
    assert (reads.unread(one), reads.unread(two)) == (1, 2)
    with pytest.raises(NotFound):
        acts.read_notice(Actor(account=two, name="two"), mine[0].id, at=AT)
