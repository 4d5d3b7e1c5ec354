"""Running PostgreSQL's own programs for backup and restore, without a password on any command line."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from zhihai.ground.refusal import Refused
from zhihai.site.postgres import Place

ADMINISTRATOR = "postgres"


def administrator_url(place: Place, database: str = "postgres") -> str:
    """Return the address by which the embedded database's owner asks it for copies of all it holds."""
    return f"postgresql:///{database}?host={place.socket}&user={ADMINISTRATOR}"


def for_program(url: str) -> tuple[str, dict[str, str]]:
    """Return an address without its password, and an environment that carries the password instead."""
    parts = conninfo_to_dict(url)
    password = parts.pop("password", None)
    environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    return make_conninfo("", **parts), environment


def run_program(program: Path, url: str | None, options: Sequence[str | Path], *, refusal: str) -> str:
    """Run a program to its end and return what it printed.

    Raises :class:`Refused` with the code ``refusal`` and in ``reason`` the first thing that went wrong.
    """
    address, environment = for_program(url) if url is not None else ("", {**os.environ, "LC_ALL": "C", "TZ": "UTC"})
    to = ["--dbname", address] if url is not None else []
    done = subprocess.run(
        [program, *to, *options], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Refused(refusal, reason=first_fault(done.stderr, program.name))
    return done.stdout


def first_fault(said: str, program: str) -> str:
    """Return the first line of a program's complaint that names a fault, else its last line."""
    lines = [line.removeprefix(f"{program}: ").removeprefix("error: ") for line in said.splitlines() if line.strip()]
    named = [line for line in lines if "error:" in line or "ERROR:" in line or "FATAL:" in line]
    return (named or lines[:1] or ["?"])[0]
