"""``kill -9`` of our own process and of the database: what was acknowledged is there afterwards, and nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from django.db import connection

from zhihai.site.configuration import Configuration
from zhihai.site.postgres import EmbeddedPostgres

WRITER = Path(__file__).with_name("crash_writer.py")
Lines = Iterator[str]


@pytest.fixture
def writer() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a writer in a process of its own; whatever the test leaves running is killed."""
    started: list[subprocess.Popen[str]] = []

    def begin(database: str, first: int, count: int, **environment: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(WRITER), database, str(first), str(count)]
        started.append(subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def told(process: subprocess.Popen[str], most: int) -> set[tuple[str, int]]:
    """Read up to ``most`` acknowledgements."""
    found: set[tuple[str, int]] = set()
    assert process.stdout is not None
    for line in process.stdout:
        kind, _, number = line.strip().partition(" ")
        if kind in ("reading", "case"):
            found.add((kind, int(number)))
        if len(found) >= most:
            break
    return found


def check(ask: Callable[[str], list[Any]], acknowledged: set[tuple[str, int]]) -> None:
    """All that was acknowledged is there, once, and whole; so is what was written and not acknowledged."""
    readings = ask("SELECT value::int, count(*) FROM observation WHERE envelope_id IS NOT NULL GROUP BY 1")
    assert all(count == 1 for _, count in readings)
    assert {number for kind, number in acknowledged if kind == "reading"} <= {number for number, _ in readings}
    envelopes = ask("SELECT key, count(*), sum(accepted) FROM envelope GROUP BY 1")
    assert all((count, accepted) == (1, 1) for _, count, accepted in envelopes)
    assert len(envelopes) == len(readings)
    cases = ask("SELECT (facts->>'n')::int, count(*) FROM cases GROUP BY 1")
    assert all(count == 1 for _, count in cases)
    assert {number for kind, number in acknowledged if kind == "case"} <= {number for number, _ in cases}
    whole = ask(
        """SELECT c.seq, (SELECT count(*) FROM journal_entry e WHERE e.case_id = c.id),
               (SELECT count(*) FROM task t WHERE t.case_id = c.id),
               (SELECT count(*) FROM clock k WHERE k.case_id = c.id),
               (SELECT count(*) FROM outbox o WHERE o.topic IN ('cases.CaseOpened', 'cases.StepTaken')
                AND (o.body::jsonb->>'case')::bigint = c.id) FROM cases c"""
    )
    assert {row[1:] for row in whole if row[0] == 1} <= {(1, 1, 1, 1)}
    assert {row[1:] for row in whole if row[0] == 2} == {(2, 2, 2, 2)}
    assert {row[0] for row in whole} <= {1, 2}


def test_our_own_process(district: str, writer: Any) -> None:
    acknowledged: set[tuple[str, int]] = set()
    for most in (7, 23, 11):
        first = max((number for _, number in acknowledged), default=-1) + 1
        process = writer(district, max(0, first - 2), 10_000)
        acknowledged |= told(process, most)
        process.send_signal(signal.SIGKILL)
        acknowledged |= told(process, 10_000)
    last = writer(district, max(number for _, number in acknowledged), 3)
    out, _ = last.communicate(timeout=60)
    assert out.splitlines()[-1] == "verified True"

    def ask(sql: str) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    check(ask, acknowledged)
    assert len(acknowledged) >= 30


def test_the_database(config: Configuration, start: Callable[[Configuration], EmbeddedPostgres], writer: Any) -> None:
    server = start(config)
    process = writer("-", 0, 60, ZHIHAI_DATABASE_URL=server.place.url, ZHIHAI_DATA=str(config.data))
    acknowledged: set[tuple[str, int]] = set()
    for most in (12, 25):
        acknowledged |= told(process, most)
        pid = server.pid
        assert pid is not None
        psutil.Process(pid).kill()
        server.stop()
        server.start()
    rest, _ = process.communicate(timeout=120)
    lines = rest.splitlines()
    assert lines[-1] == "verified True"
    acknowledged |= {(kind, int(number)) for kind, _, number in (line.partition(" ") for line in lines[:-1])}
    assert len({number for kind, number in acknowledged if kind == "reading"}) == 60

    def ask(sql: str) -> list[Any]:
        with psycopg.connect(server.place.url) as asked:
            return asked.execute(sql).fetchall()

    check(ask, acknowledged)
