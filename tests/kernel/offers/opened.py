"""What the tests of windows share: a window of the invented district, residents, and places asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from tests.kernel.acting import AT, DISTRICT, EAST, holder, office
from tests.kernel.identity.peopled import registered, resident_of, somebody

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.powers import RUN_WINDOWS, SET_WINDOWS, TAKE_TICKETS
from zhihai.ground.worktime.calendar import WorkingCalendar
from zhihai.kernel import records as store
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.offers import acts, reads
from zhihai.kernel.offers.kinds import OfferInput, Session, Terms
from zhihai.kernel.wall import PLATFORM, seeing

NINE, NOON = 9 * 60, 12 * 60
TUESDAY = datetime(2014, 2, 18, 1, tzinfo=UTC)
"""Nine o'clock in the district, a day after the instant at which the tests book."""
HALF = timedelta(minutes=30)
KEYS = count()


def a_window(*, places: int = 2, terms: Terms | None = None, organisation: str = DISTRICT) -> int:
    """A window that is open from nine to noon on weekdays; its number."""
    made = set_terms(terms or Terms(), organisation=organisation)
    acts.set_hours(SYSTEM, made, {day: (Session(NINE, NOON, places),) for day in range(5)}, at=AT)
    return made


def set_terms(
    terms: Terms, window: int | None = None, *, organisation: str = DISTRICT, is_open: bool = True
) -> int:  # fmt: skip
    """Make a window with these terms, or give them to one there is; its number."""
    given = OfferInput(
        kind="zhihai.window", organisation=office(organisation), name=Named("综合窗口", "General window"),
        place=Named("湖畔路 1 号一层", "1 Lakeside Road, ground floor"), terms=terms, open=is_open,
    )  # fmt: skip
    return acts.set_offer(SYSTEM, given, window, at=AT)


def calendar() -> WorkingCalendar:
    return cases.calendar()


def clerk(place: str = DISTRICT) -> Actor:
    return holder(frozenset({RUN_WINDOWS, TAKE_TICKETS}), place, DISTRICT, "zhihai.window_clerk")


def keeper(place: str = DISTRICT) -> Actor:
    return holder(frozenset({SET_WINDOWS}), place, DISTRICT, "zhihai.service_keeper")


def resident(n: int = 1) -> Actor:
    """A resident who was shown at a window."""
    (person,) = registered(somebody(n, f"曾示例{n}", EAST))
    return resident_of(person, f"曾示例{n}", n)


def asked(window: int, starts_at: datetime = TUESDAY, key: str = "") -> acts.Asked:
    return acts.Asked(offer=window, starts_at=starts_at, key=key or f"k{next(KEYS)}")


def booked(actor: Actor, window: int, starts_at: datetime = TUESDAY, *, at: datetime = AT) -> reads.Claim:
    return acts.book(actor, asked(window, starts_at), calendar=calendar(), at=at)


def left(window: int, starts_at: datetime = TUESDAY, *, at: datetime = AT) -> int:
    """How many places of a slot are left, as whoever books sees it."""
    days = reads.free_days([reads.offer(window)], calendar(), at=at)[window]
    return next(one.left for day in days for one in day.slots if one.slot.starts_at == starts_at)


def state_of(claim: int) -> str:
    with seeing(PLATFORM):
        return str(store.value("SELECT state FROM offer_claim WHERE id = %s", (claim,)))


def counted(window: int) -> bool:
    """Say whether what stands as taken of each slot is what is held of it."""
    with seeing(PLATFORM):
        held = store.rows(
            """SELECT starts_at, count(*) FROM offer_claim WHERE offer_id = %s AND state <> 'cancelled'
               GROUP BY 1 ORDER BY 1""",
            (window,),
        )
    return held == store.rows(
        "SELECT starts_at, taken FROM offer_slot WHERE offer_id = %s AND taken > 0 ORDER BY 1", (window,)
    )
