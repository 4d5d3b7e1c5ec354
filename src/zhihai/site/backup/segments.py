"""The archived log (归档日志): series of segments, one after another without a gap.

A series is a folder ``wal/<slot>`` beside the backups, named after the replication slot of the server that it comes
from. A slot is never copied along with a server, so a restored copy begins a series of its own, and so does a server
whose slot was lost: within one series nothing is missing.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from zhihai.ground.refusal import Refused

WAL = "wal"
SLOT = "zhihai_"
PARTIAL = ".partial"
SEGMENT = 16 * 2**20
"""Bytes of a segment, as ``initdb`` makes them."""
IN_A_FILE = 0x100
"""Segments under one number of the middle part of a name."""

SLOTS = "SELECT slot_name FROM pg_replication_slots WHERE slot_name LIKE %s AND wal_status <> 'lost'"


def series_of(url: str, folder: Path | None) -> str | None:
    """Return the name of the series that the server at ``url`` is writing in ``folder``, ``None`` for none."""
    if folder is None:
        return None
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        names = [name for (name,) in connection.execute(SLOTS, (SLOT.replace("_", r"\_") + "%",))]
    return next((name for name in names if (folder / WAL / name).is_dir()), None)


def first_segment(ranges: list[dict[str, Any]]) -> str:
    """Return the name of the first segment of a base backup, from the ranges of its own manifest."""
    first = min(ranges, key=lambda one: int(one["Timeline"]))
    high, _, low = first["Start-LSN"].partition("/")
    return segment_name(int(first["Timeline"]), (int(high, 16) << 32 | int(low, 16)) // SEGMENT)


def segment_name(timeline: int, number: int) -> str:
    """Return the name of a segment (PostgreSQL manual, 28.5): timeline, file, segment in it, eight hex digits each."""
    return f"{timeline:08X}{number // IN_A_FILE:08X}{number % IN_A_FILE:08X}"


def segments_from(series: Path, first: str) -> list[Path]:
    """Return the files of a series from the segment ``first`` on, in order, the unfinished last one included.

    Raises :class:`Refused`: ``wal_missing`` when the folder is not there, ``wal_gap`` naming the first that is missing
    although later ones are there.
    """
    if not series.is_dir():
        raise Refused("wal_missing", "FOLDER", folder=str(series))
    found = {path.name.removesuffix(PARTIAL): path for path in sorted(series.iterdir(), reverse=True)
             if len(path.name.removesuffix(PARTIAL)) == len(first)}  # fmt: skip
    wanted = sorted(name for name in found if name[:8] == first[:8] and name >= first)
    number = int(first[8:16], 16) * IN_A_FILE + int(first[16:], 16)
    for offset, name in enumerate(wanted):
        expected = segment_name(int(first[:8], 16), number + offset)
        if name != expected:
            raise Refused("wal_gap", "FOLDER", name=expected, folder=str(series))
    return [found[name] for name in wanted]


def forget_before(series: Path, first: str) -> int:
    """Remove the segments of a series before ``first`` and return how many that were."""
    old = [path for path in series.iterdir() if len(path.name) == len(first) and path.name[8:] < first[8:]]
    for path in old:
        path.unlink()
    return len(old)
