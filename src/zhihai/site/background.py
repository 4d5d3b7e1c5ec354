"""Background work (后台工作), run as ``python -m zhihai.site.background_process``.

One thread a worker. Each worker holds a lease in the table ``worker`` while its process lives, so that two instances
of the platform on one database do no work twice. What a worker raises is logged, counted and retried later and later.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)

LEASE_SECONDS = 15.0
RENEW_SECONDS = 4.0
LONGEST_PAUSE = 60.0

TAKE = """
INSERT INTO worker (name, holder, lease_until) VALUES (%(name)s, %(holder)s, clock_timestamp() + %(lease)s)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until
WHERE worker.holder = excluded.holder OR worker.lease_until < clock_timestamp()
RETURNING true
"""
"""Take or renew a lease; no row comes back when another instance holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One kind of background work.

    ``run`` does what there is to do and returns how much that was; when it was something it is called again at once,
    else after ``every_seconds``. ``behind`` tells how many seconds of work are waiting. Machine time throughout.
    """

    name: str
    every_seconds: float
    run: Callable[[], int]
    behind: Callable[[], float]


class Background:
    """Runs workers until stopped; ``holder`` names this process in the leases."""

    def __init__(self, workers: tuple[Worker, ...], holder: str) -> None:
        self._workers = workers
        self._holder = holder
        self._stopping = threading.Event()
        self._held: dict[str, float] = {}

    def stop(self) -> None:
        """Ask every thread to end after what it is doing."""
        self._stopping.set()

    def serve(self) -> None:
        """Run all workers until :meth:`stop`, renewing their leases; give the leases back at the end."""
        threads = [
            threading.Thread(target=self._work, args=(worker,), name=worker.name, daemon=True)
            for worker in self._workers
        ]
        self._renew()
        for thread in threads:
            thread.start()
        while not self._stopping.wait(RENEW_SECONDS):
            self._renew()
        until = time.monotonic() + 2.0
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._give_back()

    def _renew(self) -> None:
        for worker in self._workers:
            try:
                with connection.cursor() as cursor:
                    cursor.execute(TAKE, {"name": worker.name, "holder": self._holder, "lease": f"{LEASE_SECONDS} s"})
                    taken = cursor.fetchone() is not None
            except DatabaseError:
                connection.close()
                return
            self._held[worker.name] = time.monotonic() + LEASE_SECONDS if taken else 0.0

    def _give_back(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE worker SET lease_until = clock_timestamp() WHERE holder = %s", [self._holder])
        except DatabaseError:
            logger.info("leases were not given back; they run out in %d s", LEASE_SECONDS)
        connection.close()

    def _work(self, worker: Worker) -> None:
        """Run one worker over and over. The lease has a margin: work is begun only while half of it is left."""
        failed = 0
        while not self._stopping.is_set():
            done = 0
            if self._held.get(worker.name, 0.0) > time.monotonic() + LEASE_SECONDS / 2:
                try:
                    done = worker.run()
                    self._note(worker, worker.behind())
                    failed = 0
                except Exception as fault:
                    if self._stopping.is_set():
                        break  # what it was using is being ended too
                    failed += 1
                    logger.exception("worker %s failed", worker.name)
                    self._note_failure(worker, fault)
            pause = min(LONGEST_PAUSE, worker.every_seconds * 2**failed) if failed or not done else 0.0
            self._stopping.wait(pause)
        connection.close()

    def _note(self, worker: Worker, behind: float) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE worker SET ran_at = clock_timestamp(), behind = %s, failure = NULL WHERE name = %s",
                [behind, worker.name],
            )

    def _note_failure(self, worker: Worker, fault: Exception) -> None:
        connection.close()
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE worker SET failures = failures + 1, failure = %s WHERE name = %s",
                    [type(fault).__name__, worker.name],
                )
        except DatabaseError:
            connection.close()


def holder_name() -> str:
    """Return a name that no other process of this or another machine has while this one lives."""
    return f"{socket.gethostname()}/{os.getpid()}/{time.time_ns()}"


def serve_until_stopped(workers: tuple[Worker, ...]) -> None:
    """Run ``workers`` in this process until SIGTERM or SIGINT."""
    background = Background(workers, holder_name())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: background.stop())
    background.serve()
