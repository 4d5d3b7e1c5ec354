"""A machine clock that can be moved, as every process of a laboratory sees it, database and all (``moved_clock.c``)."""

from __future__ import annotations

import os
import shlex
import shutil
import struct
import subprocess
from pathlib import Path

from zhihai.site.configuration import read_configuration
from zhihai.site.postgres import find_programs
from zhihai.site.privileges import server_user

FILE = "ZH_MOVED_CLOCK"
SOURCE = Path(__file__).with_suffix(".c")
MOVES = (-90_000, -3_600, -30, 30, 3_600, 90_000)
"""By how many seconds the clock is moved: more and less than any lease, and over midnight."""


def clock_moves() -> bool:
    """Say whether the clock that this process sees can be moved: it was begun with :func:`environment`."""
    return FILE in os.environ


def move_clock(seconds: int) -> None:
    """Set the clock so far from the true one, at once and for every process."""
    with Path(os.environ[FILE]).open("r+b") as file:
        file.write(struct.pack("=q", seconds))


def programs(folder: Path) -> Path:
    """Return a folder of the database's programs that see the moved clock too: they are begun without our environment.

    ``folder`` must be one that the database's user can pass through.
    """
    user = server_user()
    real, wrapped = find_programs(read_configuration(), user), folder / "programs"
    wrapped.mkdir(mode=0o755)
    kept = " ".join(f"{name}={shlex.quote(os.environ[name])}" for name in ("LD_PRELOAD", FILE))
    for name in ("postgres", "initdb"):
        program = wrapped / name
        program.write_text(f'#!/bin/sh\n{kept} exec {shlex.quote(str(real / name))} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    return wrapped


def environment(folder: Path) -> dict[str, str]:
    """Return an environment for a process whose clock, and that of whatever it starts, can be moved.

    Raises ``FileNotFoundError`` where there is no C compiler.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise FileNotFoundError("cc")
    library, file = folder / "moved_clock.so", folder / "clock"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, SOURCE], check=True)
    file.write_bytes(struct.pack("=q", 0))
    folder.chmod(0o711)  # the database may run as another user
    library.chmod(0o755)
    file.chmod(0o644)
    return os.environ | {"LD_PRELOAD": str(library), FILE: str(file)}
