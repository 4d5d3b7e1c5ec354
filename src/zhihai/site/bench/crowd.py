"""Many at once: the same work in threads, and over kept HTTP connections."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from django.db import connection

TIMEOUT = 60.0


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds a piece of work took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def crowd(
    threads: int, jobs: Iterable[Callable[[], object]], ready: Callable[[], object] | None = None
) -> tuple[float, list[float]]:
    """Do jobs with so many threads; return the seconds from first to last, and those of each job.

    Each thread calls ``ready`` before the clock starts; by default it connects to the database as the platform does.
    The first fault of a job is raised.
    """
    waiting, lock = iter(jobs), threading.Lock()
    gate = threading.Barrier(threads + 1)

    def work() -> list[float]:
        try:
            (ready or connection.ensure_connection)()
            gate.wait(TIMEOUT)
            taken: list[float] = []
            while True:
                with lock:
                    job = next(waiting, None)
                if job is None:
                    return taken
                taken.append(timed(job))
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(work) for _ in range(threads)]
        gate.wait(TIMEOUT)
        began = time.perf_counter()
        times = [one for future in futures for one in future.result()]
        return time.perf_counter() - began, times


class Client:
    """An HTTP client that keeps one connection in each thread, and sends the same headers with every request."""

    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self._port, self._headers, self._kept = port, dict(headers), threading.local()

    def get(self, path: str) -> int:
        """Read a page to its end and return its status. Raises ``RuntimeError`` for one of 400 and above."""
        return self._ask("GET", path, None, {})

    def post(self, path: str, body: bytes, key: str) -> int:
        """Send JSON under an idempotency key; return the status. Raises ``RuntimeError`` for one of 400 and above."""
        return self._ask("POST", path, body, {"Content-Type": "application/json", "Idempotency-Key": key})

    def _ask(self, method: str, path: str, body: bytes | None, more: dict[str, str]) -> int:
        line = getattr(self._kept, "line", None)
        if line is None:
            line = self._kept.line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT)
        line.request(method, path, body, self._headers | more)
        answer = line.getresponse()
        answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status}")
        return int(answer.status)


class Bare:
    """The bare store: psycopg connections, one a thread, made when first used, that commit each piece of work."""

    def __init__(self, url: str) -> None:
        self._url, self._kept = url, threading.local()
        self._opened: list[psycopg.Connection[Any]] = []

    def __call__(self) -> psycopg.Connection[Any]:
        kept: psycopg.Connection[Any] | None = getattr(self._kept, "line", None)
        if kept is None:
            kept = self._kept.line = psycopg.connect(self._url, autocommit=True)
            self._opened.append(kept)
        return kept

    def close(self) -> None:
        """Close every connection."""
        for one in self._opened:
            one.close()
        self._opened.clear()
        self._kept = threading.local()
