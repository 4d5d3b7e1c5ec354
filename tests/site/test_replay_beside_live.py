"""A district replayed and one that is live, on one machine and one database server: neither hears of the other."""

from __future__ import annotations

import json
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests.conftest import LAKESIDE
from tests.site.platforms import PATIENCE, Platform, holders, wait_for

from zhihai.site import settings as site_settings
from zhihai.site.loading import load_district

pytestmark = pytest.mark.long

KEY = "a key that this test alone knows, of some length"
NEAR = timedelta(seconds=30)
PAST = datetime(2015, 1, 1, tzinfo=UTC)


@pytest.fixture
def two(store: Any, bare: str) -> Iterator[tuple[Platform, Platform]]:
    """The demonstration, replaying 2014, and the invented district, live."""
    folder = Path(os.environ["ZHIHAI_TEST_RUN"]) / f"beside-{os.getpid()}"
    folder.mkdir(mode=0o711)
    with store.copy(bare) as past, store.copy(bare) as now:
        load_district(LAKESIDE, at_machine=datetime.now(UTC), live=True, demonstration=True, say=lambda *_: None)
        urls = [make_conninfo(site_settings.DATABASE_URL, dbname=name) for name in (past, now)]
        replayed = Platform(folder / "past", urls[0], demonstration="true")
        live = Platform(
            folder / "now",
            urls[1],
            demonstration="false",
            secret_key="a key that this test alone knows, of some length",
        )
        try:
            for one in (replayed, live):
                one.start()
            for one in (replayed, live):
                one.wait()
            yield replayed, live
        finally:
            for one in (replayed, live):
                one.end()
            shutil.rmtree(folder, ignore_errors=True)


def clock(platform: Platform) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{platform.port}/clock", timeout=PATIENCE) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def instant(platform: Platform) -> datetime:
    return datetime.fromisoformat(clock(platform)["instant"])


def send(platform: Platform, token: str, device: str, at: datetime) -> tuple[int, dict[str, Any]]:
    """Send one reading; return the status and what was answered."""
    reading = {"device": device, "quantity": "pm25", "at": at.isoformat(), "value": 61, "unit": "ug/m3"}
    asked = urllib.request.Request(
        f"http://127.0.0.1:{platform.port}/api/readings", json.dumps([reading]).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def rows(platform: Platform, question: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(platform.environment["ZHIHAI_DATABASE_URL"], autocommit=True) as line:
        return line.execute(question).fetchall()


def hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def test_a_replayed_district_beside_a_live_one(two: tuple[Platform, Platform]) -> None:
    replayed, live = two
    wait_for(lambda: rows(replayed, "SELECT 1 FROM cases LIMIT 1"), "the replay opens no case")
    began = instant(replayed)
    assert clock(replayed)["mode"] == "replay"
    assert began < PAST
    assert clock(live)["mode"] == "live"
    assert abs(instant(live) - datetime.now(UTC)) < NEAR

    tokens = {one: one.told("token", "stations").strip() for one in two}
    today = hour(datetime.now(UTC))
    status, answered = send(live, tokens[live], "east-air", today)
    assert (status, answered["accepted"]) == (201, 1)
    status, answered = send(replayed, tokens[replayed], "wanliu-air", today)
    assert (status, answered["quarantined"]) == (201, 1), "today lies far ahead of a clock that stands in 2014"
    assert send(replayed, tokens[live], "wanliu-air", today)[0] == 401, "a token of one opens nothing in the other"

    wait_for(lambda: instant(replayed) > began, "the replay does not go on")
    far = "SELECT count(*) FROM journal_entry WHERE recorded_at - at > interval '1000 days'"
    near = "SELECT count(*) FROM journal_entry WHERE abs(extract(epoch FROM recorded_at - at)) < 60"
    everything = "SELECT count(*) FROM journal_entry"
    assert rows(replayed, far) == rows(replayed, everything), "what the replay does is done in 2014"
    assert rows(live, near) == rows(live, everything), "and here it is done today"
    assert rows(live, "SELECT count(*) FROM cases WHERE opened_at < now() - interval '1 hour'") == [(0,)]
    assert rows(replayed, "SELECT count(*) FROM cases WHERE opened_at > '2015-01-01'") == [(0,)]
    for one in two:
        url = one.environment["ZHIHAI_DATABASE_URL"]
        wait_for(lambda url=url: holders(url), "nobody does the background work")
        assert holders(url) <= one.children(), "each works for its own"
        one.told("verify", "--state")
