"""Entries of ended transactions are sealed after commit, once, in order; nobody waits and nothing slips in behind."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records as store
from zhihai.kernel.journal import acts, reads
from zhihai.site.database import IDLE_IN_TRANSACTION, django_database

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WRITE = "SELECT zh_journal(0, 'system', 'test.write', 'thing', %s, '2014-02-20Z', '{}')"


def write(subject: int, at: datetime) -> None:
    acts.record(SYSTEM, "test.write", "thing", subject, {}, at=at)


def seal_all(limit: int = 10_000) -> int:
    total = 0
    while n := acts.seal(at_machine=NOW, limit=limit):
        total += n
    return total


def sealed_subjects() -> list[int]:
    """The subjects of all sealed entries, in the order of sealing."""
    return [
        row[0]
        for row in store.rows(
            """SELECT e.subject FROM journal_seal s JOIN journal_entry e
               ON e.era = s.era AND e.xid >= s.x0 AND e.xid < s.x1 WHERE e.noun = 'thing' ORDER BY s.no, e.xid, e.id"""
        )
    ]


def test_nothing_is_sealed_where_there_is_nothing(records: str) -> None:
    assert acts.seal(at_machine=NOW) == 0
    assert reads.sealed() == reads.SealState(0, None, 0, 0.0, 0)


def test_what_is_committed_is_sealed_once(district: str, at: datetime) -> None:
    write(1, at)
    write(2, at)
    before = reads.sealed()
    assert (before.no, before.sealed_to_entry, before.unsealed) == (0, None, 3)
    assert 0 < before.lag_seconds < 60
    assert acts.seal(at_machine=NOW) == 3
    assert acts.seal(at_machine=NOW) == 0
    assert reads.sealed() == reads.SealState(1, reads.entries("thing", 2)[0].id, 0, 0.0, 0)
    write(3, at)
    assert acts.seal(at_machine=NOW) == 1
    assert sealed_subjects() == [1, 2, 3]
    assert reads.verify().ok


def test_what_was_undone_leaves_no_trace(district: str, at: datetime, session: Any) -> None:
    other = session()
    other.execute(WRITE, (1,))
    other.rollback()
    write(2, at)
    assert seal_all() == 2
    assert reads.verify().ok


def test_a_hanging_transaction_holds_up_what_came_after_it_and_loses_nothing(
    district: str, at: datetime, session: Any
) -> None:
    write(1, at)
    hanging = session()
    hanging.execute(WRITE, (2,))
    write(3, at)
    assert seal_all() == 2
    assert sealed_subjects() == [1]
    assert reads.sealed().unsealed == 1
    hanging.commit()
    assert reads.sealed().unsealed == 2
    assert seal_all() == 2
    assert sealed_subjects() == [1, 2, 3]
    assert reads.verify().ok


def test_a_transaction_that_hangs_idle_is_told_and_ended_by_the_server(
    district: str, at: datetime, session: Any, settled: Any
) -> None:
    """In service after 60 s; what it had written is undone, and sealing goes on with what came after it."""
    hanging = session()
    hanging.execute("SET idle_in_transaction_session_timeout = '300ms'")
    hanging.commit()
    hanging.execute(WRITE, (1,))
    write(2, at)
    assert seal_all() == 1, "the district's founding, which came before"
    state = reads.sealed()
    assert (state.unsealed, state.lag_seconds > 0) == (1, True)
    settled_without(hanging)
    assert seal_all() == 1
    assert sealed_subjects() == [2]
    assert reads.sealed().unsealed == 0


def settled_without(hanging: psycopg.Connection[Any]) -> None:
    """Wait until the server has ended a session."""
    pid = hanging.info.backend_pid
    deadline = time.monotonic() + 30
    while store.value("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", (pid,)):
        assert time.monotonic() < deadline, "the server lets a transaction hang"


def test_every_session_of_the_platform_is_ended_when_it_hangs() -> None:
    """A server of others may have no such limit of its own."""
    options = django_database("postgresql:///x")["OPTIONS"]["options"]
    assert f"idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION}" in options


def test_a_transaction_that_only_reads_holds_up_nothing(district: str, at: datetime, session: Any) -> None:
    reader = session()
    reader.execute("SELECT count(*) FROM journal_entry")
    write(1, at)
    assert seal_all() == 2


def test_a_second_sealer_stands_back(district: str, at: datetime, session: Any, settled: Any) -> None:
    write(1, at)
    settled()
    other = session()
    assert other.execute("SELECT zh_seal(now(), 100)").fetchone() == (2,)
    assert acts.seal(at_machine=NOW) == 0
    other.commit()
    assert acts.seal(at_machine=NOW) == 0
    write(2, at)
    assert acts.seal(at_machine=NOW) == 1
    assert reads.verify().ok


def test_a_killed_sealer_leaves_no_trace(district: str, at: datetime, session: Any, settled: Any) -> None:
    write(1, at)
    settled()
    killed = session()
    assert killed.execute("SELECT zh_seal(now(), 100)").fetchone() == (2,)
    store.value("SELECT pg_terminate_backend(%s, 10000)", (killed.info.backend_pid,))
    with pytest.raises(psycopg.OperationalError):
        killed.commit()
    assert reads.sealed().no == 0
    assert seal_all() == 2
    assert reads.verify().ok


def test_a_seal_never_parts_a_transaction(district: str, at: datetime) -> None:
    for first in (0, 10, 20):
        with store.atomic():
            for n in range(5):
                write(first + n, at)
    assert [acts.seal(at_machine=NOW, limit=2) for _ in range(4)] == [6, 5, 5, 0]
    assert reads.verify().ok


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE journal_entry SET data = '{}'",
        "DELETE FROM journal_entry",
        "TRUNCATE journal_entry",
        "UPDATE journal_seal SET n = 0",
        "DELETE FROM journal_seal",
        "TRUNCATE journal_seal",
    ],
)
def test_the_journal_is_append_only(district: str, sql: str) -> None:
    seal_all()
    with pytest.raises(DatabaseError, match="append-only"):
        store.execute(sql)
    assert reads.verify().ok


def test_text_that_could_be_mistaken_for_two_columns_is_refused(district: str, at: datetime) -> None:
    with pytest.raises(DatabaseError):
        acts.record(SYSTEM, "test.write\nthing", "x", 1, {}, at=at)
    acts.record(SYSTEM, "test.write", "thing", 1, {"note": "two\nlines"}, at=at)
    assert reads.entries("thing", 1)[0].data == {"note": "two\nlines"}
    seal_all()
    assert reads.verify().ok


def test_sealing_goes_on_through_a_restore_on_another_server(district: str, at: datetime) -> None:
    write(1, at)
    seal_all()
    write(2, at)
    store.execute("UPDATE district SET cluster = 7")
    acts.begin_era(at=at)
    write(3, at)
    assert seal_all(limit=1) == 3
    assert sealed_subjects() == [1, 2, 3]
    eras = store.rows("SELECT era, x0 = '0' FROM journal_seal ORDER BY no")
    assert eras[0] == (1, True)
    assert eras.index((2, True)) == [era for era, _ in eras].index(2)
    check = reads.verify()
    assert (check.ok, check.entries) == (True, 5)


def test_an_entry_of_a_naive_instant_is_refused(district: str, at: datetime) -> None:
    with pytest.raises(ValueError, match="time zone"):
        write(1, at.replace(tzinfo=None))


def test_writers_and_sealers_at_once(district: str, at: datetime, together: Any) -> None:
    writing = [True]

    def writer(first: int) -> Any:
        def work() -> None:
            for n in range(40):
                with store.atomic():
                    write(first + n, at)
                    write(first + n, at)

        return work

    def sealer() -> int:
        total = 0
        while writing[0]:
            total += acts.seal(at_machine=NOW, limit=7)
        return total

    def wait() -> None:
        deadline = time.monotonic() + 30
        while store.value("SELECT count(*) FROM journal_entry") < 321 and time.monotonic() < deadline:
            pass
        writing[0] = False

    results = together(*(writer(first * 100) for first in range(4)), sealer, sealer, wait)
    assert results[4] + results[5] + seal_all() == 321
    assert sorted(sealed_subjects()) == sorted(2 * [first * 100 + n for first in range(4) for n in range(40)])
    check = reads.verify()
    assert (check.ok, check.entries, check.unsealed) == (True, 321, 0)


STEP = st.tuples(st.integers(0, 2), st.sampled_from(["write", "write", "commit", "undo", "seal"]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=25), limit=st.integers(1, 4))
def test_however_transactions_interleave_each_entry_is_sealed_once_and_in_order(
    district: str, session: Any, steps: list[tuple[int, str]], limit: int
) -> None:
    held = [session() for _ in range(3)]
    before = store.value("SELECT coalesce(max(id), 0) FROM journal_entry")
    sealed_before = store.value("SELECT coalesce(max(no), 0) FROM journal_seal")
    for which, what in steps:
        if what == "write":
            held[which].execute(WRITE, (which,))
        elif what == "commit":
            held[which].commit()
        elif what == "undo":
            held[which].rollback()
        else:
            acts.seal(at_machine=NOW, limit=limit)
            assert reads.verify().ok
    for one in held:
        one.commit()
        one.close()
    seal_all(limit)
    written = store.value("SELECT count(*) FROM journal_entry WHERE id > %s", (before,))
    sealed = store.value("SELECT coalesce(sum(n), 0) FROM journal_seal WHERE no > %s", (sealed_before,))
    first = 1 if sealed_before == 0 else 0
    assert sealed == written + first
    check = reads.verify()
    assert check.ok
    assert check.unsealed == 0
