"""Continuous archiving of the embedded database's log (连续归档), so that a backup can be carried on to any instant.

``pg_receivewal`` reads the log as it is written and puts it on the disk of the archive. It acts as a reader that the
server waits for: what it has not got stays on the server's own disk, up to the room that is set. When that is used up
the server lets the reader go and works on, and the archive begins a new series, for which a new backup is needed.
"""

from __future__ import annotations

import secrets
import subprocess
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from zhihai.ground.refusal import Refused
from zhihai.site.backup.programs import administrator_url, for_program
from zhihai.site.backup.segments import SLOT, WAL
from zhihai.site.configuration import Configuration
from zhihai.site.postgres import Place, find_place

LOG = "archive.log"
STOP_SECONDS = 3.0

STATE = """SELECT slot_name, active, wal_status = 'lost', coalesce(restart_lsn - '0/0', 0)::bigint,
    (pg_current_wal_flush_lsn() - '0/0')::bigint FROM pg_replication_slots
    WHERE slot_name LIKE %s ORDER BY wal_status = 'lost', slot_name"""


@dataclass(frozen=True, slots=True)
class ArchiveState:
    """How the archive stands: its series, whether somebody reads, and up to where in bytes of log.

    ``lost`` when the server has let the reader go. ``waiting`` is what the archive has not got.
    """

    series: str
    reading: bool
    lost: bool
    kept: int
    written: int

    @property
    def waiting(self) -> int:
        """Bytes of log that are not in the archive yet."""
        return max(0, self.written - self.kept)


class Archiving:
    """Keeps one reader of the log at work; ``clock`` counts machine seconds.

    Made once for a process; :meth:`step` is called again and again, and never waits.
    """

    def __init__(self, config: Configuration, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = config.backup
        self._log = config.data / LOG
        self._place: Place = find_place(config)
        self._clock = clock
        self._reader: subprocess.Popen[bytes] | None = None
        self._written: deque[tuple[float, int]] = deque()
        self._rests = False

    def step(self) -> int:
        """See that the log is being read; return 0. Raises :class:`Refused` ``archive_away`` when it can not be."""
        if self._folder is None:
            if not self._rests:
                self._let_go()
                self._rests = self.state() is None
            return 0
        state = self.state()
        if state is None or state.lost:
            state = self._begin(self._folder, state)
        series = self._folder / WAL / state.series
        if not series.is_dir():
            self.stop()
            raise Refused("archive_away", "ZHIHAI_BACKUP", folder=str(series))
        if not state.reading and (self._reader is None or self._reader.poll() is not None):
            self._read(series, state.series)
        return 0

    def behind(self) -> float:
        """Return for how many seconds the oldest of what the archive has not got has been waiting."""
        state = None if self._folder is None else self.state()
        if state is None:
            self._written.clear()
            return 0.0
        if not self._written or self._written[-1][1] < state.written:
            self._written.append((self._clock(), state.written))
        while self._written and self._written[0][1] <= state.kept:
            self._written.popleft()
        if not self._written:
            return 0.0
        return self._clock() - self._written[0][0]

    def stop(self) -> None:
        """End the reader; what it had not read yet is read when it is back."""
        if self._reader is not None and self._reader.poll() is None:
            self._reader.terminate()
            try:
                self._reader.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._reader.kill()
                self._reader.wait()
        self._reader = None

    def state(self) -> ArchiveState | None:
        """Return how the archive stands, ``None`` when there is none."""
        found = self._ask(STATE, (SLOT.replace("_", r"\_") + "%",))
        return ArchiveState(*found[0]) if found else None

    def _begin(self, folder: Path, lost: ArchiveState | None) -> ArchiveState:
        """Begin a new series; of a lost one only where its folder can be seen, so that it is the right disk."""
        seen = folder.is_dir() if lost is None else (folder / WAL / lost.series).is_dir()
        if not seen:
            raise Refused("archive_away", "ZHIHAI_BACKUP", folder=str(folder))
        name = f"{SLOT}{secrets.token_hex(4)}"
        try:
            (folder / WAL / name).mkdir(mode=0o700, parents=True)
        except OSError as fault:
            raise Refused("archive_away", "ZHIHAI_BACKUP", folder=str(folder)) from fault
        self._let_go()
        self._ask("SELECT pg_create_physical_replication_slot(%s, true)", (name,))
        made = self.state()
        assert made is not None
        return made

    def _let_go(self) -> None:
        """Tell the server that nobody reads any more, so that it keeps nothing for a reader that will not come."""
        self.stop()
        self._ask(
            """SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
               WHERE slot_name LIKE %s AND NOT active""",
            (SLOT.replace("_", r"\_") + "%",),
        )

    def _read(self, series: Path, slot: str) -> None:
        address, environment = for_program(administrator_url(self._place))
        with self._log.open("wb") as log:
            # Without a second try of its own it ends with the server, and never outlives it.
            options: list[str | Path] = [
                "--directory",
                series,
                "--slot",
                slot,
                "--synchronous",
                "--no-loop",
                "--no-password",
            ]
            self._reader = subprocess.Popen(
                [self._place.programs / "pg_receivewal", "--dbname", address, *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
            )  # fmt: skip

    def _ask(self, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with closing(psycopg.connect(administrator_url(self._place), autocommit=True)) as connection:
            return connection.execute(sql, values).fetchall()
