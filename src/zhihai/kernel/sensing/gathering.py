"""Gathering: requests of one reading each that arrive while others are written are written together, in one statement.

Each stays a request of its own, with its envelope, its entry in the journal, its event and its answer, and none is
answered before it is committed. Nobody waits for company: a request that comes alone is written at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from threading import Event, Lock

import numpy as np
from django.db import DatabaseError

from zhihai.ground.actors import Actor
from zhihai.ground.instants import to_micros
from zhihai.ground.reading import Reading
from zhihai.kernel.exchange.reads import Connector
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.sensing.book import BOOK, Shelf
from zhihai.kernel.sensing.columns import Doubles, Instants, Integers, Smallints, ask
from zhihai.kernel.sensing.events import ReadingsRecorded
from zhihai.kernel.sensing.keeping import months
from zhihai.kernel.sensing.sifting import sift

MOST = 64
"""So many are written in one statement: it stays as short as that of a small batch."""


@dataclass(slots=True)
class Single:
    """A request of one reading. ``envelope`` stays ``None`` where it is to be taken by itself."""

    actor: Actor
    connector: Connector
    body: bytes
    content_type: str
    key: str | None
    reading: Reading
    at_machine: datetime
    envelope: int | None = None
    fresh: bool = False
    fault: Exception | None = None
    over: bool = False
    turn: Event = field(default_factory=Event)


class Gathering:
    """Writes what waits, one statement at a time: whoever finds nobody writing writes for all who wait."""

    def __init__(self, write: Callable[[Sequence[Single]], None]) -> None:
        self._write = write
        self._waiting: deque[Single] = deque()
        self._lock = Lock()
        self._busy = False

    def take(self, single: Single) -> None:
        """Return once the request is written and committed, or found not to be one for this.

        Raises the fault of the statement where it can not be said that nothing was written.
        """
        with self._lock:
            self._waiting.append(single)
            first, self._busy = not self._busy, True
        if not first:
            single.turn.wait()
        if not single.over:
            self._lead()
        if single.fault is not None:
            raise single.fault

    def _lead(self) -> None:
        """Write those who wait, then wake them, and the next of those who have come meanwhile to do likewise."""
        with self._lock:
            together = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
        try:
            self._write(together)
        except Exception as fault:
            if not _undone(fault):
                for one in together:
                    one.fault = fault
        finally:
            for one in together:
                one.over = True
                one.turn.set()
            with self._lock:
                self._busy = bool(self._waiting)
                if self._busy:
                    self._waiting[0].turn.set()


def _undone(fault: Exception) -> bool:
    """Say whether the server told of a fault: then it has undone the statement, and each may try by itself."""
    return isinstance(fault, DatabaseError) and getattr(fault.__cause__, "sqlstate", None) is not None


_EACH = f"""SELECT place, envelope, fresh FROM zh_record_each(%s, %s, %s::timestamptz[], %s, %s::bigint[], %s::text[],
    %s::text[], %s::text[], %s::bytea[], %s::bytea[], %s, %s::date[], %s, %s, %s, %s, '{ReadingsRecorded.topic}')"""


def write_singles(singles: Sequence[Single]) -> None:
    """Write requests of one reading each in one statement, and note on each its envelope.

    Left out, to be taken each by itself: what would be set aside, a second one of a datastream or of a key, one whose
    key was taken before, and all when the devices have changed.
    """
    at = journal.now()
    shelf = BOOK.by_code(one.reading.device for one in singles)
    by_actor: dict[int, list[Single]] = {}
    for one in singles:
        by_actor.setdefault(one.actor.account, []).append(one)
    found: dict[int, Row] = {}
    keys: set[tuple[int, str | None]] = set()
    for together in by_actor.values():
        for row in _kept(together, shelf, at):
            key = (row.single.connector.id, row.single.key)
            if row.stream not in found and key not in keys:
                found[row.stream] = row
                keys |= {key} if key[1] is not None else set()
    if found:
        chosen = [found[stream] for stream in sorted(found)]
        for place, envelope, fresh in ask(_EACH, (shelf.version, at, *_columns(chosen))):
            single = chosen[place - 1].single
            single.envelope, single.fresh = envelope, fresh


@dataclass(frozen=True, slots=True)
class Row:
    """The reading of a request as it is kept; ``at`` in microseconds since 1970."""

    single: Single
    stream: int
    device: int
    at: int
    value: float
    flags: int


def _kept(singles: Sequence[Single], shelf: Shelf, at: datetime) -> Iterator[Row]:
    """Yield the readings of one actor's requests that can be kept, each datastream's instant once."""
    sifted = sift([one.reading for one in singles], shelf, singles[0].actor, at)
    held = {one.position for one in sifted.held}
    columns = (sifted.stream, sifted.at, sifted.device, sifted.value, sifted.flags)
    rows = {(row[0], row[1]): row for row in zip(*(column.tolist() for column in columns), strict=True)}
    for position, one in enumerate(singles):
        if position not in held:
            place = shelf.index[one.reading.device, one.reading.quantity]
            row = rows.pop((int(shelf.columns["stream"][place]), to_micros(one.reading.at)), None)
            if row is not None:
                stream, instant, device, value, flags = row
                yield Row(one, stream, device, instant, value, flags)


def _columns(rows: Sequence[Row]) -> tuple[object, ...]:
    singles, at = [row.single for row in rows], np.array([row.at for row in rows], np.int64)
    return (
        [one.at_machine for one in singles], Integers(np.array([one.connector.id for one in singles], np.int32)),
        [one.actor.account for one in singles], [one.actor.sort for one in singles], [one.key for one in singles],
        [one.content_type for one in singles], [one.body for one in singles],
        [sha256(one.body).digest() for one in singles], Integers(np.array([row.device for row in rows], np.int32)),
        months(at), Integers(np.array([row.stream for row in rows], np.int32)), Instants(at),
        Doubles(np.array([row.value for row in rows])), Smallints(np.array([row.flags for row in rows], np.int16)),
    )  # fmt: skip


GATHERING = Gathering(write_singles)
