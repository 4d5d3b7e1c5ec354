"""The state of a case as one question brings it, with what an act needs beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from zhihai.ground.refusal import NotFound, Refused
from zhihai.ground.worktime.calendar import WorkingCalendar
from zhihai.ground.worktime.limits import Unit
from zhihai.kernel import house, records
from zhihai.kernel.cases import calendar as calendars
from zhihai.kernel.cases.clocks import Clock, Terms, clock_from, terms_of
from zhihai.kernel.cases.engine import Task
from zhihai.kernel.cases.kinds import CaseKind, ClockKind
from zhihai.kernel.identity.kinds import RoleKind

Setting = tuple[int, Unit, str]

SAID = "said"
"""Under this name a task's evidence holds the sentence of the words that was noted; no caller's value is an object."""

DUTIES = """(SELECT json_object_agg(x.role, json_build_array(x.org_id, x.lo)) FROM (
    SELECT DISTINCT ON (d.role) d.role, d.org_id, o.lo FROM duty d JOIN area ground ON ground.id = d.area_id
    JOIN organisation o ON o.id = d.org_id WHERE d.kind = {kind} AND {area} BETWEEN ground.lo AND ground.hi
    ORDER BY d.role, ground.hi - ground.lo) x)"""
LIMITS = """(SELECT json_object_agg(x.clock, json_build_array(x.amount, x.unit, x.source)) FROM (
    SELECT DISTINCT ON (s.clock) s.* FROM limit_setting s WHERE s.kind = {kind} AND s.valid_from <= {day}
    ORDER BY s.clock, s.valid_from DESC) x)"""

OPENED = "(c.opened_at AT TIME ZONE (SELECT zone FROM district))::date"
"""A case runs under the limits of the day it was opened."""

_STATE = f"""
SELECT c.id, c.number, t.name, c.version, c.org_id, c.org_lo, c.area_id, c.area_lo, c.type_no, c.state, c.seq, c.rework,
    (SELECT json_agg(k ORDER BY k.id) FROM task k WHERE k.case_id = c.id),
    (SELECT json_agg(k ORDER BY k.id) FROM clock k WHERE k.case_id = c.id),
    {DUTIES.format(kind="t.name", area="c.area_lo")}, {LIMITS.format(kind="t.name", day=OPENED)}, {calendars.IN_FORCE}
FROM cases c JOIN case_type t ON t.no = c.type_no WHERE c.id = %s
"""


@dataclass(frozen=True, slots=True)
class Dossier:
    """A case as an act finds it (卷宗)."""

    id: int
    number: str
    name: str
    version: int
    org: int
    org_lo: int
    area: int
    area_lo: int
    type_no: int
    state: str
    seq: int
    rework: int
    tasks: tuple[Task, ...]
    clocks: tuple[Clock, ...]
    duties: Mapping[str, tuple[int, int]]
    settings: Mapping[str, Setting]
    calendar: WorkingCalendar

    @property
    def kind(self) -> CaseKind:
        """The case kind in the case's own version; raises as :func:`kind_of` does. Clocks run on without it."""
        return kind_of(self.name, self.version)

    def task(self, id_: int) -> Task:
        """Return one of its tasks; raises ``NotFound``."""
        for task in self.tasks:
            if task.id == id_:
                return task
        raise NotFound("no_task", "task")

    def clock(self, id_: int) -> Clock:
        """Return one of its clocks; raises ``NotFound``."""
        for clock in self.clocks:
            if clock.id == id_:
                return clock
        raise NotFound("no_clock", "clock")

    def terms(self, declared: ClockKind) -> Terms:
        """Return the terms by which a clock of this case starts."""
        return terms_of(declared, self.settings.get(declared.id))

    def round_of(self, step: str) -> int:
        """Return the number of the next round of a step."""
        return 1 + max((task.round for task in self.tasks if task.step == step), default=0)


def open_dossier(case: int) -> Dossier:
    """Ask for a case with its tasks, clocks, duties, limits and calendar, in one question; raises ``NotFound``."""
    row = records.one(_STATE, (case,))
    if row is None:
        raise NotFound("no_case", "case")
    tasks = tuple(
        Task(t["id"], t["step"], t["role"], t["org_id"], t["org_lo"], t["round"], t["state"], t["outcome"])
        for t in records.json_list(row[12] or "[]")
    )
    clocks = tuple(clock_from(k) for k in records.json_list(row[13] or "[]"))
    return Dossier(
        id=row[0],
        number=row[1],
        name=row[2],
        version=row[3],
        org=row[4],
        org_lo=row[5],
        area=row[6],
        area_lo=row[7],
        type_no=row[8],
        state=row[9],
        seq=row[10],
        rework=row[11],
        tasks=tasks,
        clocks=clocks,
        duties=pairs(row[14]),
        settings=pairs(row[15]),
        calendar=calendars.built(row[16]),
    )


def kind_of(name: str, version: int) -> CaseKind:
    """Return the case kind of a case; raises ``Refused`` (503) while the pack that declares it is not there."""
    try:
        return house.registry().get(CaseKind, name, version)
    except KeyError:
        raise Refused("case_kind_gone", "kind", kind=name, version=version, status=503) from None


def pairs(column: Any) -> dict[str, Any]:
    """Return a JSON object of arrays as a dictionary of tuples; ``NULL`` is empty."""
    return {key: tuple(value) for key, value in records.json_object(column).items()}


def role_name(kind_name: str, role: str) -> str:
    """Return the full name of a step's role: the pack's own where it declares one, else the kernel's."""
    own = f"{kind_name.partition('.')[0]}.{role}"
    try:
        house.registry().get(RoleKind, own)
    except KeyError:
        return f"zhihai.{role}"
    return own


def local_day(at: datetime, calendar: WorkingCalendar) -> date:
    """Return the district's day of an instant."""
    return at.astimezone(calendar.zone).date()
