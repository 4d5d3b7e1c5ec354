"""Intake: what is answered is kept, once; what can not be is set aside or refused, told and counted."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from tests.faces.api.conftest import AT, Caller, problem, reading

from zhihai.faces.api import senders
from zhihai.ground.actors import SYSTEM
from zhihai.kernel.exchange import reads as exchange
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.sensing import reads as sensing

READINGS = "/api/readings"


def counts(response: Any) -> tuple[int, int, int]:
    told = json.loads(response.content)
    return told["accepted"], told["duplicate"], told["quarantined"]


def kept(device: str = "east-air", quantity: str = "pm25") -> list[tuple[datetime, float]]:
    stream = sensing.device(device).stream(quantity)
    assert stream is not None
    return [(row.at, row.value) for row in sensing.observations(stream.id)]


def turned_away() -> dict[str, int]:
    return {one.reason: one.n for one in exchange.turned_away((datetime.now(UTC) - timedelta(days=1)).date())}


def test_one_reading_and_a_batch_are_kept(stations: Caller) -> None:
    first = stations.post(READINGS, reading(12.5, hour=3))
    batch = stations.post(READINGS, [reading(20, hour=2, unit="ug/m3"), reading(30.25, hour=1, flags=8)])
    assert first.status_code == batch.status_code == 201
    assert counts(first) == (1, 0, 0)
    assert counts(batch) == (2, 0, 0)
    assert kept() == [(AT - timedelta(hours=h), v) for h, v in ((3, 12.5), (2, 20.0), (1, 30.25))]


def test_quantity_may_be_named_in_full_and_time_in_any_offset(stations: Caller) -> None:
    at = "2014-02-16T23:00:00+08:00"
    stations.post(READINGS, {"device": "east-air", "quantity": "air.pm25", "at": at, "value": 1})
    assert kept() == [(datetime(2014, 2, 16, 15, tzinfo=UTC), 1.0)]


@pytest.mark.parametrize("at", ["2014-02-16T15:59:60Z", "2014-02-16T23:59:60+08:00"])
def test_a_leap_second_is_set_aside_with_its_field_and_what_to_do(at: str, stations: Caller) -> None:
    """Second 60 (RFC 3339, 5.6) is no instant of POSIX time: guessing which neighbour is meant is not ours."""
    sent = [reading(7), {**reading(8), "at": at}]
    answer = stations.post(READINGS, sent)
    assert (answer.status_code, counts(answer)) == (201, (1, 0, 1))
    (problem,) = json.loads(answer.content)["problems"]
    assert problem["field"] == "readings[1].at"
    assert problem["detail"]
    assert [value for _, value in kept()] == [7.0]


def test_what_came_before_is_a_duplicate(stations: Caller) -> None:
    stations.post(READINGS, reading(12.5))
    again = stations.post(READINGS, [reading(99.0), reading(99.0)])
    assert counts(again) == (0, 2, 0)
    assert [value for _, value in kept()] == [12.5]


def test_a_batch_sent_again_with_its_key_is_answered_as_before(stations: Caller) -> None:
    batch = [reading(1, hour=2), reading(1, hour=1), reading(-5, hour=3)]
    first = stations.post(READINGS, batch, Idempotency_Key="batch-7")
    again = stations.post(READINGS, batch, Idempotency_Key="batch-7")
    assert (first.status_code, again.status_code) == (201, 200)
    told, repeated = json.loads(first.content), json.loads(again.content)
    assert repeated == {**told, "repeated": True}
    assert counts(again) == (2, 0, 1)
    assert len(exchange.envelopes()) == 1


def test_a_key_used_for_other_contents_is_refused_and_counted(stations: Caller) -> None:
    stations.post(READINGS, reading(1, hour=2), Idempotency_Key="k")
    told = problem(stations.post(READINGS, reading(2, hour=1), Idempotency_Key="k"), 409)
    assert told["errors"][0]["field"] == "Idempotency-Key"
    assert len(kept()) == 1
    assert turned_away() == {"key_reused": 1}


@pytest.mark.parametrize(
    ("given", "field", "part"),
    [
        (reading(1, unit="mg/m3"), "unit", "mg/m3"),
        (reading(-1), "value", "-1"),
        (reading(1e9), "value", "1000000000"),
        (reading(None), "value", "null"),
        (reading("twelve"), "value", "twelve"),
        (reading(True), "value", "True"),
        (reading(1, device="not-there"), "device", "not-there"),
        (reading(1, quantity="radon"), "quantity", "radon"),
        (reading(1, quantity="aqi_hour"), "quantity", "aqi_hour"),
        ({**reading(1), "at": "1970-01-01T00:00:00Z"}, "at", "1970"),
        ({**reading(1), "at": "2099-01-01T00:00:00Z"}, "at", "2099"),
        ({**reading(1), "at": "2014-02-16T15:00:00"}, "at", "2014-02-16T15:00:00"),
        ({**reading(1), "at": "yesterday"}, "at", "yesterday"),
        ({**reading(1), "at": 1392562800}, "at", "1392562800"),
        (reading(1, flags=64), "flags", "64"),
    ],
)
def test_what_can_not_be_is_set_aside_with_a_reason(stations: Caller, given: Any, field: str, part: str) -> None:
    answer = stations.post(READINGS, [reading(5, hour=2), given])
    assert answer.status_code == 201
    assert counts(answer) == (1, 0, 1)
    (told,) = json.loads(answer.content)["problems"]
    assert told["field"] == f"readings[1].{field}"
    assert part in told["detail"]
    assert [one.position for one in sensing.quarantined()] == [1]


def test_reasons_are_said_in_the_language_asked_and_at_most_twenty(stations: Caller) -> None:
    batch = [reading(-n, hour=n) for n in range(1, 31)]
    told = json.loads(stations.post(READINGS, batch, Accept_Language="zh-CN").content)
    assert told["quarantined"] == 30
    assert len(told["problems"]) == 20
    assert all("一" <= one["detail"][0] <= "鿿" or "“" in one["detail"] for one in told["problems"])


@pytest.mark.parametrize(
    ("body", "status", "reason", "part"),
    [
        (b" ", 400, "unreadable", "JSON"),
        (b"{", 400, "unreadable", "JSON"),
        (b"\x00\x01", 400, "unreadable", "JSON"),
        (b"[" * 100_000, 400, "unreadable", "JSON"),
        (b'{"device": NaN}', 400, "unreadable", "NaN"),
        (b'[{"value": -Infinity}]', 400, "unreadable", "-Infinity"),
        ('{"device": "东岸空气站"}'.encode("gb18030"), 400, "unreadable", "GB 18030"),
        (b'{"device": "\xff\xfe"}', 400, "unreadable", "UTF-8"),
        (b"[]", 422, "invalid", "at least one"),
        (b"5", 422, "invalid", "fields"),
        (b"null", 422, "invalid", "fields"),
        (b'["east-air"]', 422, "invalid", "fields"),
    ],
)
def test_what_can_not_be_read_is_refused_whole_and_counted(
    stations: Caller, body: bytes, status: int, reason: str, part: str
) -> None:
    told = problem(stations.post(READINGS, body), status)
    assert part in told["detail"]
    assert turned_away() == {reason: 1}
    assert exchange.envelopes() == ()


def test_each_field_at_fault_is_named(stations: Caller) -> None:
    given = [
        reading(1), {"device": "east-air", "quantity": "pm25"}, reading(1, units="ug/m3"), {**reading(1), "device": 7},
        {**reading(1), "quantity": "pm25\x00"}, {**reading(1), "device": "\ud800"},
    ]  # fmt: skip
    told = problem(stations.post(READINGS, given), 422)
    fields = [one["field"] for one in told["errors"]]
    assert fields == [
        "readings[1].at", "readings[1].value", "readings[2]", "readings[3].device", "readings[4].quantity",
        "readings[5].device",
    ]  # fmt: skip
    assert kept() == []


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=gb18030", "application/xml"],
)
def test_another_content_type_is_refused(stations: Caller, content_type: str) -> None:
    told = problem(stations.post(READINGS, reading(1), content_type=content_type), 415)
    assert content_type in told["detail"]
    assert told["errors"][0]["field"] == "Content-Type"
    assert turned_away() == {"content_type": 1}


@pytest.mark.parametrize("label", ["utf8", "UTF-8", "utf-8"])
def test_a_body_may_call_its_writing_by_any_of_its_names(stations: Caller, label: str) -> None:
    assert stations.post(READINGS, reading(1), content_type=f"application/json; charset={label}").status_code == 201


def test_a_body_beyond_the_limit_is_refused_unread(stations: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DATA_UPLOAD_MAX_MEMORY_SIZE", 1 << 20)
    told = problem(stations.post(READINGS, b"[" + b" " * (1 << 20) + b"]"), 413)
    assert "1 MB" in told["detail"]
    assert turned_away() == {"too_large": 1}


def chunked(stations: Caller, body: io.BytesIO) -> Any:
    headers = stations.headers({})
    return stations.client.generic(
        "POST", READINGS, b"", headers={**headers, "Transfer-Encoding": "chunked"}, CONTENT_TYPE="application/json",
        CONTENT_LENGTH="", **{"wsgi.input": body},
    )  # fmt: skip


def test_a_body_in_chunks_is_taken_up_to_the_limit(stations: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    assert counts(chunked(stations, io.BytesIO(json.dumps(reading(1)).encode()))) == (1, 0, 0)
    monkeypatch.setattr(settings, "DATA_UPLOAD_MAX_MEMORY_SIZE", 1000)
    body = io.BytesIO(b" " * 100_000)
    problem(chunked(stations, body), 413)
    assert body.read() == b""


def test_ten_thousand_readings_are_the_most(stations: Caller) -> None:
    batch = [reading(1, device="nowhere") for _ in range(10_000)]
    assert counts(stations.post(READINGS, batch)) == (0, 0, 10_000)
    told = problem(stations.post(READINGS, [*batch, reading(1)]), 413)
    assert "10,001" in told["detail"]


def test_who_sends_without_a_token_or_with_a_wrong_one_is_told_how(
    nobody: Caller, caller: Callable[..., Caller]
) -> None:
    answer = nobody.post(READINGS, reading(1))
    assert problem(answer, 401)["detail"].startswith("Sign in first")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="zhihai"'
    wrong = nobody.post(READINGS, reading(1), Authorization="Bearer zh_wrong")
    assert problem(wrong, 401)["type"] == "/api/problems/token_unknown"
    assert 'error="invalid_token"' in wrong.headers["WWW-Authenticate"]
    assert problem(caller("leader").post(READINGS, reading(1)), 403)["type"] == "/api/problems/not_permitted"
    assert problem(caller("operator").post(READINGS, reading(1)), 403)["type"] == "/api/problems/no_connector"
    assert turned_away() == {"unauthenticated": 2, "not_permitted": 2}


def test_a_token_without_the_power_to_send_sends_nothing(caller: Callable[..., Caller]) -> None:
    problem(caller("stations", powers=[]).post(READINGS, reading(1)), 403)


def test_a_revoked_token_is_served_no_longer_than_is_said(stations: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(senders.time, "monotonic", lambda: now[0])
    assert stations.post(READINGS, reading(1, hour=1)).status_code == 201
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM api_token")
        ((token,),) = cursor.fetchall()
    identity.revoke_token(SYSTEM, token, at=AT, at_machine=datetime.now(UTC))
    now[0] += senders.KEEP_SECONDS - 0.1
    assert stations.post(READINGS, reading(1, hour=2)).status_code == 201
    now[0] += 0.2
    problem(stations.post(READINGS, reading(1, hour=3)), 401)
    assert len(kept()) == 2


def test_a_known_sender_costs_one_question_besides_the_record(stations: Caller, questions: Callable[[], Any]) -> None:
    stations.post(READINGS, reading(1, hour=1))
    with questions() as asked:
        stations.post(READINGS, [reading(1, hour=hour) for hour in range(2, 40)])
    statements = [sql for sql in asked if not sql.startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]
    assert [sql.split("(")[0] for sql in statements] == [
        "SELECT zh_now", "SELECT * FROM zh_receive",
    ]  # fmt: skip


def test_a_devices_own_message_is_taken(stations: Caller) -> None:
    message = {"station": "east-air", "at": "2014-02-16T23:00:00+08:00", "values": {"pm25": 80, "co": 1.2, "o3": None}}
    message["unit"] = {"co": "mg/m3"}
    answer = stations.post("/api/devices/east-air/message", message, Idempotency_Key="h-23")
    assert answer.status_code == 201
    assert counts(answer) == (2, 0, 0)
    assert [value for _, value in kept(quantity="co")] == [1200.0]
    again = stations.post("/api/devices/east-air/message", message, Idempotency_Key="h-23")
    assert again.status_code == 200


def test_a_message_that_is_not_the_devices_is_refused(stations: Caller) -> None:
    message = {"station": "far-air", "at": "2014-02-16T23:00:00+08:00", "values": {"pm25": 80}}
    assert problem(stations.post("/api/devices/east-air/message", message), 422)["errors"][0]["field"] == "device"
    assert problem(stations.post("/api/devices/nowhere/message", message), 404)["type"] == "/api/problems/no_device"
    unreadable = problem(stations.post("/api/devices/east-air/message", b"\x01", content_type="text/plain"), 422)
    assert unreadable["type"] == "/api/problems/station_not_json"
    assert turned_away() == {"invalid": 3}
    assert exchange.envelopes() == ()


@pytest.mark.parametrize(
    ("write", "hours"), [("zhihai.kernel.sensing.acts.keep", (1, 2)), ("zhihai.kernel.sensing.gathering.ask", (1,))]
)
def test_nothing_is_half_written_when_the_store_fails(
    stations: Caller, monkeypatch: pytest.MonkeyPatch, write: str, hours: tuple[int, ...]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("server closed the connection unexpectedly: password=secret")

    monkeypatch.setattr(write, fail)
    answer = stations.post(READINGS, [reading(1, hour=hour) for hour in hours])
    assert problem(answer, 503)["type"] == "/api/problems/store_away"
    assert answer.headers["Retry-After"] == "5"
    assert "secret" not in answer.content.decode()
    assert exchange.envelopes() == ()
    assert kept() == []


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options"])
def test_other_methods_are_told_what_there_is(stations: Caller, method: str) -> None:
    answer = getattr(stations.client, method)(READINGS, headers=stations.headers({}))
    assert "POST" in problem(answer, 405)["detail"]
    assert answer.headers["Allow"] == "POST"
