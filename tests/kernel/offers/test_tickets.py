"""Tickets: numbered each day, called in order, never by two; the screen, and how long people wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.kernel.acting import AT, EAST
from tests.kernel.offers.opened import HALF, TUESDAY, a_window, booked, clerk, resident, state_of

from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.kernel.offers import acts, reads

MINUTE = timedelta(minutes=1)


def test_a_ticket_is_taken_called_served_and_done(district: str) -> None:
    window, by = a_window(), clerk()
    ticket = acts.take_ticket(by, window, "one", at=TUESDAY)
    assert (ticket.label, ticket.state) == ("A001", "waiting")
    assert acts.take_ticket(by, window, "one", at=TUESDAY).id == ticket.id
    assert acts.take_ticket(by, window, "two", at=TUESDAY).label == "A002"
    called = acts.call_next(by, window, "3", at=TUESDAY + 4 * MINUTE)
    assert called is not None
    assert (called.label, called.counter, called.calls) == ("A001", "3", 1)
    assert [one.label for one in reads.screen(window, reads.district_day(TUESDAY))] == ["A001"]
    with pytest.raises(Conflict) as refused:
        acts.call_next(by, window, " 3 ", at=TUESDAY)
    assert refused.value.code == "counter_busy"
    assert acts.recall(by, ticket.id, at=TUESDAY + 5 * MINUTE).calls == 2
    acts.serve(by, ticket.id, at=TUESDAY + 6 * MINUTE)
    assert acts.finish(by, ticket.id, at=TUESDAY + 9 * MINUTE).state == "served"
    with pytest.raises(Conflict):
        acts.finish(by, ticket.id, at=TUESDAY + 9 * MINUTE)
    assert reads.waits(reads.tickets_on(window, reads.district_day(TUESDAY))) == reads.Waits(1, 4 * MINUTE)
    outlook = reads.outlooks([window], reads.district_day(TUESDAY))[window]
    assert (outlook.waiting, outlook.lately) == (1, reads.Waits(1, 4 * MINUTE))


def test_numbers_begin_anew_each_day(district: str) -> None:
    window, by = a_window(), clerk()
    labels = [acts.take_ticket(by, window, f"k{n}", at=TUESDAY + n * timedelta(days=1)).label for n in range(2)]
    assert labels == ["A001", "A001"]
    assert acts.call_next(by, window, "1", at=TUESDAY + timedelta(days=2)) is None


def test_appointments_go_first_when_their_time_has_come_and_not_before(district: str) -> None:
    window, by, mine = a_window(), clerk(), resident(1)
    claim, later = booked(mine, window), booked(resident(2), window, TUESDAY + HALF)
    early = TUESDAY - 20 * MINUTE
    walk = [acts.take_ticket(by, window, f"w{n}", at=early) for n in range(2)]
    booked_ = acts.check_in(by, window, f" {claim.code.lower()} ", at=early)
    soon = acts.check_in(by, window, later.code, at=early)
    assert (booked_.label, soon.label, state_of(claim.id)) == ("B001", "B002", "arrived")
    assert acts.check_in(by, window, claim.code, at=TUESDAY).id == booked_.id
    assert reads.before(booked_, at=early) == 2
    order = []
    for n, at in enumerate((early, TUESDAY, TUESDAY + MINUTE, TUESDAY + 2 * MINUTE)):
        called = acts.call_next(by, window, str(n), at=at)
        assert called is not None
        order.append(called.id)
    assert order == [walk[0].id, booked_.id, walk[1].id, soon.id]
    acts.serve(by, booked_.id, at=TUESDAY)
    acts.finish(by, booked_.id, at=TUESDAY + HALF)
    assert state_of(claim.id) == "served"


def test_a_code_of_another_day_or_window_or_given_back_checks_nobody_in(district: str) -> None:
    window, other, by, mine = a_window(), a_window(), clerk(), resident()
    claim = booked(mine, window)
    for code, at, where in (("AAAAAAAA", TUESDAY, window), (claim.code, AT, window), (claim.code, TUESDAY, other)):
        with pytest.raises(NotFound):
            acts.check_in(by, where, code, at=at)
    acts.cancel(mine, claim.id, at=AT)
    with pytest.raises(Conflict):
        acts.check_in(by, window, claim.code, at=TUESDAY)


def test_who_did_not_come_when_called_can_be_called_again(district: str) -> None:
    window, by = a_window(), clerk()
    first = acts.take_ticket(by, window, "a", at=TUESDAY)
    acts.take_ticket(by, window, "b", at=TUESDAY)
    acts.call_next(by, window, "1", at=TUESDAY)
    assert acts.pass_over(by, first.id, at=TUESDAY).state == "absent"
    second = acts.call_next(by, window, "1", at=TUESDAY)
    assert second is not None
    with pytest.raises(Conflict):
        acts.recall(by, first.id, at=TUESDAY)
    acts.pass_over(by, second.id, at=TUESDAY)
    with pytest.raises(Conflict):
        acts.recall(by, first.id, at=TUESDAY + timedelta(days=1))
    assert acts.recall(by, first.id, at=TUESDAY).state == "called"


def test_no_ticket_is_called_by_two_and_no_number_is_given_twice(
    district: str, together: Callable[..., list[Any]]
) -> None:
    window, by = a_window(), clerk()
    taken = together(*(lambda n=n: acts.take_ticket(by, window, f"k{n}", at=TUESDAY) for n in range(12)))
    assert sorted(one.number for one in taken) == list(range(1, 13))
    called = together(*(lambda n=n: acts.call_next(by, window, f"c{n}", at=TUESDAY) for n in range(12)))
    assert len({one.id for one in called}) == 12


def test_a_window_elsewhere_or_switched_off_gives_no_ticket(district: str) -> None:
    window = a_window()
    with pytest.raises(NotPermitted):
        acts.take_ticket(clerk(EAST), window, "k", at=TUESDAY)
    with pytest.raises(NotFound):
        acts.take_ticket(clerk(), window + 100, "k", at=TUESDAY)
    with pytest.raises(Refused) as refused:
        acts.call_next(clerk(), window, " ", at=TUESDAY)
    assert refused.value.code == "counter"
