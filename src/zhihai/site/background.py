"""Background work (后台工作), run as ``python -m zhihai.site.background_process``.

One thread a worker. Each worker holds a lease in the table ``worker`` (租约), renewed while its process lives, so that
two instances of the platform on one database do no work twice. A holder that was killed or frozen loses its leases;
whoever takes them over first ends its sessions in the database (隔离, fencing), so that it holds no lock and can commit
nothing when it wakes. A worker that does not come back from its work ends the process, which is then started anew. What
a worker raises is logged, counted and retried later and later.
"""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, connection, connections

logger = logging.getLogger(__name__)

LEASE_SECONDS = 15.0
RENEWALS = 4
"""So many times a lease is renewed while it lasts."""
LONGEST_PAUSE = 60.0
LONGEST_RUN = 900.0

TAKE = """
WITH before AS (SELECT holder FROM worker WHERE name = %(name)s)
INSERT INTO worker AS w (name, holder, lease_until) VALUES (%(name)s, %(holder)s, clock_timestamp() + %(lease)s)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until
WHERE w.holder = excluded.holder OR w.lease_until < clock_timestamp() OR w.lease_until > clock_timestamp() + %(lease)s
    OR NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
        AND application_name = 'zhihai-' || left(encode(sha256(convert_to(w.holder, 'UTF8')), 'hex'), 16))
RETURNING (SELECT holder FROM before)
"""
"""Take or renew a lease and tell who held it before; no row comes back when another instance holds it.

Whoever has no session left has died, and need not be waited for. A lease that ends later than any can was written
before the machine's clock was set back: it counts as run out, since it might else outlive its holder by days. A holder
that lives has renewed it by the new clock.
"""

FENCE = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND application_name = %s"""
"""End the sessions of a process that has lost its leases; a role may end its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One kind of background work.

    ``run`` does what there is to do and returns how much that was; when it was something it is called again at once,
    else after ``every_seconds``. ``behind`` tells how many seconds of work are waiting. A run of more than
    ``longest_seconds`` is taken to hang. Machine time throughout.
    """

    name: str
    every_seconds: float
    run: Callable[[], int]
    behind: Callable[[], float]
    longest_seconds: float = LONGEST_RUN


class Background:
    """Runs workers until stopped; ``holder`` names this process in the leases, which last ``lease`` seconds."""

    def __init__(self, workers: tuple[Worker, ...], holder: str, *, lease: float = LEASE_SECONDS) -> None:
        self._workers = workers
        self._holder = holder
        self._lease = lease
        self._stopping = threading.Event()
        self._held: dict[str, float] = {}
        self._began: dict[str, float] = {}

    def stop(self) -> None:
        """Ask every thread to end after what it is doing."""
        self._stopping.set()

    def serve(self) -> bool:
        """Run all workers until :meth:`stop`, renewing their leases; give the leases back at the end.

        Returns false when it ended by itself since a worker hangs: its thread can only end with the process.
        """
        threads = [
            threading.Thread(target=self._work, args=(worker,), name=worker.name, daemon=True)
            for worker in self._workers
        ]
        self._renew()
        for thread in threads:
            thread.start()
        hanging: list[str] = []
        while not hanging and not self._stopping.wait(self._lease / RENEWALS):
            self._renew()
            hanging = self._hanging()
        self.stop()
        until = time.monotonic() + 2.0
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._give_back()
        return not hanging

    def _hanging(self) -> list[str]:
        now = time.monotonic()
        late = [
            worker.name
            for worker in self._workers
            if worker.name in self._began and now - self._began[worker.name] > worker.longest_seconds
        ]
        for name in late:
            logger.critical("worker %s does not come back from its work: this process ends", name)
        return late

    def _renew(self) -> None:
        """Take every lease that can be had, and fence those who lost one before anything is done under it."""
        for worker in self._workers:
            began = time.monotonic()
            try:
                with connection.cursor() as cursor:
                    lease = f"{self._lease} s"
                    cursor.execute(TAKE, {"name": worker.name, "holder": self._holder, "lease": lease})
                    taken = cursor.fetchone()
                    if taken is not None and taken[0] not in (None, self._holder):
                        cursor.execute(FENCE, [session_name(taken[0])])
            except DatabaseError:
                connection.close()
                self._held.clear()  # without a session we count as dead: others may be at work
                return
            self._held[worker.name] = began + self._lease if taken is not None else 0.0

    def _give_back(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE worker SET lease_until = clock_timestamp() WHERE holder = %s", [self._holder])
        except DatabaseError:
            logger.info("leases were not given back; they run out in %d s", self._lease)
        connection.close()

    def _work(self, worker: Worker) -> None:
        """Run one worker over and over. The lease has a margin: work is begun only while half of it is left."""
        failed = 0
        while not self._stopping.is_set():
            done = 0
            if self._held.get(worker.name, 0.0) > time.monotonic() + self._lease / 2:
                try:
                    done = self._run(worker)
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

    def _run(self, worker: Worker) -> int:
        self._began[worker.name] = time.monotonic()
        try:
            return worker.run()
        finally:
            del self._began[worker.name]

    def _note(self, worker: Worker, behind: float) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE worker SET ran_at = clock_timestamp(), behind = %s, failure = NULL
                   WHERE name = %s AND holder = %s""",
                [behind, worker.name, self._holder],
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


def session_name(holder: str) -> str:
    """Return the name under which the sessions of a holder stand in the database, within the 63 bytes that it keeps."""
    return f"zhihai-{hashlib.sha256(holder.encode()).hexdigest()[:16]}"


def serve_until_stopped(workers: tuple[Worker, ...]) -> int:
    """Run ``workers`` in this process until SIGTERM or SIGINT; return its exit code, 1 when a worker hangs.

    Every session in the database that the process opens bears the name of its leases' holder.
    """
    holder = holder_name()
    connections.close_all()
    connections.settings["default"]["OPTIONS"]["application_name"] = session_name(holder)
    background = Background(workers, holder, lease=LEASE_SECONDS)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: background.stop())
    return 0 if background.serve() else 1
