"""Many at once: the same work in threads, and over kept HTTP connections."""

from __future__ import annotations

import http.client
import multiprocessing
import pickle
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from typing import Any

import django
import psycopg
from django.db import connection

TIMEOUT = 60.0


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds a piece of work took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def crowd(
    threads: int,
    jobs: Iterable[Callable[[], object]],
    ready: Callable[[], object] | None = None,
    *,
    begin: Callable[[], object] = int,
) -> tuple[float, list[float]]:
    """Do jobs with so many threads; return the seconds from first to last, and those of each job.

    Each thread calls ``ready`` before the clock starts; by default it connects to the database as the platform does.
    ``begin`` is called once all are ready. The first fault of a job is raised.
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
        begin()
        gate.wait(TIMEOUT)
        began = time.perf_counter()
        times = [one for future in futures for one in future.result()]
        return time.perf_counter() - began, times


def crowds(
    processes: int,
    threads: int,
    jobs: Iterable[Callable[[], object]],
    ready: Callable[[], object] | None = None,
) -> tuple[float, list[float]]:
    """Do jobs as :func:`crowd`, shared among processes of so many threads each: as many web processes would.

    What is given must be picklable. Raises ``RuntimeError`` naming the fault of a process.
    """
    todo = list(jobs)
    context = multiprocessing.get_context("spawn")
    gate, answers = context.Barrier(processes), context.SimpleQueue()
    shares = [pickle.dumps((todo[number::processes], ready)) for number in range(processes)]
    started = [context.Process(target=_share, args=(threads, share, gate, answers)) for share in shares]
    for process in started:
        process.start()
    found = [answers.get() for _ in started]
    for process in started:
        process.join()
    faults = [one for one in found if isinstance(one, str)]
    if faults:
        raise RuntimeError(faults[0])
    return max(end for end, _, _ in found) - min(end - took for end, took, _ in found), [
        one for _, _, times in found for one in times
    ]


def _share(threads: int, share: bytes, gate: Barrier, answers: SimpleQueue[Any]) -> None:
    """Do the share of one process; ``perf_counter`` is one clock for all processes of a machine (Linux)."""
    try:
        django.setup()
        jobs, ready = pickle.loads(share)
        took, times = crowd(threads, jobs, ready, begin=lambda: gate.wait(TIMEOUT))
        answers.put((time.perf_counter(), took, times))
    except Exception as fault:
        gate.abort()
        answers.put(f"{type(fault).__name__}: {fault}")


class Client:
    """An HTTP client that keeps one connection in each thread, and sends the same headers with every request."""

    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self._port, self._headers, self._kept = port, dict(headers), threading.local()

    def __reduce__(self) -> tuple[type[Client], tuple[int, dict[str, str]]]:
        """Be copied to another process without what is connected."""
        return Client, (self._port, self._headers)

    def get(self, path: str) -> int:
        """Read a page to its end and return its status. Raises ``RuntimeError`` for one of 400 and above."""
        return self._ask("GET", path, None, {})

    def post(self, path: str, body: bytes, key: str) -> int:
        """Send JSON under an idempotency key; return the status. Raises ``RuntimeError`` for one of 400 and above."""
        return self._ask("POST", path, body, {"Content-Type": "application/json", "Idempotency-Key": key})

    def form(self, path: str, body: bytes) -> int:
        """Send a form; return the status. Raises ``RuntimeError`` for one of 400 and above."""
        return self._ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

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

    def __reduce__(self) -> tuple[type[Bare], tuple[str]]:
        """Be copied to another process without what is connected."""
        return Bare, (self._url,)

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
