"""What is it measuring, is it alive, can I trust it: questions of the room sensing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from zhihai.ground.instants import from_micros, to_micros
from zhihai.ground.reading import Flag
from zhihai.ground.refusal import NotFound
from zhihai.kernel import records
from zhihai.kernel.journal.reads import HeldDigest
from zhihai.kernel.sensing.book import BOOK, possible_code
from zhihai.kernel.sensing.courses import Course, Series, read_courses, read_series
from zhihai.kernel.sensing.devices import Device, Stream, load_devices
from zhihai.kernel.sensing.liveness import Expected, Liveness, best, stream_liveness
from zhihai.kernel.sensing.quarantine import Problem, Quarantined, QuarantineState, problems_of, read_quarantine
from zhihai.kernel.sensing.resources import KEYS, ResourceRow, resource_rows

__all__ = [
    "KEYS",
    "Course",
    "Device",
    "Expected",
    "Gap",
    "Latest",
    "Liveness",
    "Observation",
    "Problem",
    "QuarantineState",
    "Quarantined",
    "ResourceRow",
    "Series",
    "Stream",
    "courses",
    "device",
    "devices",
    "devices_by_id",
    "gaps",
    "latest",
    "liveness",
    "observations",
    "problems_of",
    "quarantined",
    "quarantined_open",
    "resource_rows",
    "row_digests",
    "series",
    "stream_liveness",
]


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest value of a datastream: begin of its interval (UTC), and that of the value before it."""

    at: datetime
    value: float
    flags: int
    note: str | None
    before: datetime | None


@dataclass(frozen=True, slots=True)
class Observation:
    """One value kept. ``at`` begins its interval (UTC), ``recorded_at`` is machine time.

    ``envelope`` brought it; ``None`` says that the platform computed it.
    """

    at: datetime
    value: float
    flags: int
    note: str | None
    envelope: int | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """Intervals without a value: the begin of the first and the end of the last of them (UTC), and how many."""

    start: datetime
    end: datetime
    missing: int


def device(which: str | int) -> Device:
    """Return the device with this code or number, as the store has it now; raises ``NotFound``."""
    if isinstance(which, int):
        found = BOOK.by_id([which]).by_id.get(which)
    else:
        found = next(iter(load_devices("d.code = %s", (which,))), None) if possible_code(which) else None
    if found is None:
        raise NotFound("no_device", "device")
    return found


def devices(kind: str | None = None, area: tuple[int, int] | None = None) -> tuple[Device, ...]:
    """Return the devices of a kind (full name) within a range of the tree of areas (both ends included), by number."""
    lo, hi = area or (None, None)
    return load_devices(
        "(%s::text IS NULL OR d.kind = %s) AND (%s::int IS NULL OR a.lo BETWEEN %s AND %s)", (kind, kind, lo, lo, hi)
    )


def devices_by_id(ids: Iterable[int]) -> tuple[Device, ...]:
    """Return those of these devices that exist, by number; from memory where nothing has changed."""
    found = BOOK.by_id(wanted := sorted(set(ids))).by_id
    return tuple(found[id_] for id_ in wanted if id_ in found)


def latest(device_ids: Iterable[int]) -> dict[tuple[int, str], Latest]:
    """Return the newest value of each datastream of these devices, by device number and full name of the quantity."""
    found = records.rows(
        """SELECT s.device_id, s.quantity, l.at, l.value, l.flags, l.note, l.before
           FROM datastream s JOIN latest l ON l.datastream_id = s.id WHERE s.device_id = ANY(%s)""",
        (list(device_ids),),
    )
    return {(id_, quantity): Latest(*row) for id_, quantity, *row in found}


def liveness(of: Device, newest: Mapping[tuple[int, str], Latest], now: datetime) -> Liveness:
    """Say whether a device is alive at ``now`` (district time) from :func:`latest`; computed values prove nothing."""
    return best(
        stream_liveness(stream.expected, None if row is None else row.at, None if row is None else row.before, now)
        for stream in of.streams
        if not stream.derived
        for row in [newest.get((of.id, stream.quantity))]
    )


def courses(wanted: Mapping[int, Sequence[str]], start: datetime, end: datetime) -> dict[int, Course]:
    """Return for each device what it measured from ``start`` to before ``end``: windows are then cut out of it freely.

    ``wanted`` names each device's quantities by id within the pack. One question to the store for all devices;
    ``Course.window(at, span)`` costs some microseconds.
    """
    return read_courses(wanted, start, end)


def series(stream_ids: Iterable[int], start: datetime, end: datetime) -> dict[int, Series]:
    """Return the values of datastreams from ``start`` to before ``end`` as arrays; a stream without any is left out."""
    return read_series(stream_ids, start, end)


def observations(
    stream_id: int, *, after: datetime | None = None, limit: int = 100, start: datetime | None = None,
    end: datetime | None = None,
) -> tuple[Observation, ...]:  # fmt: skip
    """Return values of a datastream from ``start`` to before ``end``, oldest first.

    ``after`` is the instant of the last one of the page before; fewer than ``limit`` are the last page.
    """
    bounds = [(">", after), (">=", start), ("<", end)]
    given = [(sign, at) for sign, at in bounds if at is not None]
    found = records.rows(
        "SELECT at, value, flags, note, envelope_id, recorded_at FROM observation WHERE datastream_id = %s"
        + "".join(f" AND at {sign} %s" for sign, _ in given)
        + " ORDER BY at LIMIT %s",
        (stream_id, *(at for _, at in given), limit),
    )
    return tuple(Observation(*row) for row in found)


def quarantined(
    after: int | None = None, limit: int = 50, state: QuarantineState | None = "open", envelope: int | None = None
) -> tuple[Quarantined, ...]:
    """Return readings set aside, newest first; ``after`` is the number of the last one of the page before.

    ``state`` ``None`` gives those decided too, ``envelope`` only what one request brought.
    """
    bounds = [("q.id <", after), ("q.state =", state), ("q.envelope_id =", envelope)]
    given = [(column, value) for column, value in bounds if value is not None]
    condition = " AND ".join(f"{column} %s" for column, _ in given) or "true"
    return read_quarantine(f"{condition} ORDER BY q.id DESC LIMIT %s", (*(value for _, value in given), limit))


def quarantined_open(bound: int = 1000) -> int:
    """Return how many readings wait in quarantine, counted up to ``bound``."""
    sql = "SELECT count(*) FROM (SELECT 1 FROM quarantine WHERE state = 'open' LIMIT %s) q"
    return int(records.value(sql, (bound,)))


def gaps(stream_id: int, start: datetime, end: datetime) -> tuple[Gap, ...]:
    """Return where a datastream lacks values it should have from ``start`` to before ``end``.

    Values are expected at ``start`` and every interval from there; a value anywhere within an interval fills it. Raises
    ``NotFound`` for a datastream that does not exist.
    """
    every = records.value("SELECT every_s FROM datastream WHERE id = %s", (stream_id,))
    if every is None:
        raise NotFound("no_stream", "stream")
    step, begin = every * 1_000_000, to_micros(start)
    count = max(0, -(-(to_micros(end) - begin) // step))
    missing = np.ones(count, bool)
    found = read_series([stream_id], start, end).get(stream_id)
    if found is not None:
        missing[(found.at - begin) // step] = False
    edges = np.flatnonzero(np.diff(np.concatenate([[False], missing, [False]]).astype(np.int8)))
    return tuple(
        Gap(from_micros(begin + int(a) * step), min(end, from_micros(begin + int(b) * step)), int(b - a))
        for a, b in edges.reshape(-1, 2)
    )


_ROW_DIGESTS = f"""
SELECT e.id, sha256(coalesce(k.bytes, '')) FROM envelope e LEFT JOIN (
    SELECT o.envelope_id AS id, string_agg(
        zh_observation_bytes(o.datastream_id, o.at, o.value, o.flags), '' ORDER BY o.datastream_id, o.at) AS bytes
    FROM observation o WHERE o.envelope_id IS NOT NULL AND o.flags & {Flag.RELEASED.value} = 0 GROUP BY o.envelope_id
) k ON k.id = e.id ORDER BY e.id
"""


def row_digests() -> Iterator[HeldDigest]:
    """Yield for each envelope the SHA-256 of its observations as they stand, by number: the journal noted it, ``rows``.

    Reads every observation: for verification, not for pages. Readings released from quarantine later do not count.
    """
    return ((id_, bytes(digest)) for id_, digest in records.rows(_ROW_DIGESTS))
