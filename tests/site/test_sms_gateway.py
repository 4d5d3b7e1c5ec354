"""A real gateway of short messages: what is taken is counted there, by person, whatever it did before."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from tests.kernel.channels.reached import AT, person

from zhihai.faces.reaching import NotTaken
from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records as store
from zhihai.kernel.channels import acts, reads
from zhihai.site import sms
from zhihai.site.configuration import Configuration
from zhihai.site.sms import Catcher, Gateway, sms_way

SECRET = "Bearer a-secret-of-this-test"
MINUTE = timedelta(minutes=1)


class Phones(ThreadingHTTPServer):
    """A gateway that may be away, refuse, hang, or take a message and lose the answer; it takes each key once."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.mood = "well"
        self.asked = 0
        self.keys: set[str] = set()
        self.got: Counter[str] = Counter()
        self.repeated = 0
        self.last: dict[str, Any] = {}
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_port}/send"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def take(self, key: str, to: str) -> None:
        """Take a message, unless it is there."""
        with self.lock:
            fresh = key not in self.keys
            self.keys.add(key)
            self.got[to] += fresh
            self.repeated += not fresh


class Handler(BaseHTTPRequestHandler):
    """Answers as its gateway is in the mood to."""

    server: Phones

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.asked += 1
            self.server.last = {"body": body, "headers": dict(self.headers)}
            mood = self.server.mood
        if mood == "hangs":
            time.sleep(0.3)
        elif mood.isdigit() and len(mood) == 3:
            self._say(int(mood), b"{}")
        else:
            self.server.take(body["key"], body["to"])
            if mood != "loses":
                self._say(200, json.dumps({"result": {"code": "0" if mood == "well" else mood}}).encode())

    def _say(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def phones() -> Iterator[Phones]:
    made = Phones()
    yield made
    made.shutdown()
    made.server_close()


def gateway(phones: Phones, **more: Any) -> Gateway:
    """The gateway as settings describe it."""
    given = {
        "sms_url": phones.url, "sms_authorization": SECRET, "sms_answer": "result.code", "sms_accepted": "0 OK",
        "sms_refused": "1002 1003", **more,
    }  # fmt: skip
    made = sms_way(Configuration(**given))
    assert isinstance(made, Gateway)
    return made


def message(to: str = "138-0000-0000", text: str = "…") -> acts.Message:
    return acts.Message(
        "sms", to, "zh", "主题", text, "", "notice.1.sms", reads.Addressee(1, None), ("zhihai.matter_closed",), ()
    )


def test_the_request_is_what_the_settings_say(phones: Phones) -> None:
    body = (
        '{"phone": "86{to}", "template": {"text": "{text}", "list": ["{key}", 1, true]}, "key": "{key}", "to": "{to}"}'
    )
    gateway(phones, sms_body=body).send(message(text='a "quote", {to} and \\'))
    assert phones.last["body"] == {
        "phone": "8613800000000", "key": "notice.1.sms", "to": "13800000000",
        "template": {"text": '主题\na "quote", {to} and \\', "list": ["notice.1.sms", 1, True]},
    }  # fmt: skip
    assert phones.last["headers"]["Authorization"] == SECRET
    assert phones.last["headers"]["Idempotency-Key"] == "notice.1.sms"


@pytest.mark.parametrize("mood", ["400", "410", "422", "1002", "1003"])
def test_what_is_refused_for_good_is_told_apart(phones: Phones, mood: str) -> None:
    phones.mood = mood
    with pytest.raises(acts.RefusedForGood):
        gateway(phones).send(message())


@pytest.mark.parametrize("mood", ["301", "307", "401", "403", "404", "409", "429", "500", "503", "loses", "9999"])
def test_everything_else_is_tried_again_and_nothing_is_followed(phones: Phones, mood: str) -> None:
    phones.mood = mood
    with pytest.raises((NotTaken, OSError)):
        gateway(phones).send(message())
    assert phones.asked == 1


def test_a_gateway_that_hangs_is_left(phones: Phones, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sms, "PATIENCE", 0.1)
    phones.mood = "hangs"
    with pytest.raises(TimeoutError):
        gateway(phones).send(message())


def test_a_gateway_without_a_field_says_it_by_its_status(phones: Phones) -> None:
    phones.mood = "9999"
    gateway(phones, sms_answer="").send(message())
    assert phones.got == Counter({"13800000000": 1})


def test_neither_the_secret_nor_the_number_is_shown(phones: Phones, caplog: pytest.LogCaptureFixture) -> None:
    phones.mood = "500"
    way = gateway(phones)
    with pytest.raises(NotTaken) as fault:
        way.send(message())
    shown = f"{way!r} {message()!r} {fault.value!r} {caplog.text}"
    assert SECRET not in shown
    assert "138" not in shown


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_text_changes_the_shape_of_the_request(to: str, text: str) -> None:
    places = {"to": to, "text": text, "key": "k"}
    assert sms._filled({"a": ["{to}", {"b": "<{text}>"}], "c": 1}, places) == {"a": [to, {"b": f"<{text}>"}], "c": 1}


def test_without_a_gateway_each_message_is_one_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    way = sms_way(Configuration(data=tmp_path))
    assert isinstance(way, Catcher)
    way.send(message())
    way.send(message())
    (file,) = (tmp_path / "sms").iterdir()
    assert json.loads(file.read_text()) == {"to": "13800000000", "text": "主题\n…", "key": "notice.1.sms"}
    assert file.stat().st_mode & 0o077 == 0


def outage(phones: Phones, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give in ``n`` matters while the gateway is away for ten minutes, in every manner there is, and count."""
    monkeypatch.setattr(sms, "PATIENCE", 0.15)
    way, began = gateway(phones), datetime.now(UTC) + MINUTE
    people = [person(number, phone=f"139{number:08d}") for number in range(1, n + 1)]
    for one in people:
        acts.choose_for(SYSTEM, one, ["sms"], "zh", at=AT)
    moods = ["500", "hangs", "503", "loses", "loses", "429", "401", "9999", "loses", "301"]
    for minute, mood in enumerate(moods):
        phones.mood = mood
        for number in range(minute * n // 10, (minute + 1) * n // 10):
            given_in = acts.Telling(
                [], "zhihai.matter_moved", {"number": f"LS-{number}"}, "/my/", f"matter:{number}", AT,
                people=[people[number]],
            )  # fmt: skip
            acts.tell([given_in])
        acts.deliver(way.send, "sms", at_machine=began + minute * MINUTE)
    lost = phones.got.total()
    assert 0 < lost < n, "some were taken while nobody knew of it"
    assert reads.deliveries()["sms"].queued == n
    phones.mood, threads = "well", []
    for hour in range(1, 4):
        threads = [threading.Thread(target=_round, args=(way, began + hour * 60 * MINUTE, n)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(600)
    assert phones.got == Counter({f"139{number:08d}": 1 for number in range(1, n + 1)})
    assert phones.repeated >= lost, "what was taken unheard was offered again under the same key, and told apart"
    assert store.rows("SELECT state, count(*) FROM delivery GROUP BY 1") == [("sent", n)]


def _round(way: Gateway, at: datetime, n: int) -> None:
    try:
        acts.deliver(way.send, "sms", at_machine=at, limit=n)
    finally:
        connection.close()


def test_the_gateway_is_away_for_ten_minutes_during_60_submissions(
    phones: Phones, district: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage(phones, 60, monkeypatch)


@pytest.mark.long
def test_the_gateway_is_away_for_ten_minutes_during_1500_submissions(
    phones: Phones, district: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage(phones, 1500, monkeypatch)
