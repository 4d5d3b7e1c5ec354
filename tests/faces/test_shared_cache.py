"""The cache that all processes share: one statement each, and nothing that still counts is forgotten to make room."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhihai.kernel import records as store
from zhihai.kernel.identity import acts
from zhihai.site.workers import run_upkeep

pytestmark = pytest.mark.usefixtures("records")


def test_what_is_kept_is_found_until_it_expires() -> None:
    cache.set("a", [1.5, 2.5], 60)
    cache.set("b", True, None)
    cache.set("c", "gone", 0)
    assert cache.get_many(["a", "b", "c"]) == {"a": [1.5, 2.5], "b": True}
    assert cache.get("c", "no") == "no"
    assert cache.touch("a", 0)
    assert cache.get("a") is None
    assert not cache.touch("a", 60)
    assert cache.delete("b")
    assert not cache.delete("b")


def test_only_one_of_many_at_once_adds() -> None:
    def add(n: int) -> bool:
        try:
            return cache.add("lock", n, 60)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(32))) == 1
    assert not cache.add("lock", 1, 60)
    cache.set("lock", 1, -1)
    assert cache.add("lock", 2, 60), "what has expired is not there"


@pytest.mark.parametrize("do", [
    lambda: cache.get("k"), lambda: cache.set("k", 1), lambda: cache.add("k", 1), lambda: cache.delete("k"),
])  # fmt: skip
def test_each_is_one_statement_however_many_there_are(do: Callable[[], Any]) -> None:
    with CaptureQueriesContext(connection) as asked:
        do()
    assert len(asked) == 1
    assert "count(" not in asked[0]["sql"].lower()


def test_many_entries_of_a_stranger_make_none_forgotten() -> None:
    cache.set("a:limit", [1.0], 300)
    now = datetime.now(UTC)
    store.execute(
        "INSERT INTO web_cache SELECT ':1:' || n, '1', %s FROM generate_series(1, 50000) n", (now + timedelta(hours=1),)
    )
    for n in range(20):
        cache.set(f"b:{n}", 1, 300)
    assert cache.get("a:limit") == [1.0]


def test_upkeep_removes_what_has_expired_and_sessions_with_it(district: str) -> None:
    now = datetime.now(UTC)
    cache.set("a", 1, 300)
    cache.set("b", 1, -1)
    store.execute(
        "INSERT INTO django_session VALUES ('old', '', %s), ('new', '', %s)",
        (now - timedelta(seconds=1), now + timedelta(hours=1)),
    )
    assert run_upkeep() >= 2
    assert store.value("SELECT count(*) FROM web_cache") == 1
    assert store.rows("SELECT session_key FROM django_session WHERE session_key IN ('old', 'new')") == [("new",)]
    assert acts.sweep_sessions(at_machine=now + timedelta(hours=2)) == 1
    assert time.time() < (now + timedelta(minutes=5)).timestamp()


@pytest.mark.parametrize("value", [None, True, 7, -1.5, "", '\u0000 文"字\\', [1.0, [2, "x"]], {"a": {"b": []}}])
def test_what_json_holds_comes_back(value: Any) -> None:
    cache.set("k", value, 60)
    assert cache.get("k", "nothing") == value


def test_nothing_else_is_kept() -> None:
    with pytest.raises(TypeError):
        cache.set("k", object(), 60)
