"""Background work: leases keep two instances apart, faults are counted, and health tells how far behind it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, connections
from django.test import Client

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records as store
from zhihai.kernel.journal import acts as journal
from zhihai.site.background import Background, Worker, session_name
from zhihai.site.demonstration import reference_head

PATIENCE = 30.0


def worker(run: Callable[[], int], name: str = "w", behind: float = 0.0) -> Worker:
    return Worker(name=name, every_seconds=0.01, run=run, behind=lambda: behind)


@contextmanager
def serving(holder: str, *workers: Worker) -> Iterator[Background]:
    background = Background(workers, holder)
    connection.ensure_connection()  # ours is nobody's
    options = connections.settings["default"]["OPTIONS"]
    before = options["application_name"]
    options["application_name"] = session_name(holder)  # what the thread opens now is this holder's
    thread = threading.Thread(target=background.serve)
    thread.start()
    try:
        yield background
    finally:
        background.stop()
        thread.join(PATIENCE)
        options["application_name"] = before
        assert not thread.is_alive()


def row(column: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM worker WHERE name = 'w'")
        return cursor.fetchone()[0]


def test_a_worker_runs_and_tells_how_far_behind_it_is(records: str) -> None:
    twice = threading.Semaphore(0)
    with serving("a", worker(lambda: twice.release() or 0, behind=2.5)):
        assert twice.acquire(timeout=PATIENCE)
        assert twice.acquire(timeout=PATIENCE)
    assert row("behind") == 2.5
    assert row("ran_at IS NOT NULL AND failure IS NULL")
    assert row("lease_until <= clock_timestamp()"), "the lease is given back"


def test_two_instances_do_the_work_once(records: str) -> None:
    ran = threading.Event()
    other: list[str] = []
    with serving("a", worker(lambda: ran.set() or 0)):
        assert ran.wait(PATIENCE)
        second = Background((worker(lambda: other.append("ran") or 0),), "b")
        second._renew()
        assert row("holder") == "a"
        assert second._held == {"w": 0.0}
    with serving("b", worker(lambda: other.append("ran") or ran.set() or 0)):
        ran.clear()
        assert ran.wait(PATIENCE), "the lease was free again"
    assert row("holder") == "b"


def test_a_fault_is_counted_and_the_worker_goes_on(records: str, caplog: pytest.LogCaptureFixture) -> None:
    calls = threading.Semaphore(0)

    def fail_once() -> int:
        calls.release()
        if row("failures") == 0:
            raise ArithmeticError("a secret of 110108199003070012")
        return 0

    with serving("a", worker(fail_once)):
        assert calls.acquire(timeout=PATIENCE)
        assert calls.acquire(timeout=PATIENCE)
        assert calls.acquire(timeout=PATIENCE)
    assert row("failures") == 1
    assert row("failure") is None
    assert "worker w failed" in caplog.text


def test_one_worker_that_hangs_does_not_stop_another(records: str) -> None:
    release, ran = threading.Event(), threading.Event()
    with serving("a", worker(lambda: release.wait(PATIENCE) and 0, "slow"), worker(lambda: ran.set() or 0)):
        assert ran.wait(PATIENCE)
        release.set()


def take(holder: str, lease: float = 15.0) -> Background:
    """An instance that has looked after its leases once."""
    background = Background((worker(lambda: 0),), holder, lease=lease)
    background._renew()
    return background


@contextmanager
def session(holder: str) -> Iterator[psycopg.Connection[Any]]:
    """A session such as the background process of ``holder`` has, in the database of the test."""
    given = connection.get_connection_params() | {"application_name": session_name(holder)}
    given = {key: value for key, value in given.items() if key in ("dbname", "user", "host", "application_name")}
    with psycopg.connect(**given) as opened:
        yield opened


def test_a_holder_that_lost_its_lease_can_not_write_any_more(records: str) -> None:
    """Frozen in the middle of a transaction, it holds a lock; whoever takes the lease over ends its session."""
    take("frozen", lease=0.0)
    with session("frozen") as frozen, session("neighbour") as neighbour:
        frozen.execute("UPDATE district SET speed = speed")
        frozen.execute("INSERT INTO listener (name) VALUES ('half done')")
        assert take("fresh")._held["w"] > 0
        with pytest.raises(psycopg.OperationalError):
            frozen.execute("INSERT INTO listener (name) VALUES ('the rest')")
        assert neighbour.execute("SELECT count(*) FROM listener").fetchone() == (0,)


def test_a_lease_that_was_given_back_or_renewed_ends_nobodys_session(records: str) -> None:
    mine = take("mine")
    with session("mine") as opened, session("other"):
        mine._renew()
        mine._give_back()
        mine._renew()
        assert opened.execute("SELECT 1").fetchone() == (1,)
        take("other")
        assert opened.execute("SELECT 1").fetchone() == (1,)


def test_whoever_has_no_session_left_is_dead_and_not_waited_for(records: str) -> None:
    take("killed")
    with session("killed"):
        assert take("next")._held == {"w": 0.0}, "it lives"
    gone("killed")
    assert take("next")._held["w"] > 0


def gone(holder: str) -> None:
    """Wait until the server has noticed that a session is closed."""
    count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
    until = time.monotonic() + PATIENCE
    while store.value(count, (session_name(holder),)):
        assert time.monotonic() < until


def test_a_lease_from_before_the_clock_was_set_back_does_not_outlive_its_holder(records: str) -> None:
    """Frozen, it keeps its sessions; the clock was set back by a day after it had taken its lease."""
    take("frozen")
    with session("frozen"):
        set_lease("clock_timestamp() + interval '14 s'")
        assert take("next")._held == {"w": 0.0}, "an ordinary lease is kept to"
        set_lease("clock_timestamp() + interval '1 day'")
        assert take("next")._held["w"] > 0


def test_a_clock_set_forwards_costs_one_renewal(records: str) -> None:
    held = take("mine")
    set_lease("clock_timestamp() - interval '1 day'")
    held._renew()
    assert held._held["w"] > 0
    assert row("lease_until > clock_timestamp()")


def test_who_can_not_renew_begins_nothing(records: str, monkeypatch: pytest.MonkeyPatch) -> None:
    held = take("mine")
    assert held._held["w"] > 0
    monkeypatch.setitem(connections.settings["default"], "NAME", "no_such_database")
    connection.close()
    held._renew()
    assert held._held == {}


def test_a_worker_that_does_not_come_back_ends_the_process(records: str, caplog: pytest.LogCaptureFixture) -> None:
    release = threading.Event()
    hangs = Worker(
        name="w", every_seconds=0.01, run=lambda: release.wait(PATIENCE) and 0, behind=lambda: 0.0, longest_seconds=0.05
    )
    ended: list[bool] = []
    background = Background((hangs,), "a", lease=0.4)
    thread = threading.Thread(target=lambda: ended.append(background.serve()))
    thread.start()
    thread.join(PATIENCE)
    release.set()
    assert ended == [False]
    assert "worker w does not come back" in caplog.text
    assert row("lease_until <= clock_timestamp()"), "another instance may begin at once"


def set_lease(until: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE worker SET lease_until = {until} WHERE name = 'w'")


def test_health_tells_of_workers_and_clock(records: str) -> None:
    ran = threading.Semaphore(0)
    with serving("a", worker(lambda: ran.release() or 0, behind=90.0)):
        assert ran.acquire(timeout=PATIENCE)
        assert ran.acquire(timeout=PATIENCE)
    answer = Client().get("/health", headers={"host": "localhost"})
    assert answer.status_code == 200
    assert answer.json()["state"] == "behind"
    (told,) = answer.json()["workers"]
    assert (told["name"], told["behind_seconds"], told["failing"], told["running"]) == ("w", 90.0, False, False)
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(("hours", "state"), [(-1, "warming"), (0, "ok")])
def test_health_says_while_history_is_still_played(hours: int, state: str, records: str) -> None:
    head = reference_head()
    assert head.replay is not None
    journal.found_district(
        SYSTEM, code=head.code, name=head.name, zone=head.zone.key, prefix=head.prefix, mode="replay",
        at=head.replay.starts + timedelta(hours=hours), ends_at=head.replay.ends, sessions=head.sessions,
        provenance="synthetic",
    )  # fmt: skip
    told = Client().get("/health", headers={"host": "localhost"}).json()
    assert told["state"] == state
    assert told["clock"]["provenance"] == "synthetic"
    assert told["clock"].get("begins") == (head.replay.starts.isoformat() if state == "warming" else None)


def test_health_is_ok_for_a_district_that_is_no_demonstration(district: str) -> None:
    told = Client().get("/health", headers={"host": "localhost"}).json()
    assert (told["state"], told["clock"]["mode"]) == ("ok", "replay")


def test_health_does_not_tell_what_a_failure_said(records: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO worker (name, holder, lease_until, failures, failure) VALUES ('w', 'a', now(), 3, 'private')"
        )
    answer = Client().get("/health", headers={"host": "localhost"})
    assert answer.json()["workers"][0]["failing"] is True
    assert b"private" not in answer.content


def test_health_is_503_while_the_database_is_away() -> None:
    answer = Client().get("/health", headers={"host": "localhost"})
    assert answer.status_code == 503
    assert answer.json()["state"] == "database_away"


def test_health_is_only_read() -> None:
    assert Client().post("/health", headers={"host": "localhost"}).status_code == 405


def test_every_page_has_a_strict_policy(records: str) -> None:
    policy = Client().get("/nothing-here", headers={"host": "localhost"}).headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert "worker-src 'self' blob:" in policy


def test_another_host_name_is_not_answered() -> None:
    assert Client().get("/health", headers={"host": "zhihai.example"}).status_code == 400
