from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.ground.worktime.calendar import (
    OFFICE_SESSIONS,
    CalendarDay,
    Holiday,
    UnknownYear,
    WorkingCalendar,
)
from zhihai.ground.worktime.timeline import micros

ZONE = ZoneInfo("Asia/Shanghai")
A = Named("A", "A")
MORNING = ((540, 720),)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2011-09-30", True),
        ("2011-10-01", False),
        ("2011-10-07", False),
        ("2011-10-08", True),  # a Saturday
        ("2011-10-09", True),  # a Sunday
        ("2011-10-15", False),
        ("2014-01-31", False),  # a Friday
        ("2014-03-03", True),
    ],
)
def test_a_day_is_worked_by_weekday_unless_published_otherwise(calendar, day, worked):
    assert calendar.sessions_of(date.fromisoformat(day)) == (OFFICE_SESSIONS if worked else ())


@pytest.mark.parametrize("year", [1970, 2010, 2012, 2015, 2099])
def test_a_day_of_an_unknown_year_is_refused_by_name(calendar, year):
    with pytest.raises(UnknownYear) as refused:
        calendar.sessions_of(date(year, 6, 1))
    assert (refused.value.year, refused.value.code, refused.value.facts) == (year, "unknown_year", {"year": year})


def test_holidays_are_told_as_runs_cut_to_the_days_asked(calendar):
    assert calendar.holidays(date(2014, 2, 2), date(2014, 4, 5)) == (
        Holiday(Named("春节", "Spring Festival"), date(2014, 2, 2), date(2014, 2, 6)),
        Holiday(Named("清明节", "Tomb-sweeping Day"), date(2014, 4, 5), date(2014, 4, 5)),
    )
    assert calendar.make_up_workdays(date(2014, 1, 26), date(2014, 2, 8)) == (date(2014, 1, 26), date(2014, 2, 8))
    assert calendar.holidays(date(2014, 3, 1), date(2014, 3, 31)) == ()


def test_neighbouring_holidays_of_two_names_stay_two():
    other = Named("B", "B")
    days = [
        CalendarDay(date(2014, 9, 8), "holiday", A),
        CalendarDay(date(2014, 9, 9), "in_lieu_holiday", other),
    ]
    calendar = WorkingCalendar(days, years=[2014], zone=ZONE, version="1")
    assert [holiday.name for holiday in calendar.holidays(date(2014, 1, 1), date(2014, 12, 31))] == [A, other]


def test_a_calendar_is_its_version(days):
    one, same, other = (WorkingCalendar(days, years=[2011, 2013, 2014], zone=ZONE, version=v) for v in ("1", "1", "2"))
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert one != "1"
    assert "'2'" in repr(other)


def test_half_days_are_data(days):
    eve = date(2014, 1, 30)
    calendar = WorkingCalendar(
        days, years=[2011, 2013, 2014], zone=ZONE, version="1", sessions=((510, 690),), sessions_on={eve: MORNING}
    )
    assert calendar.sessions_of(eve) == MORNING
    assert calendar.sessions_of(date(2014, 1, 29)) == ((510, 690),)


@pytest.mark.parametrize(
    "sessions",
    [
        (),
        ((720, 540),),
        ((540, 720), (700, 800)),
        ((540, 540),),
        ((-10, 60),),
        ((1380, 1441),),
        ((780, 900), (540, 700)),
    ],
)
def test_sessions_that_can_not_be_worked_are_refused(sessions):
    with pytest.raises(Refused) as refused:
        WorkingCalendar([], years=[2014], zone=ZONE, version="1", sessions=sessions)
    assert (refused.value.code, refused.value.field) == ("calendar_sessions", "sessions")


@pytest.mark.parametrize("day", [date(2014, 1, 31), date(2014, 3, 1), date(2016, 3, 1)])
def test_sessions_on_a_day_off_or_of_an_unknown_year_are_refused(days, day):
    with pytest.raises(Refused) as refused:
        WorkingCalendar(days, years=[2011, 2013, 2014], zone=ZONE, version="1", sessions_on={day: MORNING})
    assert refused.value.field == f"sessions_on.{day}"


def test_contradictory_days_are_refused():
    day = date(2014, 2, 8)
    with pytest.raises(Refused) as refused:
        WorkingCalendar(
            [CalendarDay(day, "holiday", A), CalendarDay(day, "make_up_workday", A)],
            years=[2014],
            zone=ZONE,
            version="1",
        )
    assert (refused.value.code, refused.value.facts) == ("calendar_day_twice", {"day": "2014-02-08"})


def test_days_outside_the_years_are_refused(days):
    with pytest.raises(Refused) as refused:
        WorkingCalendar(days, years=[2013, 2014], zone=ZONE, version="1")
    assert (refused.value.code, refused.value.facts["year"]) == ("calendar_day_year", 2011)


def test_a_calendar_without_years_is_refused():
    with pytest.raises(Refused) as refused:
        WorkingCalendar([], years=[], zone=ZONE, version="1")
    assert refused.value.code == "calendar_empty"


def test_what_is_known_ends_with_the_run_of_years(calendar):
    def known(*day: int) -> datetime | None:
        until = calendar.known_until(micros(datetime(*day, 12, tzinfo=ZONE)))
        return until and datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=until)

    assert known(2011, 5, 1) == datetime(2012, 1, 1, tzinfo=ZONE)
    assert known(2013, 5, 1) == known(2014, 5, 1) == datetime(2015, 1, 1, tzinfo=ZONE)
    assert known(2012, 5, 1) is None
    assert known(2015, 1, 1) is None


def test_a_kind_that_is_not_known_is_refused():
    with pytest.raises(Refused) as refused:
        WorkingCalendar([CalendarDay(date(2014, 2, 8), "feast", A)], years=[2014], zone=ZONE, version="1")
    assert (refused.value.code, refused.value.facts) == ("calendar_day_kind", {"day": "2014-02-08", "kind": "feast"})


def test_the_published_calendar_has_the_working_days_of_the_law(published):
    calendar = WorkingCalendar(published, years=range(2004, 2027), zone=ZONE, version="published")
    worked = sum(bool(calendar.sessions_of(date(2014, 1, 1) + timedelta(days=number))) for number in range(365))
    assert worked == 250  # 365 less 104 of weekends less 11 statutory holidays
    assert len(calendar.make_up_workdays(date(2004, 1, 1), date(2026, 12, 31))) == 150
