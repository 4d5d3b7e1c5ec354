"""What the tests of backup and restore share: writers, waiting for the archive, and comparing row by row."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from zhihai.site.backup.archiving import Archiving
from zhihai.site.backup.manifest import MANIFEST, SUMS, Backup, digest_of, read_backup
from zhihai.site.backup.taking import take_backup
from zhihai.site.configuration import Configuration
from zhihai.site.postgres import EmbeddedPostgres

WRITER = Path(__file__).with_name("crash_writer.py")
ACTS = 7
Start = Callable[[Configuration], EmbeddedPostgres]


def ask(url: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True, options="-c zhihai.reader=platform") as connection:
        cursor = connection.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def write(data: Path, first: int, count: int) -> subprocess.Popen[str]:
    """Begin to write in a process of its own; it loads the district where there is none."""
    command = [sys.executable, str(WRITER), "-" if first == 0 else "zhihai", str(first), str(count)]
    return subprocess.Popen(command, env={**os.environ, "ZHIHAI_DATA": str(data)}, stdout=subprocess.PIPE, text=True)


def lines(process: subprocess.Popen[str]) -> list[str]:
    """Wait for a writer and return what it told."""
    told = process.communicate(timeout=120)[0].splitlines()
    assert process.returncode == 0
    return told


def backed_up(config: Configuration, **options: bool) -> Backup:
    assert config.backup is not None
    return take_backup(config, config.backup, **options)


def caught_up(archiving: Archiving, url: str) -> None:
    """Wait until the archive has all that has been written by now.

    Its reader tells of a segment's end only with what comes after, so something does.
    """
    ask(url, "SELECT pg_logical_emit_message(true, 'x', 'y')")
    (target,) = ask(url, "SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint")[0]
    deadline = datetime.now(UTC) + timedelta(seconds=20)
    while datetime.now(UTC) < deadline:
        archiving.step()
        state = archiving.state()
        if state is not None and state.kept >= target:
            return
    raise AssertionError("the archive does not catch up")


def digests(url: str) -> dict[str, tuple[Any, ...]]:
    """Count and hash the rows of every table, by SQL of this test's own."""
    tables = ask(
        url,
        """SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
        AND relnamespace = 'public'::regnamespace""",
    )
    return {
        name: ask(url, f"SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY t::text)) FROM {name} t")[0]
        for (name,) in tables
    }  # fmt: skip


def reseal(backup: Backup, **changed: object) -> Backup:
    """Let a backup say something else of itself, hashes included."""
    manifest = msgspec.structs.replace(backup.manifest, **changed)
    (backup.path / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    sums = [line for line in (backup.path / SUMS).read_text().splitlines() if not line.endswith(MANIFEST)]
    (backup.path / SUMS).write_text("\n".join([*sums, f"{digest_of(backup.path / MANIFEST)}  {MANIFEST}"]) + "\n")
    return read_backup(backup.path)
