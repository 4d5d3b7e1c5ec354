"""What acts of windows are tried on: by whoever holds just the power, and by the resident whose appointment it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from tests.kernel.acting import AT, EAST, WEST, Try, office
from tests.kernel.identity.peopled import number
from tests.kernel.offers.opened import HALF, NINE, NOON, TUESDAY, a_window, asked, booked, calendar, clerk, resident

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.kernel import records as store
from zhihai.kernel.offers import acts
from zhihai.kernel.offers.kinds import OfferInput, Session, SpecialDay, Terms

WHY = Named("设备检修", "Maintenance")


def _set_offer() -> Try:
    given = OfferInput(
        kind="zhihai.window", organisation=office(EAST), name=Named("窗口", "Window"), place=Named("一层", "Ground"),
        terms=Terms(),
    )  # fmt: skip
    return lambda by: acts.set_offer(by, given, at=AT)


def _window(act: Callable[[Actor, int], object]) -> Callable[[], Try]:
    """An act on a window of the eastern street."""

    def made() -> Try:
        window = a_window(organisation=EAST)
        return lambda by: act(by, window)

    return made


def _clear_day() -> Try:
    window = a_window(organisation=EAST)
    acts.set_day(SYSTEM, window, SpecialDay(date(2014, 2, 18), (), WHY), at=AT)
    return lambda by: acts.clear_day(by, window, date(2014, 2, 18), at=AT)


def _booked(act: Callable[[Actor, int], object]) -> Callable[[], Try]:
    """An act on an appointment that a resident has at a window of the eastern street."""

    def made() -> Try:
        mine = resident()
        store.execute("UPDATE account SET username = 'resident' WHERE id = %s", (mine.account,))
        claim = booked(mine, a_window(organisation=EAST)).id
        return lambda by: act(by, claim)

    return made


def _missed() -> Try:
    claim = booked(resident(), a_window(organisation=EAST)).id
    with store.atomic():
        store.value("SELECT zh_read_as('platform')")
        store.execute("UPDATE offer_claim SET state = 'missed', ended_at = %s WHERE id = %s", (TUESDAY, claim))
    return lambda by: acts.excuse(by, claim, "地铁停运", at=AT)


def _book() -> Try:
    mine = resident()
    store.execute("UPDATE account SET username = 'resident' WHERE id = %s", (mine.account,))
    given = asked(a_window())
    return lambda by: acts.book(by, given, calendar=calendar(), at=AT)


def _book_for() -> Try:
    resident(1)
    given = asked(a_window(organisation=EAST))
    return lambda by: acts.book_for(by, "曾示例1", number(1), given, calendar=calendar(), at=AT)


def _check_in() -> Try:
    window = a_window(organisation=EAST)
    claim = booked(resident(), window)
    return lambda by: acts.check_in(by, window, claim.code, at=TUESDAY)


def _call_next() -> Try:
    window = a_window(organisation=EAST)
    acts.take_ticket(SYSTEM, window, "one", at=TUESDAY)
    return lambda by: acts.call_next(by, window, "1", at=TUESDAY)


def _ticket(act: Callable[[Actor, int], object], *turns: Callable[[Actor, int], object]) -> Callable[[], Try]:
    """An act on a ticket of a window of the eastern street that was called, and then ``turns``."""

    def made() -> Try:
        window = a_window(organisation=EAST)
        ticket = acts.take_ticket(clerk(), window, "one", at=TUESDAY)
        acts.call_next(clerk(), window, "1", at=TUESDAY)
        for turn in turns:
            turn(clerk(), ticket.id)
        return lambda by: act(by, ticket.id)

    return made


def _serve(by: Actor, ticket: int) -> object:
    return acts.serve(by, ticket, at=TUESDAY)


HOURS = {0: (Session(NINE, NOON, 1),)}
TRIED: Mapping[str, tuple[Callable[[], Try], str, str]] = {
    act: (made, EAST, WEST)
    for act, made in {
        "offers.set_offer": _set_offer,
        "offers.set_hours": _window(lambda by, one: acts.set_hours(by, one, HOURS, at=AT)),
        "offers.set_day": _window(lambda by, one: acts.set_day(by, one, SpecialDay(date(2014, 2, 18), (), WHY), at=AT)),
        "offers.clear_day": _clear_day,
        "offers.book_for": _book_for,
        "offers.move_for": _booked(lambda by, one: acts.move_for(by, one, TUESDAY + HALF, calendar=calendar(), at=AT)),
        "offers.cancel_for": _booked(lambda by, one: acts.cancel_for(by, one, "电话取消", at=AT)),
        "offers.excuse": _missed,
        "offers.take_ticket": _window(lambda by, one: acts.take_ticket(by, one, "one", at=TUESDAY)),
        "offers.check_in": _check_in,
        "offers.call_next": _call_next,
        "offers.recall": _ticket(lambda by, one: acts.recall(by, one, at=TUESDAY)),
        "offers.serve": _ticket(_serve),
        "offers.finish": _ticket(lambda by, one: acts.finish(by, one, at=TUESDAY), _serve),
        "offers.pass_over": _ticket(lambda by, one: acts.pass_over(by, one, at=TUESDAY)),
    }.items()
}
"""By act: what it is tried on, the organisation over which its power must be held, and an area that does not matter."""

OWN: dict[str, tuple[str, Callable[[], Try]]] = {
    "offers.book": ("resident", _book),
    "offers.move": (
        "resident",
        _booked(lambda by, one: acts.move(by, one, TUESDAY + HALF, calendar=calendar(), at=AT)),
    ),
    "offers.cancel": ("resident", _booked(lambda by, one: acts.cancel(by, one, at=AT))),
}
