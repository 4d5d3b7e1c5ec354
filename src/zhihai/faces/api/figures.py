"""Figures: how much, as of when, made from what, compared with what was promised. Public figures are open to all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from zhihai.faces.api.access import Called, is_anybody
from zhihai.faces.api.language import language_of
from zhihai.faces.api.pages import Code, Limit, LongLimit, Name, name
from zhihai.faces.naming import Telling, telling
from zhihai.ground.refusal import NotFound
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.indicators import reads
from zhihai.kernel.indicators.kinds import CaseRow, ObservedRow, RatedRow
from zhihai.kernel.journal import reads as journal

PER_CENT = 100.0
Place = Annotated[int, Field(ge=0, le=10**9)]


class TargetOut(BaseModel):
    """A number of the plan: its baseline, its target where it has one, and the clause it stands in."""

    id: str
    clause_id: str
    name: Name | None
    unit: str
    baseline: float | None
    baseline_year: str
    value: float | None
    target_year: str
    comparison: str
    clause: str
    note: str


class TargetList(BaseModel):
    """Every number of the plan."""

    rows: list[TargetOut]


class FigureOut(BaseModel):
    """A figure for the local days from ``starts`` to before ``ends``; ``value`` is in ``unit``, ``null``: nothing yet.

    ``numerator``, ``denominator`` and ``rows`` (how many were counted) say what it was made from, ``as_of`` up to which
    instant of the district data were seen. ``mode`` keeps a replay's figures apart from those of the living district.
    """

    name: str
    title: str
    what: str
    unit: str
    digits: int
    better: str
    public: bool
    starts: date
    ends: date
    mode: str
    value: float | None
    numerator: float
    denominator: float
    rows: int
    as_of: datetime | None
    version: int
    target: TargetOut | None


class FigureList(BaseModel):
    """Figures, the newest period first where they are of one indicator."""

    rows: list[FigureOut]


class ObservedOut(BaseModel):
    """A value that a figure is of; ``counted`` says whether it counted, ``no`` is its place."""

    no: int
    counted: bool
    datastream: int
    at: datetime
    value: float
    flags: int
    note: str | None


class PromiseOut(BaseModel):
    """A promise of a case that a figure is of; of a case that the caller may not see, only whether it counted."""

    no: int
    counted: bool
    number: str | None = None
    started: datetime | None = None
    due: datetime | None = None
    stopped: datetime | None = None
    breached: datetime | None = None


class RatedOut(BaseModel):
    """A rating that a figure is of: the local day on which the matter was closed and the level, 5 the best."""

    no: int
    counted: bool
    day: date
    level: int


class LineageOut(BaseModel):
    """What a figure was made from; ``unchanged`` says whether these are still the rows it was computed from."""

    figure: FigureOut
    unchanged: bool
    rows: Sequence[ObservedOut | PromiseOut | RatedOut]
    next: str | None


def list_figures(request: Called) -> FigureList:
    """List the newest value of every figure."""
    tell = telling(language_of(request))
    return FigureList(rows=[_out(one, tell) for one in reads.figures(public_only=is_anybody(request))])


def list_history(request: Called, figure: Code, limit: Limit = 60) -> FigureList:
    """List the values of one figure, newest period first."""
    tell = telling(language_of(request))
    found = reads.history(figure, limit=limit)
    if is_anybody(request) and not all(one.kind.public for one in found):
        raise NotFound("no_indicator", "indicator", indicator=figure)
    return FigureList(rows=[_out(one, tell) for one in found])


def get_lineage(
    request: Called, figure: Code, starts: date, after: Place | None = None, limit: LongLimit = 200
) -> LineageOut:
    """Open a figure down to the rows it was made from."""
    offset = 0 if after is None else after + 1
    found = reads.lineage(figure, starts, offset=offset, limit=limit)
    if is_anybody(request) and not found.figure.kind.public:
        raise NotFound("no_indicator", "indicator", indicator=figure)
    promises = [row for row in found.rows if isinstance(row, CaseRow)]
    seen = _seen(request, promises)
    zone = journal.clock().zone if any(isinstance(row, RatedRow) for row in found.rows) else UTC
    given: Sequence[ObservedRow | CaseRow | RatedRow] = found.rows
    rows = [
        RatedOut(no=no, counted=no in found.counted, day=row.at.astimezone(zone).date(), level=row.level)
        if isinstance(row, RatedRow)
        else _row(no, row, found.counted, seen)
        for no, row in enumerate(given, start=offset)
    ]
    more = offset + len(rows) < found.total
    return LineageOut(
        figure=_out(found.figure, telling(language_of(request))), unchanged=found.unchanged, rows=rows,
        next=str(offset + len(rows) - 1) if more and rows else None,
    )  # fmt: skip


def list_targets(request: Called) -> TargetList:
    """List every number of the plan."""
    return TargetList(rows=[_target(one) for one in reads.targets()])


def _seen(request: Called, promises: Collection[CaseRow]) -> set[str]:
    """Return the numbers of those cases that the caller may see."""
    if not promises:
        return set()
    found = cases.recent(request.auth, ids=[row.case for row in promises], limit=len(promises))
    return {line.number for line in found}


def _row(no: int, row: ObservedRow | CaseRow, counted: Collection[int], seen: set[str]) -> ObservedOut | PromiseOut:
    if isinstance(row, ObservedRow):
        return ObservedOut(
            no=no, counted=no in counted, datastream=row.datastream, at=row.at, value=row.value, flags=row.flags,
            note=row.note,
        )  # fmt: skip
    if row.number not in seen:
        return PromiseOut(no=no, counted=no in counted)
    return PromiseOut(
        no=no, counted=no in counted, number=row.number, started=row.started, due=row.due, stopped=row.stopped,
        breached=row.breached,
    )  # fmt: skip


def _out(figure: reads.Figure, tell: Telling) -> FigureOut:
    kind = figure.kind
    scale = PER_CENT if kind.unit == "%" else 1.0
    return FigureOut(
        name=figure.name, title=tell.kind(figure.name, "indicator"), what=tell.kind(figure.name, "indicator", "what"),
        unit=kind.unit, digits=kind.digits, better=kind.better, public=kind.public, starts=figure.starts,
        ends=figure.ends, mode=figure.mode, value=None if figure.value is None else figure.value * scale,
        numerator=figure.numerator, denominator=figure.denominator, rows=figure.rows,
        as_of=figure.as_of, version=figure.version,
        target=None if figure.target is None else _target(figure.target),
    )  # fmt: skip


def _target(one: reads.Target) -> TargetOut:
    return TargetOut(
        id=one.id, clause_id=one.clause_id, name=name(one.name), unit=one.unit, baseline=one.baseline,
        baseline_year=one.baseline_year, value=one.value, target_year=one.target_year, comparison=one.comparison,
        clause=one.clause, note=one.note,
    )  # fmt: skip
