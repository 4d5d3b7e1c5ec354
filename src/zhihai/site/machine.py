"""The machine (机器): what disk, database and files amount to, read quickly and without counting rows."""

from __future__ import annotations

import os
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from zhihai.ground.refusal import Refused
from zhihai.site.backup.manifest import MANIFEST, Manifest, read_backup
from zhihai.site.configuration import Configuration
from zhihai.site.postgres import cluster_root

KEPT_SECONDS = 60.0
"""How long the size of a folder is taken as known: to add up its files takes tens of milliseconds."""

STORE = """
SELECT pg_database_size(current_database()), current_setting('max_connections')::int,
    count(*), count(*) FILTER (WHERE state = 'active'),
    coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)::float8,
    (SELECT split_part(current_setting('server_version'), ' ', 1))
FROM pg_stat_activity WHERE datname = current_database()
"""


@dataclass(frozen=True, slots=True)
class StoreState:
    """The database: bytes, connections and how many there may be, the age of the oldest transaction in seconds."""

    size: int
    most: int
    connections: int
    active: int
    oldest_seconds: float
    version: str


@dataclass(frozen=True, slots=True)
class DiskState:
    """The disk of the data folder: bytes in all and free; bytes of the folder and of the write-ahead log in it.

    ``wal`` is ``None`` where the database is not ours to look into.
    """

    total: int
    free: int
    data: int
    wal: int | None

    @property
    def used_share(self) -> float:
        """How full the disk is, from 0 to 1."""
        return 1 - self.free / self.total if self.total else 1.0


def store_state() -> StoreState:
    """Ask the database about itself, in one question."""
    with connection.cursor() as cursor:
        cursor.execute(STORE)
        size, most, connections, active, oldest, version = cursor.fetchone()
    return StoreState(size, most, connections, active, oldest, version)


def last_backup(folder: Path | None) -> Manifest | None:
    """Return what the last whole backup in a folder says of itself; none where there is none, or none can be read."""
    if folder is None:
        return None
    try:
        whole = [path for path in folder.glob("[0-9]*Z") if (path / MANIFEST).is_file()]
        return read_backup(max(whole)).manifest if whole else None
    except (OSError, Refused):
        return None


class Disk:
    """Tells the state of a configuration's disk; sizes of folders are kept for a minute."""

    def __init__(self, config: Configuration) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._sizes: tuple[int, int | None] = (0, None)
        self._until = 0.0

    def state(self) -> DiskState:
        """Return the state now."""
        usage = shutil.disk_usage(self._config.data)
        with self._lock:
            if time.monotonic() >= self._until:
                self._sizes = self._measure()
                self._until = time.monotonic() + KEPT_SECONDS
            return DiskState(usage.total, usage.free, *self._sizes)

    def _measure(self) -> tuple[int, int | None]:
        data = self._config.data
        root = cluster_root(data)
        log = root / "records" / "pg_wal"
        ours = self._config.database_url is None and os.access(log, os.R_OK | os.X_OK)
        size = folder_size(data) + (folder_size(root) if root != data else 0)
        return size, folder_size(log) if ours else None


def folder_size(folder: Path) -> int:
    """Return the bytes of all files below a folder; what vanishes meanwhile, or may not be read, counts nothing."""
    total = 0
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total
