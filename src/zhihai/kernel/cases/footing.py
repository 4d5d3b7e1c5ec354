"""What acts on cases rest on and what seldom changes, kept by each process: places, duties, limits, calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from zhihai.ground.worktime.calendar import WorkingCalendar
from zhihai.ground.worktime.limits import Unit
from zhihai.kernel import records
from zhihai.kernel.cases import calendar as calendars

Duty = tuple[int, int, int]
"""An organisation, and the range of areas in which a duty is its own."""
Setting = tuple[int, Unit, str]
"""What a district set of a clock: amount, unit, source."""

VERSION = "(SELECT f.version FROM case_footing f)"
"""A column for any question: the version of what :meth:`Held.at` returns."""

_ASK = f"""
SELECT {VERSION}, (SELECT d.facts->>'prefix' FROM district d), {calendars.IN_FORCE},
    (SELECT json_object_agg(t.name, t.no) FROM case_type t)::text,
    (SELECT json_agg(json_build_array(a.id, a.lo)) FROM area a)::text,
    (SELECT json_agg(json_build_array(o.id, o.lo)) FROM organisation o)::text,
    (SELECT json_agg(json_build_array(d.kind, d.role, d.org_id, a.lo, a.hi) ORDER BY a.hi - a.lo)
        FROM duty d JOIN area a ON a.id = d.area_id)::text,
    (SELECT json_agg(json_build_array(s.kind, s.clock, s.valid_from, s.amount, s.unit, s.source)
        ORDER BY s.valid_from DESC) FROM limit_setting s)::text
"""


@dataclass(frozen=True, slots=True)
class Footing:
    """What holds in the district at a version of it (立案依据), by number or full name; it never changes.

    ``areas`` and ``offices`` give the place in the tree; duties stand in the order of their areas, the narrowest first,
    settings in that of their days, the latest first.
    """

    version: int
    prefix: str
    column: str | list[object] | None
    types: Mapping[str, int]
    areas: Mapping[int, int]
    offices: Mapping[int, int]
    duties: Mapping[tuple[str, str], Sequence[Duty]]
    settings: Mapping[tuple[str, str], Sequence[tuple[date, Setting]]]

    @property
    def calendar(self) -> WorkingCalendar:
        """The working calendar in force. Raises ``Refused`` (503) when none is loaded."""
        return calendars.built(self.column)

    def duty(self, name: str, role: str, area: int) -> int | None:
        """Return whose duty a role is in an area: that of the narrowest area about it."""
        place = self.areas[area]
        return next((org for org, lo, hi in self.duties.get((name, role), ()) if lo <= place <= hi), None)

    def setting(self, name: str, clock: str, day: date) -> Setting | None:
        """Return what the district set of a clock for cases opened on a local day."""
        return next((setting for since, setting in self.settings.get((name, clock), ()) if since <= day), None)


def _read() -> Footing:
    row = records.one(_ASK)
    assert row is not None
    version, prefix, column, types, *lists = row
    areas, offices, duty_rows, setting_rows = (records.json_list(text or "[]") for text in lists)
    duties: dict[tuple[str, str], list[Duty]] = {}
    for kind, role, org, lo, hi in duty_rows:
        duties.setdefault((kind, role), []).append((org, lo, hi))
    settings: dict[tuple[str, str], list[tuple[date, Setting]]] = {}
    for kind, clock, since, amount, unit, source in setting_rows:
        settings.setdefault((kind, clock), []).append((date.fromisoformat(since), (amount, unit, source)))
    return Footing(
        version, prefix or "", column, records.json_object(types), dict(areas), dict(offices), duties, settings
    )


HELD = records.Held(f"SELECT {VERSION}", _read)
