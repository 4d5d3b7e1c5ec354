"""The engine: a kept connection is checked without a question; instants are read in UTC by the compiled loader."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest
from django.core.signals import request_started
from django.db import connection

from zhihai.kernel import records as store

pytestmark = pytest.mark.usefixtures("records")


def beside(sql: str, *params: object) -> object:
    """Ask over a connection of its own."""
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
        row = other.execute(sql, params).fetchone()
        assert row is not None
        return row[0]


def test_a_connection_that_stands_is_used_on_and_asked_nothing() -> None:
    backend = store.value("SELECT pg_backend_pid()")
    asked_at = beside("SELECT query_start FROM pg_stat_activity WHERE pid = %s", backend)
    assert connection.is_usable()
    assert beside("SELECT query_start FROM pg_stat_activity WHERE pid = %s", backend) == asked_at
    assert store.value("SELECT pg_backend_pid()") == backend


def test_a_session_that_the_server_ended_is_replaced_before_the_next_request() -> None:
    backend = store.value("SELECT pg_backend_pid()")
    assert beside("SELECT pg_terminate_backend(%s, 5000)", backend)
    assert not connection.is_usable()
    request_started.send(sender=None)
    assert store.value("SELECT pg_backend_pid()") != backend


def test_a_closed_connection_and_one_within_a_transaction_are_not_usable() -> None:
    store.value("SELECT 1")
    connection.connection.execute("BEGIN")
    assert not connection.is_usable()
    connection.connection.execute("ROLLBACK")
    assert connection.is_usable()
    connection.connection.close()
    assert not connection.is_usable()
    connection.close()
    assert not connection.is_usable()


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2014-02-20 07:20:00.25+08", datetime(2014, 2, 19, 23, 20, 0, 250_000, tzinfo=UTC)),
        ("1901-01-01 00:00:00+08:05:43", datetime(1900, 12, 31, 15, 54, 17, tzinfo=UTC)),
    ],
)
def test_instants_arrive_in_utc(written: str, instant: datetime) -> None:
    found = store.value("SELECT %s::timestamptz", (written,))
    assert found == instant
    assert found.tzinfo is UTC


def test_questions_by_parts_read_instants_too() -> None:
    with store.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute("SELECT '2014-02-20T00:00:00Z'::timestamptz FROM generate_series(1, 3)")
        assert cursor.fetchall() == [(datetime(2014, 2, 20, tzinfo=UTC),)] * 3
