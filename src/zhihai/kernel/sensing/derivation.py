"""Derivation: quantities computed from others, kept as a pure function of the observations whatever order they came in.

A late reading changes every window it falls into, so all hours and days whose window it touches are computed again, and
only what differs from what is kept is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as day_time
from functools import lru_cache
from math import isfinite
from zoneinfo import ZoneInfo

import numpy as np

from zhihai.ground.instants import to_micros
from zhihai.ground.window import HOUR
from zhihai.kernel import house, records
from zhihai.kernel.sensing.book import BOOK
from zhihai.kernel.sensing.columns import Doubles, Instants, Integers, Smallints, ask
from zhihai.kernel.sensing.courses import Course, read_courses
from zhihai.kernel.sensing.devices import Device, Stream
from zhihai.kernel.sensing.keeping import months, newest
from zhihai.kernel.sensing.kinds import Derivation, Derived, QuantityKind

DAY = timedelta(days=1)
LONGEST_DAY = timedelta(hours=25)
NOTHING = Derived(value=None)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch in which a device's measured values have changed: first and last instant, both included."""

    device: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Interval:
    """An hour or a local day: begin and end (UTC), and the local day it belongs to."""

    begin: datetime
    end: datetime
    day: date


@dataclass(frozen=True, slots=True)
class Change:
    """A derived value to be written; ``derived.value`` ``None`` takes away what is kept."""

    stream: int
    at: datetime
    derived: Derived


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be computed for one device: its measured streams, and each derived stream with its derivation."""

    device: Device
    measured: tuple[Stream, ...]
    derived: tuple[tuple[Stream, Derivation], ...]


def plan_for(device: Device) -> Plan:
    """Return what is computed for a device; streams of quantities that no pack declares any more are left alone."""
    registry = dict(house.registry().all(QuantityKind))
    derived = []
    for stream in device.streams:
        kind = registry.get(stream.quantity)
        if stream.derived and kind is not None and kind.derivation is not None:
            derived.append((stream, kind.derivation))
    return Plan(device, tuple(stream for stream in device.streams if not stream.derived), tuple(derived))


def derive_spans(spans: Sequence[Span]) -> int:
    """Compute anew all that depends on these spans, in the caller's transaction; returns how many values changed."""
    shelf = BOOK.by_id(span.device for span in spans)
    plans = {id_: plan for id_ in {span.device for span in spans} if (plan := plan_for(shelf.by_id[id_])).derived}
    if not plans:
        return 0
    reach = max(derivation.window for plan in plans.values() for _, derivation in plan.derived)
    upto = _newest(plans.values())
    changes: dict[tuple[int, datetime], Derived] = {}
    for group in _alike(merge((span for span in spans if span.device in plans), reach)):
        changes.update(_changes(group, plans, upto, shelf.zone, reach))
    write([Change(stream, at, derived) for (stream, at), derived in changes.items()])
    return len(changes)


def merge(spans: Iterable[Span], reach: timedelta) -> list[Span]:
    """Join spans of one device that lie at most ``reach`` apart, so that no hour is computed twice in a call."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.device, span.first)):
        before = merged[-1] if merged else None
        if before and before.device == span.device and span.first - before.last <= reach:
            merged[-1] = Span(span.device, before.first, max(before.last, span.last))
        else:
            merged.append(span)
    return merged


def _alike(spans: Iterable[Span]) -> Iterable[list[Span]]:
    """Group spans of equal bounds: stations of one batch are read from the store in one question."""
    groups: dict[tuple[datetime, datetime], list[Span]] = {}
    for span in spans:
        groups.setdefault((span.first, span.last), []).append(span)
    return groups.values()


def _newest(plans: Iterable[Plan]) -> dict[int, datetime]:
    """Return each device's newest measured instant."""
    owner = {stream.id: plan.device.id for plan in plans for stream in plan.measured}
    found: dict[int, datetime] = {}
    sql = "SELECT datastream_id, at FROM latest WHERE datastream_id = ANY(%s)"
    for stream, at in records.rows(sql, (list(owner),)):
        found[owner[stream]] = max(at, found.get(owner[stream], at))
    return found


def _changes(
    spans: Sequence[Span], plans: Mapping[int, Plan], upto: Mapping[int, datetime], zone: ZoneInfo, reach: timedelta
) -> Iterator[tuple[tuple[int, datetime], Derived]]:
    """Compute for spans of equal bounds what depends on them; ``reach`` is the longest window.

    The hours between the value before a span and its first were still to come until now: they are computed too. Where
    that value lies further back than any window reaches, those that reach back to it are looked at by themselves.
    """
    first, last = spans[0].first, spans[0].last
    courses = _read(spans, plans, reach)
    for span in spans:
        plan, course = plans[span.device], courses[span.device]
        before = _last_before(plan, course, first - reach, first)
        yield from _computed(plan, course, before or first, last, upto[span.device], zone)
        if before is None and (before := _long_before(plan, first - reach)):
            lone = _read([Span(span.device, before, before)], plans, reach)[span.device]
            yield from _computed(plan, lone, before, before, first, zone)


def _read(spans: Sequence[Span], plans: Mapping[int, Plan], reach: timedelta) -> dict[int, Course]:
    devices = {span.device: plans[span.device].device for span in spans}
    wanted = {id_: [stream.short for stream in device.streams] for id_, device in devices.items()}
    return read_courses(wanted, spans[0].first - reach - max(reach, LONGEST_DAY), spans[0].last + reach, devices)


def _last_before(plan: Plan, course: Course, start: datetime, end: datetime) -> datetime | None:
    """Return the newest measured instant of the course from ``start`` to before ``end``."""
    samples = course.window(end, end - start, [stream.short for stream in plan.measured]).series.values()
    return max((given[-1].at for given in samples if given), default=None)


def _long_before(plan: Plan, end: datetime) -> datetime | None:
    """Return the newest measured instant before ``end``, however long ago."""
    found = records.value(
        "SELECT max((SELECT max(at) FROM observation WHERE datastream_id = s AND at < %s)) FROM unnest(%s::int[]) AS s",
        (end, [stream.id for stream in plan.measured]),
    )
    assert found is None or isinstance(found, datetime)
    return found


def _computed(
    plan: Plan, course: Course, first: datetime, last: datetime, upto: datetime, zone: ZoneInfo
) -> Iterator[tuple[tuple[int, datetime], Derived]]:
    """Compute the intervals whose windows end after ``first`` and reach back to ``last``, begun up to ``upto``."""
    for stream, derivation in plan.derived:
        window, of, compute = derivation.window, derivation.of, derivation.compute
        kept = {sample.at: sample for sample in course.samples.get(stream.short, ())}
        every = hours if derivation.every == "hour" else days
        for interval in every(first, min(upto, last + window), zone):
            if interval.end - window > last:
                break
            cut = course.window(interval.end, window, of)
            derived = compute(cut, interval.day, zone) if any(cut.series.values()) else NOTHING
            before = kept.get(interval.begin)
            if _row(derived) != ((before.value, before.flags, before.note) if before else None):
                yield (stream.id, interval.begin), derived


def _row(derived: Derived) -> tuple[float, int, str | None] | None:
    if derived.value is None:
        return None
    if not isfinite(derived.value):
        raise ValueError(f"a derivation gave {derived.value}")
    return float(derived.value), int(derived.flags), derived.note


def hours(first: datetime, last: datetime, zone: ZoneInfo) -> Iterator[Interval]:
    """Yield the hours (of UTC) from the one that holds ``first`` to the one that holds ``last``."""
    begin = first.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while begin <= last:
        yield _hour(begin, zone)
        begin += HOUR


@lru_cache(maxsize=8192)
def _hour(begin: datetime, zone: ZoneInfo) -> Interval:
    return Interval(begin, begin + HOUR, begin.astimezone(zone).date())


def days(first: datetime, last: datetime, zone: ZoneInfo) -> Iterator[Interval]:
    """Yield the local days from the one that holds ``first`` to the one that holds ``last``."""
    day = first.astimezone(zone).date()
    while (begin := _midnight(day, zone)) <= last:
        yield Interval(begin, _midnight(day + DAY, zone), day)
        day += DAY


@lru_cache(maxsize=1024)
def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, day_time(), zone).astimezone(UTC)


def write(changes: Sequence[Change]) -> None:
    """Write derived values that changed and take away those that are none any more, in the caller's transaction."""
    if not changes:
        return
    ordered = sorted(changes, key=lambda change: (change.stream, change.at))
    kept = [change for change in ordered if change.derived.value is not None]
    gone = [change for change in ordered if change.derived.value is None]
    streams, instants = _keys(kept)
    ask(
        "SELECT zh_derive(clock_timestamp(), %s::date[], %s, %s, %s, %s, %s::text[], %s, %s, %s)",
        (
            months(instants), Integers(streams), Instants(instants),
            Doubles(np.array([change.derived.value for change in kept], np.float64)),
            Smallints(np.array([change.derived.flags for change in kept], np.int16)),
            [change.derived.note for change in kept], Integers(newest(streams, instants)[0]),
            *(sort(keys) for sort, keys in zip((Integers, Instants), _keys(gone), strict=True)),
        ),
    )  # fmt: skip


def _keys(changes: Sequence[Change]) -> tuple[np.ndarray, np.ndarray]:
    return (
        np.array([change.stream for change in changes], np.int32),
        np.array([to_micros(change.at) for change in changes], np.int64),
    )
