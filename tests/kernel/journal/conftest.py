"""What the tests of the journal share: a district in replay, other sessions beside ours, and threads that raise."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.db import connection

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.kernel import house
from zhihai.kernel import records as store
from zhihai.kernel.journal import acts, reads

AT = datetime(2014, 2, 20, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CASES, LINKS = 3, 4
SETTLED = """SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= least(%s, (
    SELECT min(backend_xid::text::bigint) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()))"""


@pytest.fixture
def at() -> datetime:
    """The district's now when a test begins."""
    return AT


@pytest.fixture
def district(records: str, at: datetime) -> str:
    """An empty database with a district that replays, standing at 2014-02-20 00:00 UTC."""
    acts.found_district(
        SYSTEM, code="110199", name=Named("示例区", "Example"), zone="Asia/Shanghai", mode="replay", at=at
    )
    return records


@pytest.fixture
def settled(records: str) -> Callable[[], None]:
    """Waits until no other database of the server holds up the horizon, which all databases of a server share.

    Other workers' tests run on the same server; transactions of our own database are not waited for.
    """

    def wait() -> None:
        seen = store.value("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        deadline = time.monotonic() + 30
        while not store.value(SETTLED, (seen,)):
            assert time.monotonic() < deadline, "the server has a transaction that does not end"

    return wait


@pytest.fixture(autouse=True)
def alone(settled: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Seal and hear as on a server of our own."""

    def after_others(act: Callable[..., int]) -> Callable[..., int]:
        def run(*args: Any, **kwargs: Any) -> int:
            settled()
            return act(*args, **kwargs)

        return run

    monkeypatch.setattr(acts, "seal", after_others(acts.seal))
    monkeypatch.setattr(acts, "hear", after_others(acts.hear))


@pytest.fixture
def session(records: str) -> Iterator[Callable[[], psycopg.Connection[Any]]]:
    """Opens sessions of our database that are not Django's; each begins a transaction with its first statement."""
    opened: list[psycopg.Connection[Any]] = []

    def open_one() -> psycopg.Connection[Any]:
        held = connection.settings_dict
        names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
        opened.append(psycopg.connect(**{key: held[name] for key, name in names.items() if held[name]}))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def together() -> Callable[..., list[Any]]:
    """Runs functions at once, each in a thread with a connection of its own; returns what they return, in order."""

    def run(*works: Callable[[], object]) -> list[Any]:
        results: list[Any] = [None] * len(works)
        faults: list[BaseException] = []
        gate = threading.Barrier(len(works))

        def one(place: int, work: Callable[[], object]) -> None:
            try:
                gate.wait(10)
                results[place] = work()
            except BaseException as fault:
                faults.append(fault)
            finally:
                connection.close()

        threads = [threading.Thread(target=one, args=pair) for pair in enumerate(works)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        if faults:
            raise faults[0]
        return results

    return run


def open_chain(case: int, seq: int, prev: bytes | None) -> bytes:
    return bytes(
        store.value(
            "SELECT zh_journal(17, 'person', 'cases.take_step', 'case', %s, '2014-02-20Z', %s, %s, %s, %s)",
            (case, '{"note":"看过现场"}', case, seq, prev),
        )
    )


@pytest.fixture
def journal(district: str, at: datetime) -> str:
    """25 entries: the district's, three cases of four links each, twelve others; one seal over every five or so."""
    ends: dict[int, bytes | None] = dict.fromkeys(range(1, CASES + 1))
    for seq in range(1, LINKS + 1):
        for case, prev in ends.items():
            ends[case] = open_chain(case, seq, prev)
            acts.record(SYSTEM, "test.write", "thing", 10 * seq + case, {"value": seq / 3}, at=at)
    while acts.seal(at_machine=NOW, limit=5):
        pass
    return district


@contextmanager
def tampering() -> Iterator[None]:
    """What the owner of the database can do: switch the guards off."""
    for table in ("journal_entry", "journal_seal"):
        store.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    for table in ("journal_entry", "journal_seal"):
        store.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def tamper(sql: str, *params: object) -> None:
    with tampering():
        assert store.execute(sql, params) > 0


def drop_checks() -> None:
    for (name,) in store.rows(
        "SELECT conname FROM pg_constraint WHERE conrelid = 'journal_entry'::regclass AND contype = 'c'"
    ):
        store.execute(f"ALTER TABLE journal_entry DROP CONSTRAINT {name}")


def told(check: reads.Verification) -> dict[str, set[str]]:
    """The faults by place; every one of them can be said in both languages."""
    places: dict[str, set[str]] = {}
    for fault in check.faults:
        assert house.words().say(fault.what, "zh", **fault.facts)
        assert house.words().say(fault.what, "en", **fault.facts)
        places.setdefault(fault.where, set()).add(fault.what.removeprefix("journal.fault."))
    assert check.ok == (not places)
    return places


def seal_of(entry: int) -> int:
    found = store.value(
        """SELECT s.no FROM journal_seal s JOIN journal_entry e ON e.era = s.era AND e.xid >= s.x0 AND e.xid < s.x1
           WHERE e.id = %s""",
        (entry,),
    )
    return int(found)


FORGED = """CREATE FUNCTION zh_forged(e journal_entry) RETURNS journal_entry LANGUAGE plpgsql AS $$
BEGIN
    e.id := nextval('journal_entry_id_seq'); e.case_id := NULL; e.case_seq := NULL; e.case_prev := NULL;
    e.h := zh_entry_hash(e); RETURN e;
END $$"""
