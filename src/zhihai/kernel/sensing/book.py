"""The book of devices: what intake must know of every datastream, kept by each process and renewed when it changes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as day_time
from threading import Lock
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from zhihai.ground.instants import to_micros
from zhihai.kernel import house, records
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.sensing.devices import Device, Stream, load_devices
from zhihai.kernel.sensing.kinds import QuantityKind

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before this no reading is believed of a device whose first day is not known: 1970 is a clock that was never set."""
KEEP_SECONDS = 60.0
"""Trees are numbered anew now and then without a device changing: after this long the book is read again."""
LAST = np.iinfo(np.int64).max

CODE_LENGTH = 64

Columns = NDArray[np.void]
COLUMNS = np.dtype(
    [
        ("stream", "i4"), ("device", "i4"), ("org", "i4"), ("area", "i4"), ("low", "f8"), ("high", "f8"),
        ("since", "i8"), ("until", "i8"), ("derived", "?"),
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shelf:
    """A state of the book that never changes: devices by code and number, and a column of facts for each datastream.

    ``index`` gives the row of ``columns`` and ``kinds`` for a device's code and a quantity, by its full name or its id
    within the pack; row 0 is nobody's. Streams whose quantity no pack declares are left out.
    """

    version: int
    zone: ZoneInfo
    by_code: dict[str, Device]
    by_id: dict[int, Device]
    index: dict[tuple[str, str], int]
    columns: Columns
    kinds: tuple[QuantityKind, ...]


_NOBODY = QuantityKind(id="nobody", unit="", low=0.0, high=0.0)


class Book:
    """Keeps the newest shelf of this process; safe for threads, which see a whole shelf or the one before."""

    def __init__(self) -> None:
        self._shelf: Shelf | None = None
        self._until = 0.0
        self._lock = Lock()

    def by_code(self, codes: Iterable[str], *, renew: bool = False) -> Shelf:
        """Return a shelf that holds every device of these codes that exists; ``renew`` reads all of it anew."""
        with self._lock:
            shelf = self._current(renew)
            wanted = [code for code in set(codes) if code not in shelf.by_code and possible_code(code)]
            return self._with(shelf, load_devices("d.code = ANY(%s)", (wanted,))) if wanted else shelf

    def by_id(self, ids: Iterable[int]) -> Shelf:
        """Return a shelf that holds every device of these numbers that exists, as the store has them now."""
        with self._lock:
            shelf = self._current(self._shelf is None or self._shelf.version != stored_version())
            wanted = [id_ for id_ in set(ids) if id_ not in shelf.by_id]
            return self._with(shelf, load_devices("d.id = ANY(%s)", (wanted,))) if wanted else shelf

    def _current(self, renew: bool) -> Shelf:
        if renew or self._shelf is None or time.monotonic() > self._until:
            zone = journal.clock().zone
            self._shelf = Shelf(stored_version(), zone, {}, {}, {}, np.zeros(1, COLUMNS), (_NOBODY,))
            self._until = time.monotonic() + KEEP_SECONDS
        return self._shelf

    def _with(self, shelf: Shelf, devices: tuple[Device, ...]) -> Shelf:
        if not devices:
            return shelf
        index, kinds = dict(shelf.index), list(shelf.kinds)
        rows: list[tuple[object, ...]] = []
        registry = dict(house.registry().all(QuantityKind))
        for device in devices:
            since, until = _span(device, shelf.zone)
            for stream in device.streams:
                kind = registry.get(stream.quantity)
                if kind is not None:
                    place = len(shelf.columns) + len(rows)
                    index[device.code, stream.quantity] = place
                    if stream.quantity == f"{device.pack}.{kind.id}":
                        index[device.code, kind.id] = place
                    rows.append(_row(device, stream, kind, since, until))
                    kinds.append(kind)
        self._shelf = Shelf(
            shelf.version, shelf.zone,
            shelf.by_code | {device.code: device for device in devices},
            shelf.by_id | {device.id: device for device in devices},
            index, np.concatenate([shelf.columns, np.array(rows, COLUMNS)]), tuple(kinds),
        )  # fmt: skip
        return self._shelf


def possible_code(code: str) -> bool:
    """Say whether a device can go by this code: 1 to 64 printable characters."""
    return 0 < len(code) <= CODE_LENGTH and code.isprintable()


def stored_version() -> int:
    """Return the number that grows with every change of a device."""
    return int(records.value("SELECT version FROM sensing_version"))


def _row(device: Device, stream: Stream, kind: QuantityKind, since: int, until: int) -> tuple[object, ...]:
    return stream.id, device.id, device.org_lo, device.area_lo, kind.low, kind.high, since, until, stream.derived


def _span(device: Device, zone: ZoneInfo) -> tuple[int, int]:
    since = to_micros(EARLIEST) if device.since is None else _midnight(device.since, zone)
    return since, LAST if device.until is None else _midnight(device.until + timedelta(days=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> int:
    return to_micros(datetime.combine(day, day_time(), zone))


BOOK = Book()
