"""The state of a case as one question brings it, with what an act needs beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from zhihai.ground.refusal import NotFound, Refused
from zhihai.ground.worktime.calendar import WorkingCalendar
from zhihai.ground.worktime.limits import Unit
from zhihai.kernel import house, records
from zhihai.kernel.cases.clocks import CLOCK_COLUMNS, Clock, Terms, terms_of
from zhihai.kernel.cases.engine import Task
from zhihai.kernel.cases.footing import HELD, VERSION, Footing, Setting
from zhihai.kernel.cases.kinds import CaseKind, ClockKind
from zhihai.kernel.identity.kinds import RoleKind

SAID = "said"
"""Under this name a task's evidence holds the sentence of the words that was noted; no caller's value is an object."""

_STATE = f"""
SELECT c.id, c.number, t.name, c.version, c.org_id, c.org_lo, c.area_id, c.area_lo, c.type_no, c.state, c.seq, c.rework,
    c.opened_at, (SELECT json_agg(json_build_array(
        k.id, k.step, k.role, k.org_id, k.org_lo, k.round, k.state, k.outcome, k.sort_at) ORDER BY k.id)
    FROM task k WHERE k.case_id = c.id)::text,
    (SELECT json_agg(json_build_array({CLOCK_COLUMNS}) ORDER BY k.id) FROM clock k WHERE k.case_id = c.id)::text,
    {VERSION}, c.subject_noun, c.subject_id, c.limits::text
FROM cases c JOIN case_type t ON t.no = c.type_no WHERE c.id = %s
"""


class _TaskRow(msgspec.Struct, array_like=True):
    id: int
    step: str
    role: str
    org: int
    org_lo: int
    round: int
    state: str
    outcome: str | None
    sort_at: datetime


_TASKS = msgspec.json.Decoder(list[_TaskRow])
_CLOCKS = msgspec.json.Decoder(tuple[Clock, ...], strict=False)
_LIMITS = msgspec.json.Decoder(dict[str, tuple[int, Unit, str]])


@dataclass(frozen=True, slots=True)
class Dossier:
    """A case as an act finds it (卷宗).

    ``sorts`` is where each task stands in the inbox, ``limits`` what was promised for this case alone, by clock.
    """

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
    opened_at: datetime
    sorts: Mapping[int, datetime]
    footing: Footing
    calendar: WorkingCalendar
    subject: tuple[str, int] | None
    limits: Mapping[str, Setting]

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

    def of_others(self, clock: Clock) -> bool:
        """Say whether the time of a clock is not the office's: given to somebody else, with what follows from its end.

        The office is not late by it. A clock whose kind is not there now is the office's.
        """
        try:
            return clock.sort == "special" and self.kind.clock(clock.name).lapses is not None
        except Refused:
            return False

    def office(self, role: str) -> int:
        """Return whose duty a role is where the case is; nobody's is the leading organisation's."""
        found = self.footing.duty(self.name, role, self.area)
        return self.org if found is None else found

    def terms(self, declared: ClockKind) -> Terms:
        """Return the terms by which a clock starts: what was promised for this case, else by the day it was opened."""
        day = local_day(self.opened_at, self.calendar)
        return terms_of(declared, self.limits.get(declared.id) or self.footing.setting(self.name, declared.id, day))

    def round_of(self, step: str) -> int:
        """Return the number of the next round of a step."""
        return 1 + max((task.round for task in self.tasks if task.step == step), default=0)


def open_dossier(case: int) -> Dossier:
    """Ask for a case with its tasks and clocks, in one question; raises ``NotFound``.

    Duties, limits and calendar are those of the same instant, asked for only when they have changed.
    """
    row = records.one(_STATE, (case,))
    if row is None:
        raise NotFound("no_case", "case")
    tasks = _TASKS.decode(row[13] or "[]")
    footing = HELD.at(row[15])
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
        tasks=tuple(Task(t.id, t.step, t.role, t.org, t.org_lo, t.round, t.state, t.outcome) for t in tasks),
        clocks=_CLOCKS.decode(row[14] or "[]"),
        opened_at=row[12],
        sorts={task.id: task.sort_at for task in tasks},
        footing=footing,
        calendar=footing.calendar,
        subject=None if row[16] is None else (row[16], row[17]),
        limits=_LIMITS.decode(row[18]) if row[18] else {},
    )


def kind_of(name: str, version: int) -> CaseKind:
    """Return the case kind of a case; raises ``Refused`` (503) while the pack that declares it is not there."""
    try:
        return house.registry().get(CaseKind, name, version)
    except KeyError:
        raise Refused("case_kind_gone", "kind", kind=name, version=version, status=503) from None


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
