"""Pages of figures: every indicator with its target, its course, and the rows it was made from."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from zhihai.faces.design.figures import Meter, meter
from zhihai.faces.desk.frame import public
from zhihai.faces.naming import Telling, telling, unit_text
from zhihai.faces.request import ANONYMOUS, Asked, whole
from zhihai.ground.kind import beside, word
from zhihai.ground.reading import Flag
from zhihai.ground.refusal import NotFound
from zhihai.kernel import house
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.indicators import reads
from zhihai.kernel.indicators.kinds import (
    CaseRow,
    ObservedRow,
    OfClocks,
    OfObservations,
    OfRatings,
    RatedRow,
)
from zhihai.kernel.sensing import reads as sensing
from zhihai.kernel.sensing.kinds import QuantityKind
from zhihai.kernel.services import reads as services
from zhihai.kernel.services.kinds import MatterKind

PAGE = 200
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure as a tile shows it: value in per cent where it is a share, meter with target and baseline."""

    figure: reads.Figure
    period: str
    name: str
    what: str
    base: str
    value: float | None
    unit: str
    meter: Meter | None
    target: str
    note: str
    standing: str


def tile_of(figure: reads.Figure, tell: Telling) -> Tile:
    """Return a figure as a tile, against its target where the plan has one."""
    kind, goal = figure.kind, figure.target
    scale = 100.0 if kind.unit == "%" else 1.0
    value = None if figure.value is None else figure.value * scale
    aim = goal.value if goal else None
    standing = ""
    if value is not None and aim is not None and kind.better != "none":
        standing = "ok" if (value >= aim if kind.better == "up" else value <= aim) else "bad"
    return Tile(
        figure,
        period_of(figure, tell),
        tell.kind(figure.name, "indicator"),
        tell.kind(figure.name, "indicator", "what"),
        tell.kind(figure.name, "indicator", "base"),
        value,
        kind.unit,
        meter(max(0.0, value), 100, target=aim) if value is not None and aim is not None and kind.unit == "%" else None,
        tell.words.say("design.figure.target", tell.language, value=f"{aim:g} {kind.unit}") if aim is not None else "",
        "" if goal else tell.words.say("design.figure.no_target", tell.language),
        standing,
    )


def cases_of_matters() -> frozenset[str]:
    """Return the kinds of case that what people give in becomes, and of what is said of it."""
    registry = house.registry()
    given = {beside(name, kind.case) for name, kind in registry.all(MatterKind)}
    return frozenset(given | {name for name, kind in registry.all(CaseKind) if kind.about == services.RATING})


def public_figures(*, of_matters: bool) -> list[reads.Figure]:
    """Return the public figures of how matters are handled (办理公示), for the hall; or all others, for the wall."""
    cases_ = cases_of_matters()

    def tells(figure: reads.Figure) -> bool:
        source = figure.kind.source
        promised = isinstance(source, OfClocks) and beside(figure.name, source.id) in cases_
        return promised or isinstance(source, OfRatings)

    return [one for one in reads.figures(public_only=True) if tells(one) is of_matters]


def period_of(figure: reads.Figure, tell: Telling) -> str:
    """Say the period of a figure: a year, a month, a day."""
    starts = figure.starts
    return tell.words.say(
        f"desk.figure.{figure.kind.period}",
        tell.language,
        year=starts.year,
        month=starts.month,
        day=starts.day,
        month_name=tell.words.say(f"design.month.{starts.month}", tell.language),
    )


def measure_of(unit: str, tell: Telling) -> str:
    """Say the unit of a target as the plan names it; one that no words name stands as it is."""
    key = f"desk.measure.{unit.lower().replace(' ', '_')}"
    return tell.words.say(key, tell.language) if key in tell.words else unit


def _year_of(year: str, tell: Telling) -> str:
    """Say the year of a target; one that is meant for every year is told in words."""
    return tell.words.say("desk.figure.yearly", tell.language) if year == "yearly" else year


@public("desk/figures.jinja")
def figures(request: Asked) -> dict[str, Any]:
    """Every figure, its formula in words, and how the plan's targets stand: absent where nothing measures them."""
    tell = telling(request.language)
    shown = reads.figures(public_only=request.actor.account == ANONYMOUS.account)
    measured = {figure.target.id for figure in shown if figure.target}
    return {
        "tiles": [tile_of(figure, tell) for figure in shown],
        "measured": measured,
        "targets": [
            (target, measure_of(target.unit, tell), _year_of(target.target_year, tell)) for target in reads.targets()
        ],
    }


@public("desk/figure.jinja")
def figure(request: Asked, name: str, starts: str) -> dict[str, Any]:
    """One figure down to its rows. A case is named only to those who may see it; others are told its days."""
    try:
        day = date.fromisoformat(starts)
    except ValueError:
        raise NotFound("no_figure", "starts") from None
    found = reads.lineage(name, day, offset=whole(request.GET.get("from"), 7) or 0, limit=PAGE)
    if not found.figure.kind.public and request.actor.account == ANONYMOUS.account:
        raise NotFound("no_indicator", "indicator", indicator=name)
    tell = telling(request.language)
    source = found.figure.kind.source
    sort = "cases" if isinstance(source, OfClocks) else "ratings" if isinstance(source, OfRatings) else "values"
    return {
        "tile": tile_of(found.figure, tell),
        "found": found,
        "sort": sort,
        "rows": _rows(request, found),
        "above": above_words(name, tell) if found.above is not None else {},
        "streams": _streams(found.figure, found.rows, tell) if isinstance(source, OfObservations) else {},
        "history": [tile_of(one, tell) for one in reads.history(name, limit=24)],
        "older": found.offset + PAGE if found.offset + PAGE < found.total else None,
        "newer": max(0, found.offset - PAGE) if found.offset else None,
    }


@dataclass(frozen=True, slots=True)
class Behind:
    """A row behind a figure; of a case that the reader may not see its page tells the days, and no number or hour.

    Of one that is late and still to be done it tells only that: when somebody will come is nobody's business.

    ``row`` is ``None`` for such a case that does not count yet: that something is due soon may be nobody's business.
    ``above`` says whether the numerator has it, ``None`` where the measure does not tell or the row is left out.
    """

    row: ObservedRow | CaseRow | RatedRow | None
    counted: bool
    why: str
    above: bool | None


@dataclass(frozen=True, slots=True)
class Measuring:
    """What a row's value is a value of: ``daily`` where a value stands for a whole day, whose hour says nothing."""

    device: sensing.Device
    quantity: str
    name: str
    unit: str
    digits: int
    daily: bool


def _streams(
    figure: reads.Figure, rows: Iterable[ObservedRow | CaseRow | RatedRow], tell: Telling
) -> dict[int, Measuring]:
    """Return what the rows of a figure of observations measure, by number of datastream."""
    wanted = {row.datastream for row in rows if isinstance(row, ObservedRow)}
    kinds = dict(house.registry().all(QuantityKind))
    return {
        stream.id: Measuring(
            device, stream.quantity, tell.kind(stream.quantity, "quantity", "short"),
            unit_text(kinds[stream.quantity].unit), kinds[stream.quantity].digits, stream.every_s >= DAY_SECONDS,
        )
        for device in sensing.devices(kind=f"{figure.name.partition('.')[0]}.{figure.kind.source.id}")
        for stream in device.streams
        if stream.id in wanted
    }  # fmt: skip


def why_left_out(row: ObservedRow | CaseRow | RatedRow) -> str:
    """Return why a row is not counted, as far as the row itself tells; ``other`` where only the measure knows."""
    if isinstance(row, CaseRow):
        return "running" if row.stopped is None else "other"
    if isinstance(row, RatedRow):
        return "other"
    return "invalid" if row.flags & Flag.INVALID else "incomplete" if row.flags & Flag.INCOMPLETE else "other"


def _above(found: reads.Lineage, place: int) -> bool | None:
    return None if found.above is None or place not in found.counted else place in found.above


def above_words(name: str, tell: Telling) -> dict[bool, str]:
    """Say what it means that the numerator has a row, and that it has not, as far as the figure's pack has words."""
    said = {}
    for stands, tail in ((True, "above"), (False, "not_above")):
        own = word(name, "indicator", tail)
        said[stands] = tell.words.say(own if own in tell.words else f"desk.figure.{tail}", tell.language)
    return said


def _rows(request: Asked, found: reads.Lineage) -> list[Behind]:
    ids = [row.case for row in found.rows if isinstance(row, CaseRow)]
    seen = {line.id for line in cases.recent(request.actor, ids=ids, limit=PAGE)} if ids else set()
    rows: tuple[ObservedRow | CaseRow | RatedRow, ...] = found.rows
    return [
        Behind(
            _told(row, seen, counts=found.offset + place in found.counted),
            found.offset + place in found.counted,
            why_left_out(row),
            _above(found, found.offset + place),
        )
        for place, row in enumerate(rows)
    ]


def _told(
    row: ObservedRow | CaseRow | RatedRow, seen: Set[int], *, counts: bool
) -> ObservedRow | CaseRow | RatedRow | None:
    if not isinstance(row, CaseRow) or row.case in seen:
        return row
    return replace(row, case=0, number="") if counts else None
