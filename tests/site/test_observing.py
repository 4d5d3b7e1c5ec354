"""Observing: requests are numbered, counted and logged, and nothing that a person typed stands in a log."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from zhihai.ground.actors import SYSTEM
from zhihai.kernel.journal import acts as journal
from zhihai.site.backup.manifest import FORMAT, MANIFEST, NAME, Manifest
from zhihai.site.configuration import Configuration
from zhihai.site.counting import Counting
from zhihai.site.logs import Counting as CountingHandler
from zhihai.site.logs import JsonLine, PlainLine, logging_settings
from zhihai.site.observing import HEADER, observed
from zhihai.site.slow import FILE, note, slow, slowest

PERSONAL = ("张三丰", "110101199003077571", "13800138000", "hunter2-secret", "zh_token_not_to_be_told")
"""What somebody may type or send, and no log may hold."""


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged in the test, down to ``debug``, as the platform would write it."""
    out = io.StringIO()
    handler = CountingHandler(out)
    handler.setFormatter(JsonLine())
    root, before = logging.getLogger(), logging.getLogger().level
    watched = [logging.getLogger(name) for name in ("zhihai.site.observing", "django", "psycopg")]
    levels = [one.level for one in watched]
    root.addHandler(handler)
    for one in (root, *watched):
        one.setLevel(logging.DEBUG)
    logging.getLogger("django.db.backends").setLevel(logging.INFO)
    yield out
    root.removeHandler(handler)
    root.setLevel(before)
    for one, level in zip(watched, levels, strict=True):
        one.setLevel(level)


@pytest.fixture
def client() -> Client:
    return Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def requests(log: io.StringIO) -> list[dict[str, Any]]:
    return [line for line in lines(log) if line["event"] == "request"]


def with_settings(**changed: object) -> Any:
    return override_settings(CONFIG=settings.CONFIG.model_copy(update=changed))


def test_a_request_has_a_number_that_its_answer_its_page_and_its_line_tell(
    district: str, client: Client, log: io.StringIO
) -> None:
    answer = client.get("/nowhere/at/all")
    number = answer.headers[HEADER]
    assert len(number) == 16
    assert number in answer.content.decode()
    (line,) = requests(log)
    assert (line["request"], line["status"], line["method"], line["refused"]) == (number, 404, "GET", "no_address")
    assert line["ms"] > 0
    assert client.get("/wall/").headers[HEADER] != number


def test_the_number_of_a_proxy_is_kept_only_behind_one(district: str, client: Client) -> None:
    given = {"x-request-id": "proxy-0123456789"}
    assert client.get("/health/live", headers=given).headers[HEADER] != "proxy-0123456789"
    with with_settings(behind_proxy=True):
        assert client.get("/health/live", headers=given).headers[HEADER] == "proxy-0123456789"
        assert client.get("/health/live", headers={"x-request-id": "张 三"}).headers[HEADER] != "张 三"


def test_nothing_that_was_typed_or_sent_is_logged(district: str, client: Client, log: io.StringIO) -> None:
    name, identity, phone, password, token = PERSONAL
    client.get(f"/people/{identity}?name={name}")
    client.get(f"/desk/search?q={phone}")
    client.post("/sign-in/", {"login": name, "password": password})
    client.get("/api/me", headers={"authorization": f"Bearer {token}"})
    client.post("/api/readings", f'[{{"device": "{identity}"}}]', "application/json")
    client.get("/wall/", headers={"host": f"{phone}.example"})
    client.get("/wall/", headers={"cookie": f"zhihai_session={token}"})
    client.post("/desk/notices/1", {"note": name})
    told = log.getvalue()
    assert len(requests(log)) == 8
    assert [word for word in PERSONAL if word in told] == []
    assert "\\u" not in told


def test_a_fault_is_logged_by_its_sort_and_places(
    district: str, client: Client, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoilt() -> None:
        raise ValueError(f"the row of {PERSONAL[0]}")

    running = observed("count", spoilt)
    try:
        running()
    except ValueError:
        logging.getLogger("zhihai.site.background").exception("worker %s failed", "count")
    (line,) = [line for line in lines(log) if line["event"] == "worker count failed"]
    assert line["fault"] == "ValueError"
    assert line["level"] == "error"
    assert "test_observing" in line["at"][0]
    assert PERSONAL[0] not in log.getvalue()


@pytest.mark.parametrize("form", [JsonLine(), PlainLine()])
def test_what_libraries_log_is_cut_down_to_its_template(form: logging.Formatter) -> None:
    for record in (
        logging.LogRecord("django.request", 30, "", 0, "%s: %s", ("Not Found", f"/people/{PERSONAL[1]}"), None),
        logging.LogRecord("django.security.DisallowedHost", 40, "", 0, f"Invalid HTTP_HOST: {PERSONAL[2]}", (), None),
        logging.LogRecord("library", 40, "", 0, f"already put together of {PERSONAL[0]}", (), None),
        logging.LogRecord("library", 40, "", 0, ValueError(PERSONAL[0]), (), None),
    ):
        assert [word for word in PERSONAL if word in form.format(record)] == []


@pytest.mark.parametrize(
    ("given", "terminal", "form"),
    [
        ("auto", False, "JsonLine"),
        ("auto", True, "PlainLine"),
        ("json", True, "JsonLine"),
        ("plain", False, "PlainLine"),
    ],
)
def test_a_terminal_gets_plain_lines_and_everything_else_json(given: Any, terminal: bool, form: str) -> None:
    made = logging_settings(Configuration(log_form=given), terminal=terminal)
    assert made["formatters"]["line"]["()"].endswith(form)
    assert made["loggers"]["zhihai.site.observing"]["level"] == ("WARNING" if form == "PlainLine" else "INFO")


def test_a_slow_question_is_kept_without_its_values(district: str, log: io.StringIO, tmp_path: Path) -> None:
    def ask() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(%s), %s::text", [0.02, PERSONAL[0]])
        return 1

    with with_settings(slow_ms=10, data=tmp_path):
        for _ in range(3):
            assert observed("mail", ask)() == 1
    kept = slow(tmp_path)
    assert [(one.where, one.question) for one in kept] == [("worker mail", "SELECT pg_sleep(%s), %s::text")] * 3
    (worst,) = slowest(kept, 10)
    assert worst.times == 3
    assert worst.together >= 60
    assert worst.longest >= 20
    assert sum(line["event"] == "slow question" for line in lines(log)) == 3
    assert PERSONAL[0] not in log.getvalue() + (tmp_path / FILE).read_text()


def test_a_quick_question_is_not_kept(district: str, tmp_path: Path) -> None:
    with with_settings(data=tmp_path):
        Client(SERVER_NAME="127.0.0.1").get("/wall/")
    assert slow(tmp_path) == ()


def test_slow_questions_do_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zhihai.site.slow.KEPT_BYTES", 2_000)
    for number in range(100):
        from_here = f"SELECT {number} " + "x" * 200
        note(tmp_path, from_here, number, "wall")
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 6_000
    assert slow(tmp_path)[-1].ms == 99
    note(tmp_path / "gone", "SELECT", 1, "wall")


def scraped(client: Client, **headers: str) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    return {
        family.name: {tuple(sorted(sample.labels.items())): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(answer.content.decode())
    }


def test_a_scrape_tells_what_was_done_and_what_waits(district: str, client: Client) -> None:
    client.get("/wall/")
    before = scraped(client)
    client.get("/wall/")
    client.get("/nowhere")
    now = scraped(client)
    wall = (("method", "GET"), ("route", "wall"), ("status", "200"))
    assert now["zhihai_http_requests"][wall] == before["zhihai_http_requests"][wall] + 1
    lost = (("code", "no_address"),)
    assert now["zhihai_refusals"][lost] == before["zhihai_refusals"].get(lost, 0) + 1
    assert now["zhihai_store_up"][()] == 1
    assert now["zhihai_unsealed_entries"][()] > 0
    assert now["zhihai_store_connections"][()] >= 1
    assert now["zhihai_disk_free_bytes"][()] > 0
    assert now["zhihai_http_request_seconds"]


def test_labels_are_names_of_ours(district: str, client: Client) -> None:
    for number in range(30):
        client.get(f"/nowhere/{number}")
        client.get(f"/desk/cases/{number}")
        client.get(f"/api/cases/{number}")
        client.generic(f"METHOD{number}", "/wall/")
    found = scraped(client)["zhihai_http_requests"]
    told = {value for labels in found for name, value in labels if name in ("route", "method")}
    assert {"none", "desk-case", "api:get_case", "other"} <= told
    assert not any(character.isdigit() for value in told for character in value)


def test_acts_and_readings_are_counted_once_when_they_are_sealed(district: str, client: Client) -> None:
    at = datetime.now(UTC)
    while journal.seal(at_machine=at):
        pass
    counting = Counting()
    assert counting() == 0
    before = scraped(client)["zhihai_acts"].get((("act", "journal.set_clock"),), 0)
    for speed in (0.0, 2.0, 3.0):
        journal.set_clock(SYSTEM, speed=speed, at=at)
    assert counting() == 0, "nothing is sealed yet"
    journal.seal(at_machine=at)
    assert counting() == 3
    assert counting() == 0
    assert scraped(client)["zhihai_acts"][(("act", "journal.set_clock"),)] == before + 3


@pytest.mark.parametrize(
    ("address", "headers", "changed", "status"),
    [
        ("127.0.0.1", {}, {}, 200),
        ("::1", {}, {}, 200),
        ("192.0.2.7", {}, {}, 403),
        ("", {}, {}, 403),
        ("127.0.0.1", {}, {"behind_proxy": True}, 403),
        ("127.0.0.1", {"x-forwarded-for": "192.0.2.7"}, {}, 403),
        ("192.0.2.7", {"authorization": f"Bearer {'t' * 16}"}, {"metrics_token": "t" * 16}, 200),
        ("192.0.2.7", {"authorization": f"Bearer {'t' * 15}"}, {"metrics_token": "t" * 16}, 403),
        ("127.0.0.1", {"authorization": f"Bearer {'t' * 16}"}, {"metrics_token": "t" * 16, "behind_proxy": True}, 200),
    ],
)
def test_only_this_machine_or_a_token_may_read(
    address: str, headers: dict[str, str], changed: dict[str, Any], status: int, district: str, client: Client
) -> None:
    if "metrics_token" in changed:
        changed = changed | {"metrics_token": SecretStr(changed["metrics_token"])}
    with with_settings(**changed):
        answer = client.get("/metrics", REMOTE_ADDR=address, headers=headers)
    assert answer.status_code == status
    assert (b"zhihai_" in answer.content) == (status == 200)


def test_with_the_store_away_a_scrape_says_so(client: Client) -> None:
    found = scraped(client)
    assert found["zhihai_store_up"][()] == 0
    assert found["zhihai_disk_free_bytes"][()] > 0


def test_a_scrape_asks_few_questions(district: str, client: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        scraped(client)
    assert len(asked) <= 10


def backed_up(folder: Path, ended: datetime) -> Path:
    """Lay a backup's own description into a folder, as ``zhihai backup`` does at its end."""
    made = folder / ended.strftime(NAME)
    made.mkdir(parents=True)
    manifest = Manifest(
        format=FORMAT, sort="dump", version="0.1.0", migrations=(), postgres=180006, district="x", era=1, seal=7,
        head="", began=ended, ended=ended, size=5 * 2**20, wal=None, segment=None, marks=(), keys=False, files=(),
    )  # fmt: skip
    (made / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    return made


def test_the_last_backup_is_known_by_its_end(district: str, client: Client, tmp_path: Path) -> None:
    first, second = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
    with with_settings(backup=tmp_path):
        assert "zhihai_backup_ended_seconds" not in scraped(client)
        for ended in (second, first):
            backed_up(tmp_path, ended)
        assert scraped(client)["zhihai_backup_ended_seconds"][()] == second.timestamp()
        (tmp_path / second.strftime(NAME) / MANIFEST).write_text("{")
        assert "zhihai_backup_ended_seconds" not in scraped(client), "one that can not be read is no backup"
