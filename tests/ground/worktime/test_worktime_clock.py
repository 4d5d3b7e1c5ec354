from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.ground.worktime.calendar import CalendarDay, WorkingCalendar
from zhihai.ground.worktime.clock import evaluate
from zhihai.ground.worktime.events import ClockEvent, extended, paused, resumed, started, stopped
from zhihai.ground.worktime.limits import Limit, WarnAt

ZONE = ZoneInfo("Asia/Shanghai")


def days(amount: int) -> Limit:
    return Limit(amount, "working_day")


def hours(amount: int) -> Limit:
    return Limit(amount, "working_hour")


# Working days


def test_the_case_of_the_design(calendar, local):
    """Accepted Monday 3 March 15:20, 10 working days, tested from 7 to 10 March: due Wednesday 19 March 18:00."""
    events = (
        started(local(2014, 3, 3, 15, 20)),
        paused(local(2014, 3, 7, 14, 31), "test"),
        resumed(local(2014, 3, 10, 10, 5)),
    )
    reading = evaluate(events, days(10), calendar, local(2014, 3, 17, 9), warning=WarnAt(percent=90))
    assert reading.due == local(2014, 3, 19, 18)
    assert reading.due.tzinfo is UTC
    assert reading.warn_at == local(2014, 3, 18, 18)
    assert (reading.state, reading.overdue, reading.provisional) == ("running", False, False)
    assert (reading.elapsed, reading.remaining, reading.total) == (7, 3, 10)
    assert reading.calendar_version == "small"


def test_a_licence_is_decided_in_twenty_working_days(calendar, local):
    """行政许可法 art. 42. From 3 January 2014 there are 19 weekdays to the 29th, and Sunday the 26th is worked."""
    accepted = started(local(2014, 1, 2, 9))
    assert evaluate([accepted], days(20), calendar).due == local(2014, 1, 29, 18)


def test_the_head_of_the_organ_may_add_ten(calendar, local):
    """art. 42: the 30th of January is the 21st day, the festival runs to 6 February, Saturday the 8th is worked."""
    events = (started(local(2014, 1, 2, 9)), extended(local(2014, 1, 28, 9), days(10), "approved"))
    reading = evaluate(events, days(20), calendar)
    assert reading.due == local(2014, 2, 18, 18)
    assert reading.total == 30


def test_joint_handling_has_forty_five_days_and_fifteen_more(calendar, local):
    """art. 42 paragraph 2, over the National Day of 2014 with two days worked in exchange."""
    events = [started(local(2014, 8, 29, 17))]
    assert evaluate(events, days(45), calendar).due == local(2014, 11, 6, 18)
    events.append(extended(local(2014, 11, 6, 18), days(15), "approved by the government's head"))
    assert evaluate(events, days(45), calendar).due == local(2014, 11, 27, 18)


def test_an_expert_review_is_not_counted(calendar, local):
    """art. 45: a review of eleven working days moves the due day by eleven working days."""
    review = (paused(local(2014, 3, 10, 9), "expert review"), resumed(local(2014, 3, 24, 18)))
    assert evaluate([started(local(2014, 3, 3, 9))], days(20), calendar).due == local(2014, 3, 31, 18)
    assert evaluate([started(local(2014, 3, 3, 9)), *review], days(20), calendar).due == local(2014, 4, 16, 18)


@pytest.mark.parametrize(
    ("amount", "due"), [(1, (2011, 9, 30)), (2, (2011, 10, 8)), (3, (2011, 10, 9)), (4, (2011, 10, 10))]
)
def test_days_worked_in_exchange_count(calendar, local, amount, due):
    assert evaluate([started(local(2011, 9, 29, 10))], days(amount), calendar).due == local(*due, 18)


@pytest.mark.parametrize("at", [(2014, 3, 3, 0, 0), (2014, 3, 3, 8, 0), (2014, 3, 3, 23, 59)])
def test_the_day_of_the_start_is_not_counted(calendar, local, at):
    assert evaluate([started(local(*at))], days(1), calendar).due == local(2014, 3, 4, 18)


def test_a_start_on_a_day_off_counts_from_the_next_working_day(calendar, local):
    assert evaluate([started(local(2014, 2, 1, 12))], days(1), calendar).due == local(2014, 2, 7, 18)


@pytest.mark.parametrize(
    ("since", "until", "lost"),
    [
        ((2014, 3, 5, 9, 0), (2014, 3, 5, 9, 1), 1),  # a minute of work takes the day
        ((2014, 3, 5, 17, 59), (2014, 3, 6, 9, 1), 2),
        ((2014, 3, 5, 18, 0), (2014, 3, 6, 9, 0), 0),  # the night
        ((2014, 3, 5, 12, 0), (2014, 3, 5, 13, 0), 0),  # the noon break
        ((2014, 3, 7, 18, 0), (2014, 3, 10, 9, 0), 0),  # the weekend
        ((2014, 3, 3, 10, 0), (2014, 3, 3, 17, 0), 0),  # the day of the start
        ((2014, 3, 3, 10, 0), (2014, 3, 4, 9, 1), 1),
        ((2014, 3, 14, 17, 59), (2014, 3, 14, 18, 0), 1),  # the last minute of the last day
        ((2014, 3, 14, 18, 0), (2014, 3, 20, 18, 0), 0),  # the limit has run out
        ((2014, 3, 5, 11, 0), (2014, 3, 5, 11, 0), 0),  # no time at all
    ],
)
def test_a_pause_takes_the_working_days_it_shares_working_time_with(calendar, local, since, until, lost):
    events = (started(local(2014, 3, 3, 9)), paused(local(*since), "x"), resumed(local(*until)))
    due = [local(2014, 3, 14, 18), local(2014, 3, 17, 18), local(2014, 3, 18, 18)][lost]
    assert evaluate(events, days(9), calendar).due == due


def test_two_pauses_in_one_day_take_it_once(calendar, local):
    events = [started(local(2014, 3, 3, 9))]
    for hour in (9, 14):
        events += [paused(local(2014, 3, 5, hour), "x"), resumed(local(2014, 3, 5, hour + 1))]
    assert evaluate(events, days(9), calendar).due == local(2014, 3, 17, 18)


def test_a_half_day_closes_at_noon_and_counts_whole(local):
    calendar = WorkingCalendar([], years=[2014], zone=ZONE, version="1", sessions_on={date(2014, 3, 4): ((540, 720),)})
    reading = evaluate([started(local(2014, 3, 3, 9))], days(1), calendar, warning=WarnAt(percent=50))
    assert reading.due == local(2014, 3, 4, 12)
    assert reading.warn_at == local(2014, 3, 4, 10, 30)


# Hours


@pytest.mark.parametrize(
    ("start", "amount", "due"),
    [
        ((2014, 3, 3, 9, 0), 3, (2014, 3, 3, 12, 0)),
        ((2014, 3, 3, 9, 0), 4, (2014, 3, 3, 14, 0)),
        ((2014, 3, 3, 16, 0), 5, (2014, 3, 4, 12, 0)),
        ((2014, 3, 3, 12, 30), 1, (2014, 3, 3, 14, 0)),
        ((2014, 3, 3, 19, 0), 1, (2014, 3, 4, 10, 0)),
        ((2014, 1, 30, 17, 30), 1, (2014, 2, 7, 9, 30)),
        ((2014, 3, 3, 9, 17, 30), 8, (2014, 3, 4, 9, 17, 30)),
    ],
)
def test_working_hours_run_inside_the_sessions(calendar, local, start, amount, due):
    assert evaluate([started(local(*start))], hours(amount), calendar).due == local(*due)


def test_a_pause_of_working_hours_takes_what_would_have_been_worked(calendar, local):
    events = (started(local(2014, 3, 3, 9)), paused(local(2014, 3, 3, 11), "x"), resumed(local(2014, 3, 4, 10)))
    assert evaluate(events, hours(4), calendar).due == local(2014, 3, 4, 12)


def test_calendar_hours_run_day_and_night(calendar, local):
    start = local(2014, 1, 30, 17, 30)
    events = (started(start), paused(start + timedelta(hours=1), "x"), resumed(start + timedelta(hours=5)))
    assert evaluate(events[:1], Limit(48, "calendar_hour"), calendar).due == start + timedelta(hours=48)
    assert evaluate(events, Limit(48, "calendar_hour"), calendar).due == start + timedelta(hours=52)


def test_calendar_hours_need_no_calendar(calendar):
    start = datetime(2099, 1, 1, tzinfo=UTC)
    reading = evaluate([started(start)], Limit(2, "calendar_hour"), calendar)
    assert (reading.due, reading.provisional) == (start + timedelta(hours=2), False)


def test_hours_are_real_where_summer_time_changes():
    """New York, 9 March 2014: 02:00 becomes 03:00. A night shift from 00:00 to 06:00 is worked for five hours."""
    zone = ZoneInfo("America/New_York")
    night = WorkingCalendar([], years=[2014], zone=zone, version="1", sessions=((0, 360),), sessions_on={})
    friday = started(datetime(2014, 3, 7, 1, tzinfo=zone))
    assert evaluate([friday], hours(5), night).due == datetime(2014, 3, 7, 6, tzinfo=zone)
    saturday = started(datetime(2014, 3, 8, 23, tzinfo=zone))
    assert evaluate([saturday], Limit(4, "calendar_hour"), night).due == datetime(2014, 3, 9, 4, tzinfo=zone)
    assert evaluate([saturday], days(1), night).due == datetime(2014, 3, 10, 6, tzinfo=zone)


def test_a_session_inside_the_hour_that_summer_time_skips_never_runs_backwards():
    zone = ZoneInfo("America/New_York")
    sunday = CalendarDay(date(2014, 3, 9), "make_up_workday", Named("x", "x"))
    shift = WorkingCalendar([sunday], years=[2014], zone=zone, version="1", sessions=((150, 195), (200, 260)))
    events = [started(datetime(2014, 3, 8, 12, tzinfo=zone))]
    assert evaluate(events, days(1), shift).due == datetime(2014, 3, 9, 4, 20, tzinfo=zone)
    dues = [evaluate(events, hours(amount), shift).due for amount in range(1, 6)]
    assert dues == sorted(dues)
    assert dues[0] > datetime(2014, 3, 9, 4, 20, tzinfo=zone)


# Warning


@pytest.mark.parametrize(
    ("limit", "warning", "at"),
    [
        (days(10), WarnAt(percent=90), (2014, 3, 14, 18, 0)),
        (days(5), WarnAt(percent=90), (2014, 3, 10, 14, 0)),  # half of the fifth day's eight hours
        (days(1), WarnAt(percent=90), (2014, 3, 4, 17, 12)),
        (days(10), WarnAt(before=1), (2014, 3, 14, 18, 0)),
        (days(2), WarnAt(before=2), (2014, 3, 3, 15, 20)),
        (days(2), WarnAt(before=5), (2014, 3, 3, 15, 20)),
        (hours(4), WarnAt(percent=50), (2014, 3, 3, 17, 20)),
        (hours(4), WarnAt(before=1), (2014, 3, 4, 9, 20)),
        (Limit(10, "calendar_hour"), WarnAt(percent=90), (2014, 3, 4, 0, 20)),
    ],
)
def test_a_warning_comes_at_a_share_of_the_limit_or_before_its_end(calendar, local, limit, warning, at):
    assert evaluate([started(local(2014, 3, 3, 15, 20))], limit, calendar, warning=warning).warn_at == local(*at)


def test_a_pause_before_the_warning_moves_it_and_one_after_does_not(calendar, local):
    begin, limit, half = started(local(2014, 3, 3, 9)), days(4), WarnAt(percent=50)
    early = (begin, paused(local(2014, 3, 5, 10), "x"))
    late = (begin, paused(local(2014, 3, 6, 10), "x"))
    assert evaluate(early, limit, calendar, warning=half).warn_at is None
    assert evaluate(late, limit, calendar, warning=half).warn_at == local(2014, 3, 5, 18)
    resume = resumed(local(2014, 3, 7, 10))
    assert evaluate((*early, resume), limit, calendar, warning=half).warn_at == local(2014, 3, 10, 18)
    assert evaluate((*late, resume), limit, calendar, warning=half).warn_at == local(2014, 3, 5, 18)


@pytest.mark.parametrize("given", [{}, {"percent": 90, "before": 1}, {"percent": 0}, {"percent": 100}, {"before": 0}])
def test_a_warning_rule_says_one_thing(given):
    with pytest.raises(Refused) as refused:
        WarnAt(**given)
    assert refused.value.code == "warning_rule"


# What a clock says


def test_a_paused_clock_has_no_due_instant_but_time_left(calendar, local):
    events = (started(local(2014, 3, 3, 9)), paused(local(2014, 3, 7, 14), "x"))
    reading = evaluate(events, days(10), calendar, local(2014, 4, 30, 9))
    assert (reading.state, reading.due, reading.overdue) == ("paused", None, False)
    assert (reading.elapsed, reading.remaining) == (3, 7)


def test_a_pause_after_the_limit_ran_out_cures_nothing(calendar, local):
    events = (started(local(2014, 3, 3, 9)), paused(local(2014, 3, 5, 18, 0, 1), "x"))
    reading = evaluate(events, days(2), calendar, local(2014, 3, 10, 9))
    assert (reading.state, reading.due, reading.overdue) == ("paused", local(2014, 3, 5, 18), True)


@pytest.mark.parametrize(("second", "total"), [(0, 4), (1, 2)])
def test_an_extension_must_come_before_the_limit_runs_out(calendar, local, second, total):
    events = (started(local(2014, 3, 3, 9)), extended(local(2014, 3, 5, 18, 0, second), days(2), "x"))
    reading = evaluate(events, days(2), calendar)
    assert reading.total == total
    assert reading.due == local(2014, 3, 3 + total, 18)


def test_an_extension_may_come_during_a_pause(calendar, local):
    events = (
        started(local(2014, 3, 3, 9)),
        paused(local(2014, 3, 5, 10), "x"),
        extended(local(2014, 3, 11, 10), days(1), "x"),
        resumed(local(2014, 3, 11, 11)),
    )
    assert evaluate(events[:3], days(2), calendar).remaining == 2
    assert evaluate(events, days(2), calendar).due == local(2014, 3, 13, 18)


@pytest.mark.parametrize(("at", "overdue"), [((2014, 3, 5, 18, 0, 0), False), ((2014, 3, 5, 18, 0, 1), True)])
def test_the_due_instant_itself_is_in_time(calendar, local, at, overdue):
    running = [started(local(2014, 3, 3, 9))]
    assert evaluate(running, days(2), calendar, local(*at)).overdue is overdue
    assert evaluate([*running, stopped(local(*at))], days(2), calendar, local(2014, 5, 1)).overdue is overdue


def test_a_stopped_clock_counts_no_further(calendar, local):
    events = (started(local(2014, 3, 3, 9)), stopped(local(2014, 3, 5, 10)))
    reading = evaluate(events, days(5), calendar, local(2014, 6, 1))
    assert (reading.state, reading.elapsed, reading.remaining, reading.overdue) == ("stopped", 1, 4, False)


def test_a_clock_stopped_while_paused_was_in_time(calendar, local):
    events = (started(local(2014, 3, 3, 9)), paused(local(2014, 3, 5, 10), "x"), stopped(local(2014, 6, 5, 10)))
    reading = evaluate(events, days(5), calendar, local(2014, 6, 6))
    assert (reading.state, reading.due, reading.elapsed, reading.overdue) == ("stopped", None, 1, False)


def test_an_overdue_clock_counts_on(calendar, local):
    reading = evaluate([started(local(2014, 3, 3, 9))], days(2), calendar, local(2014, 3, 10, 9))
    assert (reading.elapsed, reading.remaining) == (4, -2)


def test_hours_are_told_in_minutes(calendar, local):
    reading = evaluate([started(local(2014, 3, 3, 9))], hours(10), calendar, local(2014, 3, 3, 14, 30, 59))
    assert (reading.total, reading.elapsed, reading.remaining) == (600, 270, 330)


def test_an_instant_before_the_last_event_is_read_as_that_event(calendar, local):
    events = (started(local(2014, 3, 3, 9)), extended(local(2014, 3, 7, 14), days(1), "x"))
    for at in (None, local(2014, 3, 4, 14), local(2014, 3, 7, 14)):
        assert evaluate(events, days(10), calendar, at).elapsed == 3


# What can not be


AT = datetime(2014, 3, 3, 1, tzinfo=UTC)
LATER = AT + timedelta(days=1)


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([], "clock_not_started"),
        ([paused(AT, "x")], "clock_not_started"),
        ([started(AT), started(LATER)], "clock_started_twice"),
        ([started(AT), resumed(LATER)], "clock_not_paused"),
        ([started(AT), paused(AT, "x"), paused(LATER, "x")], "clock_paused_twice"),
        ([started(AT), paused(AT, "x"), resumed(AT), resumed(LATER)], "clock_not_paused"),
        ([started(AT), stopped(AT), resumed(LATER)], "clock_stopped"),
        ([started(AT), stopped(AT), stopped(LATER)], "clock_stopped"),
        ([started(AT), stopped(AT), extended(LATER, days(1), "x")], "clock_stopped"),
        ([started(AT), paused(LATER, "x"), resumed(AT)], "clock_backwards"),
        ([started(AT), extended(LATER, hours(1), "x")], "extension_unit"),
    ],
)
def test_events_that_can_not_follow_one_another_are_refused(calendar, events, code):
    with pytest.raises(Refused) as refused:
        evaluate(events, days(5), calendar)
    assert refused.value.code == code


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(Refused) as refused:
        started(datetime(2014, 3, 3))  # noqa: DTZ001 - the point of the test
    assert refused.value.code == "clock_without_zone"


@pytest.mark.parametrize("given", [("extended", None), ("paused", days(1))])
def test_an_extension_and_nothing_else_has_a_limit(given):
    with pytest.raises(Refused) as refused:
        ClockEvent(given[0], AT, "x", given[1])
    assert refused.value.code == "extension_limit"


@pytest.mark.parametrize(
    ("amount", "unit"), [(0, "working_day"), (-1, "working_hour"), (2601, "working_day"), (10**9, "calendar_hour")]
)
def test_a_limit_is_a_sensible_amount(amount, unit):
    with pytest.raises(Refused) as refused:
        Limit(amount, unit)
    assert (refused.value.code, refused.value.field) == ("limit_amount", "amount")


def test_events_and_limits_are_stored_as_json_and_come_back(calendar, local):
    events = (
        started(local(2014, 3, 3, 9), "受理"),
        paused(local(2014, 3, 5, 10), "x"),
        resumed(local(2014, 3, 6, 10)),
        extended(local(2014, 3, 7, 10, 0, 0, 123456), days(1), "y"),
        stopped(local(2014, 3, 8, 10)),
    )
    stored = msgspec.json.encode((events, days(3), WarnAt(percent=90)))
    back = msgspec.json.decode(stored, type=tuple[tuple[ClockEvent, ...], Limit, WarnAt])
    assert back == (events, days(3), WarnAt(percent=90))
    assert evaluate(back[0], back[1], calendar).due == evaluate(events, days(3), calendar).due
