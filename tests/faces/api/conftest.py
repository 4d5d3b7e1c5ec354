"""What the tests of the API share: clients, tokens, and a little work in the invented district."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from zhihai.faces.api.senders import SENDERS
from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records as records_store
from zhihai.kernel import wiring
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.identity.account import Account
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as journal_reads
from zhihai.kernel.places import reads as places
from zhihai.kernel.sensing import acts as sensing

AT = datetime(2014, 2, 16, 16, tzinfo=UTC)
"""The district's now in the invented district: midnight of 17 February in its zone."""


@dataclass(frozen=True)
class Caller:
    """Somebody who calls with a token, in English unless told otherwise."""

    client: Client
    token: str | None
    language: str = "en"

    def headers(self, given: dict[str, str]) -> dict[str, str]:
        headers = {"Accept-Language": self.language}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        return {**headers, **given}

    def get(self, address: str, **headers: str) -> Any:
        """GET an address; a header's name is written with underscores."""
        return self.client.get(address, headers=self.headers(_named(headers)))

    def post(self, address: str, given: Any, *, content_type: str = "application/json", **headers: str) -> Any:
        """POST something as JSON, or bytes as they are."""
        body = given if isinstance(given, bytes) else json.dumps(given).encode()
        return self.client.post(address, body, content_type=content_type, headers=self.headers(_named(headers)))


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture(autouse=True)
def no_sender_is_remembered() -> Iterator[None]:
    """Let no test see the senders of another."""
    SENDERS.forget()
    yield
    SENDERS.forget()


@pytest.fixture
def client() -> Client:
    """A client of the whole site, which keeps cookies."""
    return Client(SERVER_NAME="localhost")


@pytest.fixture
def nobody(district: str, client: Client) -> Caller:
    """Somebody who has not said who they are."""
    return Caller(client, None)


@pytest.fixture
def caller(district: str) -> Callable[..., Caller]:
    """Make a caller of an account's name, with a token of its own."""

    def make(username: str, **kwargs: Any) -> Caller:
        account = identities.account_named(username).id
        token = identity.issue_token(SYSTEM, account, at=AT, at_machine=datetime.now(UTC), **kwargs)
        return Caller(Client(SERVER_NAME="localhost"), token)

    return make


@pytest.fixture
def stations(caller: Callable[..., Caller]) -> Caller:
    """The account that sends the stations' readings."""
    return caller("stations")


@pytest.fixture
def described(district: str) -> None:
    """Datasets of observations stand in the catalogue."""
    owner = identities.organisation_by_code("990101-environment").id
    sensing.declare_resources(SYSTEM, {"environment": owner}, at=AT)


def open_inspection(hours: float) -> str:
    """Open an inspection on the east shore so many hours before the district's now; returns its number."""
    facts = {
        "device": {"zh": "东岸空气站", "en": "East Shore air station"}, "rule": "air.rule.heavy_pollution.name",
        "found": {"index": 250.0, "peak": 260.0, "primary": "pm25", "peak_primary": "pm25"}, "device_code": "east-air",
        "since": AT - timedelta(hours=8),
    }  # fmt: skip
    area, at = places.area_by_code("990101001").id, AT - timedelta(hours=hours)
    return cases.open_case(SYSTEM, "air.inspection", at=at, area=area, lon=100.015, lat=30.005, facts=facts).number


@pytest.fixture
def case(district: str) -> str:
    """The number of an inspection on the east shore, opened now."""
    return open_inspection(0)


@pytest.fixture
def make_cases(district: str) -> Callable[[int], set[str]]:
    """Open so many inspections and return their numbers."""
    return lambda count: {open_inspection(1 + number) for number in range(count)}


@pytest.fixture
def smog(stations: Caller) -> Callable[[], None]:
    """Send two days of heavy smog at the east shore, and let the index be computed from them."""

    def send() -> None:
        batch = [reading(400.0, hour=hour) for hour in range(1, 49)]
        assert stations.post("/api/readings", batch).status_code == 201
        hear()

    return send


@pytest.fixture
def expire() -> Callable[[], None]:
    """Let every token have run out a second ago."""

    def end() -> None:
        records_store.execute("UPDATE api_token SET expires_at = clock_timestamp() - interval '1 s'")

    return end


@pytest.fixture
def sign_in(client: Client, district: str) -> Callable[[str], Client]:
    """Sign somebody in with a browser."""

    def make(username: str) -> Client:
        client.force_login(Account.objects.get(username=username), "zhihai.faces.signing.SigningIn")
        return client

    return make


def reading(value: Any = 12.5, *, hour: int = 1, device: str = "east-air", quantity: str = "pm25", **more: Any) -> Any:
    """Return one reading as it is sent, of so many hours before the district's now."""
    at = (AT - timedelta(hours=hour)).isoformat()
    return {"device": device, "quantity": quantity, "at": at, "value": value, **more}


def problem(response: HttpResponse, status: int) -> dict[str, Any]:
    """Return the problem that an answer tells, after checking that it is one."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = json.loads(response.content)
    assert told.keys() == {"type", "title", "status", "detail", "instance", "errors"}
    assert told["status"] == status
    assert told["title"]
    assert told["detail"]
    return told


@pytest.fixture
def questions() -> Callable[[], Any]:
    """Note every statement that Django's connection runs within a block."""

    @contextmanager
    def note() -> Iterator[list[str]]:
        asked: list[str] = []

        def run(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            asked.append(" ".join(sql.split()))
            return execute(sql, params, many, context)

        with connection.execute_wrapper(run):
            yield asked

    return note


def hear() -> None:
    """Give every event to those who listen; other tests' transactions on the same server may hold it up a moment."""
    until = time.monotonic() + 20
    while True:
        journal.hear(wiring.LISTENERS, at_machine=datetime.now(UTC))
        states = journal_reads.listeners()
        if states and not any(one.behind_events for one in states):
            return
        assert time.monotonic() < until
