"""Never oversold: many at once, and any order of booking, moving, giving back and setting hours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.kernel.acting import AT, EAST
from tests.kernel.identity.peopled import number, registered, somebody
from tests.kernel.offers.opened import (
    HALF,
    NINE,
    NOON,
    TUESDAY,
    a_window,
    asked,
    booked,
    calendar,
    clerk,
    counted,
    keeper,
    left,
    resident,
)

from zhihai.ground.refusal import Conflict, Refused
from zhihai.kernel import records as store
from zhihai.kernel.offers import acts, reads
from zhihai.kernel.offers.kinds import Session, Terms
from zhihai.kernel.wall import PLATFORM, seeing


def test_a_hundred_take_the_last_ten_places_and_ten_have_one(district: str, together: Callable[..., list[Any]]) -> None:
    window, by, days = a_window(places=10), clerk(), calendar()
    registered(*(somebody(n, f"曾示例{n}", EAST) for n in range(1, 101)))

    def one(n: int) -> Callable[[], object]:
        given = asked(window, key=f"person{n}")
        return lambda: acts.book_for(by, f"曾示例{n}", number(n), given, calendar=days, at=AT)

    results = [done for first in range(1, 101, 25) for done in together(*(one(n) for n in range(first, first + 25)))]
    taken = [done for done in results if isinstance(done, reads.Claim)]
    others = [done for done in results if not isinstance(done, reads.Claim)]
    assert len({done.code for done in taken}) == len(taken) == 10
    assert {(type(done), done.code) for done in others} == {(Conflict, "slot_full")}
    assert left(window) == 0
    assert counted(window)


def test_two_tabs_take_no_more_than_one_person_may_hold(district: str, together: Callable[..., list[Any]]) -> None:
    window, mine, days = a_window(places=9, terms=Terms(held_most=1)), resident(), calendar()
    tabs = [asked(window, TUESDAY + n * HALF) for n in range(5)]
    results = together(*(lambda tab=tab: acts.book(mine, tab, calendar=days, at=AT) for tab in tabs))
    assert sorted(type(done).__name__ for done in results) == ["Claim", *["Refused"] * 4]
    assert counted(window)


def test_two_operators_at_once_book_no_more_for_one_caller_than_they_may_hold(
    district: str, together: Callable[..., list[Any]]
) -> None:
    """Whoever telephones two offices at once, or one office again and again, holds no more than by the web."""
    window, other, days = a_window(places=6), a_window(places=6), calendar()
    registered(somebody(7, "曾示例7", EAST))
    first, second = clerk(), replace(clerk(), account=4322)
    calls = [(by, asked(at, TUESDAY + n * HALF)) for n in range(3) for by, at in ((first, window), (second, other))]
    results = together(
        *(
            lambda by=by, one=one: acts.book_for(by, "曾示例7", number(7), one, calendar=days, at=AT)
            for by, one in calls
        )
    )
    refused = [done for done in results if not isinstance(done, reads.Claim)]
    assert len(results) - len(refused) == Terms().held_most
    assert all(isinstance(done, Refused) and done.code == "claims_held" for done in refused)
    assert counted(window)
    assert counted(other)


def test_two_who_swap_slots_do_not_wait_for_each_other(district: str, together: Callable[..., list[Any]]) -> None:
    window, days = a_window(places=2), calendar()
    here, there = resident(1), resident(2)
    first, second = booked(here, window), booked(there, window, TUESDAY + HALF)
    results = together(
        lambda: acts.move(here, first.id, TUESDAY + HALF, calendar=days, at=AT),
        lambda: acts.move(there, second.id, TUESDAY, calendar=days, at=AT),
    )
    assert all(isinstance(done, reads.Claim) for done in results)
    assert counted(window)


def test_hours_set_while_places_are_taken_sell_none_twice(district: str, together: Callable[..., list[Any]]) -> None:
    window, by, days = a_window(places=6), clerk(), calendar()
    registered(*(somebody(n, f"曾示例{n}", EAST) for n in range(1, 13)))
    asking = {n: asked(window) for n in range(1, 13)}
    takers = [
        lambda n=n, one=one: acts.book_for(by, f"曾示例{n}", number(n), one, calendar=days, at=AT)
        for n, one in asking.items()
    ]
    cut = {day: (Session(NINE, NOON, 3),) for day in range(5)}
    results = together(*takers, lambda: acts.set_hours(keeper(), window, cut, at=AT))
    held = sum(isinstance(done, reads.Claim) for done in results)
    assert 3 <= held <= 6
    assert len(reads.displaced(reads.offer(window), days, at=AT)) == held - 3
    assert counted(window)


MOST = """SELECT max(n) FROM (SELECT (SELECT count(*) FROM offer_claim o WHERE o.state <> 'cancelled'
    AND o.offer_id = c.offer_id AND o.starts_at <= c.starts_at AND o.ends_at > c.starts_at) AS n
    FROM offer_claim c WHERE c.offer_id = %s AND c.state <> 'cancelled') x"""
"""How many at most hold the moment at which some appointment begins."""

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["book", "book", "book", "move", "cancel", "hours"]), st.integers(0, 4), st.integers(0, 5)
    ),
    min_size=5, max_size=25,
)  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_done_in_whatever_order_no_moment_is_sold_too_often(
    district: str, steps: list[tuple[str, int, int]]
) -> None:
    people = _people()
    window = a_window(places=2, terms=Terms(held_most=20))
    days, claims, most = calendar(), [], 2
    for act, who, slot in steps:
        starts = TUESDAY + slot * HALF
        try:
            if act == "book":
                given_ = asked(window, starts)
                claims.append(acts.book_for(clerk(), *people[who], given_, calendar=days, at=AT).id)
            elif act == "hours":
                cut = Session(NINE + 15 * (slot % 2), NOON, 1 + slot % 3)
                acts.set_hours(keeper(), window, dict.fromkeys(range(5), (cut,)), at=AT)
                most = max(most, cut.places)
            elif claims and act == "move":
                acts.move_for(clerk(), claims[who % len(claims)], starts, calendar=days, at=AT)
            elif claims:
                acts.cancel_for(clerk(), claims[who % len(claims)], "属性测试", at=AT)
        except Refused:
            pass
        assert counted(window)
        with seeing(PLATFORM):
            assert (store.value(MOST, (window,)) or 0) <= most


def _people() -> list[tuple[str, str]]:
    with seeing(PLATFORM):
        known = store.value("SELECT count(*) FROM person WHERE name LIKE '曾示例%%'", ())
    if not known:
        registered(*(somebody(n, f"曾示例{n}", EAST) for n in range(1, 6)))
    return [(f"曾示例{n}", number(n)) for n in range(1, 6)]
