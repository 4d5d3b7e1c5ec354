"""What a backup says of itself (备份清单): whose it is, of when, made by what, and the hash of each of its files.

A backup is a folder named after the instant it was begun, ``2026-11-22T21-52-05Z``. ``manifest.json`` tells what is in
it, ``SHA256SUMS`` the hash of every other file and of the manifest, as ``sha256sum -c`` reads them. A folder appears
under its name only when it is whole.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from zhihai.ground.refusal import Refused
from zhihai.site.configuration import KEY_FILE

FORMAT = 1
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
NAME = "%Y-%m-%dT%H-%M-%SZ"
"""How a backup is named after the instant of its begin, in UTC."""
MIGRATIONS = Path(__file__).resolve().parents[2] / "kernel" / "migrations"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds. Instants are machine time; sizes are bytes.

    ``sort``: ``physical`` (the files of the embedded database) or ``dump`` (its rows, from a server of others).
    ``seal`` and ``head`` are the journal's last seal at the begin and its hash (hex), 0 and empty before there is one.
    ``wal`` is the series of archived log that the backup can be carried on with, and ``segment`` the first file of it
    that is needed. ``marks`` are the marks of the data folder, such as a demonstration's. ``keys``
    says whether private keys are in it. ``files`` names every file, as in ``SHA256SUMS``.
    """

    format: int
    sort: Literal["physical", "dump"]
    version: str
    migrations: tuple[str, ...]
    postgres: int
    district: str | None
    era: int
    seal: int
    head: str
    began: datetime
    ended: datetime
    size: int
    wal: str | None
    segment: str | None
    marks: tuple[str, ...]
    keys: bool
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Backup:
    """A whole backup: its folder and what it says of itself."""

    path: Path
    manifest: Manifest

    @property
    def bytes(self) -> int:
        """How much it takes on the disk."""
        return sum((self.path / name).stat().st_size for name in self.manifest.files)


def is_private(name: str) -> bool:
    """Say whether a file beside the records is a private key: the anchors', present or past, or the platform's."""
    return ".key" in name or name.endswith(KEY_FILE)


def known_migrations() -> tuple[str, ...]:
    """Return the names of the steps of the tables that this program knows, in order."""
    return tuple(sorted(path.stem for path in MIGRATIONS.glob("0*.py")))


def seal_files(folder: Path) -> tuple[str, ...]:
    """Write the hashes of all files in ``folder`` and below it, hand them to the disk, and return their names."""
    names = tuple(sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()))
    write_durably(folder / SUMS, "".join(f"{digest_of(folder / name)}  {name}\n" for name in names))
    return names


def write_durably(path: Path, text: str) -> None:
    """Write a file and wait until the disk has it."""
    with path.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_backup(path: Path) -> Backup:
    """Read what a backup says of itself.

    Raises :class:`Refused`: ``backup_missing`` when there is none, ``backup_torn`` when it can not be read,
    ``backup_format`` when a later program wrote it.
    """
    try:
        said = (path / MANIFEST).read_bytes()
    except OSError:
        raise Refused("backup_missing", "FOLDER", folder=str(path)) from None
    try:
        if msgspec.json.decode(said).get("format") != FORMAT:
            raise Refused("backup_format", "FOLDER", folder=str(path))
        return Backup(path, msgspec.json.decode(said, type=Manifest))
    except (msgspec.MsgspecError, AttributeError):
        raise Refused("backup_torn", "FOLDER", file=str(path / MANIFEST)) from None


def backups_in(folder: Path) -> list[Backup]:
    """Return the whole backups in a folder, oldest first."""
    return [read_backup(path) for path in sorted(folder.glob("[0-9]*Z")) if (path / MANIFEST).is_file()]


def check_files(backup: Backup) -> None:
    """Recompute every hash. Raises :class:`Refused` ``backup_torn`` naming the first file that is not as it was."""
    sums = backup.path / SUMS
    lines = sums.read_text(encoding="utf-8").splitlines() if sums.is_file() else []
    told = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    for name in (MANIFEST, *backup.manifest.files):
        path = backup.path / name
        if not path.is_file() or told.get(name) != digest_of(path):
            raise Refused("backup_torn", "FOLDER", file=str(path))


def refuse_newer(migrations: Iterable[str]) -> None:
    """Raise :class:`Refused` ``tables_ahead`` when tables were made by steps that this program does not know."""
    ahead = sorted(set(migrations) - set(known_migrations()))
    if ahead:
        raise Refused("tables_ahead", names=", ".join(ahead))


def choose(folder: Path, at: datetime | None) -> Backup:
    """Return the backup to begin with: the folder itself if it is one, else the last in it that ended before ``at``.

    Raises :class:`Refused`: ``backup_missing``, and ``restore_before`` when ``at`` is before the first one's end.
    """
    found = [read_backup(folder)] if (folder / MANIFEST).is_file() else backups_in(folder)
    if not found:
        raise Refused("backup_missing", "FOLDER", folder=str(folder))
    usable = [one for one in found if at is None or one.manifest.ended <= at]
    if not usable:
        raise Refused("restore_before", "--at", first=told(found[0].manifest.ended))
    return usable[-1]


def told(instant: datetime) -> str:
    """Return an instant as an operator reads and types it."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
