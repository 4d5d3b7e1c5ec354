"""Kinds of the room indicators: figures that open down to their rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from zhihai.ground.kind import Kind, Versioned
from zhihai.ground.measure import Measured, share

Period = Literal["day", "month", "year"]
CONTENT = 3
"""From this level of a rating on somebody was content."""


@dataclass(frozen=True, slots=True)
class ObservedRow:
    """One value a figure is made of: the begin of its interval (UTC), the value, its flags and note."""

    at: datetime
    value: float
    flags: int
    note: str | None
    datastream: int


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One promise a figure is made of: a clock of a case; ``due`` and ``stopped`` in UTC, ``None`` while it runs."""

    case: int
    number: str
    started: datetime
    due: datetime | None
    stopped: datetime | None
    breached: datetime | None


@dataclass(frozen=True, slots=True)
class RatedRow:
    """One rating a figure is made of: when the matter was closed (UTC), and its level from 1 to 5 (非常满意)."""

    rating: int
    at: datetime
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfObservations(Kind):
    """Source: observations of the district's own devices of one kind; ``id`` is the device kind's id."""

    quantities: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfClocks(Kind):
    """Source: clocks named ``clock`` of cases of the kind ``id``, by the period in which they came due."""

    clock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfRatings(Kind):
    """Source: ratings of what was given in of the kind ``id``, by the period in which the matter was closed."""


@dataclass(frozen=True, slots=True)
class ExpectedStream:
    """A datastream a figure waits for: one value ``every`` interval while its device measures in the period (UTC)."""

    datastream: int
    starts: datetime
    ends: datetime
    every: timedelta


@dataclass(frozen=True, slots=True)
class Span:
    """What a measure is asked about: the period's begin and end (UTC) and the instant up to which data were seen.

    ``streams`` are the datastreams of the source whose devices measure within the period, whether anything came of them
    or not; empty for other sources.
    """

    starts: datetime
    ends: datetime
    as_of: datetime
    streams: tuple[ExpectedStream, ...] = ()

    @property
    def expected(self) -> int:
        """How many values should have come by ``as_of``: every interval that has begun and ended by then."""
        return sum(max(0, (min(one.ends, self.as_of) - one.starts) // one.every) for one in self.streams)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorKind(Versioned):
    """A figure (指标): a pure measure over rows of one source for a period.

    ``measure(rows, span)`` returns value, numerator, denominator and the rows it counted. ``better`` says which way is
    good; ``target`` is the id of a target of the plan (T33), ``clause`` the plan id it serves; ``public`` figures stand
    on the wall. Words: ``indicator.<id>.name``, ``.what`` (the formula in words), ``.base`` (what it is counted of);
    where it says more than "yes" and "no", ``.above`` and ``.not_above`` of a row that the numerator has and has not.
    """

    source: OfObservations | OfClocks | OfRatings
    period: Period
    measure: Callable[[tuple[Any, ...], Span], Measured]  # rows of the source: ObservedRow, CaseRow or RatedRow
    unit: str
    digits: int = 0
    better: Literal["up", "down", "none"] = "up"
    target: str | None = None
    clause: str = ""
    public: bool = True


def in_time(rows: tuple[CaseRow, ...], span: Span) -> Measured:
    """Return the share of promises kept in time (按时率), among all that were due: a measure over :class:`OfClocks`.

    Rows are clocks that came due in the period. One that was stopped is kept or broken for good; one that still runs is
    broken when its instant has come by ``as_of``, and left out while it is still to come.
    """
    decided = [
        (place, row.stopped is not None and row.stopped <= row.due)
        for place, row in enumerate(rows)
        if row.due is not None and (row.stopped is not None or row.due <= span.as_of)
    ]
    above = tuple(place for place, kept in decided if kept)
    return share(len(above), len(decided), tuple(place for place, _ in decided), above)


def content(rows: tuple[RatedRow, ...], span: Span) -> Measured:
    """Return the share of ratings that are not poor (满意率): a measure over :class:`OfRatings`.

    Not poor are 非常满意, 满意 and 基本满意, the levels from 3 on (国办发〔2019〕51号).
    """
    above = tuple(place for place, row in enumerate(rows) if row.level >= CONTENT)
    return share(len(above), len(rows), tuple(range(len(rows))), above)
