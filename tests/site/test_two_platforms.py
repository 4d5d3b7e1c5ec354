"""Two platforms on one database behind a proxy: sessions and acts hold across both, and one of them may die."""

from __future__ import annotations

import http.client
import http.cookiejar
import itertools
import os
import re
import secrets
import shutil
import signal
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from psycopg.conninfo import make_conninfo
from tests.faces.staging import EAST, open_inspection, set_the_stage
from tests.site.platforms import PATIENCE, Platform, free_port, holders, is_ready, wait_for

from zhihai.kernel.identity.account import Account
from zhihai.site import settings as site_settings

pytestmark = pytest.mark.long

PASSWORD = "a password of this test alone"
TOKEN = "a token of this test alone"
ANSWERED = ("content-type", "location", "set-cookie", "x-request-id", "retry-after")
PASSED_ON = ("cookie", "content-type", "authorization", "accept", "accept-language", "referer", "origin")


@dataclass
class Balancer:
    """A reverse proxy of a few lines: round robin over those that say they are ready; it notes who served what."""

    ports: list[int]
    port: int
    served: list[tuple[int, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.turn = itertools.cycle(self.ports)
        balancer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                balancer.pass_on(self)

            def do_POST(self) -> None:
                balancer.pass_on(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def pass_on(self, asked: BaseHTTPRequestHandler) -> None:
        """Have a request answered by the next platform that is ready."""
        port = next((one for one in itertools.islice(self.turn, len(self.ports)) if is_ready(one)), None)
        if port is None:
            asked.send_error(503)
            return
        number = secrets.token_hex(8)
        self.served.append((port, asked.path, number))
        headers = {name: asked.headers[name] for name in PASSED_ON if name in asked.headers}
        headers |= {"Host": f"127.0.0.1:{self.port}", "X-Forwarded-Proto": "http", "X-Request-ID": number}
        sent = asked.rfile.read(int(asked.headers.get("Content-Length") or 0))
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        line.request(asked.command, asked.path, sent or None, headers)
        answer = line.getresponse()
        body = answer.read()
        line.close()
        asked.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() in ANSWERED:
                asked.send_header(name, value)
        asked.send_header("Content-Length", str(len(body)))
        asked.end_headers()
        asked.wfile.write(body)


def times_asked(platform: Platform, route: str) -> float:
    """Return how often a route was asked for, as a scrape of this platform tells."""
    scrape = urllib.request.Request(f"http://127.0.0.1:{platform.port}/metrics")
    scrape.add_header("Authorization", f"Bearer {TOKEN}")
    with urllib.request.urlopen(scrape, timeout=PATIENCE) as answer:
        told = answer.read().decode()
    found = [one for one in text_string_to_metric_families(told) if one.name == "zhihai_http_requests"]
    return sum(one.value for family in found for one in family.samples if one.labels["route"] == route)


@dataclass
class Pair:
    """Two platforms and what stands before them."""

    platforms: list[Platform]
    balancer: Balancer
    url: str
    number: str


class Browser:
    """Somebody before the proxy: cookies, and forms with their token."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.page, self.at = "", ""

    def go(self, path: str, **form: str) -> str:
        """Ask for a page, or send a form with the token of the page before; return where that led."""
        data = None
        if form:
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page)
            assert token is not None, self.page[:500]
            data = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], **form}).encode()
        asked = urllib.request.Request(self.base + path, data, {"Referer": self.base + path, "Accept-Language": "en"})
        with self.opener.open(asked, timeout=PATIENCE) as answer:
            self.page, self.at = answer.read().decode(), urllib.parse.urlsplit(answer.url).path
        return self.at


@pytest.fixture
def pair(store: Any, lakeside: str) -> Iterator[Pair]:
    folder = Path(os.environ["ZHIHAI_TEST_RUN"]) / f"pair-{os.getpid()}"
    folder.mkdir(mode=0o711)
    with store.copy(store.template("worked", set_the_stage, base="lakeside")) as name:
        account = Account.objects.get(username="dispatcher")
        account.set_password(PASSWORD)
        account.save()
        number = open_inspection(EAST)
        url = make_conninfo(site_settings.DATABASE_URL, dbname=name)
        balancer_port = free_port()
        shared = {
            "address": f"http://127.0.0.1:{balancer_port}", "behind_proxy": "true", "metrics_token": TOKEN,
            "secret_key": "the one key that both platforms have", "second_factor": "false",
        }  # fmt: skip
        platforms = [Platform(folder / letter, url, **shared) for letter in "ab"]
        balancer = Balancer([one.port for one in platforms], balancer_port)
        try:
            for one in platforms:
                one.start()
            for one in platforms:
                one.wait()
            yield Pair(platforms, balancer, url, number)
        finally:
            balancer.server.shutdown()
            balancer.server.server_close()
            for one in platforms:
                one.end()
            shutil.rmtree(folder, ignore_errors=True)


def test_sessions_and_acts_hold_across_both_and_one_may_die(pair: Pair) -> None:
    browser = Browser(pair.balancer.port)
    browser.go("/sign-in/")
    assert browser.go("/sign-in/", login="dispatcher", password=PASSWORD).startswith("/desk/")
    for _ in range(4):
        assert browser.go("/desk/") == "/desk/", "a session counts wherever it was begun"
    assert {port for port, *_ in pair.balancer.served} == {one.port for one in pair.platforms}

    assert browser.go(f"/desk/cases/{pair.number}").endswith(pair.number)
    step = re.search(r'action="(/desk/cases/[^"]+/tasks/\d+)"', browser.page)
    assert step is not None
    browser.go(step[1], outcome="send", note="checked")
    for _ in range(2):
        browser.go(f"/desk/cases/{pair.number}")
        assert step[1] not in browser.page, "a step that one took, both show at once"

    port, path, number = pair.balancer.served[-1]
    served = next(one for one in pair.platforms if one.port == port)
    other = next(one for one in pair.platforms if one.port != port)
    assert number in served.log.read_text()
    assert number not in other.log.read_text()
    assert path not in served.log.read_text(), "an address is not logged"
    for one in pair.platforms:
        asked = sum(path == "/desk/" for port, path, _ in pair.balancer.served if port == one.port)
        assert times_asked(one, "desk") == asked > 0, "whichever process answers a scrape, it answers for all"

    wait_for(lambda: holders(pair.url), "nobody does the background work")
    working = next(one for one in pair.platforms if one.children() & holders(pair.url))
    gone = working.children()
    working.end(signal.SIGKILL)
    wait_for(lambda: holders(pair.url) - gone, "the other does not take the background work over")
    assert browser.go("/desk/") == "/desk/", "whoever was signed in stays so"
    browser.go("/sign-out/", sure="yes")
    assert browser.go("/desk/") == "/sign-in/"
