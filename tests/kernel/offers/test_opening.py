"""When a window is open: weekdays, holidays, days worked in exchange, days set for themselves; slots of a day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.ground.worktime.calendar import CalendarDay, WorkingCalendar
from zhihai.kernel.offers.kinds import OfferKind, Session, SpecialDay, Terms, check_sessions
from zhihai.kernel.offers.opening import Opening, opening_of, slots_of

FESTIVAL = Named("清明节", "Tomb-sweeping Day")
CALENDAR = WorkingCalendar(
    [CalendarDay(date(2014, 4, 7), "holiday", FESTIVAL), CalendarDay(date(2014, 5, 4), "make_up_workday", FESTIVAL)],
    years=[2014], zone=ZoneInfo("Asia/Shanghai"), version="opening",
)  # fmt: skip
MORNING, LONG = Session(540, 720, 2), Session(540, 1020, 3)
WEEK = {0: (LONG,), **dict.fromkeys(range(1, 5), (MORNING,))}


def test_a_weekday_has_its_own_hours() -> None:
    assert opening_of(date(2014, 4, 8), WEEK, {}, CALENDAR) == Opening(date(2014, 4, 8), (MORNING,))
    assert opening_of(date(2014, 4, 12), WEEK, {}, CALENDAR).sessions == ()


def test_on_a_public_holiday_it_is_closed_and_says_which() -> None:
    assert opening_of(date(2014, 4, 7), WEEK, {}, CALENDAR) == Opening(date(2014, 4, 7), (), FESTIVAL)


def test_a_weekend_day_worked_in_exchange_goes_by_monday_or_by_hours_of_its_own() -> None:
    assert opening_of(date(2014, 5, 4), WEEK, {}, CALENDAR).sessions == (LONG,)
    assert opening_of(date(2014, 5, 4), {**WEEK, 6: (MORNING,)}, {}, CALENDAR).sessions == (MORNING,)


def test_what_is_set_for_a_day_goes_before_all() -> None:
    why = Named("值班开放", "Open on duty")
    special = {date(2014, 4, 7): SpecialDay(date(2014, 4, 7), (MORNING,), why)}
    assert opening_of(date(2014, 4, 7), WEEK, special, CALENDAR) == Opening(date(2014, 4, 7), (MORNING,), why)


def test_a_year_nobody_published_goes_by_weekdays_and_says_so() -> None:
    assert opening_of(date(2015, 1, 1), WEEK, {}, CALENDAR) == Opening(date(2015, 1, 1), (MORNING,), known=False)


def test_slots_are_instants_of_the_districts_wall() -> None:
    slots = slots_of(Opening(date(2014, 4, 8), (MORNING,)), 60, CALENDAR)
    assert [one.starts_at for one in slots] == [datetime(2014, 4, 8, hour, tzinfo=UTC) for hour in (1, 2, 3)]
    assert {one.places for one in slots} == {2}


@given(st.lists(st.tuples(st.integers(0, 1380), st.integers(5, 60)), min_size=1, max_size=4), st.integers(5, 480))
def test_slots_never_overlap_nor_leave_their_session(given_: list[tuple[int, int]], minutes: int) -> None:
    sessions, end = [], 0
    for begins, length in sorted(given_):
        if begins >= end:
            end = begins + length
            sessions.append(Session(begins, end, 1))
    check_sessions(sessions, "hours")
    slots = slots_of(Opening(date(2014, 4, 8), tuple(sessions)), minutes, CALENDAR)
    assert all(a.ends_at <= b.starts_at for a, b in pairwise(slots))
    assert len(slots) == sum((one.ends - one.begins) // minutes for one in sessions)


@pytest.mark.parametrize(
    ("sessions", "code"),
    [
        ([Session(600, 540, 1)], "offer_session"),
        ([Session(540, 600, 0)], "offer_session"),
        ([Session(540, 1500, 1)], "offer_session"),
        ([Session(540, 600, 1), Session(590, 700, 1)], "offer_overlap"),
        ([Session(n * 60, n * 60 + 30, 1) for n in range(7)], "offer_sessions"),
    ],
)
def test_hours_that_make_no_sense_are_refused(sessions: list[Session], code: str) -> None:
    with pytest.raises(Refused) as refused:
        check_sessions(sessions, "hours")
    assert refused.value.code == code


def test_a_kind_with_terms_out_of_bounds_is_no_kind() -> None:
    with pytest.raises(ValueError, match="slot_minutes"):
        OfferKind(id="desk", terms=Terms(slot_minutes=3))
