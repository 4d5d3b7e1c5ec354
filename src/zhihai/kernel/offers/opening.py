"""When a window is open and how many it serves at once: pure, from hours, special days and the working calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from zhihai.ground.named import Named
from zhihai.ground.worktime.calendar import WorkingCalendar
from zhihai.ground.worktime.timeline import local_instant, moment
from zhihai.kernel.offers.kinds import Session, SpecialDay, Week

MONDAY, WEEKEND = 0, 5


@dataclass(frozen=True, slots=True)
class Slot:
    """One stretch that can be held (时段): district time, UTC; ``places`` are how many may hold it."""

    starts_at: datetime
    ends_at: datetime
    places: int


@dataclass(frozen=True, slots=True)
class Opening:
    """Sessions of one day; ``why`` says why it is not as its weekday, ``None`` on a day like any other.

    ``known`` is false for a day of a year whose holidays nobody published yet: it goes by its weekday until then.
    """

    day: date
    sessions: tuple[Session, ...]
    why: Named | None = None
    known: bool = True


def opening_of(day: date, week: Week, special: Mapping[date, SpecialDay], calendar: WorkingCalendar) -> Opening:
    """Return when a window is open on a day.

    What was set for the day itself goes before all. On a public holiday (法定节假日) it is closed. A day of the weekend
    that is worked in exchange (调休上班日) goes by its own weekday where that has hours, else by Monday's.
    """
    if day in special:
        return Opening(day, tuple(sorted(special[day].sessions)), special[day].why)
    usual = tuple(sorted(week.get(day.weekday(), ())))
    if day.year not in calendar.years:
        return Opening(day, usual, known=False)
    holiday = calendar.holidays(day, day)
    if holiday:
        return Opening(day, (), holiday[0].name)
    if not usual and day.weekday() >= WEEKEND and calendar.make_up_workdays(day, day):
        usual = tuple(sorted(week.get(MONDAY, ())))
    return Opening(day, usual)


def slots_of(opening: Opening, minutes: int, calendar: WorkingCalendar) -> tuple[Slot, ...]:
    """Return the slots of a day, each ``minutes`` long, in order; what is left of a session is no slot."""
    found = []
    for session in opening.sessions:
        for begins in range(session.begins, session.ends - minutes + 1, minutes):
            starts = moment(local_instant(opening.day, begins, calendar.zone))
            found.append(Slot(starts, starts + timedelta(minutes=minutes), session.places))
    return tuple(found)
