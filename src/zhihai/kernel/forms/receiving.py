"""Receptions (接待): an official writes for who stands at a window, agreed in writing to be helped, or calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, get_args

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.identity import acts as identity_acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import ANSWER_CALLS, SEE_PEOPLE, TAKE_MATTERS, PersonSort
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.trust import reads as trust

Served = Literal["window", "helper", "call"]
"""Where somebody is served: at a window (窗口), at home by who helps them (上门代办), on the telephone (来电)."""
SERVICE = "zhihai.applications"
"""What whoever stands there for another must be allowed, and what a helper's paper must allow."""
LONGEST = timedelta(hours=2)
"""A reception that nobody ended is over after so long, by machine time: nobody is served longer at one go."""
SHOWN = (2, 200)
"""Characters of what was shown."""
TypedWhy = Literal["away", "unread", "other", "name"]
"""Why no card was read where a machine stands: it does not work, the card can not be read, another document was shown,
the card bears another name."""
TYPED_WHY: tuple[TypedWhy, ...] = get_args(TypedWhy)


@dataclass(frozen=True, slots=True)
class Reception:
    """Somebody is being served by an official of the organisation ``office``.

    ``person`` is whose matters it is about, ``None`` for a caller who said no name; ``acting`` is who stands there for
    them by ``tie``. ``begun_at`` is district time, ``until`` machine time. ``proof`` is how their card was read by a
    machine, ``None`` where what was shown was typed; ``typed_why`` says why, where a machine stands.
    """

    id: int
    way: Served
    office: int
    person: int | None
    sort: PersonSort | None
    name: str = field(repr=False)
    provenance: str
    tie: int | None
    acting: str = field(repr=False)
    shown: str = field(repr=False)
    begun_at: datetime
    until: datetime
    proof: trust.Proof | None
    typed_why: TypedWhy | None


def receive(
    actor: Actor, person: int, shown: str, *, at: datetime, at_machine: datetime, tie: int | None = None, why: str = ""
) -> int:
    """Receive at a window who showed a document, or who acts for the person by a tie; return the reception's number.

    Where a machine read the card of who stands there a moment ago, that is what was shown; else it is typed, and where
    a machine stands, ``why`` says why. The look at the person's name is kept, and they can read it. Raises
    ``NotPermitted`` for nobody or without the powers ``matter.take`` and ``person.see`` over the person's area;
    ``Refused`` without a document or the reason that is asked, for a firm that nobody acts for, and for a tie that does
    not hold or does not allow it.
    """
    with records.atomic():
        stands = person if tie is None else _acting(actor, person, tie, at)
        reading = trust.reading_of(actor, stands, at_machine=at_machine)
        rests = _shown(shown) if reading is None else reading.shown
        typed = _typed_why(actor, why) if reading is None else None
        file = identity_acts.look_received(actor, person, ("name",), rests, at=at, at_machine=at_machine)
        if file.sort == "legal" and tie is None:
            raise Refused("reception_for_firm", "tie")
        return _begin(actor, "window", person, tie, rests, at, at_machine, reading, typed)


def receive_by_consent(actor: Actor, tie: int, *, at: datetime, at_machine: datetime) -> int:
    """Begin to help somebody who agreed to it on a paper that names this official; return the reception's number.

    Raises ``NotPermitted`` where no such paper is kept, or without the power ``matter.take`` over the person's area;
    ``Refused`` for a tie that does not hold any more.
    """
    with records.atomic():
        with identity.seeing(identity.PLATFORM):
            kept = records.one("SELECT at FROM tie_paper WHERE tie_id = %s AND account_id = %s", (tie, actor.account))
        if kept is None:
            raise NotPermitted("no_tie")
        held = identity.tie_told(tie, SERVICE, at=at)
        rests = f"{held.kind} {tie}"
        identity_acts.look_received(actor, held.principal.id, ("name",), rests, at=at, at_machine=at_machine)
        return _begin(actor, "helper", held.principal.id, tie, rests, at, at_machine)


def take_call(actor: Actor, *, at: datetime, at_machine: datetime) -> int:
    """Begin to write for somebody who calls and need not say who they are; return the reception's number.

    Raises ``NotPermitted`` without the power ``call.answer``.
    """
    if not actor.may(ANSWER_CALLS) or actor.narrowed:
        raise NotPermitted
    with records.atomic():
        return _begin(actor, "call", None, None, "call", at, at_machine)


def _shown(text: str) -> str:
    kept = " ".join(text.split())
    if not SHOWN[0] <= len(kept) <= SHOWN[1]:
        raise Refused("reception_shown", "shown", least=SHOWN[0], most=SHOWN[1])
    return kept


def _acting(actor: Actor, person: int, tie: int, at: datetime) -> int:
    """Return who acts by a tie; whoever may not receive the person is not told whether it holds."""
    with identity.seeing(identity.PLATFORM):
        area = records.value("SELECT area_lo FROM person WHERE id = %s", (person,))
    if identity.grant_over(actor, area, TAKE_MATTERS) is None:
        raise NotPermitted("no_person")
    held = identity.tie_told(tie, SERVICE, at=at)
    if held.principal.id != person:
        raise NotPermitted("no_tie")
    return held.acting.id


def _typed_why(actor: Actor, why: str) -> TypedWhy | None:
    if not trust.card_readers_for(actor):
        return None
    found = next((one for one in TYPED_WHY if one == why), None)
    if found is None:
        raise Refused("reception_why", "why")
    return found


def _begin(
    actor: Actor, way: Served, person: int | None, tie: int | None, shown: str, at: datetime, at_machine: datetime,
    reading: trust.Reading | None = None, typed: TypedWhy | None = None,
) -> int:  # fmt: skip
    with identity.seeing(identity.PLATFORM):
        area = records.value("SELECT area_lo FROM person WHERE id = %s", (person,)) if person is not None else None
        grant = identity.grant_over(actor, area, ANSWER_CALLS if way == "call" else TAKE_MATTERS)
        if grant is None:
            raise NotPermitted
        if way == "window" and identity.grant_over(actor, area, SEE_PEOPLE) is None:
            raise NotPermitted("no_person")  # who only helps by papers receives nobody at a window
        id_ = records.value(
            """INSERT INTO reception (account_id, org_id, way, person_id, tie_id, shown, begun_at, recorded_at, until,
                   reading_id, typed_why)
               VALUES (%s, (SELECT id FROM organisation WHERE lo = %s), %s, %s, %s, %s, %s, %s, %s, %s, %s)
               RETURNING id""",
            (
                actor.account, grant.org_lo, way, person, tie, shown, at, at_machine, at_machine + LONGEST,
                reading.id if reading else None, typed,
            ),
        )  # fmt: skip
    data = {"way": way, "person": person, "tie": tie, "reading": reading.id if reading else None, "typed": typed}
    journal.record(actor, "forms.receive", "reception", int(id_), data, at=at)
    return int(id_)


_OPEN = """SELECT r.id, r.way, r.org_id, r.person_id, p.sort, coalesce(p.name, ''), coalesce(p.provenance, ''),
    r.tie_id, coalesce((SELECT a.name FROM tie t JOIN person a ON a.id = t.acting_id WHERE t.id = r.tie_id), ''),
    r.shown, r.begun_at, r.until, (SELECT c.proof FROM card_reading c WHERE c.id = r.reading_id), r.typed_why
    FROM reception r LEFT JOIN person p ON p.id = r.person_id
    WHERE r.account_id = %s AND r.ended_at IS NULL AND r.until > %s"""


def receptions_here(actor: Actor, at_machine: datetime) -> tuple[Reception, ...]:
    """Return whom an official is serving now, the latest first; asked where the wall shows all."""
    found = records.rows(f"{_OPEN} ORDER BY r.id DESC", (actor.account, at_machine))
    return tuple(Reception(*row) for row in found)


def receptions(actor: Actor, *, at_machine: datetime) -> tuple[Reception, ...]:
    """Return whom an official is serving now, the latest first."""
    with identity.seeing(identity.PLATFORM):
        return receptions_here(actor, at_machine)


def reception_here(actor: Actor, id_: int, at_machine: datetime) -> Reception:
    """Return whom an official is serving; asked where the wall shows all. Raises as :func:`reception` does."""
    row = records.one(f"{_OPEN} AND r.id = %s", (actor.account, at_machine, id_))
    if row is None:
        raise NotPermitted("no_reception")
    return Reception(*row)


def reception(actor: Actor, id_: int, *, at_machine: datetime) -> Reception:
    """Return whom an official is serving. Raises ``NotPermitted`` for another's reception, and one that is over."""
    with identity.seeing(identity.PLATFORM):
        return reception_here(actor, id_, at_machine)


def end_reception(actor: Actor, id_: int, *, at: datetime, at_machine: datetime) -> None:
    """End serving somebody: what was begun for them stays with the office. Raises as :func:`reception` does."""
    with records.atomic():
        reception(actor, id_, at_machine=at_machine)
        with identity.seeing(identity.PLATFORM):
            records.execute("UPDATE reception SET ended_at = %s WHERE id = %s", (at_machine, id_))
        journal.record(actor, "forms.end_reception", "reception", id_, {}, at=at)


def end_late_receptions(*, at_machine: datetime) -> int:
    """End receptions that nobody ended in time; returns how many."""
    with identity.seeing(identity.PLATFORM):
        return records.execute(
            "UPDATE reception SET ended_at = until WHERE ended_at IS NULL AND until <= %s", (at_machine,)
        )


REACHED = """(CASE WHEN d.org_id IS NULL THEN d.account_id = %s ELSE EXISTS (
    SELECT FROM reception r WHERE r.account_id = %s AND r.ended_at IS NULL AND r.org_id = d.org_id
    AND (r.id = d.reception_id OR r.person_id = d.person_id)) END)"""
"""Which drafts ``d`` an account may reach, given twice: its own, and those of whom it receives, of its office."""
