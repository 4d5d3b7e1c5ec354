"""What the opening of a case finds: the kind in force, whose duty its steps are, limits and calendar; one question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from zhihai.ground.refusal import NotFound, Refused
from zhihai.ground.worktime.calendar import WorkingCalendar
from zhihai.kernel import house, records
from zhihai.kernel.cases import calendar as calendars
from zhihai.kernel.cases.dossier import DUTIES, LIMITS, Setting, local_day, pairs
from zhihai.kernel.cases.kinds import CaseKind

_OPENING = f"""
SELECT t.no, a.lo, o.id, o.lo, d.facts->>'prefix',
    {DUTIES.format(kind="t.name", area="a.lo")},
    {LIMITS.format(kind="t.name", day="(%s::timestamptz AT TIME ZONE d.zone)::date")}, {calendars.IN_FORCE}
FROM case_type t CROSS JOIN district d JOIN area a ON a.id = %s LEFT JOIN organisation o ON o.id = %s WHERE t.name = %s
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a case of a kind opens with at a place (立案依据).

    ``office`` is the organisation given, or the one whose duty the first step is, by number and place in the tree;
    ``prefix`` is what the case's number begins with.
    """

    kind: CaseKind
    type_no: int
    area_lo: int
    office: tuple[int, int]
    prefix: str
    duties: Mapping[str, tuple[int, int]]
    settings: Mapping[str, Setting]
    calendar: WorkingCalendar


def find_opening(name: str, at: datetime, area: int, organisation: int | None) -> Opening:
    """Return what a case of the kind ``name`` opens with at ``at``: the version in force on that local day.

    Raises ``Refused`` for a kind that no pack declares, and when nobody has the duty; ``NotFound`` for no area or
    organisation.
    """
    if name not in dict(house.registry().all(CaseKind)):
        raise Refused("no_case_kind", "kind", kind=name)
    asked = (at, area, organisation, name)
    row = records.one(_OPENING, asked)
    if row is None:
        records.execute("INSERT INTO case_type (name) VALUES (%s) ON CONFLICT DO NOTHING", (name,))
        row = records.one(_OPENING, asked)
    if row is None:
        raise NotFound("no_area", "area")
    type_no, area_lo, org, org_lo, prefix, duties, settings, calendar_column = row
    if organisation is not None and org is None:
        raise NotFound("no_organisation", "organisation")
    calendar, duty = calendars.built(calendar_column), pairs(duties)
    day = local_day(at, calendar)
    kind = house.registry().in_force(CaseKind, name, day)
    office = duty.get(kind.steps[0].role) if org is None else (org, org_lo)
    if office is None:
        raise Refused("no_duty", "organisation", kind=name, role=kind.steps[0].role)
    number = f"{prefix}-{day.year}-{kind.prefix}-"
    return Opening(kind, type_no, area_lo, office, number, duty, pairs(settings), calendar)
