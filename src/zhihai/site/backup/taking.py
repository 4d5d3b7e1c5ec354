"""Taking a backup (备份) while the platform works: nobody waits for it.

From the embedded database a physical copy by ``pg_basebackup``: its files, with the log that makes them one state. From
a server of others a dump by ``pg_dump``: one snapshot of its rows. Anchors are copied first, so that the journal in the
backup goes at least as far as they do.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

import zhihai
from zhihai.ground.refusal import Refused
from zhihai.site.backup.manifest import (
    FORMAT,
    MANIFEST,
    NAME,
    SUMS,
    Backup,
    Manifest,
    digest_of,
    is_private,
    seal_files,
)
from zhihai.site.backup.manifest import write_durably as write
from zhihai.site.backup.programs import administrator_url, run_program
from zhihai.site.backup.segments import first_segment, series_of
from zhihai.site.configuration import KEY_FILE, Configuration
from zhihai.site.postgres import find_place, find_programs, records_server
from zhihai.site.privileges import server_user

BASE = "base.tar.gz"
LOG = "pg_wal.tar.gz"
ROWS = "records.dump"
ANCHORS = "anchors"
KEYS = "keys"
LEVEL = 1
"""Of gzip: higher ones cost several times as long for a tenth of the size."""
LEAST_FREE = 64 * 2**20
SMALLEST = 8
"""What a packed copy takes at the least: an eighth of the records."""

FACTS = """SELECT current_setting('server_version_num')::int, pg_database_size(current_database()),
    to_regclass('django_migrations') IS NOT NULL, to_regclass('journal_seal') IS NOT NULL"""
STEPS = "SELECT name FROM django_migrations WHERE app = 'zh' ORDER BY name"
HEAD = """SELECT (SELECT code FROM district), coalesce((SELECT era FROM district), 1), coalesce(s.no, 0),
    coalesce(encode(s.h, 'hex'), '') FROM (SELECT) one LEFT JOIN
    (SELECT no, h FROM journal_seal ORDER BY no DESC LIMIT 1) s ON true"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is asked of the records before they are copied."""

    postgres: int
    size: int
    migrations: tuple[str, ...]
    district: str | None
    era: int
    seal: int
    head: str


def take_backup(config: Configuration, folder: Path, *, keys: bool = True) -> Backup:
    """Back up the records of ``config`` into a new folder in ``folder``; with ``keys`` private keys go along.

    Raises :class:`Refused`: ``backup_folder`` when it can not be written, ``backup_room`` when it has no room,
    ``backup_failed`` with the reason; then nothing is left behind.
    """
    began = datetime.now(UTC)
    target = _free(folder, began.strftime(NAME))
    draft = folder / f".{target.name}.draft"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.mkdir(mode=0o700)
    except OSError as fault:
        raise Refused("backup_folder", "FOLDER", folder=str(folder), reason=fault.strerror or "") from None
    try:
        with records_server(config) as url:
            facts = read_facts(url)
            _refuse_full(folder, facts.size)
            _copy_around(config, draft, keys=keys)
            copied = _copy_files(config, draft) if config.database_url is None else _copy_rows(config, url, draft)
        sealed = _seal(config, draft, facts, began, copied)
        draft.rename(target)
        _settle(folder)
    except OSError as fault:
        raise Refused("backup_failed", "FOLDER", reason=fault.strerror or str(fault)) from fault
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Backup(target, sealed)


def _free(folder: Path, name: str) -> Path:
    """Return where a backup of this name goes: two may begin within one second."""
    names = chain([name], (f"{name}-{again}" for again in count(2)))
    return next(folder / one for one in names if not (folder / one).exists())


def read_facts(url: str) -> Facts:
    """Ask the records what they are; raises :class:`Refused` ``database_away``."""
    try:
        with closing(psycopg.connect(url, autocommit=True)) as connection:
            postgres, size, steps, journal = _row(connection, FACTS)
            names = tuple(name for (name,) in connection.execute(STEPS)) if steps else ()
            district, era, seal, head = _row(connection, HEAD) if journal else (None, 1, 0, "")
    except psycopg.OperationalError as fault:
        raise Refused("database_away", "ZHIHAI_DATABASE_URL", reason=str(fault).splitlines()[0]) from None
    return Facts(postgres, size, names, district, era, seal, head)


def _row(connection: psycopg.Connection[tuple[Any, ...]], sql: str) -> tuple[Any, ...]:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row


@dataclass(frozen=True, slots=True)
class _Copied:
    sort: str
    size: int | None
    wal: str | None
    segment: str | None


def _copy_files(config: Configuration, draft: Path) -> _Copied:
    """Copy the cluster, with the log written meanwhile, packed."""
    place = find_place(config)
    url = administrator_url(place)
    series = series_of(url, config.backup)
    options: list[str | Path] = [
        "--pgdata",
        draft / "base",
        "--format=tar",
        f"--compress=client-gzip:{LEVEL}",
        "--wal-method=stream",
    ]
    options += ["--checkpoint=fast", "--no-password", "--label=zhihai"]
    run_program(place.programs / "pg_basebackup", url, options, refusal="backup_failed")
    for file in (draft / "base").iterdir():
        file.rename(draft / file.name)
    (draft / "base").rmdir()
    told = json.loads((draft / "backup_manifest").read_bytes())
    size = sum(file["Size"] for file in told["Files"])
    return _Copied("physical", size, series, first_segment(told["WAL-Ranges"]))


def _copy_rows(config: Configuration, url: str, draft: Path) -> _Copied:
    programs = find_programs(config, server_user())
    dump_rows(programs, url, draft / ROWS)
    return _Copied("dump", None, None, None)


def dump_rows(programs: Path, url: str, file: Path) -> None:
    """Write one snapshot of all rows into ``file``; raises :class:`Refused` ``backup_failed``.

    Rows behind row security are asked for in the platform's own name; left to itself, ``pg_dump`` refuses such tables.
    """
    given = conninfo_to_dict(url).get("options") or ""
    url = make_conninfo(url, options=f"{given} -c zhihai.reader=platform".strip())
    options = [
        "--enable-row-security",
        "--format=custom",
        f"--compress=gzip:{LEVEL}",
        "--no-owner",
        "--no-privileges",
        "--no-password",
    ]
    run_program(programs / "pg_dump", url, [*options, "--file", file], refusal="backup_failed")


def _copy_around(config: Configuration, draft: Path, *, keys: bool) -> None:
    """Copy what stands beside the records: anchors, and the private keys of the data folder."""
    anchors, key = config.data / ANCHORS, config.data / KEY_FILE
    (draft / ANCHORS).mkdir(mode=0o700)
    for file in sorted(anchors.glob("*")) if anchors.is_dir() else ():
        if file.is_file() and (keys or not is_private(file.name)):
            _copy_private(file, draft / ANCHORS / file.name)
    if keys and key.is_file():
        (draft / KEYS).mkdir(mode=0o700)
        _copy_private(key, draft / KEYS / KEY_FILE)


def _copy_private(source: Path, target: Path) -> None:
    with source.open("rb") as file, open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        shutil.copyfileobj(file, out)
        out.flush()
        os.fsync(out.fileno())


def _seal(config: Configuration, draft: Path, facts: Facts, began: datetime, copied: _Copied) -> Manifest:
    names = seal_files(draft)
    manifest = Manifest(
        format=FORMAT,
        sort="physical" if copied.sort == "physical" else "dump",
        version=zhihai.__version__,
        migrations=facts.migrations,
        postgres=facts.postgres,
        district=facts.district,
        era=facts.era,
        seal=facts.seal,
        head=facts.head,
        began=began,
        ended=datetime.now(UTC),
        size=facts.size if copied.size is None else copied.size,
        wal=copied.wal,
        segment=copied.segment,
        marks=tuple(mark.name for mark in (config.mark, config.simulation_mark) if mark.is_file()),
        keys=any(is_private(name) for name in names),
        files=names,
    )
    write(draft / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2).decode() + "\n")
    with (draft / SUMS).open("a", encoding="utf-8") as out:
        out.write(f"{digest_of(draft / MANIFEST)}  {MANIFEST}\n")
        out.flush()
        os.fsync(out.fileno())
    return manifest


def _refuse_full(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size // SMALLEST + LEAST_FREE:
        needed = (size // SMALLEST + LEAST_FREE) // 2**20
        raise Refused("backup_room", "FOLDER", folder=str(folder), free=free // 2**20, needed=needed)


def _settle(folder: Path) -> None:
    """Wait until the disk has the new name."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
