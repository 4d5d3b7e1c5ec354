"""Row of appointments: everybody wants the same few slots of one day, and just as many as there are places get one."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.ground.refusal import Conflict
from zhihai.kernel import records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.identity import acts as identity_acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.offers import acts, reads
from zhihai.kernel.offers.kinds import OfferInput, Session, Terms
from zhihai.kernel.places import reads as places
from zhihai.site.bench.casework import PROCESSES, WRITERS
from zhihai.site.bench.crowd import crowds
from zhihai.site.bench.figures import Row, rounds_of
from zhihai.site.synthetic_people import synthetic_people

SLOTS, NINE, HALF = 4, 9 * 60, 30
"""So many slots of half an hour are all that is wanted, each by everybody, with places for half of them."""
NAME, SEED = Named("W", "W"), 20_140_220


def appointments(people: int, rounds: int) -> Row:
    """Measure places asked for a second by 64 writers, each slot by everybody; raises where too many were taken."""
    at = journal.now()
    wanting = _people(people, at)
    rounds_ = rounds_of(rounds, lambda: _contended(wanting, at))
    return Row(name="appointments", unit="claims/s", rounds=rounds_, n=SLOTS * len(wanting), least=100.0)


def _people(most: int, at: datetime) -> list[tuple[str, str]]:
    """Return name and number of invented people, who are registered where they are not known yet."""
    streets = [one.id for one in places.areas("street")]
    day = at.astimezone(journal.clock().zone).date()
    given = [one for one in synthetic_people(streets, day, seed=SEED) if one.sort == "natural"][:most]
    given = [replace(one, as_of=day) for one in given]
    unknown = [one for one in given if identity.person_named(one.name, one.number) is None]
    if unknown:
        identity_acts.register_people(SYSTEM, unknown, at=at)
    return [(one.name, one.number) for one in given]


def _contended(wanting: list[tuple[str, str]], at: datetime) -> float:
    """Let everybody ask at once, and return how many were answered a second."""
    seats = len(wanting) // 2
    window = _window(seats, at)
    jobs = [
        partial(_ask, window, starts, name, number, at) for starts in _starts(window, at) for name, number in wanting
    ]
    seconds, _ = crowds(PROCESSES[WRITERS], WRITERS // PROCESSES[WRITERS], jobs, _warm)
    taken = records.value("SELECT sum(taken) FROM offer_slot WHERE offer_id = %s", (window,))
    if taken != seats * SLOTS:
        raise AssertionError(f"{taken} places were taken of {seats * SLOTS}")
    return len(jobs) / seconds


def _window(seats: int, at: datetime) -> int:
    given = OfferInput(
        kind="zhihai.window", organisation=identity.organisations()[0].id, name=NAME, place=NAME,
        terms=Terms(held_most=20, ahead_days=90),
    )  # fmt: skip
    window = acts.set_offer(SYSTEM, given, at=at)
    hours = (Session(NINE, NINE + SLOTS * HALF, seats),)
    acts.set_hours(SYSTEM, window, dict.fromkeys(range(7), hours), at=at)
    return window


def _starts(window: int, at: datetime) -> list[datetime]:
    """Return the slots of the first day to come on which it is open."""
    days = reads.free_days([reads.offer(window)], cases.calendar(), at=at + timedelta(days=1))[window]
    return next([one.slot.starts_at for one in day.slots] for day in days if len(day.slots) == SLOTS)


def _warm() -> None:
    """Be connected, and know the calendar, as a process in service does."""
    cases.calendar()


def _ask(window: int, starts: datetime, name: str, number: str, at: datetime) -> None:
    asked = acts.Asked(offer=window, starts_at=starts, key=secrets.token_hex(16))
    try:
        acts.book_for(SYSTEM, name, number, asked, calendar=cases.calendar(), at=at)
    except Conflict:  # the slot is full, as half of them are to be told
        return
