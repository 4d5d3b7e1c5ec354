"""Whether the records and the static files still fit this code, told in milliseconds and without a database.

A warm start must not pay for migrations and static files that are in place: a seal over everything they are made
from is kept in the data folder by the preparation that was completed last.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import zhihai
from zhihai.site.configuration import Configuration
from zhihai.site.postgres import cluster_root
from zhihai.site.vendor import vendor_folder

PACKAGE = Path(__file__).resolve().parents[1]
SEAL = "prepared"


def is_prepared(config: Configuration) -> bool:
    """Say whether the last preparation was of this code, this lock of libraries and this cluster.

    Always false with a server of others, whose databases come and go without us.
    """
    seal = config.data / SEAL
    return config.database_url is None and seal.is_file() and seal.read_text(encoding="ascii") == _seal(config)


def mark_prepared(config: Configuration) -> None:
    """Note that the preparation is complete."""
    (config.data / SEAL).write_text(_seal(config), encoding="ascii")


def compiled_folder(config: Configuration) -> Path:
    """Return the folder of compiled templates, which fills as pages are drawn; a preparation begins an empty one."""
    return config.data / "templates"


def _seal(config: Configuration) -> str:
    seal = hashlib.sha256(f"{zhihai.__version__}\n{vendor_folder(config.data)}\n".encode())
    cluster = cluster_root(config.data) / "records" / "PG_VERSION"
    for path in [cluster] * cluster.exists() + sorted(_sources()):
        facts = path.stat()
        seal.update(f"{path}\n{facts.st_ino}\n{facts.st_size}\n{facts.st_mtime_ns}\n".encode())
    return seal.hexdigest()


def _sources() -> Iterator[Path]:
    yield from (PACKAGE / "kernel" / "migrations").rglob("*.py")
    yield from (PACKAGE / "kernel" / "migrations").rglob("*.sql")
    for folder in (PACKAGE / "faces").glob("*/static"):
        yield from (file for file in folder.rglob("*") if file.is_file())
    yield PACKAGE / "faces" / "design" / "environment.py"  # by its rules templates are compiled
