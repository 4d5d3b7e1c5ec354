"""Forgetting backups (清理备份): the oldest, with the archived log that only they need."""

from __future__ import annotations

import shutil
from pathlib import Path

from zhihai.site.backup.manifest import backups_in
from zhihai.site.backup.segments import WAL, forget_before


def keep(folder: Path, most: int) -> int:
    """Keep the last ``most`` backups of a folder, and the log that carries them on; return how many were forgotten.

    A series of the log that none of the kept ones needs goes too, unless it is the last one's: that one may still be
    written, and the next backup will need it.
    """
    found = backups_in(folder)
    old, kept = found[:-most], found[-most:]
    for one in old:
        shutil.rmtree(one.path)
    first: dict[str, str] = {}
    for one in kept:
        if one.manifest.wal is not None and one.manifest.segment is not None:
            first.setdefault(one.manifest.wal, one.manifest.segment)
    for series in {one.manifest.wal for one in old if one.manifest.wal is not None}:
        path = folder / WAL / series
        if series in first:
            forget_before(path, first[series])
        elif kept[-1].manifest.wal is not None:
            shutil.rmtree(path, ignore_errors=True)
    return len(old)
