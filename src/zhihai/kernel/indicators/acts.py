"""Writes of the room indicators: marking what has changed, computing it, loading the plan's targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from zhihai.ground.actors import Actor
from zhihai.ground.kind import beside
from zhihai.ground.refusal import Refused
from zhihai.kernel import house, records
from zhihai.kernel.cases.events import CaseClosed, ClockBreached, ClockStopped
from zhihai.kernel.identity.kinds import SET_DISTRICT
from zhihai.kernel.indicators.kinds import IndicatorKind, OfClocks, OfObservations, OfRatings
from zhihai.kernel.indicators.periods import end_of, periods_between
from zhihai.kernel.indicators.sources import Computed
from zhihai.kernel.indicators.sources import compute as compute_figure
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.sensing import reads as sensing
from zhihai.kernel.sensing.events import ReadingsRecorded
from zhihai.kernel.sensing.kinds import QuantityKind
from zhihai.kernel.services.events import MatterRated
from zhihai.kernel.services.kinds import MatterKind

REST = timedelta(seconds=1)
"""Machine time a figure rests after it was computed: readings come by the second, people read by the minute."""


def mark(heard: Sequence[journal.Heard]) -> None:
    """Listener: mark the periods of figures that new readings, stopped clocks or ratings fall into.

    Only the district's own devices count. A reading reaches as far ahead as the derived values a figure is made of look
    back.
    """
    zone = clock.clock().zone
    kinds = tuple(house.registry().all(IndicatorKind))
    dirty: set[tuple[str, date]] = set()
    device_kinds = _device_kinds(heard)
    for one in heard:
        event = one.event
        if isinstance(event, ReadingsRecorded):
            touched = {device_kinds[device] for device in event.devices if device in device_kinds}
            dirty |= _of_readings(kinds, touched, event, one.at, zone)
        elif isinstance(event, ClockStopped | ClockBreached) and event.due is not None:
            dirty |= _of_clock(kinds, event.kind, event.name, event.due, zone)
        elif isinstance(event, CaseClosed):
            dirty |= _of_clock(kinds, event.kind, None, one.at, zone)
            dirty |= _of_rating(kinds, "case", event.kind, one.at, zone)
        elif isinstance(event, MatterRated) and event.closed is not None:
            dirty |= _of_rating(kinds, "id", event.kind, event.closed, zone)
    if dirty:
        records.execute(
            """INSERT INTO indicator_dirty (indicator, starts) SELECT * FROM unnest(%s::text[], %s::date[])
               ON CONFLICT DO NOTHING""",
            ([name for name, _ in sorted(dirty)], [starts for _, starts in sorted(dirty)]),
        )


def _device_kinds(heard: Sequence[journal.Heard]) -> dict[int, str]:
    ids = {device for one in heard if isinstance(one.event, ReadingsRecorded) for device in one.event.devices}
    found = sensing.devices_by_id(ids) if ids else ()
    return {device.id: device.kind for device in found if device.belongs == "own"}


def _of_readings(
    kinds: Sequence[tuple[str, IndicatorKind]], touched: set[str], event: ReadingsRecorded, at: datetime, zone: ZoneInfo
) -> set[tuple[str, date]]:
    return {
        (name, starts)
        for name, kind in kinds
        if isinstance(kind.source, OfObservations) and f"{name.partition('.')[0]}.{kind.source.id}" in touched
        for starts in periods_between(
            kind.period, event.first, max(event.last, min(event.last + _reach(name, kind.source), at)), zone
        )
    }


def _reach(name: str, source: OfObservations) -> timedelta:
    """Return how far ahead a reading changes what a figure is made of: the longest window of its derived values."""
    pack, registry = name.partition(".")[0], house.registry()
    derivations = (registry.get(QuantityKind, f"{pack}.{one}").derivation for one in source.quantities)
    return max((derivation.window for derivation in derivations if derivation), default=timedelta(0))


def _of_clock(
    kinds: Sequence[tuple[str, IndicatorKind]], case: str, clock_name: str | None, due: datetime, zone: ZoneInfo
) -> set[tuple[str, date]]:
    return {
        (name, starts)
        for name, kind in kinds
        if isinstance(kind.source, OfClocks)
        and f"{name.partition('.')[0]}.{kind.source.id}" == case
        and clock_name in (None, kind.source.clock)
        for starts in periods_between(kind.period, due, due, zone)
    }


def _of_rating(
    kinds: Sequence[tuple[str, IndicatorKind]], by: str, name_of: str, at: datetime, zone: ZoneInfo
) -> set[tuple[str, date]]:
    """Return the periods of figures of ratings that a kind of matter (``by`` is "id") or of case ("case") touches."""
    registry, found = house.registry(), set[tuple[str, date]]()
    for name, kind in kinds:
        if isinstance(kind.source, OfRatings):
            matter = beside(name, kind.source.id)
            own = matter if by == "id" else beside(name, registry.get(MatterKind, matter).case)
            if own == name_of:
                found |= {(name, starts) for starts in periods_between(kind.period, at, at, zone)}
    return found


def compute(*, at: datetime, at_machine: datetime, limit: int = 50, rest: timedelta = REST) -> int:
    """Compute figures that were marked, each at most once in ``rest`` of machine time; returns how many.

    A period is measured by the version of the indicator that was in force on its first day.
    ``at`` is the district instant up to which data count. With ``rest`` zero everything marked is computed: the end of
    a replay.
    """
    with records.atomic():
        found = records.rows(
            """DELETE FROM indicator_dirty d USING (
                   SELECT x.indicator, x.starts FROM indicator_dirty x WHERE NOT EXISTS (
                       SELECT 1 FROM indicator_value v WHERE v.indicator = x.indicator AND v.starts = x.starts
                       AND v.computed_at > %s)
                   ORDER BY x.starts, x.indicator LIMIT %s FOR UPDATE SKIP LOCKED) t
               WHERE d.indicator = t.indicator AND d.starts = t.starts RETURNING d.indicator, d.starts""",
            (at_machine - rest, limit),
        )
        if not found:
            return 0
        zone, declared = clock.clock().zone, {name for name, _ in house.registry().all(IndicatorKind)}
        for name, starts in found:
            if name in declared:
                kind = house.registry().in_force(IndicatorKind, name, starts)
                _write(name, kind, starts, compute_figure(name, kind, starts, zone, at), at_machine)
    return len(found)


def _write(name: str, kind: IndicatorKind, starts: date, computed: Computed, at_machine: datetime) -> None:
    measured = computed.measured
    records.execute(
        """INSERT INTO indicator_value (indicator, version, area_id, starts, ends, mode, value, numerator, denominator,
               n, digest, as_of, computed_at)
           SELECT %s, %s, a.id, %s, %s, d.mode, %s, %s, %s, %s, %s, %s, %s
           FROM district d JOIN area a ON a.code = d.code
           ON CONFLICT (indicator, version, area_id, starts, mode) DO UPDATE SET value = EXCLUDED.value,
               numerator = EXCLUDED.numerator, denominator = EXCLUDED.denominator, n = EXCLUDED.n,
               digest = EXCLUDED.digest, as_of = EXCLUDED.as_of, computed_at = EXCLUDED.computed_at""",
        (
            name,
            kind.version,
            starts,
            end_of(kind.period, starts),
            measured.value,
            measured.numerator,
            measured.denominator,
            len(measured.rows),
            computed.digest,
            computed.span.as_of,
            at_machine,
        ),
    )


def load_targets(actor: Actor, lines: Sequence[Mapping[str, str]], *, at: datetime) -> int:
    """Load the plan's targets (规划目标); returns how many.

    Raises ``NotPermitted`` without the power ``district.set`` over the whole district, ``Refused`` naming the line of a
    wrong number.
    """
    actor.need(SET_DISTRICT)
    rows = []
    for number, line in enumerate(lines, start=2):
        baseline, value = (_number(line, column, number) for column in ("baseline", "target"))
        rows.append(
            (
                line["id"],
                line["clause_id"],
                line["name_zh"],
                line["name_en"],
                line["unit"],
                baseline,
                line["baseline_year"],
                value,
                line["target_year"],
                line["comparison"],
                line["clause"],
                line["note"],
            )
        )
    with records.atomic():
        records.execute("DELETE FROM target")
        records.copy_in(
            """COPY target (id, clause_id, name_zh, name_en, unit, baseline, baseline_year, value, target_year,
               comparison, clause, note) FROM STDIN""",
            rows,
        )
        journal.record(actor, "indicators.load_targets", "target", None, {"n": len(rows)}, at=at)
    return len(rows)


def _number(line: Mapping[str, str], column: str, number: int) -> float | None:
    text = line[column].strip()
    try:
        return float(text) if text else None
    except ValueError:
        raise Refused("target_number", f"targets.csv:{number} {column}", value=text) from None
