"""Where the rows of a figure come from, and the digest that says whether they are still the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from zhihai.ground.instants import to_micros
from zhihai.ground.measure import Measured
from zhihai.kernel import records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.indicators.kinds import (
    CaseRow,
    ExpectedStream,
    IndicatorKind,
    ObservedRow,
    OfClocks,
    OfObservations,
    OfRatings,
    RatedRow,
    Span,
)
from zhihai.kernel.indicators.periods import end_of, midnight
from zhihai.kernel.sensing import reads as sensing
from zhihai.kernel.services import reads as services

Rows = tuple[ObservedRow, ...] | tuple[CaseRow, ...] | tuple[RatedRow, ...]


@dataclass(frozen=True, slots=True)
class Computed:
    """A figure with the rows it was made from."""

    rows: Rows
    measured: Measured
    digest: bytes
    span: Span


def compute(name: str, kind: IndicatorKind, starts: date, zone: ZoneInfo, as_of: datetime) -> Computed:
    """Compute a figure for the period that begins on ``starts``, from what is known at ``as_of``."""
    begin, end = midnight(starts, zone), midnight(end_of(kind.period, starts), zone)
    pack, span, source = name.partition(".")[0], Span(begin, end, as_of), kind.source
    rows: Rows
    if isinstance(source, OfObservations):
        span = Span(begin, end, as_of, tuple(_expected(pack, source, begin, end, zone)))
        rows = _observed(span)
    elif isinstance(source, OfRatings):
        rows = _rated(pack, source, span)
    else:
        rows = _promised(pack, source, span)
    measured = kind.measure(rows, span)
    promised = isinstance(source, OfClocks)  # of promises those that still run come and go, and count for nothing
    return Computed(
        rows, measured, _digest(rows[place] for place in measured.rows) if promised else _digest(rows), span
    )


def _promised(pack: str, source: OfClocks, span: Span) -> tuple[CaseRow, ...]:
    found = cases.clock_rows(f"{pack}.{source.id}", source.clock, span.starts, span.ends)
    return tuple(CaseRow(*row) for row in found)


def _rated(pack: str, source: OfRatings, span: Span) -> tuple[RatedRow, ...]:
    found = services.ratings_of(f"{pack}.{source.id}", span.starts, span.ends, span.as_of)
    return tuple(RatedRow(*row) for row in found)


def _expected(
    pack: str, source: OfObservations, begin: datetime, end: datetime, zone: ZoneInfo
) -> Iterator[ExpectedStream]:
    """Yield the datastreams of the source that belong to the district and measure within the period, each clipped."""
    wanted = {f"{pack}.{quantity}" for quantity in source.quantities}
    for device in sensing.devices(kind=f"{pack}.{source.id}"):
        starts = begin if device.since is None else max(begin, midnight(device.since, zone))
        ends = end if device.until is None else min(end, midnight(device.until + timedelta(days=1), zone))
        if device.belongs == "own" and starts < ends:
            for stream in device.streams:
                if stream.quantity in wanted:
                    yield ExpectedStream(stream.id, starts, ends, stream.expected.every)


def _observed(span: Span) -> tuple[ObservedRow, ...]:
    found = records.rows(
        """SELECT at, value, flags, note, datastream_id FROM observation
           WHERE datastream_id = ANY(%s) AND at >= %s AND at < %s ORDER BY at, datastream_id""",
        ([stream.datastream for stream in span.streams], span.starts, min(span.ends, span.as_of)),
    )
    return tuple(ObservedRow(*row) for row in found)


def _digest(rows: Iterable[ObservedRow | CaseRow | RatedRow]) -> bytes:
    text = "\n".join(_line(row) for row in rows)
    return hashlib.sha256(text.encode()).digest()


def _line(row: ObservedRow | CaseRow | RatedRow) -> str:
    if isinstance(row, RatedRow):
        return f"{row.rating} {to_micros(row.at)} {row.level}"
    if isinstance(row, ObservedRow):
        return f"{to_micros(row.at)} {row.datastream} {row.value!r} {row.flags} {row.note or ''}"
    return " ".join(
        [row.number, *("" if at is None else str(to_micros(at)) for at in (row.started, row.due, row.stopped))]
    )
