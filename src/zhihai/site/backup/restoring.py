"""Restoring (恢复): from a backup to another folder or another server, as of its end, the archive's end or any instant.

The files of the embedded database are laid out, checked against PostgreSQL's own manifest, and carried on with the
archived log up to the instant; only then do they appear under their name. To a server of others, and from a backup that
is a dump, rows are loaded in one transaction: all or nothing.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from zhihai.ground.refusal import Refused
from zhihai.site.backup.manifest import Backup, check_files, is_private, refuse_newer, told
from zhihai.site.backup.programs import administrator_url, run_program
from zhihai.site.backup.segments import PARTIAL, SEGMENT, WAL, segments_from
from zhihai.site.backup.taking import ANCHORS, BASE, KEYS, LOG, ROWS, dump_rows
from zhihai.site.configuration import KEY_FILE, Configuration, make_data_folder
from zhihai.site.postgres import EmbeddedPostgres, Place, find_place, find_programs
from zhihai.site.postgres_settings import server_settings
from zhihai.site.privileges import server_user

LONGEST_RECOVERY = 24 * 3600.0
OTHER_ANCHORS = "anchors-of-the-original"
"""Where a copy keeps the anchors of the original: it signs its own, with a key of its own."""
MARGIN = 64 * 2**20
REACHED = "SELECT pg_last_xact_replay_timestamp()"
OBJECTS = """SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
      AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"""
SERVER = "SELECT current_setting('server_version_num')::int"


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was laid out: the place of the records, and the instant of the last change in them, if that is known."""

    place: Place
    reached: datetime | None


def restore_folder(
    config: Configuration, backup: Backup, *, at: datetime | None, takes_over: bool, archive: bool = True
) -> Recovered:
    """Restore into the data folder of ``config``, which must be empty or not there yet.

    With ``archive`` the log archived since is replayed, without it the backup's own end is what is restored. With
    ``takes_over`` it gets the key that the original signs anchors with; a copy beside the original does not, lest
    two heads be signed by one key. Raises :class:`Refused`, among others ``restore_not_empty``, ``restore_room``,
    ``restore_postgres``, ``restore_after``, ``restore_before``; then the folder is as it was.
    """
    refuse_not_empty(config.data)
    check(backup, at)
    fresh = not config.data.exists()
    make_data_folder(config.data)
    place = find_place(config)
    try:
        reached = lay_out(config, place, backup, at, archive=archive)
        _lay_beside(config.data, backup, takes_over=takes_over)
    except BaseException:
        shutil.rmtree(place.cluster, ignore_errors=True)
        if fresh:
            shutil.rmtree(config.data, ignore_errors=True)
        raise
    return Recovered(place, reached)


def restore_server(
    url: str, programs_of: Configuration, backup: Backup, *, at: datetime | None, archive: bool = True
) -> datetime | None:
    """Restore into the empty database at ``url`` and return the instant of the last change, if that is known.

    A copy of files is first brought to life in a folder of its own, then its rows are loaded. Raises :class:`Refused`,
    among others ``restore_not_empty`` and ``restore_older_server``; then the database is as it was.
    """
    check(backup, at)
    refuse_target(url, backup.manifest.postgres)
    with tempfile.TemporaryDirectory(prefix="zhihai-restore-") as work:
        if backup.manifest.sort == "dump":
            load_rows(find_programs(programs_of, server_user()), url, backup.path / ROWS)
            return None
        os.chmod(work, 0o711)
        config = programs_of.model_copy(update={"data": Path(work) / "data", "database_url": None, "backup": None})
        make_data_folder(config.data)
        place = find_place(config)
        try:
            reached = lay_out(config, place, backup, at, archive=archive)
            with running(config, place):
                dump_rows(place.programs, administrator_url(place, "zhihai"), Path(work) / ROWS)
            load_rows(place.programs, url, Path(work) / ROWS)
        finally:
            shutil.rmtree(place.cluster, ignore_errors=True)
        return reached


def check(backup: Backup, at: datetime | None) -> None:
    """Raise :class:`Refused` for what speaks against a backup before anything is written."""
    if at is not None and backup.manifest.wal is None:
        raise Refused("restore_no_archive", "--at", ended=told(backup.manifest.ended))
    refuse_newer(backup.manifest.migrations)
    check_files(backup)


def refuse_not_empty(folder: Path) -> None:
    """Raise :class:`Refused` ``restore_not_empty`` when a folder holds anything."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused("restore_not_empty", "--to", place=str(folder))


def refuse_target(url: str, postgres: int) -> None:
    """Raise :class:`Refused` when a database holds anything, is older than the backup's, or does not answer."""
    try:
        with closing(psycopg.connect(url, autocommit=True)) as connection:
            (version,), (objects,) = (connection.execute(sql).fetchone() or (0,) for sql in (SERVER, OBJECTS))
            name = connection.info.dbname
    except psycopg.OperationalError as fault:
        raise Refused("database_away", "--to-url", reason=str(fault).splitlines()[0]) from None
    if version // 10000 < postgres // 10000:
        raise Refused("restore_older_server", "--to-url", found=version // 10000, needed=postgres // 10000)
    if objects:
        raise Refused("restore_not_empty", "--to-url", place=name)


def lay_out(
    config: Configuration, place: Place, backup: Backup, at: datetime | None, *, archive: bool
) -> datetime | None:
    """Put the records of a backup, as of ``at`` or its end, where ``place`` wants them; return the last change."""
    manifest = backup.manifest
    if manifest.sort == "physical" and manifest.postgres // 10000 != place.major:
        raise Refused("restore_postgres", "FOLDER", found=manifest.postgres // 10000, ours=place.major)
    log = _log_of(backup) if archive else []
    needed = manifest.size + len(log) * SEGMENT + MARGIN
    free = shutil.disk_usage(place.cluster.parent).free
    if free < needed:
        folder = str(place.cluster.parent)
        raise Refused("restore_room", "--to", folder=folder, free=free // 2**20, needed=needed // 2**20)
    draft = dataclasses.replace(place, cluster=place.cluster.with_name("records.restoring"))
    shutil.rmtree(draft.cluster, ignore_errors=True)
    try:
        if manifest.sort == "dump":
            with running(config, draft):
                load_rows(place.programs, draft.url, backup.path / ROWS)
            reached = None
        else:
            _unpack(backup, draft, log)
            reached = _recover(config, draft, at)
        draft.cluster.rename(place.cluster)
    finally:
        shutil.rmtree(draft.cluster, ignore_errors=True)
    return reached


def _log_of(backup: Backup) -> list[Path]:
    """Return the archived log that carries a backup on; none when it was taken without."""
    manifest = backup.manifest
    if manifest.wal is None or manifest.segment is None:
        return []
    return segments_from(backup.path.parent / WAL / manifest.wal, manifest.segment)


def _unpack(backup: Backup, place: Place, log: list[Path]) -> None:
    """Lay out files and log, and have PostgreSQL compare every file with its own manifest."""
    place.cluster.mkdir(mode=0o700)
    for packed, into in ((BASE, place.cluster), (LOG, place.cluster / "pg_wal")):
        with tarfile.open(backup.path / packed) as archive:
            _lay_out(archive, into)
    manifest: list[str | Path] = ["--manifest-path", backup.path / "backup_manifest", "--exit-on-error"]
    run_program(place.programs / "pg_verifybackup", None, [*manifest, place.cluster], refusal="backup_unsound")
    for segment in log:
        shutil.copyfile(segment, place.cluster / "pg_wal" / segment.name.removesuffix(PARTIAL))
    (place.cluster / "recovery.signal").touch()
    if place.user is not None:
        for path in (place.cluster, *place.cluster.rglob("*")):
            os.chown(path, place.user.uid, place.user.gid, follow_symlinks=False)


def _lay_out(archive: tarfile.TarFile, into: Path) -> None:
    """Unpack files and folders, and nothing that would come to lie elsewhere."""
    if hasattr(tarfile, "data_filter"):  # from Python 3.11.4 on
        archive.extractall(into, filter="data")
        return
    for member in archive:
        inside = (into / member.name).resolve().is_relative_to(into.resolve())
        if not inside or not (member.isfile() or member.isdir()):
            raise Refused("backup_unsound", "FOLDER", reason=member.name)
        archive.extract(member, into)


def _recover(config: Configuration, place: Place, at: datetime | None) -> datetime | None:
    """Replay the log up to ``at`` or its end and return the instant of the last change replayed."""
    # All of the log lies in the cluster, so nothing is fetched; and the server is ready only when recovery is over.
    recovery = {"restore_command": "false", "recovery_target_timeline": "current", "hot_standby": "off"}
    recovery |= {"logging_collector": "off"}
    if at is not None:
        recovery |= {"recovery_target_time": at.astimezone(UTC).isoformat(), "recovery_target_action": "promote"}
    try:
        with (
            running(config, place, recovery, seconds=LONGEST_RECOVERY),
            closing(psycopg.connect(administrator_url(place), autocommit=True)) as connection,
        ):
            (reached,) = connection.execute(REACHED).fetchone() or (None,)
    except Refused as refused:
        raise _explained(refused, place, at) from None
    return None if reached is None else reached.astimezone(UTC)


def _explained(refused: Refused, place: Place, at: datetime | None) -> Refused:
    log = (place.cluster.parent / "records-start.log").read_text(encoding="utf-8", errors="replace")
    if at is not None and "before configured recovery target was reached" in log:
        seen = [line for line in log.splitlines() if "last completed transaction was at log time" in line]
        return Refused("restore_after", "--at", last=seen[-1].rpartition("log time ")[2] if seen else "–")
    return refused


@contextmanager
def running(
    config: Configuration, place: Place, further: dict[str, str] | None = None, seconds: float = 300.0
) -> Iterator[EmbeddedPostgres]:
    """Have a server on a place while the block runs."""
    server = EmbeddedPostgres(place, server_settings(config, place.major) | (further or {}))
    server.start(seconds)
    try:
        yield server
    finally:
        server.stop(LONGEST_RECOVERY)


def load_rows(programs: Path, url: str, file: Path) -> None:
    """Load a dump in one transaction; raises :class:`Refused` ``restore_failed`` and changes nothing."""
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-password"]
    run_program(programs / "pg_restore", url, [*options, file], refusal="restore_failed")


def _lay_beside(data: Path, backup: Backup, *, takes_over: bool) -> None:
    """Put anchors, key and mark into the data folder."""
    saved = backup.path / ANCHORS
    if saved.is_dir() and any(saved.iterdir()):
        signs = takes_over and (saved / "anchor.key").is_file()
        target = data / (ANCHORS if signs else OTHER_ANCHORS)
        target.mkdir(mode=0o700)
        for file in saved.iterdir():
            if signs or not is_private(file.name):
                _private_copy(file, target / file.name)
    key = backup.path / KEYS / KEY_FILE
    if key.is_file():
        _private_copy(key, data / KEY_FILE)
    for mark in backup.manifest.marks:
        (data / mark).touch()


def _private_copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    target.chmod(0o600)
