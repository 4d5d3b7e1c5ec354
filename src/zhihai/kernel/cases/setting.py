"""What a district sets for its cases: the calendar, duties, limits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from zhihai.ground.actors import ANY_TYPE, WHOLE, Actor
from zhihai.ground.refusal import NotFound, Refused
from zhihai.ground.worktime.limits import Limit, Unit
from zhihai.kernel import house, records
from zhihai.kernel.cases import calendar as calendars
from zhihai.kernel.cases.calendar import CalendarDay
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.identity.kinds import SET_CASES
from zhihai.kernel.journal import acts as journal

UNITS: tuple[Unit, ...] = ("working_day", "working_hour", "calendar_hour")


def load_calendar(actor: Actor, days: Sequence[CalendarDay], *, sessions: calendars.Times, at: datetime) -> str:
    """Load days off and days worked beside those known (放假安排); returns the new version of the calendar.

    ``sessions`` are the local times worked on a working day (09:00 … 12:00); what was known of a day given anew is
    forgotten. Clocks that run are reckoned anew by ``reckon``, which the worker calls until nothing is left. Raises
    ``NotPermitted`` without the power ``case.set`` over the whole district, ``Refused`` for a calendar that makes no
    sense: nothing is written then.
    """
    actor.need(SET_CASES)
    with records.atomic():
        version = calendars.write_days(days, sessions).version
        journal.record(actor, "cases.load_calendar", "calendar", None, {"version": version, "days": len(days)}, at=at)
    return version


def set_duty(actor: Actor, kind: str, role: str, area: int, organisation: int, source: str, *, at: datetime) -> None:
    """Say whose duty a step of a case kind is in an area (权责清单); the narrowest area wins.

    Raises ``NotPermitted`` without the power ``case.set`` over the area, for that kind, in the organisation that gets
    the duty and in the one that has it; ``Refused`` for an unknown kind, ``NotFound`` for no area or organisation.
    """
    _known(kind)
    with records.atomic():
        for place in _duty_places(kind, role, area, organisation):
            actor.need(SET_CASES, *place)
        records.execute(
            """INSERT INTO duty (kind, role, area_id, org_id, source) VALUES (%s, %s, %s, %s, %s)
               ON CONFLICT (kind, role, area_id) DO UPDATE SET org_id = EXCLUDED.org_id, source = EXCLUDED.source""",
            (kind, role, area, organisation, source),
        )
        data = {"kind": kind, "role": role, "area": area, "organisation": organisation}
        journal.record(actor, "cases.set_duty", "duty", None, data, at=at)


def _duty_places(kind: str, role: str, area: int, organisation: int) -> list[tuple[int, int, int]]:
    """Return what a duty touches, as organisation, area and case type: who gets it, and who has it now."""
    place = records.value("SELECT lo FROM area WHERE id = %s", (area,))
    if place is None:
        raise NotFound("no_area", "area")
    offices = records.rows(
        """SELECT o.id, o.lo FROM organisation o WHERE o.id = %s OR o.id = (
               SELECT d.org_id FROM duty d WHERE (d.kind, d.role, d.area_id) = (%s, %s, %s))""",
        (organisation, kind, role, area),
    )
    if organisation not in {id_ for id_, _ in offices}:
        raise NotFound("no_organisation", "organisation")
    return [(lo, place, _type_no(kind)) for _, lo in offices]


def _type_no(kind: str) -> int:
    """Return the number of a case kind; before its first case it has none, and a grant for some kinds covers none."""
    return int(records.value("SELECT coalesce((SELECT no FROM case_type WHERE name = %s), %s)", (kind, ANY_TYPE)))


def set_limit(
    actor: Actor, kind: str, clock: str, amount: int, unit: str, source: str, valid_from: date | None, *, at: datetime
) -> None:
    """Set the limit of a clock for cases opened from ``valid_from`` on, with the norm or promise it comes from.

    Clocks that run keep the limit they began with. Raises ``NotPermitted`` without the power ``case.set`` over the
    whole district for that kind, ``Refused`` for an unknown clock, unit or missing source.
    """
    actor.need(SET_CASES, WHOLE, WHOLE, _type_no(kind))
    if clock not in {one.id for version in _known(kind) for one in version.clocks}:
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


def _known(kind: str) -> tuple[CaseKind, ...]:
    try:
        return house.registry().versions(CaseKind, kind)
    except KeyError:
        raise Refused("no_case_kind", "kind", kind=kind) from None
