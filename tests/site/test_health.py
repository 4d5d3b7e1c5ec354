"""Health: for a load balancer, for a monitor, for a person."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture
def client() -> Client:
    return Client(SERVER_NAME="127.0.0.1")


def work(**columns: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO worker (name, holder, lease_until) VALUES ('seal', 'x', now() + '1 hour')")
        for name, value in columns.items():
            cursor.execute(f"UPDATE worker SET {name} = %s", [value])


def test_alive_asks_nobody(client: Client) -> None:
    answer = client.get("/health/live")
    assert (answer.status_code, answer.json()["state"]) == (200, "live")
    assert answer.headers["Cache-Control"] == "no-store"


def test_ready_needs_the_store_and_a_district(client: Client) -> None:
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_without_a_district_nothing_is_ready(records: str, client: Client) -> None:
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["type"]) == (503, "/api/problems/no_district")


def test_ready_stays_so_while_background_work_is_late(district: str, client: Client) -> None:
    work(behind=900.0)
    assert client.get("/health/ready").json()["state"] == "ready"
    assert client.get("/health").json()["state"] == "behind"


def test_background_work_that_nobody_does_is_behind(district: str, client: Client) -> None:
    work(lease_until=datetime.now(UTC) - timedelta(seconds=30))
    assert client.get("/health").json()["state"] == "ok", "another may take it over still"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE worker SET lease_until = lease_until - interval '60 s'")
    assert client.get("/health").json()["state"] == "behind", "who does nothing can not tell that it is late"
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO worker (name, holder, lease_until) VALUES ('mail', 'y', now() + '15 s')")
    assert client.get("/health").json()["state"] == "ok", "a worker that this house has no more is nobody's loss"


@pytest.mark.parametrize("accept", ["*/*", "application/json", "", "text/html;q=0.5,application/json"])
def test_a_program_gets_json(accept: str, district: str, client: Client) -> None:
    answer = client.get("/health", headers={"accept": accept} if accept else {})
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["state"] == "ok"
    assert {"Accept", "Accept-Language"} <= set(answer.headers["Vary"].split(", "))


@pytest.mark.parametrize(
    ("language", "said"), [("zh", ("运行正常", "日志封存", "运行中")), ("en", ("All is well", "Sealing", "running"))]
)
def test_a_person_gets_a_page(language: str, said: tuple[str, ...], district: str, client: Client) -> None:
    work()
    page = client.get("/health", headers={"accept": BROWSER, "accept-language": language}).content.decode()
    assert [word for word in said if word not in page] == []


@pytest.mark.parametrize(
    ("columns", "said"),
    [({"failure": "KeyError"}, "failing"), ({"behind": 900.0}, "late"), ({"lease_until": "2000-01-01"}, "nobody runs")],
)
def test_a_page_tells_which_worker_is_in_trouble(
    columns: dict[str, object], said: str, district: str, client: Client
) -> None:
    work(**columns)
    page = client.get("/health", headers={"accept": BROWSER, "accept-language": "en"}).content.decode()
    assert said in page
    assert "KeyError" not in page, "what failed stands in the log, not on an open page"


def test_a_person_is_told_that_the_store_is_away(client: Client) -> None:
    answer = client.get("/health", headers={"accept": BROWSER, "accept-language": "en"})
    assert answer.status_code == 503
    page = answer.content.decode()
    assert "The database does not answer" in page
    assert "disk" in page
    assert json.loads(client.get("/health").content)["state"] == "database_away"


def test_the_language_can_be_chosen_on_it(district: str, client: Client) -> None:
    answer = client.get("/health?language=en", headers={"accept": BROWSER})
    assert answer.status_code == 302
    assert "All is well" in client.get("/health", headers={"accept": BROWSER}).content.decode()


def test_words_of_every_state_are_there() -> None:
    for state in ("ok", "warming", "behind", "database_away"):
        assert f"desk.health.{state}" in settings.ZHIHAI_WORDS
        assert f"desk.health.{state}_what" in settings.ZHIHAI_WORDS
