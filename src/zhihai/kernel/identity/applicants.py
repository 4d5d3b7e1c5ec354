"""Whose matter something is that a resident begins: their own, or that of whom they act for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.identity.kinds import PersonSort
from zhihai.kernel.identity.mandates import mandate_for
from zhihai.kernel.identity.wall import of_own
from zhihai.kernel.wall import PLATFORM, asking


@dataclass(frozen=True, slots=True)
class Applicant:
    """The person whose matter it is (申请人); ``person`` is ``None`` for a caller who said no name.

    ``proved`` says whether whoever began it was shown in person to be them, or acts for them by a tie in force: a name
    and a number alone prove nothing (docs/decisions/0023).
    """

    person: int | None
    sort: PersonSort
    proved: bool
    provenance: str


def applicant(actor: Actor, service: str, *, at: datetime, tie: int | None = None) -> Applicant:
    """Return whose matter it is when a resident asks for a service, for oneself or by a tie.

    Raises ``NotPermitted`` for whoever is no resident, ``Refused`` for an account that never said name and number, and
    for a tie that does not allow the service or can not be acted by, as :func:`~.mandates.mandate_for` does.
    """
    if actor.sort != "resident" or actor.narrowed:
        raise NotPermitted("not_resident")
    if tie is not None:
        held = mandate_for(actor, tie, service, at=at)
        with asking(PLATFORM):
            provenance = records.value("SELECT provenance FROM person WHERE id = %s", (held.principal.id,))
        return Applicant(held.principal.id, held.principal.sort, True, str(provenance))
    with asking(of_own(actor)):
        row = records.one(
            """SELECT p.id, p.sort, t.level = 3, p.provenance FROM account_person t JOIN person p ON p.id = t.person_id
               WHERE t.account_id = %s""",
            (actor.account,),
        )
    if row is None:
        raise Refused("not_verified", "for")
    return Applicant(*row)


def applicant_received(person: int) -> Applicant:
    """Return the person whom an official serves, shown in person: for a room above that keeps who is served."""
    with asking(PLATFORM):
        row = records.one("SELECT id, sort, true, provenance FROM person WHERE id = %s", (person,))
    assert row is not None
    return Applicant(*row)


def people_named(people: Collection[int]) -> dict[int, str]:
    """Return the names of people by number: for a room above whose own wall has shown that they may be told."""
    if not people:
        return {}
    with asking(PLATFORM):
        return dict(records.rows("SELECT id, name FROM person WHERE id = ANY(%s)", (sorted(set(people)),)))
