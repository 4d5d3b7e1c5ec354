from __future__ import annotations

from datetime import UTC, datetime, timedelta

from zhihai.ground.worktime.clock import evaluate
from zhihai.ground.worktime.events import extended, paused, resumed, started, stopped
from zhihai.ground.worktime.limits import Limit
from zhihai.ground.worktime.special import interrupted

T = [datetime(2014, 3, 3, 1, tzinfo=UTC) + timedelta(days=number) for number in range(12)]


def test_a_special_procedure_stops_the_other_clock_while_it_lasts():
    special = (started(T[2], "test"), paused(T[3], "sample"), resumed(T[4]), stopped(T[5], "report"))
    assert interrupted([started(T[0]), stopped(T[9])], [special]) == (
        started(T[0]),
        paused(T[2], "test"),
        resumed(T[5], "report"),
        stopped(T[9]),
    )


def test_a_special_procedure_that_goes_on_leaves_the_clock_paused(calendar):
    events = interrupted([started(T[0])], [[started(T[2], "test")]])
    assert evaluate(events, Limit(10, "working_day"), calendar).state == "paused"


def test_overlapping_times_are_told_under_the_cause_that_began_first():
    own = [started(T[0]), paused(T[1], "a"), resumed(T[4]), extended(T[4], Limit(1, "working_day"), "more")]
    specials = [[started(T[3], "b"), stopped(T[6])], [started(T[2], "inside"), stopped(T[3])]]
    assert interrupted(own, specials) == (
        started(T[0]),
        paused(T[1], "a"),
        resumed(T[4]),
        own[3],
        paused(T[4], "b"),
        resumed(T[6]),
    )


def test_what_lies_outside_the_clock_has_no_effect():
    events = [started(T[2]), stopped(T[5])]
    outside = [[started(T[0]), stopped(T[1])], [started(T[1]), stopped(T[2])], [started(T[5])], [started(T[7])], []]
    assert interrupted(events, outside) == tuple(events)
    assert interrupted(events, [[started(T[0], "a"), stopped(T[3], "b")], [started(T[4], "c"), stopped(T[8])]]) == (
        started(T[2]),
        paused(T[2], "a"),
        resumed(T[3], "b"),
        paused(T[4], "c"),
        stopped(T[5]),
    )


def test_a_clock_stopped_while_paused_stays_so():
    events = (started(T[0]), paused(T[1], "a"), stopped(T[5]))
    assert interrupted(events, [[started(T[2]), stopped(T[3])]]) == events


def test_no_clock_and_no_procedure_are_left_as_they_are():
    assert interrupted([], [[started(T[0])]]) == ()
    assert interrupted([started(T[0])], []) == (started(T[0]),)
