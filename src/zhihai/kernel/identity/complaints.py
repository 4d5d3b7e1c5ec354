"""Complaints about looks (对查阅的投诉): what the person said, kept beside the look; the case is another room's."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.identity import sealing
from zhihai.kernel.identity.kinds import SEE_LOOKS
from zhihai.kernel.identity.mandates import mandate_for, proved_person
from zhihai.kernel.identity.searching import LookRow, looks_by_id
from zhihai.kernel.identity.wall import condition, of_own, of_person
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.wall import PLATFORM, seeing

SAID = (4, 500)
"""Characters of a complaint."""
SERVICE = "zhihai.complaint"


@dataclass(frozen=True, slots=True)
class Complaint:
    """A look and what the person said against it; ``said`` is empty where nobody complained.

    ``area`` is the number of the person's area, the whole district's where none is known.
    """

    look: LookRow
    said: str = field(repr=False)
    at: datetime | None
    area: int
    provenance: str


_SAID = """SELECT l.id, c.said, c.at, coalesce(p.area_id, (SELECT id FROM area WHERE lo = 1)), p.provenance
    FROM look l JOIN person p ON p.id = l.person_id LEFT JOIN look_complaint c ON c.look_id = l.id"""


def _complaints(sql: str, asked: int, *, told: bool) -> tuple[Complaint, ...]:
    """Return looks with what was said of them, the latest first; asked where the wall shows them."""
    found = {row[0]: row[1:] for row in records.rows(f"{_SAID} WHERE {sql}", (asked,))}
    if not found:
        return ()
    return tuple(
        Complaint(look, found[look.id][0] or "", *found[look.id][1:]) for look in looks_by_id(found, told=told)
    )


def _complaint(look: int, *, told: bool) -> Complaint | None:
    return next(iter(_complaints("l.id = %s", look, told=told)), None)


def _whose(actor: Actor, tie: int | None, at: datetime) -> int:
    """Return the person one speaks for: oneself, or by a tie that allows it whom one acts for."""
    if tie is not None:
        return mandate_for(actor, tie, SERVICE, at=at).principal.id
    with seeing(of_own(actor)):
        own = proved_person(actor)
    if own is None:
        raise NotPermitted("no_look")
    return own


def my_look(actor: Actor, look: int, *, at: datetime, tie: int | None = None) -> Complaint:
    """Return an official's look at one's own data, or at that of whom one acts for.

    Raises ``NotPermitted`` for the look at another, and for one taken in the person's own name, which is no official's.
    """
    person = _whose(actor, tie, at)
    with seeing(of_person(person)):
        found = _complaint(look, told=False)
    if found is None or found.look.tie is not None:
        raise NotPermitted("no_look")
    return found


def my_complaints(actor: Actor) -> tuple[Complaint, ...]:
    """Return the looks at one's own data that were complained about, the latest first."""
    with seeing(of_own(actor)):
        own = proved_person(actor)
        if own is None:
            return ()
        return _complaints("c.person_id = %s", own, told=False)


def object_to_look(actor: Actor, look: int, said: str, *, at: datetime, tie: int | None = None) -> Complaint:
    """Keep what somebody says against an official's look at their data, once for each look.

    Raises as :func:`my_look` does; ``Refused`` for too few or too many words, and where it was complained about.
    """
    text = " ".join(said.split())
    if not SAID[0] <= len(text) <= SAID[1]:
        raise Refused("complaint_said", "said", least=SAID[0], most=SAID[1])
    with records.atomic():
        found = my_look(actor, look, at=at, tie=tie)
        with seeing(of_person(found.look.person)):
            written = records.execute(
                "INSERT INTO look_complaint VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (look, found.look.person, text, actor.account, tie, at),
            )
        if not written:
            raise Refused("complained_already", "said", status=409)
        data = {"said": sealing.keyed_digest(text), "tie": tie}
        journal.record(actor, "identity.object_to_look", "look", look, data, at=at)
    return found


def look_told(actor: Actor, look: int) -> Complaint:
    """Return a look with the account that took it and what was said against it, for who supervises looks there.

    Raises ``NotPermitted`` without the power ``person.looks`` over the person's area.
    """
    with seeing(PLATFORM):
        may = records.one(
            f"""SELECT 1 FROM look l JOIN person p ON p.id = l.person_id
                WHERE l.id = %s AND {condition(actor, SEE_LOOKS)}""",
            (look,),
        )
        found = _complaint(look, told=True) if may else None
    if found is None:
        raise NotPermitted("no_look")
    return found


def took_look(account: int, look: int) -> bool:
    """Say whether an account took a look: nobody judges his own."""
    with seeing(PLATFORM):
        return records.one("SELECT 1 FROM look WHERE id = %s AND account_id = %s", (look, account)) is not None
