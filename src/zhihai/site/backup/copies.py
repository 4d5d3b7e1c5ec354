"""From a backup to records that are in order: laid out, in an era of their own, verified."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from zhihai.ground.refusal import Refused
from zhihai.site.backup.manifest import Backup, told
from zhihai.site.backup.restoring import OTHER_ANCHORS, restore_folder, restore_server, running
from zhihai.site.backup.taking import ANCHORS
from zhihai.site.configuration import PREFIX, Configuration

EMBEDDED = (f"{PREFIX}POSTGRES_BIN", f"{PREFIX}BUFFERS", f"{PREFIX}CONFIG")
"""Settings of the embedded database."""


class Finished(msgspec.Struct, frozen=True):
    """What was found when the restored records were finished.

    Entries and seals recomputed, cases compared with the journal, ``faults`` in any of it; ``head`` says whether the
    seal is there that was the last when the backup was begun; ``waiting`` is mail not yet sent, ``steps`` how far the
    tables are behind this program.
    """

    era: int
    entries: int
    seals: int
    cases: int
    faults: int
    head: bool
    waiting: int
    steps: int

    @property
    def ok(self) -> bool:
        """Whether the records are what they should be."""
        return self.head and not self.faults


@dataclass(frozen=True, slots=True)
class Restored:
    """A restore that is done: from what, up to when if that is known, and what was found."""

    backup: Backup
    reached: datetime | None
    finished: Finished


def to_folder(
    config: Configuration, backup: Backup, folder: Path, *, at: datetime | None, takes_over: bool, archive: bool
) -> Restored:
    """Restore into a folder and finish; raises what :func:`restore_folder` does, and ``restore_unfinished``."""
    target = config.model_copy(update={"data": folder.absolute(), "database_url": None})
    recovered = restore_folder(target, backup, at=at, takes_over=takes_over, archive=archive)
    signs = (target.data / ANCHORS).is_dir()
    anchors = target.data / (ANCHORS if signs else OTHER_ANCHORS)
    with running(target, recovered.place):
        url = recovered.place.url if config.database_url is not None else None
        found = finish(target, url, backup, anchors, recovered.reached, takes_over=takes_over)
    return Restored(backup, recovered.reached, found)


def to_server(
    config: Configuration, backup: Backup, url: str, *, at: datetime | None, takes_over: bool, archive: bool
) -> Restored:
    """Restore to a server and finish; raises what :func:`restore_server` does, and ``restore_unfinished``."""
    reached = restore_server(url, config, backup, at=at, archive=archive)
    found = finish(config, url, backup, backup.path / ANCHORS, reached, takes_over=takes_over)
    return Restored(backup, reached, found)


def finish(
    config: Configuration, url: str | None, backup: Backup, anchors: Path, reached: datetime | None, *, takes_over: bool
) -> Finished:
    """Finish records in a process of the platform's; raises :class:`Refused` ``restore_unfinished``.

    ``url`` is named where the settings do not lead there by themselves: they lead to the data folder's own server when
    they name none, and may then hold settings of that server, which no address goes together with.
    """
    key = config.secret_key.get_secret_value() if config.secret_key else secrets.token_urlsafe(48)
    environment = {name: value for name, value in os.environ.items() if url is None or name not in EMBEDDED}
    environment |= {f"{PREFIX}DATA": str(config.data), f"{PREFIX}SECRET_KEY": key}  # nothing is signed with it here
    if url is not None:
        environment |= {
            f"{PREFIX}DATABASE_URL": url,
            f"{PREFIX}LANGUAGE": config.language,
        }
    upto = told(reached or backup.manifest.ended)
    given = [str(backup.path.absolute()), str(anchors.absolute()), upto, "1" if takes_over else "0"]
    done = subprocess.run(
        [sys.executable, "-m", "zhihai.site.backup.finishing", *given],
        env=environment, cwd=None if url is None else "/", stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise Refused("restore_unfinished", reason=(done.stderr.strip().splitlines() or ["?"])[-1])
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Finished)
