"""The API behind the web server itself: bodies that never end, and clients that hang up."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import pytest
from django.db import connection
from tests.faces.api.conftest import Caller, reading

HUNDRED = 100_000_000


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until, pause = time.monotonic() + 60, threading.Event()
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert server.poll() is None
            assert time.monotonic() < until
            pause.wait(0.05)
        else:
            return


@pytest.fixture
def port(district: str) -> Iterator[int]:
    """The port of a web server that serves the test's own district."""
    held = connection.settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    address = " ".join(f"{key}='{held[name]}'" for key, name in names.items() if held[name])
    port = _free_port()
    given = {"ZHIHAI_DATABASE_URL": address, "ZHIHAI_PORT": str(port), "ZHIHAI_WORKERS": "1"}
    server = subprocess.Popen(
        [sys.executable, "-m", "zhihai.site.web"], env={**os.environ, **given}, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def send(port: int, who: Caller, body: Any, **headers: str) -> tuple[int, dict[str, Any]]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as line:
        given = who.headers({"Content-Type": "application/json", **headers})
        line.request("POST", "/api/readings", body, given, encode_chunked=not isinstance(body, bytes))
        answer = line.getresponse()
        return answer.status, json.loads(answer.read())


def test_bodies_of_any_length_get_a_clear_answer(port: int, stations: Caller) -> None:
    small = json.dumps(reading(1)).encode()
    assert send(port, stations, small)[0] == 201
    assert send(port, stations, iter([small[:20], small[20:]])) == (
        201,
        {"envelope": 2, "repeated": False, "accepted": 0, "duplicate": 1, "quarantined": 0, "problems": []},
    )
    status, told = send(port, stations, bytes(HUNDRED))
    assert (status, told["type"]) == (413, "/api/problems/body_too_large")
    status, told = send(port, stations, (bytes(1 << 20) for _ in range(40)))
    assert (status, told["type"]) == (413, "/api/problems/body_too_large")
    status, told = send(port, stations, bytes(HUNDRED), Authorization="Bearer zh_wrong")
    assert (status, told["type"]) == (401, "/api/problems/token_unknown")
    with closing(socket.create_connection(("127.0.0.1", port))) as line:
        line.sendall(b"POST /api/readings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n[")
    assert send(port, stations, small)[0] == 201
