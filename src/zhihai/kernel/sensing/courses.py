"""Courses: what devices measured over a stretch of time, from which windows are cut without asking the store again."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from zhihai.ground.instants import from_micros, to_micros
from zhihai.ground.reading import Flag
from zhihai.ground.window import Sample, Window
from zhihai.kernel.sensing.book import BOOK
from zhihai.kernel.sensing.columns import ask
from zhihai.kernel.sensing.devices import Device

MICROSECOND = timedelta(microseconds=1)
HOUR_US = 3_600_000_000

_SERIES = """
SELECT datastream_id, array_agg(at ORDER BY at), array_agg(value ORDER BY at), array_agg(flags ORDER BY at){notes}
FROM observation WHERE datastream_id = ANY(%s) AND at >= %s AND at < %s GROUP BY datastream_id
"""
_PLAIN, _NOTED = _SERIES.format(notes=""), _SERIES.format(notes=", array_agg(note ORDER BY at)")


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one datastream, oldest first: instants in microseconds since 1970, values, flags, as arrays."""

    at: NDArray[np.int64]
    value: NDArray[np.float64]
    flags: NDArray[np.int16]


def read_series(streams: Iterable[int], start: datetime, end: datetime) -> dict[int, Series]:
    """Return the values of datastreams from ``start`` to before ``end``; a stream without any is left out."""
    return {row[0]: Series(*row[1:]) for row in ask(_PLAIN, (list(streams), start, end))}


class Course:
    """The samples of one device's quantities, oldest first (过程)."""

    __slots__ = ("_hourly", "_instants", "samples")

    def __init__(
        self,
        samples: Mapping[str, tuple[Sample, ...]],
        instants: Mapping[str, list[int]],
        hourly: Collection[str] = (),
    ) -> None:
        """``instants`` are those of ``samples``, in microseconds since 1970.

        ``hourly`` names quantities whose samples all count and all begin on a whole hour (UTC).
        """
        self.samples = samples
        self._instants = instants
        self._hourly = frozenset(hourly)

    def window(self, at: datetime, span: timedelta, quantities: Iterable[str] | None = None) -> Window:
        """Return the window that ends before ``at`` and reaches back by ``span``."""
        end = to_micros(at)
        begin = end - span // MICROSECOND
        cut, whole = {}, []
        for quantity in self.samples if quantities is None else quantities:
            instants = self._instants.get(quantity)
            if instants:
                first = bisect_left(instants, begin)
                last = bisect_left(instants, end, first)
                cut[quantity] = self.samples[quantity][first:last]
                if last > first and quantity in self._hourly and _without_gap(instants, first, last, end):
                    whole.append(quantity)
        return Window(at, cut, frozenset(whole))


def _without_gap(instants: Sequence[int], first: int, last: int, end: int) -> bool:
    """Say whether instants on whole hours, each once, fill every hour from the first of them up to ``end``."""
    return instants[last - 1] + HOUR_US == end and instants[first] + (last - first) * HOUR_US == end


def read_courses(
    wanted: Mapping[int, Sequence[str]], start: datetime, end: datetime, devices: Mapping[int, Device] | None = None
) -> dict[int, Course]:
    """Return a course from ``start`` to before ``end`` for each device, in one question to the store.

    ``wanted`` names each device's quantities, by id within its pack or full name; the course knows them by the same.
    A quantity that the device does not measure has no samples.
    """
    known = BOOK.by_id(wanted).by_id if devices is None else devices
    named: dict[int, tuple[int, str]] = {}
    for device, quantities in wanted.items():
        for quantity in quantities:
            stream = known[device].stream(quantity) if device in known else None
            if stream is not None:
                named[stream.id] = (device, quantity)
    samples: dict[int, dict[str, tuple[Sample, ...]]] = {device: {} for device in wanted}
    instants: dict[int, dict[str, list[int]]] = {device: {} for device in wanted}
    hourly: dict[int, list[str]] = {device: [] for device in wanted}
    shared: dict[int, datetime] = {}
    for stream_id, counts, value, flags, notes in ask(_NOTED, (list(named), start, end)) if named else ():
        device, quantity = named[stream_id]
        instants[device][quantity] = at = counts.tolist()
        begins = [shared.get(count) or shared.setdefault(count, from_micros(count)) for count in at]
        samples[device][quantity] = tuple(map(Sample, begins, value.tolist(), flags.tolist(), notes))
        if not (counts % HOUR_US).any() and not (flags & Flag.INVALID).any():
            hourly[device].append(quantity)
    return {device: Course(given, instants[device], hourly[device]) for device, given in samples.items()}
