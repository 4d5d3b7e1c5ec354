"""What a district sets for its cases: the calendar, duties, limits; and reckoning anew after a change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.refusal import Conflict, Refused
from zhihai.ground.worktime.limits import Limit, Unit
from zhihai.kernel import house, records
from zhihai.kernel.cases import calendar as calendars
from zhihai.kernel.cases.calendar import CalendarDay
from zhihai.kernel.cases.clocks import changed_row, specials_of
from zhihai.kernel.cases.dossier import open_dossier
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.cases.writing import Change, write_change
from zhihai.kernel.journal import acts as journal

UNITS: tuple[Unit, ...] = ("working_day", "working_hour", "calendar_hour")


def load_calendar(actor: Actor, days: Sequence[CalendarDay], *, sessions: calendars.Times, at: datetime) -> str:
    """Load days off and days worked beside those known (放假安排); returns the new version of the calendar.

    ``sessions`` are the local times worked on a working day (09:00 … 12:00). Clocks that run are reckoned anew by
    ``reckon``, which the worker calls until nothing is left.
    """
    with records.atomic():
        version = calendars.write_days(days, sessions)
        journal.record(actor, "cases.load_calendar", "calendar", None, {"version": version, "days": len(days)}, at=at)
    return version


def reckon(*, at: datetime, limit: int = 200) -> int:
    """Reckon anew the clocks that an older calendar version stands on; returns how many cases were looked at.

    Only clocks that still run are touched, and a case changes (with an entry in its chain) only where an instant does.
    """
    calendar = calendars.current()
    found = records.rows(
        "SELECT DISTINCT case_id FROM clock WHERE state <> 'stopped' AND calendar <> %s LIMIT %s",
        (calendar.version, limit),
    )
    for (case,) in found:
        dossier = open_dossier(case, at)
        specials = specials_of(dossier.clocks)
        rows = [changed_row(clock, calendar, specials) for clock in dossier.clocks if not clock.done]
        try:
            data = {"calendar": calendar.version, "clocks": [row["id"] for row in rows]}
            write_change(SYSTEM, dossier, Change(act="cases.reckon", data=data, clocks_changed=rows), at)
        except Conflict:
            continue
    return len(found)


def set_duty(actor: Actor, kind: str, role: str, area: int, organisation: int, source: str, *, at: datetime) -> None:
    """Say whose duty a step of a case kind is in an area (权责清单); the narrowest area wins."""
    _known(kind)
    with records.atomic():
        records.execute(
            """INSERT INTO duty (kind, role, area_id, org_id, source) VALUES (%s, %s, %s, %s, %s)
               ON CONFLICT (kind, role, area_id) DO UPDATE SET org_id = EXCLUDED.org_id, source = EXCLUDED.source""",
            (kind, role, area, organisation, source),
        )
        data = {"kind": kind, "role": role, "area": area, "organisation": organisation}
        journal.record(actor, "cases.set_duty", "duty", None, data, at=at)


def set_limit(
    actor: Actor, kind: str, clock: str, amount: int, unit: str, source: str, valid_from: date | None, *, at: datetime
) -> None:
    """Set the limit of a clock for cases opened from ``valid_from`` on, with the norm or promise it comes from.

    Clocks that run keep the limit they began with. Raises ``Refused`` for an unknown clock, unit or missing source.
    """
    declared = _known(kind)
    if clock not in {one.id for one in declared.clocks}:
        raise Refused("no_clock_kind", "clock", clock=clock)
    if unit not in UNITS:
        raise Refused("no_unit", "unit", unit=unit)
    if not source.strip():
        raise Refused("source_needed", "source")
    limit = Limit(amount, unit)
    with records.atomic():
        records.execute(
            """INSERT INTO limit_setting (kind, clock, valid_from, amount, unit, source) VALUES (%s, %s, %s, %s, %s, %s)
               ON CONFLICT (kind, clock, valid_from) DO UPDATE
               SET amount = EXCLUDED.amount, unit = EXCLUDED.unit, source = EXCLUDED.source""",
            (kind, clock, valid_from or date(2000, 1, 1), limit.amount, limit.unit, source),
        )
        data = {"kind": kind, "clock": clock, "amount": amount, "unit": unit}
        journal.record(actor, "cases.set_limit", "limit", None, data, at=at)


def _known(kind: str) -> CaseKind:
    try:
        return house.registry().get(CaseKind, kind)
    except KeyError:
        raise Refused("no_case_kind", "kind", kind=kind) from None
