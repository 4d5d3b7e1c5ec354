"""Exporting: the whole journal as a file of plain lines that anybody can verify without us (日志导出)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec
from django.db import connection

from zhihai.kernel import records
from zhihai.kernel.journal.snapshot import snapshot
from zhihai.kernel.journal.verification import FIRST_PLACE, SEALS, SEALS_AT_ONCE, Progress
from zhihai.kernel.journal.walking import BYTES, LAST_PLACE, Place

FORM = "zhihai-journal"
VERSION = 1
TELL_EVERY = 50_000
COPIED = f"""COPY (SELECT e.era, e.xid::text::bigint, encode(e.h, 'hex'), {BYTES} FROM journal_entry e
    WHERE (e.era, e.xid) >= (%s, %s::text::xid8) AND (e.era, e.xid) < (%s, %s::text::xid8) ORDER BY e.era, e.xid, e.id)
    TO STDOUT (FORMAT binary)"""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export holds."""

    entries: int
    seals: int


def export(out: BinaryIO, progress: Progress | None = None) -> Exported:
    """Write the journal to ``out`` as one snapshot has it: JSON, one value a line (see docs/why/journal.md).

    The first line says what it is; an entry is ``["e", hash, canonical text]``, a seal ``["s", no, era, x0, x1, n,
    root, prev, sealed_at, hash]`` after the entries that it binds, hashes in hex. Reads only and holds up nobody. Must
    not be called inside a transaction.
    """
    encode = msgspec.json.Encoder().encode
    tell = progress or (lambda _: None)
    entries = seals = 0
    with snapshot():
        district = records.value("SELECT code FROM district")
        out.write(encode({"form": FORM, "version": VERSION, "district": district}) + b"\n")
        start, more, last = FIRST_PLACE, True, 0
        while more:
            page = records.rows(SEALS, (last, SEALS_AT_ONCE))
            more = len(page) == SEALS_AT_ONCE
            end = (page[-1][1], page[-1][3]) if more else LAST_PLACE
            waiting = iter(page)
            seal = next(waiting, None)
            for era, xid, h, text in _rows(start, end):
                while seal is not None and (era, xid) >= (seal[1], seal[3]):
                    out.write(encode(_seal(seal)) + b"\n")
                    seal = next(waiting, None)
                out.write(encode(("e", h, text)) + b"\n")
                entries += 1
                if entries % TELL_EVERY == 0:
                    tell(entries)
            for rest in [] if seal is None else [seal, *waiting]:
                out.write(encode(_seal(rest)) + b"\n")
            seals += len(page)
            start, last = end, page[-1][0] if page else last
    tell(entries)
    return Exported(entries, seals)


def _rows(start: Place, end: Place) -> Iterator[tuple[int, int, str, str]]:
    with connection.cursor() as cursor, cursor.copy(COPIED, (*start, *end)) as copy:
        copy.set_types(["int4", "int8", "text", "text"])
        yield from copy.rows()


def _seal(row: records.Row) -> tuple[Any, ...]:
    no, era, x0, x1, n, root, prev, h, sealed_at = row
    return ("s", no, era, x0, x1, n, bytes(root).hex(), bytes(prev).hex(), sealed_at, bytes(h).hex())
