"""Questions about figures: how much, as of when, made from what, compared with what was promised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound
from zhihai.kernel import house, records
from zhihai.kernel.indicators.kinds import IndicatorKind
from zhihai.kernel.indicators.sources import Rows, compute


@dataclass(frozen=True, slots=True)
class Target:
    """A number of the plan (规划指标): a baseline, a target, or a sentence without a number."""

    id: str
    clause_id: str
    name: Named
    unit: str
    baseline: float | None
    baseline_year: str
    value: float | None
    target_year: str
    comparison: str
    clause: str
    note: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of one indicator (指标值) with all it stands on; ``value`` ``None``: nothing to measure yet.

    ``numerator`` / ``denominator`` and ``rows`` (how many were counted) say what it was made from, ``as_of`` the
    district instant up to which data were seen; a figure of a replay never stands beside one of the living district.
    """

    name: str
    kind: IndicatorKind
    starts: date
    ends: date
    mode: str
    value: float | None
    numerator: float
    denominator: float
    rows: int
    as_of: datetime | None
    version: int
    target: Target | None


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a figure was made from (溯源): a page of rows, which of them were counted, which of these the numerator is
    made of (``None`` where the measure does not tell), and whether they are the same rows as when it was computed."""

    figure: Figure
    rows: Rows
    counted: frozenset[int]
    offset: int
    total: int
    unchanged: bool
    above: frozenset[int] | None


_TARGET = """SELECT id, clause_id, name_zh, name_en, unit, baseline, baseline_year, value, target_year, comparison,
    clause, note FROM target"""


def _target(row: records.Row) -> Target:
    return Target(row[0], row[1], Named(row[2], row[3]), *row[4:])


def targets() -> tuple[Target, ...]:
    """Return every number of the plan, in its order."""
    return tuple(_target(row) for row in records.rows(f"{_TARGET} ORDER BY id"))


def _goals(kinds: Iterable[IndicatorKind]) -> dict[str, Target]:
    """Return the targets that indicators are held against, by number; asks nothing where they have none."""
    wanted = sorted({kind.target for kind in kinds if kind.target})
    found = records.rows(f"{_TARGET} WHERE id = ANY(%s)", (wanted,)) if wanted else []
    return {row[0]: _target(row) for row in found}


_FIGURE = """v.indicator, v.starts, v.ends, v.mode, v.value, v.numerator, v.denominator, v.n, v.as_of,
    v.version, v.digest, d.zone
    FROM indicator_value v JOIN district d ON v.as_of >= v.starts::timestamp AT TIME ZONE d.zone
    JOIN area a ON a.code = d.code AND a.id = v.area_id"""
"""Of a period that had not begun when it was computed nothing is told: only promises kept early stand in it."""
_NEWEST = "v.version DESC, v.computed_at DESC, v.id DESC"
"""Of a period's values: that of the newest version, and of a replay that has ended the one computed last."""


def _figure(row: records.Row, goals: dict[str, Target]) -> Figure:
    kind = _measured_by(row[0], row[9])
    goal = goals.get(kind.target) if kind.target else None
    return Figure(row[0], kind, row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9], goal)


def figures(*, public_only: bool = False) -> tuple[Figure, ...]:
    """Return the newest value of every declared indicator, in order of declaration; at most two questions."""
    goals = _goals(kind for _, kind in house.registry().all(IndicatorKind))
    found = {
        row[0]: row
        for row in records.rows(
            f"SELECT DISTINCT ON (v.indicator) {_FIGURE} ORDER BY v.indicator, v.starts DESC, {_NEWEST}"
        )
    }
    return tuple(
        _figure(found[name], goals)
        for name, kind in house.registry().all(IndicatorKind)
        if (kind.public or not public_only) and name in found
    )


def history(name: str, *, limit: int = 60) -> tuple[Figure, ...]:
    """Return the values of one indicator, newest period first and each period once; raises ``NotFound``."""
    goals = _goals([_declared(name)])
    found = records.rows(
        f"""SELECT DISTINCT ON (v.starts) {_FIGURE} WHERE v.indicator = %s
            ORDER BY v.starts DESC, {_NEWEST} LIMIT %s""",
        (name, limit),
    )
    return tuple(_figure(row, goals) for row in found)


def lineage(name: str, starts: date, *, offset: int = 0, limit: int = 200) -> Lineage:
    """Return what a figure was made from: its rows asked again as of its instant, and whether they are unchanged.

    Raises ``NotFound`` for a figure that was never computed.
    """
    goals = _goals([_declared(name)])
    row = records.one(
        f"SELECT {_FIGURE} WHERE v.indicator = %s AND v.starts = %s ORDER BY {_NEWEST} LIMIT 1", (name, starts)
    )
    if row is None:
        raise NotFound("no_figure", "starts")
    shown = _figure(row, goals)
    found = compute(name, shown.kind, starts, ZoneInfo(row[11]), row[8])
    counted, above = frozenset(found.measured.rows), found.measured.above
    page = found.rows[offset : offset + limit]
    unchanged = found.digest == bytes(row[10])
    told = None if above is None else frozenset(above)
    return Lineage(shown, page, counted, offset, len(found.rows), unchanged, told)


def _measured_by(name: str, version: int) -> IndicatorKind:
    """Return the version of an indicator that a value was measured by; where a pack has dropped it, the newest."""
    try:
        return house.registry().get(IndicatorKind, name, version)
    except KeyError:
        return house.registry().get(IndicatorKind, name)


def _declared(name: str) -> IndicatorKind:
    try:
        return house.registry().get(IndicatorKind, name)
    except KeyError:
        raise NotFound("no_indicator", "indicator", indicator=name) from None
