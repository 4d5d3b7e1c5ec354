"""Mail server and systems of firms are away for ten minutes while matters are given in: nothing lost, nothing twice.

The gateway of short messages has the same test in tests/site/test_sms_gateway.py. Whoever takes a message and loses its
answer is told it again under the same key, by which it is told apart.
"""

from __future__ import annotations

import re
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from django.db import connection
from tests.kernel.channels.reached import AT

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.kernel import records as store
from zhihai.kernel.channels import acts, reads
from zhihai.kernel.identity import acts as identity
from zhihai.site import webhook
from zhihai.site.post import post

MINUTE = timedelta(minutes=1)
HANGS, PATIENCE = 1.0, 0.6
Send = Callable[[acts.Message], None]


class Away(socketserver.ThreadingTCPServer):
    """Somebody at the end of a line who may be away, hang, refuse, or take a message and lose the answer."""

    daemon_threads = allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, handler: type[socketserver.BaseRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.mood, self.lock = "well", threading.Lock()
        self.keys: Counter[str] = Counter()
        self.got: Counter[str] = Counter()
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def take(self, key: str, to: str) -> None:
        """Take a message, unless it is there."""
        with self.lock:
            self.got[to] += key not in self.keys
            self.keys[key] += 1


class System(BaseHTTPRequestHandler):
    """The systems of firms, each at an address of its own."""

    server: Away

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        mood = self.server.mood
        if mood == "hangs":
            time.sleep(HANGS)
        elif mood.isdigit():
            self.send_error(int(mood))
        else:
            self.server.take(self.headers["webhook-id"], self.path)
            if mood == "well":
                self.send_response(204)
                self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class MailServer(socketserver.StreamRequestHandler):
    """As much of a mail server (RFC 5321) as takes a message."""

    server: Away

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        mood, to = self.server.mood, ""
        if mood == "hangs":
            time.sleep(HANGS)
            return
        self.say("421 closing" if mood == "503" else "220 here")
        while line := self.rfile.readline().decode().strip():
            word = line[:4].upper()
            if word == "RCPT":
                to = re.sub(r".*<(.*)>.*", r"\1", line)
                self.say("451 try later" if mood in ("500", "429") else "250 ok")
            elif word == "DATA":
                self.say("354 go on")
                lines = iter(lambda: self.rfile.readline().decode().rstrip("\r\n"), ".")
                key = next(one for one in list(lines) if one.lower().startswith("message-id:"))
                self.server.take(key, to)
                if mood == "loses":
                    return
                self.say("250 taken")
            else:
                self.say("250 ok")


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Away]:
    made = Away(request.param)
    yield made
    made.shutdown()
    made.server_close()


def told_by(way: reads.Way, n: int, port: int) -> dict[int, str]:
    """Make accounts that are told by a way; return what each is known by at the other end."""
    made = {}
    for number in range(n):
        mail = f"a{number}@example.org"
        account = identity.create_account(SYSTEM, f"a{number}", Named("示例", "Example"), at=AT, email=mail)
        made[account] = mail if way == "email" else f"/{number}"
        if way == "webhook":
            acts.set_hook(Actor(account=account, name="", sort="person"), f"https://firm.example/{number}", at=AT)
    # no firm has a certificate here: their systems are on this machine
    there = f"http://127.0.0.1:{port}"
    with store.atomic():
        store.value("SELECT zh_read_as('platform')")
        store.execute("UPDATE notice_choice SET address = replace(address, 'https://firm.example', %s)", (there,))
    return made


def outage(way: reads.Way, send: Send, server: Away, n: int) -> None:
    """Tell ``n`` accounts within ten minutes in which nobody answers as they should, and count."""
    known, began = told_by(way, n, server.port), datetime.now(UTC) + MINUTE
    accounts = list(known)
    for minute, mood in enumerate(["500", "hangs", "503", "loses", "loses", "429", "500", "503", "loses", "hangs"]):
        server.mood = mood
        for account in accounts[minute * n // 10 : (minute + 1) * n // 10]:
            acts.tell([acts.Telling([account], "zhihai.matter_moved", {"number": "LS-1"}, "/my/", f"m:{account}", AT)])
        acts.deliver(send, way, at_machine=began + minute * MINUTE, limit=5)
    lost = server.got.total()
    assert 0 < lost < n, "some were taken while nobody knew of it"
    assert reads.deliveries()[way].queued == n
    server.mood = "well"
    for hour in range(1, 4):
        at = began + hour * 60 * MINUTE
        threads = [threading.Thread(target=_round, args=(send, way, at, n)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(600)
    assert server.got == Counter(dict.fromkeys(known.values(), 1))
    assert len(server.keys) == n, "each was offered under one key, however often"
    assert sum(times - 1 for times in server.keys.values()) >= lost
    assert store.rows("SELECT state, count(*) FROM delivery GROUP BY 1") == [("sent", n)]


def _round(send: Send, way: reads.Way, at: datetime, n: int) -> None:
    try:
        acts.deliver(send, way, at_machine=at, limit=n)
    finally:
        connection.close()


@pytest.mark.parametrize("n", [40, pytest.param(1500, marks=pytest.mark.long)])
@pytest.mark.parametrize("server", [System], indirect=True)
def test_systems_of_firms_are_away_for_ten_minutes(
    server: Away, n: int, district: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "PATIENCE", PATIENCE)
    outage("webhook", webhook.call, server, n)


@pytest.mark.parametrize("n", [40, pytest.param(1500, marks=pytest.mark.long)])
@pytest.mark.parametrize("server", [MailServer], indirect=True)
def test_the_mail_server_is_away_for_ten_minutes(
    server: Away, n: int, district: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend", "HOST": "127.0.0.1", "PORT": server.port,
        "TIMEOUT": PATIENCE,
    }.items():  # fmt: skip
        monkeypatch.setattr(f"django.conf.settings.EMAIL_{name}", value)
    outage("email", post, server, n)
