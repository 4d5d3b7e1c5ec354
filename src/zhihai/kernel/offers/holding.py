"""What is held (预约记录): one's own appointments, those of a day at a window, and what follows from missing some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from zhihai.ground.actors import Actor
from zhihai.ground.named import Named
from zhihai.ground.powers import RUN_WINDOWS, SET_WINDOWS
from zhihai.ground.refusal import NotFound
from zhihai.ground.worktime.calendar import WorkingCalendar
from zhihai.kernel import records
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.offers.kinds import ClaimState, Terms
from zhihai.kernel.offers.windows import Offer

CLAIM, SERVICE, MOST = "offer_claim", "zhihai.appointments", 50
"""What appointments are called in the journal; what whoever acts for another must be allowed; how many a list has."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A place that somebody holds (预约): instants are district time, UTC.

    ``person`` is whose it is, by number and ``name``; ``own`` says that it is the reader's own, not one for whom they
    act by ``tie``. ``code`` is said or shown at the window. ``org_lo`` is the place of whose the window is.
    ``excused`` is of a missed one that does not count, ``why`` what the window wrote about it.
    """

    id: int
    offer: int
    org_lo: int
    window: Named
    place: Named
    code: str = field(repr=False)
    person: int
    name: str = field(repr=False)
    own: bool
    tie: int | None
    account: int
    way: str
    subject: str
    title: str
    starts_at: datetime
    ends_at: datetime
    state: ClaimState
    excused: bool
    why: str = field(repr=False)
    moved: int
    made_at: datetime
    cancel_minutes: int

    @property
    def changeable_until(self) -> datetime:
        """Until when whose it is may move it or give it back."""
        return self.starts_at - timedelta(minutes=self.cancel_minutes)


_ASK = """SELECT c.id, c.offer_id, g.lo, o.name_zh, o.name_en, o.place_zh, o.place_en, c.code, c.person_id,
    coalesce(c.person_id = (SELECT zh_own_person()), false), c.tie_id, c.account_id, c.way, c.subject, c.title,
    c.starts_at, c.ends_at, c.state, c.excused, c.why, c.moved, c.made_at, o.cancel_minutes, p.name
    FROM offer_claim c JOIN offer o ON o.id = c.offer_id JOIN organisation g ON g.id = o.organisation_id
    LEFT JOIN person p ON p.id = c.person_id WHERE"""


def claims_where(condition: str, params: Sequence[object]) -> tuple[Claim, ...]:
    """Return the claims of a condition, asked where the wall shows them; names are told to whom it shows them."""
    rows = records.rows(f"{_ASK} {condition}", params)
    names = identity.people_named({row[8] for row in rows if row[23] is None})  # those for whom the reader acts
    return tuple(
        Claim(
            row[0], row[1], row[2], Named(*row[3:5]), Named(*row[5:7]), row[7], row[8], row[23] or names[row[8]],
            *row[9:23],
        )
        for row in rows
    )  # fmt: skip


_HELD = """(c.tie_id IS NULL OR c.person_id = (SELECT zh_own_person()) OR EXISTS (
    SELECT FROM tie t WHERE t.id = c.tie_id AND t.valid_from <= %s
    AND coalesce(least(t.valid_to, t.ended_at), 'infinity') > %s))"""
"""One's own, or by a tie in force."""


def my_claims(actor: Actor, *, at: datetime) -> tuple[Claim, ...]:
    """Return the appointments of an account, of its own proved person and by ties in force, the latest begin first."""
    with identity.seeing(identity.of_own(actor)):
        return claims_where(f"{_HELD} ORDER BY c.starts_at DESC, c.id DESC LIMIT %s", (at, at, MOST))


def own_claim(actor: Actor, claim: int, *, at: datetime) -> Claim:
    """Return one's own appointment. Raises ``NotFound`` alike for none, for another's, and by a tie that ended."""
    with identity.seeing(identity.of_own(actor)):
        found = claims_where(f"c.id = %s AND {_HELD}", (claim, at, at))
    if not found:
        raise NotFound("no_claim", "claim")
    return found[0]


THEIRS = "c.person_id = %s AND (c.account_id = %s OR (%s AND (c.proved OR c.way = 'window')))"
"""What counts as somebody's: what this account took, and where it was shown whose it is, what was taken by whoever was.

Somebody who knows a name and a number uses up nobody's appointments by them (docs/decisions/0023).
"""
_MISSED = "SELECT c.starts_at FROM offer_claim c WHERE c.state = 'missed' AND NOT c.excused AND c.starts_at > %s AND"


def _until(terms: Terms, missed: Sequence[records.Row], at: datetime) -> datetime | None:
    if not terms.missed_most or not terms.barred_days or len(missed) < terms.missed_most:
        return None
    until: datetime = max(row[0] for row in missed) + timedelta(days=terms.barred_days)
    return until if until > at else None


def barred_until(terms: Terms, whose: tuple[int, int, bool], at: datetime) -> datetime | None:
    """Return until when somebody books nothing on account of what they missed of late; ``None`` where they may book.

    ``whose`` fills :data:`THEIRS`: person, account, and whether it was shown to be theirs. Asked behind the wall.
    """
    missed = records.rows(f"{_MISSED} {THEIRS}", (at - timedelta(days=terms.missed_days), *whose))
    return _until(terms, missed, at)


@dataclass(frozen=True, slots=True)
class Footing:
    """How somebody stands who wants to book: whether it is known who they are, how many they missed of late and were
    not excused for, and until when they book nothing for it.
    """

    known: bool
    missed: int
    until: datetime | None


def footing(actor: Actor, terms: Terms, *, at: datetime) -> Footing:
    """Return how the person of an account stands at a window of these terms."""
    with identity.seeing(identity.of_own(actor)):
        rows = records.rows(
            f"SELECT zh_own_person(), ARRAY({_MISSED} c.person_id = (SELECT zh_own_person()))",
            (at - timedelta(days=terms.missed_days),),
        )
    person, missed = rows[0]
    return Footing(person is not None, len(missed), _until(terms, [(one,) for one in missed], at))


def claims_between(actor: Actor, offer: Offer, begins: datetime, ends: datetime) -> tuple[Claim, ...]:
    """Return what is held at a window from – to, by begin; what was given back is left out.

    Raises ``NotPermitted`` without the power ``window.run`` over whose it is.
    """
    actor.need(RUN_WINDOWS, offer.org_lo, None)
    with identity.seeing(identity.PLATFORM):
        return _between(offer, begins, ends)


def _between(offer: Offer, begins: datetime, ends: datetime) -> tuple[Claim, ...]:
    return claims_where(
        """c.offer_id = %s AND c.starts_at >= %s AND c.starts_at < %s AND c.state <> 'cancelled'
           ORDER BY c.starts_at, c.id""",
        (offer.id, begins, ends),
    )


def displaced(offer: Offer, calendar: WorkingCalendar, *, at: datetime) -> tuple[int, ...]:
    """Return the appointments to come that no longer fit when a window is open: those booked last in a slot go first.

    Hours that were cut, a day that was closed, a holiday that was published since: what was promised stands until the
    window moves it or calls it off.
    """
    with identity.seeing(identity.PLATFORM):
        return _displaced(offer, calendar, at)


def _displaced(offer: Offer, calendar: WorkingCalendar, at: datetime) -> tuple[int, ...]:
    rows = records.rows(
        """SELECT id, starts_at, ends_at FROM offer_claim WHERE offer_id = %s AND state = 'held' AND starts_at > %s
           ORDER BY starts_at, id""",
        (offer.id, at),
    )
    places = {
        (slot.starts_at, slot.ends_at): slot.places
        for day in {row[1].astimezone(calendar.zone).date() for row in rows}
        for slot in offer.slots(day, calendar)
    }
    found = []
    for id_, starts_at, ends_at in rows:
        left = places.get((starts_at, ends_at), 0)
        if left:
            places[starts_at, ends_at] = left - 1
        else:
            found.append(id_)
    return tuple(found)


def displaced_claims(actor: Actor, offer: Offer, calendar: WorkingCalendar, *, at: datetime) -> tuple[Claim, ...]:
    """Return :func:`displaced` with whose they are, for whoever runs or keeps the window.

    Raises ``NotPermitted`` without ``window.run`` and ``window.set`` over whose it is.
    """
    if not actor.may_over(RUN_WINDOWS, offer.org_lo, None):
        actor.need(SET_WINDOWS, offer.org_lo, None)
    with identity.seeing(identity.PLATFORM):
        return _displaced_claims(offer, calendar, at)


def _displaced_claims(offer: Offer, calendar: WorkingCalendar, at: datetime) -> tuple[Claim, ...]:
    ids = _displaced(offer, calendar, at)
    return claims_where("c.id = ANY(%s) ORDER BY c.starts_at, c.id", (list(ids),)) if ids else ()


def day_at(
    actor: Actor, offer: Offer, day: tuple[datetime, datetime], calendar: WorkingCalendar, *, at: datetime
) -> tuple[tuple[Claim, ...], tuple[Claim, ...]]:
    """Return :func:`claims_between` the ends of a day, and :func:`displaced_claims`, behind the wall once."""
    actor.need(RUN_WINDOWS, offer.org_lo, None)
    with identity.seeing(identity.PLATFORM):
        return _between(offer, *day), _displaced_claims(offer, calendar, at)


def claim_at(actor: Actor, offer: Offer, claim: int) -> Claim:
    """Return an appointment at a window for whoever works there.

    Raises ``NotPermitted`` without the power ``window.run`` over whose it is, ``NotFound`` for one of another window.
    """
    actor.need(RUN_WINDOWS, offer.org_lo, None)
    with identity.seeing(identity.PLATFORM):
        found = claims_where("c.id = %s AND c.offer_id = %s", (claim, offer.id))
    if not found:
        raise NotFound("no_claim", "claim")
    return found[0]
