from __future__ import annotations

import pytest

from zhihai.ground.worktime.clock import evaluate
from zhihai.ground.worktime.events import paused, resumed, started, stopped
from zhihai.ground.worktime.limits import Limit, WarnAt
from zhihai.ground.worktime.strip import strip

TEN = Limit(10, "working_day")
NINETY = WarnAt(percent=90)


def test_the_case_of_the_design_is_drawn(calendar, local):
    """Twelve working days from 4 to 19 March, the fourth and fifth paused; nine have passed on the 17th at 09:00."""
    events = (started(local(2014, 3, 3, 15, 20)), paused(local(2014, 3, 7, 14), "x"), resumed(local(2014, 3, 10, 10)))
    drawn = strip(evaluate(events, TEN, calendar, local(2014, 3, 17, 9)))
    assert drawn.elapsed == pytest.approx(9 / 12)
    assert drawn.pauses == (pytest.approx((3 / 12, 2 / 12)),)
    assert drawn.urgency == "calm"


def test_a_day_is_elapsed_by_its_working_time(calendar, local):
    reading = evaluate([started(local(2014, 3, 3, 9))], TEN, calendar, local(2014, 3, 4, 14))
    assert strip(reading).elapsed == pytest.approx(0.05)
    assert strip(evaluate([started(local(2014, 3, 3, 9))], TEN, calendar, local(2014, 3, 3, 17))).elapsed == 0


def test_a_pause_that_goes_on_makes_the_strip_longer(calendar, local):
    events = (started(local(2014, 3, 3, 9)), paused(local(2014, 3, 7, 10), "x"))
    for day, lost in ((7, 1), (10, 2), (14, 6)):
        drawn = strip(evaluate(events, TEN, calendar, local(2014, 3, day, 16)))
        assert drawn.pauses == (pytest.approx((3 / (10 + lost), lost / (10 + lost))),)
        assert drawn.elapsed == pytest.approx((3 + lost) / (10 + lost))
        assert drawn.urgency == "paused"


def test_a_pause_that_just_began_takes_no_room_yet(calendar, local):
    events = (started(local(2014, 3, 3, 9)), paused(local(2014, 3, 7, 14), "x"))
    drawn = strip(evaluate(events, TEN, calendar))
    assert (drawn.elapsed, drawn.pauses) == (pytest.approx(0.35), ())


def test_hours_are_drawn_to_the_minute(calendar, local):
    events = (started(local(2014, 3, 3, 9)), paused(local(2014, 3, 3, 10), "x"), resumed(local(2014, 3, 3, 11)))
    drawn = strip(evaluate(events, Limit(3, "working_hour"), calendar, local(2014, 3, 3, 11, 30)))
    assert drawn.elapsed == pytest.approx(2.5 / 4)
    assert drawn.pauses == (pytest.approx((0.25, 0.25)),)


@pytest.mark.parametrize(
    ("at", "urgency"),
    [((14, 17), "calm"), ((14, 18), "near"), ((17, 17), "near"), ((17, 18), "near"), ((17, 19), "late")],
)
def test_urgency_follows_the_warning_and_the_due_instant(calendar, local, at, urgency):
    reading = evaluate([started(local(2014, 3, 3, 9))], TEN, calendar, local(2014, 3, *at), warning=NINETY)
    assert strip(reading).urgency == urgency


def test_a_late_clock_runs_off_the_strip(calendar, local):
    reading = evaluate([started(local(2014, 3, 3, 9))], TEN, calendar, local(2014, 3, 21, 18))
    assert strip(reading).elapsed == pytest.approx(1.4)


def test_a_late_clock_is_late_even_while_paused(calendar, local):
    events = (started(local(2014, 3, 3, 9)), paused(local(2014, 3, 20, 10), "x"))
    drawn = strip(evaluate(events, TEN, calendar, local(2014, 3, 24, 18)))
    assert drawn.urgency == "late"
    assert drawn.pauses == (pytest.approx((1.2, 0.3)),)


def test_a_stopped_clock_is_done(calendar, local):
    events = (started(local(2014, 3, 3, 9)), stopped(local(2014, 3, 24, 18)))
    drawn = strip(evaluate(events, TEN, calendar, local(2014, 5, 1)))
    assert (drawn.urgency, drawn.elapsed) == ("done", pytest.approx(1.5))
