from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from zhihai.ground.worktime.calendar import UnknownYear, WorkingCalendar
from zhihai.ground.worktime.clock import evaluate
from zhihai.ground.worktime.events import paused, resumed, started
from zhihai.ground.worktime.limits import Limit

ZONE = ZoneInfo("Asia/Shanghai")


def days_of(amount: int) -> Limit:
    return Limit(amount, "working_day")


def test_an_unknown_year_is_refused_by_name(calendar, local):
    events = [started(local(2014, 12, 30, 9))]
    assert evaluate(events, days_of(1), calendar).due == local(2014, 12, 31, 18)
    with pytest.raises(UnknownYear) as refused:
        evaluate(events, days_of(2), calendar)
    assert refused.value.year == 2015


def test_the_last_midnight_of_a_known_year_is_known(local):
    calendar = WorkingCalendar([], years=[2014], zone=ZONE, version="1", sessions=((0, 1440),))
    reading = evaluate([started(local(2014, 12, 31, 0))], Limit(24, "working_hour"), calendar)
    assert (reading.due, reading.provisional) == (local(2015, 1, 1, 0), False)
    with pytest.raises(UnknownYear):
        evaluate([started(local(2014, 12, 31, 0, 1))], Limit(24, "working_hour"), calendar)


@pytest.mark.parametrize(("year", "missing"), [(1970, 1970), (2010, 2010), (2012, 2012), (2011, 2012), (2099, 2099)])
def test_the_missing_year_is_the_first(calendar, local, year, missing):
    with pytest.raises(UnknownYear) as refused:
        evaluate([started(local(year, 12, 29, 9))], days_of(20), calendar)
    assert refused.value.year == missing


def test_an_unknown_year_goes_by_weekends_when_asked(calendar, local):
    reading = evaluate([started(local(2014, 12, 30, 9))], days_of(3), calendar, provisional=True)
    assert (reading.due, reading.provisional) == (local(2015, 1, 2, 18), True)
    reading = evaluate([started(local(2012, 10, 1, 9))], days_of(3), calendar, provisional=True)
    assert (reading.due, reading.provisional) == (local(2012, 10, 4, 18), True)


def test_a_known_answer_is_not_provisional_whoever_asks(calendar, local):
    reading = evaluate([started(local(2014, 3, 3, 9))], days_of(3), calendar, local(2030, 1, 1), provisional=True)
    assert (reading.due, reading.provisional, reading.overdue) == (local(2014, 3, 6, 18), False, True)


def test_a_clock_paused_over_an_unknown_year_is_known_until_it_is_resumed(calendar, local):
    events = (started(local(2014, 12, 1, 9)), paused(local(2014, 12, 5, 9), "x"))
    assert evaluate(events, days_of(10), calendar, local(2015, 3, 1)).remaining == 7
    with pytest.raises(UnknownYear):
        evaluate((*events, resumed(local(2015, 3, 2, 10))), days_of(10), calendar)
    with pytest.raises(UnknownYear):
        evaluate((events[0], paused(local(2015, 1, 5, 9), "x")), days_of(40), calendar)


@pytest.mark.parametrize(("year", "beyond"), [(1961, 1960), (2064, 2065)])
def test_provisional_answers_reach_fifty_years_whatever_was_asked_before(days, local, year, beyond):
    calendar = WorkingCalendar(days, years=(2011, 2013, 2014), zone=ZONE, version="reach")
    for _ in range(2):
        with pytest.raises(UnknownYear) as refused:
            evaluate([started(local(beyond, 6, 1, 9))], days_of(5), calendar, provisional=True)
        assert refused.value.year == beyond
        assert evaluate([started(local(year, 6, 1, 9))], days_of(5), calendar, provisional=True).due


def test_a_limit_past_the_reach_of_the_calendar_is_refused(days, local):
    calendar = WorkingCalendar(days, years=(2011, 2013, 2014), zone=ZONE, version="reach")
    with pytest.raises(UnknownYear) as refused:
        evaluate([started(local(2064, 6, 1, 9))], days_of(2600), calendar, provisional=True)
    assert refused.value.year == 2067


def test_asking_further_changes_no_answer(days, local):
    calendar = WorkingCalendar(days, years=(2011, 2013, 2014), zone=ZONE, version="wide")
    events = [started(local(2014, 3, 3, 9))]
    before = evaluate(events, days_of(50), calendar).due
    evaluate(events, days_of(2600), calendar, provisional=True)
    evaluate([started(local(1990, 3, 3, 9))], days_of(1), calendar, provisional=True)
    assert evaluate(events, days_of(50), calendar).due == before == local(2014, 5, 14, 18)
