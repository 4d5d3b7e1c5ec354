"""Privileges (权限): how a process of root lends the database server to a user without any.

PostgreSQL refuses to run as root. As root the server is therefore run as a dedicated system user, which is made when
it is missing. Nobody's permissions are ever changed for it: where that user can not pass, our own copy in the
system's state directory is used instead.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from zhihai.ground.refusal import Refused

USER = "zhihai"


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The system user the database server runs as when we are root (专用系统用户)."""

    name: str
    uid: int
    gid: int

    def reaches(self, folder: Path) -> bool:
        """Say whether this user can enter ``folder``; asked of the system itself, so that ACLs count too."""
        probe = subprocess.run(
            ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)],
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            stderr=subprocess.DEVNULL,
            check=False,
            cwd="/",
        )
        return probe.returncode == 0

    def runs(self, program: Path) -> bool:
        """Say whether this user can run ``program`` (asked by running its ``--version``)."""
        try:
            subprocess.run(
                [program, "--version"],
                user=self.uid,
                group=self.gid,
                extra_groups=[],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=True,
                cwd="/",
            )
        except (OSError, subprocess.CalledProcessError):
            return False
        return True


def server_user() -> ServerUser | None:
    """Return the user to run the server as, made when missing; ``None`` when we are not root and stay who we are.

    Raises :class:`Refused` ``server_user_missing`` when the system has no ``useradd``.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(USER)
    except KeyError:
        entry = _add_user()
    return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _add_user() -> pwd.struct_passwd:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        raise Refused("server_user_missing", user=USER, reason="useradd: not found")
    nowhere = ["--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
    added = subprocess.run(
        [program, "--system", "--user-group", *nowhere, USER],
        capture_output=True,
        text=True,
        check=False,
    )
    # Two set-ups that start at once both find no user: the second one's failure is no harm when the user is there.
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        raise Refused("server_user_missing", user=USER, reason=added.stderr.strip()) from None


def copy_once(source: Path, target: Path) -> Path:
    """Copy a tree of programs to ``target`` unless it is there, whole or not at all, and return ``target``."""
    if not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.copytree(source, draft, symlinks=True)
        try:
            draft.rename(target)
        except OSError:
            shutil.rmtree(draft)
            if not target.is_dir():
                raise
    return target
