"""Notices to somebody's own system: signed as the Standard Webhooks say, and only where the platform may go."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.conf import settings

from zhihai.faces.reaching import NotTaken, Unreachable
from zhihai.kernel.channels import acts, reads
from zhihai.site.webhook import call, signature

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


class System:
    """A firm's own system, which answers with ``status``."""

    def __init__(self) -> None:
        self.status = 204
        self.got: list[tuple[dict[str, str], bytes]] = []
        system = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                system.got.append(({name.lower(): value for name, value in self.headers.items()}, content))
                self.send_response(system.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}/notices?firm=1"


@pytest.fixture
def system() -> Iterator[System]:
    made = System()
    yield made
    made.server.shutdown()
    made.server.server_close()


def message(to: str) -> acts.Message:
    return acts.Message(
        "webhook", to, "en", "Closed", "Your matter is closed.", "/my/matters/1", "notice.7.webhook",
        reads.Addressee(1, None), ("zhihai.matter_closed",), (), SECRET,
    )  # fmt: skip


def test_a_receiver_can_prove_who_sent_it_and_that_it_is_one(system: System) -> None:
    call(message(system.address))
    ((headers, content),) = system.got
    told = json.loads(content)
    assert (told["type"], told["data"]["subject"]) == ("notice", "Closed")
    assert told["data"]["link"] == f"{settings.ZHIHAI_ORIGIN}/my/matters/1"
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + content
    proof = base64.b64encode(hmac.new(b"k" * 32, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{proof}"
    assert headers["webhook-id"] == "notice.7.webhook"


def test_the_signature_is_that_of_the_specifications_example() -> None:
    """The test vector that the libraries of the Standard Webhooks share."""
    body = b'{"test": 2432232314}'
    secret, id_ = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert signature(secret, id_, "1614265330", body) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("status", "fault"), [(410, acts.RefusedForGood), (302, NotTaken), (404, NotTaken), (500, NotTaken)]
)
def test_what_is_not_taken_is_tried_again_and_what_is_gone_is_not(
    system: System, status: int, fault: type[Exception]
) -> None:
    system.status = status
    with pytest.raises(fault):
        call(message(system.address))
    assert len(system.got) == 1


@pytest.mark.parametrize("address", ["https://10.0.0.1/", "https://169.254.169.254/latest", "https://[::1]/"])
def test_it_does_not_go_where_it_may_not(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ZHIHAI_ORIGIN", "https://zhihai.example")
    with pytest.raises(Unreachable):
        call(message(address))
