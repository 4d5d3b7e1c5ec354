"""Where the rows of a figure come from, and the digest that says whether they are still the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from zhihai.ground.measure import Measured
from zhihai.kernel import records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.indicators.kinds import CaseRow, IndicatorKind, ObservedRow, OfObservations, Span
from zhihai.kernel.indicators.periods import end_of, midnight
from zhihai.kernel.sensing import reads as sensing

Rows = tuple[ObservedRow, ...] | tuple[CaseRow, ...]


@dataclass(frozen=True, slots=True)
class Computed:
    """A figure with the rows it was made from."""

    rows: Rows
    measured: Measured
    digest: bytes
    span: Span


def compute(name: str, kind: IndicatorKind, starts: date, zone: ZoneInfo, as_of: datetime) -> Computed:
    """Compute a figure for the period that begins on ``starts``, from what is known at ``as_of``."""
    span = Span(midnight(starts, zone), midnight(end_of(kind.period, starts), zone), as_of)
    rows = _rows(name, kind, span)
    return Computed(rows, kind.measure(rows, span), _digest(rows), span)


def _rows(name: str, kind: IndicatorKind, span: Span) -> Rows:
    pack, source = name.partition(".")[0], kind.source
    if isinstance(source, OfObservations):
        return _observed(pack, source, span)
    found = cases.clock_rows(f"{pack}.{source.id}", source.clock, span.starts, span.ends)
    return tuple(CaseRow(*row) for row in found)


def _observed(pack: str, source: OfObservations, span: Span) -> tuple[ObservedRow, ...]:
    wanted = {f"{pack}.{quantity}" for quantity in source.quantities}
    devices = sensing.devices(kind=f"{pack}.{source.id}")
    streams = [
        stream.id
        for device in devices
        if device.belongs == "own"
        for stream in device.streams
        if stream.quantity in wanted
    ]
    found = records.rows(
        """SELECT at, value, flags, note, datastream_id FROM observation
           WHERE datastream_id = ANY(%s) AND at >= %s AND at < %s ORDER BY at, datastream_id""",
        (streams, span.starts, min(span.ends, span.as_of)),
    )
    return tuple(ObservedRow(*row) for row in found)


def _digest(rows: Rows) -> bytes:
    text = "\n".join(_line(row) for row in rows)
    return hashlib.sha256(text.encode()).digest()


def _line(row: ObservedRow | CaseRow) -> str:
    if isinstance(row, ObservedRow):
        return f"{records.to_micros(row.at)} {row.datastream} {row.value!r} {row.flags} {row.note or ''}"
    return " ".join(
        [row.number, *("" if at is None else str(records.to_micros(at)) for at in (row.started, row.due, row.stopped))]
    )
