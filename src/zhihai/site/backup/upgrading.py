"""Upgrade (升级) with a way back: what can not be done is refused first, and a backup is made before anything else."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from zhihai.ground.refusal import Refused
from zhihai.site.backup.copies import finish
from zhihai.site.backup.manifest import Backup, check_files, known_migrations, read_backup, refuse_newer, write_durably
from zhihai.site.backup.restoring import MARGIN, lay_out, running
from zhihai.site.backup.taking import ANCHORS, SMALLEST, Facts, read_facts, take_backup
from zhihai.site.configuration import Configuration
from zhihai.site.postgres import find_place, records_server

NOTE = "upgrade.json"
BACKUPS = "backups"
"""Where in the data folder the backup goes when no folder is set."""
LEAST_VERSION = 150000
CONNECTED = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND application_name LIKE 'zhihai%'"""


class Note(msgspec.Struct, frozen=True):
    """What is kept of an upgrade in the data folder: the way back."""

    backup: str
    version: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Upgraded:
    """An upgrade that is done: the backup from before, the steps taken, the entries verified and the faults found."""

    backup: Backup
    steps: int
    entries: int
    faults: int


@dataclass(frozen=True, slots=True)
class Returned:
    """The way back taken: which records are in place now, by which version, and where the others are kept."""

    backup: Backup
    kept: Path


def upgrade(config: Configuration, folder: Path | None) -> Upgraded | None:
    """Check, back up, bring the tables up, verify; ``None`` when there is nothing to do.

    Raises :class:`Refused`: ``upgrade_running`` or ``upgrade_connected`` while the platform works, ``tables_ahead`` for
    records of a later program, ``upgrade_server``, ``upgrade_room``, whatever a backup is refused for, and
    ``upgrade_failed`` when a step was undone.
    """
    target = folder or config.backup or config.data / BACKUPS
    if config.database_url is None:
        _refuse_in_use(config)
    with records_server(config) as url:
        facts = read_facts(url)
        steps = _refuse(config, url, facts)
        if not steps:
            return None
        backup = take_backup(config, target.absolute())
        note = Note(str(backup.path), backup.manifest.version, datetime.now(UTC))
        write_durably(config.data / NOTE, msgspec.json.encode(note).decode())
        done = _inside("migrate")
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["?"])[-1]
            raise Refused("upgrade_failed", reason=reason, backup=str(backup.path))
        entries, faults = _verified(str(backup.path))
    return Upgraded(backup, steps, entries, faults)


def go_back(config: Configuration) -> Returned:
    """Put the records from before the last upgrade in place, and keep those from after it beside them.

    Raises :class:`Refused`: ``upgrade_no_way_back``, ``upgrade_back_server``, ``upgrade_running``, and what a restore
    is refused for; then everything is as it was.
    """
    path = config.data / NOTE
    if not path.is_file():
        raise Refused("upgrade_no_way_back", "ZHIHAI_DATA", folder=str(config.data))
    backup = read_backup(Path(msgspec.json.decode(path.read_bytes(), type=Note).backup))
    if config.database_url is not None:
        raise Refused("upgrade_back_server", "ZHIHAI_DATABASE_URL", backup=str(backup.path))
    _refuse_in_use(config)
    check_files(backup)
    place = find_place(config)
    back = dataclasses.replace(place, cluster=place.cluster.with_name("records.back"))
    lay_out(config, back, backup, None, archive=False)
    kept = place.cluster.with_name(f"records.{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}")
    place.cluster.rename(kept)
    back.cluster.rename(place.cluster)
    _put_back_anchors(config.data, backup, kept.name)
    with running(config, place):
        finish(config, None, backup, config.data / ANCHORS, None, takes_over=True)
    path.unlink()
    return Returned(backup, kept)


def _refuse(config: Configuration, url: str, facts: Facts) -> int:
    """Raise :class:`Refused` for what speaks against an upgrade, else return how many steps there are to take."""
    refuse_newer(facts.migrations)
    if facts.postgres < LEAST_VERSION:
        raise Refused("upgrade_server", "ZHIHAI_DATABASE_URL", found=facts.postgres // 10000)
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        (count,) = connection.execute(CONNECTED).fetchone() or (0,)
    if count:
        raise Refused("upgrade_connected", "ZHIHAI_DATABASE_URL", count=count)
    if config.database_url is None:
        # A step may write the largest table anew, and the log of that beside it.
        folder, needed = find_place(config).cluster.parent, facts.size + facts.size // SMALLEST + MARGIN
        free = shutil.disk_usage(folder).free
        if free < needed:
            raise Refused("upgrade_room", str(folder), folder=str(folder), free=free // 2**20, needed=needed // 2**20)
    return len(set(known_migrations()) - set(facts.migrations))


def _refuse_in_use(config: Configuration) -> None:
    with _locked(find_place(config).cluster.parent / "records.lock") as free:
        if not free:
            raise Refused("upgrade_running", "ZHIHAI_DATA", folder=str(config.data))


@contextmanager
def _locked(lock: Path) -> Iterator[bool]:
    """Try to hold the lock of a data folder while the block runs; say whether that went."""
    with lock.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _inside(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "zhihai.site.inside", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def _verified(backup: str) -> tuple[int, int]:
    """Return how many entries of the journal were recomputed, and how many things do not fit."""
    done = _inside("verify", "--state", "--json")
    told: dict[str, Any] = json.loads(done.stdout or "{}")
    if "entries" not in told:
        reason = told.get("says") or (done.stderr.strip().splitlines() or ["?"])[-1]
        raise Refused("upgrade_failed", reason=reason, backup=backup)
    return told["entries"], len(told["faults"]) + told["untold"]


def _put_back_anchors(data: Path, backup: Backup, kept: str) -> None:
    """Let the anchors be those of the backup: later ones tell of seals that are not there any more, and are kept."""
    present, saved = data / ANCHORS, backup.path / ANCHORS
    if not present.is_dir():
        return
    later = data / f"{ANCHORS}{kept.removeprefix('records')}"
    present.rename(later)
    present.mkdir(mode=0o700)
    for file in [*later.glob("*.key*"), *later.glob("*.pub"), *(saved.iterdir() if saved.is_dir() else ())]:
        shutil.copyfile(file, present / file.name)
        (present / file.name).chmod(0o600)
