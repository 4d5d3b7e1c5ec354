"""Taking a place, moving to another and giving it back (预约、改约、取消): never more than there is."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from zhihai.ground.actors import Actor
from zhihai.ground.powers import RUN_WINDOWS
from zhihai.ground.refusal import Conflict, NotFound, Refused
from zhihai.ground.worktime.calendar import WorkingCalendar
from zhihai.kernel import records
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.offers.events import AppointmentChanged
from zhihai.kernel.offers.holding import CLAIM, SERVICE, THEIRS, Claim, barred_until, claims_where
from zhihai.kernel.offers.opening import Slot
from zhihai.kernel.offers.windows import Offer, held_offer, offer

Told = Mapping[str, object]
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE, LONGEST_KEY, LONGEST_TITLE, LONGEST_WHY = 8, 64, 200, 500
TAKE = """INSERT INTO offer_slot AS s VALUES (%(offer)s, %(starts)s, %(ends)s, %(places)s, 1)
    ON CONFLICT (offer_id, starts_at) DO UPDATE SET
        ends_at = CASE WHEN s.taken = 0 THEN %(ends)s ELSE greatest(%(ends)s, s.ends_at) END,
        places = greatest(%(places)s, s.taken), taken = s.taken + 1
    WHERE s.taken < %(places)s"""
"""The one statement by which a place is taken: it waits for whoever is taking one of the same slot, and then looks."""
ACROSS = """SELECT coalesce(sum(taken), 0) FROM offer_slot WHERE offer_id = %(offer)s AND starts_at < %(ends)s
    AND ends_at > %(starts)s AND starts_at <> %(starts)s"""
"""What is taken of slots that lie across this one, of hours that were others then: nobody takes more of those now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A place that somebody asks for: at which window, from when; ``key`` is of the form, so that twice is once.

    ``subject`` and ``title`` are code and name of the service item that it is about, empty where none is.
    """

    offer: int
    starts_at: datetime
    key: str
    subject: str = ""
    title: str = ""


def book(actor: Actor, asked: Asked, *, calendar: WorkingCalendar, at: datetime, tie: int | None = None) -> Claim:
    """Take a place for oneself, or for whom one acts for; the same ``key`` again returns what was taken by it.

    Raises ``NotPermitted`` for whoever is no resident; ``Refused`` for who has said no name and number yet, for a slot
    that is not offered, too far ahead or begun, for one who holds as many as one may, or missed too many of late (told
    until when); ``Conflict`` where the last place has gone.
    """
    found = identity.applicant(actor, SERVICE, at=at, tie=tie)
    assert found.person is not None  # only a caller may say no name
    holder = Holder(found.person, found.proved, tie, "hall")
    return replace(_book(actor, asked, holder, calendar, at), own=tie is None)


def book_for(actor: Actor, name: str, number: str, asked: Asked, *, calendar: WorkingCalendar, at: datetime) -> Claim:
    """Take a place for somebody who stands at the window or telephones, by name and identity number; no account needed.

    What one may hold at once binds them too, of what was shown to be theirs: what an account took on a name and a
    number alone is not counted here (docs/decisions/0044). What they missed binds them not. Raises ``NotPermitted``
    without the power ``window.run`` over whose the window is, ``Refused`` where name and number fit nobody, and as
    :func:`book` does.
    """
    with records.atomic():
        actor.need(RUN_WINDOWS, offer(asked.offer).org_lo, None)
        person = identity.person_named(name, number)
        if person is None:
            raise Refused("nobody_so_named", "number")
        return _book(actor, asked, Holder(person, True, None, "window"), calendar, at)


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose a place is to be, by number of the person, and by which way it is taken."""

    person: int
    proved: bool
    tie: int | None
    way: str


def _book(actor: Actor, asked: Asked, holder: Holder, calendar: WorkingCalendar, at: datetime) -> Claim:
    if not asked.key or len(asked.key) > LONGEST_KEY:
        raise Refused("claim_key", "key")
    with records.atomic(), identity.seeing(identity.PLATFORM):
        _one_after_another(holder.person)
        before = claims_where("c.account_id = %s AND c.key = %s", (actor.account, asked.key))
        if before:
            return before[0]
        held = held_offer(asked.offer, "SHARE")
        slot = offered(held, asked.starts_at, calendar, at)
        _refuse_too_many(actor, held, holder, at)
        id_ = _write(actor, asked, holder, slot, at)
        take(held, slot)
        act = "book" if holder.way == "hall" else "book_for"
        _told(actor, act, id_, "made", {"offer": held.id, "starts": slot.starts_at.isoformat()}, at)
        return claims_where("c.id = %s", (id_,))[0]


def _one_after_another(person: int) -> None:
    """Let what is done for one person be done one thing after another: two tabs take no more than one."""
    records.value("SELECT pg_advisory_xact_lock(hashtextextended('offers', %s))::text", (person,))


def offered(offer: Offer, starts_at: datetime, calendar: WorkingCalendar, at: datetime) -> Slot:
    """Return the slot that begins at an instant and may be booked now. Raises ``Refused`` saying why it may not."""
    today = at.astimezone(calendar.zone).date()
    slot = offer.slot(starts_at, calendar)
    if slot is None:
        raise Refused("no_slot", "starts")
    if starts_at <= at:
        raise Refused("slot_begun", "starts")
    if starts_at.astimezone(calendar.zone).date() > today + timedelta(days=offer.terms.ahead_days):
        raise Refused("slot_far", "starts", days=offer.terms.ahead_days)
    return slot


def _refuse_too_many(actor: Actor, offer: Offer, holder: Holder, at: datetime) -> None:
    held = records.value(
        f"SELECT count(*) FROM offer_claim c WHERE {THEIRS} AND state = 'held' AND ends_at > %s",
        (holder.person, actor.account, holder.proved, at),
    )
    if held >= offer.terms.held_most:
        raise Refused("claims_held", "starts", most=offer.terms.held_most)
    if holder.way == "hall":
        until = barred_until(offer.terms, (holder.person, actor.account, holder.proved), at)
        if until is not None:
            raise Refused("claims_missed", "starts", n=offer.terms.missed_most, until=until.date().isoformat())


def _write(actor: Actor, asked: Asked, holder: Holder, slot: Slot, at: datetime) -> int:
    code = "".join(secrets.choice(LETTERS) for _ in range(CODE))
    return int(
        records.value(
            """INSERT INTO offer_claim (offer_id, code, person_id, proved, account_id, tie_id, way, key, subject, title,
                   starts_at, ends_at, state, made_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'held', %s) RETURNING id""",
            (
                asked.offer, code, holder.person, holder.proved, actor.account, holder.tie, holder.way, asked.key,
                asked.subject[:80], asked.title[:LONGEST_TITLE], slot.starts_at, slot.ends_at, at,
            ),
        )
    )  # fmt: skip


def take(offer: Offer, slot: Slot) -> None:
    """Take a place of a slot, of a window that is held. Raises ``Conflict`` where none is left."""
    given: dict[str, object] = {"offer": offer.id, "starts": slot.starts_at, "ends": slot.ends_at}
    places = slot.places - int(records.value(ACROSS, given))
    if places < 1 or not records.execute(TAKE, {**given, "places": places}):
        raise Conflict("slot_full", "starts")


def give_back(claim: Claim) -> None:
    """Give the place of a claim back."""
    records.execute(
        "UPDATE offer_slot SET taken = taken - 1 WHERE offer_id = %s AND starts_at = %s",
        (claim.offer, claim.starts_at),
    )


def move(actor: Actor, claim: int, starts_at: datetime, *, calendar: WorkingCalendar, at: datetime) -> Claim:
    """Move one's own appointment to another slot of the same window: the one is given back as the other is taken.

    Raises ``NotFound`` for one that is not one's own, ``Conflict`` where it is not to come any more, where it is too
    late to move it and where no place is left there, and as :func:`book` does for a slot that is not offered.
    """
    with records.atomic():
        own = _held_own(actor, claim, at)
        return _move(actor, "move", own, starts_at, calendar, at)


def move_for(actor: Actor, claim: int, starts_at: datetime, *, calendar: WorkingCalendar, at: datetime) -> Claim:
    """Move somebody's appointment for them, until it begins; raises as :func:`book_for` and :func:`move` do."""
    with records.atomic():
        return _move(actor, "move_for", _held_by_window(actor, claim), starts_at, calendar, at)


def _move(actor: Actor, act: str, claim: Claim, starts_at: datetime, calendar: WorkingCalendar, at: datetime) -> Claim:
    with identity.seeing(identity.PLATFORM):
        held = held_offer(claim.offer, "SHARE")
        slot = offered(held, starts_at, calendar, at)
        if (slot.starts_at, slot.ends_at) == (claim.starts_at, claim.ends_at):
            return claim
        records.rows(  # in one order: two who swap do not wait for each other
            """SELECT 1 FROM offer_slot WHERE offer_id = %s AND starts_at = ANY(%s) ORDER BY starts_at FOR UPDATE""",
            (held.id, [claim.starts_at, slot.starts_at]),
        )
        give_back(claim)
        take(held, slot)
        records.execute(
            "UPDATE offer_claim SET starts_at = %s, ends_at = %s, moved = moved + 1 WHERE id = %s",
            (slot.starts_at, slot.ends_at, claim.id),
        )
        data = {"from": claim.starts_at.isoformat(), "to": slot.starts_at.isoformat()}
        _told(actor, act, claim.id, "moved", data, at)
        return replace(claim, starts_at=slot.starts_at, ends_at=slot.ends_at, moved=claim.moved + 1)


def cancel(actor: Actor, claim: int, *, at: datetime) -> None:
    """Give one's own appointment back. Raises as :func:`move` does."""
    with records.atomic():
        _cancel(actor, _held_own(actor, claim, at), "", at, "cancel")


def cancel_for(actor: Actor, claim: int, why: str, *, at: datetime) -> None:
    """Cancel somebody's appointment, until it begins, and tell them why; raises as :func:`move_for` does."""
    with records.atomic():
        own = _held_by_window(actor, claim)
        if not why.strip() or len(why) > LONGEST_WHY or "\0" in why:
            raise Refused("claim_why", "why", most=LONGEST_WHY)
        _cancel(actor, own, why.strip(), at, "cancel_for")


def _cancel(actor: Actor, claim: Claim, why: str, at: datetime, act: str) -> None:
    with identity.seeing(identity.PLATFORM):
        records.execute(
            "UPDATE offer_claim SET state = 'cancelled', why = %s, ended_at = %s WHERE id = %s", (why, at, claim.id)
        )
        give_back(claim)
        _told(actor, act, claim.id, "cancelled", {"starts": claim.starts_at.isoformat()}, at)


def _held_own(actor: Actor, claim: int, at: datetime) -> Claim:
    """Lock one's own appointment that is still to come, early enough to be changed."""
    with identity.seeing(identity.of_own(actor)):
        if records.one("SELECT id FROM offer_claim WHERE id = %s FOR UPDATE", (claim,)) is None:
            raise NotFound("no_claim", "claim")
        found = claims_where("c.id = %s", (claim,))[0]
    if found.tie is not None and not found.own:
        identity.mandate_for(actor, found.tie, SERVICE, at=at)
    _refuse_over(found)
    if at > found.changeable_until:
        raise Conflict("claim_late", "claim", minutes=found.cancel_minutes)
    return found


def _held_by_window(actor: Actor, claim: int) -> Claim:
    with identity.seeing(identity.PLATFORM):
        if records.one("SELECT id FROM offer_claim WHERE id = %s FOR UPDATE", (claim,)) is None:
            raise NotFound("no_claim", "claim")
        found = claims_where("c.id = %s", (claim,))[0]
    actor.need(RUN_WINDOWS, found.org_lo, None)
    _refuse_over(found)
    return found


def _refuse_over(claim: Claim) -> None:
    if claim.state != "held":
        raise Conflict("claim_over", "claim")


def excuse(actor: Actor, claim: int, why: str, *, at: datetime) -> None:
    """Let an appointment that was missed not count against whose it is, for a reason.

    Raises ``NotFound`` for one that was not missed, and as :func:`cancel_for` does.
    """
    with records.atomic(), identity.seeing(identity.PLATFORM):
        found = next(iter(claims_where("c.id = %s AND c.state = 'missed' AND NOT c.excused", (claim,))), None)
        if found is None:
            raise NotFound("no_missed", "claim")
        actor.need(RUN_WINDOWS, found.org_lo, None)
        if not why.strip() or len(why) > LONGEST_WHY or "\0" in why:
            raise Refused("claim_why", "why", most=LONGEST_WHY)
        records.execute("UPDATE offer_claim SET excused = true, why = %s WHERE id = %s", (why.strip(), claim))
        journal.record(actor, "offers.excuse", CLAIM, claim, {}, at=at)


def _told(
    actor: Actor, act: str, claim: int, what: Literal["made", "moved", "cancelled"], data: Told, at: datetime
) -> None:
    journal.record(actor, f"offers.{act}", CLAIM, claim, data, at=at)
    journal.emit(AppointmentChanged(claim=claim, what=what), at=at)
