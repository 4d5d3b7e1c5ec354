"""A streaming replica, tried: what anyone may read is served from it, as it is on the first server moments ago."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connections
from psycopg.conninfo import make_conninfo
from tests.faces.staging import set_the_stage

from zhihai.ground.actors import SYSTEM
from zhihai.kernel.identity.account import Account
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.site import settings as site_settings
from zhihai.site.backup.programs import administrator_url
from zhihai.site.postgres import EmbeddedPostgres, Place, find_place
from zhihai.site.postgres_settings import server_settings

pytestmark = pytest.mark.long

PATIENCE = 120.0
PASSWORD = "a password of this test alone"
READ = ("/wall/", "/figures/", "/plan/", "/api/devices", "/api/areas", "/api/figures", "/ogc/collections/streets/items")


def wait_for(happened: Callable[[], object], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < until, what
        time.sleep(0.1)


def ask(port: int, path: str, **form: str) -> tuple[int, bytes]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    token = "t" * 32
    headers = {"Host": "127.0.0.1", "Accept-Language": "en", "Cookie": f"csrftoken={token}"}
    try:
        if form:
            sent = urlencode({"csrfmiddlewaretoken": token, **form})
            line.request("POST", path, sent, headers | {"Content-Type": "application/x-www-form-urlencoded"})
        else:
            line.request("GET", path, headers=headers)
        answer = line.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        line.close()


@pytest.fixture
def first(store: Any, lakeside: str) -> Iterator[str]:
    """The name of a database at work on the first server."""
    if os.environ.get("ZHIHAI_TEST_DATABASE_URL"):
        pytest.skip("makes a replica of the embedded server")
    with store.copy(store.template("worked", set_the_stage, base="lakeside")) as name:
        account = Account.objects.get(username="dispatcher")
        account.set_password(PASSWORD)
        account.save()
        yield name


@pytest.fixture
def replica(first: str) -> Iterator[Place]:
    """A second server that follows the first."""
    config = site_settings.CONFIG
    place = find_place(config)
    folder = Path(os.environ["ZHIHAI_TEST_RUN"]) / f"replica-{os.getpid()}"
    folder.mkdir(mode=0o711)
    second = replace(place, cluster=folder / "records", socket=folder / "run")
    second.cluster.mkdir(mode=0o700)
    who: dict[str, Any] = {}
    if place.user is not None:
        os.chown(second.cluster, place.user.uid, place.user.gid)
        who = {"user": place.user.uid, "group": place.user.gid, "extra_groups": []}
    connections.close_all()
    subprocess.run(
        [place.programs / "pg_basebackup", "-d", administrator_url(place), "-D", second.cluster, "-R", "-c", "fast"],
        check=True, cwd="/", capture_output=True, **who,
    )  # fmt: skip
    server = EmbeddedPostgres(second, server_settings(config, place.major) | {"fsync": "off", "max_connections": "200"})
    server.start()
    yield second
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def web(first: str, replica: Place) -> Iterator[int]:
    """The port of a web server that reads from the replica."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    data = replica.cluster.parent / "data"
    data.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHIHAI_")}
    environment = kept | {
        "ZHIHAI_CONFIG": os.environ["ZHIHAI_CONFIG"], "ZHIHAI_DATA": str(data), "ZHIHAI_PORT": str(port),
        "ZHIHAI_DATABASE_URL": make_conninfo(replica.url, dbname=first), "ZHIHAI_WORKERS": "1",
        "ZHIHAI_SECRET_KEY": "a key of this test and of nothing else",
    }  # fmt: skip
    command = [sys.executable, "-m", "zhihai.site.command", "up"]
    with (data / "log").open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)

    def is_up() -> bool:
        assert process.poll() is None, (data / "log").read_text()
        return ask(port, "/health/ready")[0] == 200

    try:
        wait_for(is_up, "not ready")
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def test_what_anyone_may_read_is_served_from_a_replica(web: int) -> None:
    assert {path: ask(web, path)[0] for path in READ} == dict.fromkeys(READ, 200)
    assert json.loads(ask(web, "/health/ready")[1])["writes"] is False
    status, told = ask(web, "/sign-in/", login="dispatcher", password=PASSWORD)
    assert (status, b"replica" in told) == (503, True), "who can not be served is told so, not met with a fault"
    before = json.loads(ask(web, "/health")[1])["clock"]["speed"]
    journal.set_clock(SYSTEM, speed=before + 1, at=clock.now())
    wait_for(lambda: json.loads(ask(web, "/health")[1])["clock"]["speed"] == before + 1, "the replica does not follow")
