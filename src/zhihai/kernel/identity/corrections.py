"""Corrections that people ask for (更正申请): what is wrong with what is known of them; the case is another room's.

Personal Information Protection Law, article 46: whoever finds that what is kept of them is wrong or incomplete may ask
that it be put right, and whoever keeps it verifies that and does so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.identity import sealing
from zhihai.kernel.identity.kinds import SEE_PEOPLE
from zhihai.kernel.identity.mandates import proved_person
from zhihai.kernel.identity.people import read_value
from zhihai.kernel.identity.wall import condition, of_own
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.wall import PLATFORM, seeing

CORRECTABLE = ("name", "sex", "birth", "address", "phone")
"""What a resident may ask to have put right; a number, or that somebody lives no more, is shown at a window."""
SAID = (2, 500)
"""Characters of why."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What somebody asked to have put right: ``value`` is what the field ``name`` should be, ``said`` why.

    ``present`` is what the field says now, ``None`` where nothing is known; ``area`` is the number of the person's
    area, the whole district's where none is known.
    """

    id: int
    person: int
    name: str
    value: str = field(repr=False)
    said: str = field(repr=False)
    at: datetime
    present: str | None = field(repr=False)
    area: int
    provenance: str


_CORRECTION = """SELECT c.id, c.person_id, c.field, c.value, c.said, c.at, f.value,
    coalesce(p.area_id, (SELECT id FROM area WHERE lo = 1)), p.provenance
    FROM correction c JOIN person p ON p.id = c.person_id
    LEFT JOIN person_fact f ON f.person_id = c.person_id AND f.field = c.field AND f.until IS NULL"""


def ask_correction(
    actor: Actor, name: str, value: str, said: str, *, at: datetime
) -> tuple[Correction, tuple[Correction, ...]]:
    """Keep what a resident, shown in person, says should be put right; return it, and what was asked of it before.

    Raises ``NotPermitted`` for anybody else; ``Refused`` for a field that can not be asked for so, a value that is none
    or what is known already, and too few or too many words.
    """
    if name not in CORRECTABLE:
        raise Refused("correction_field", "field")
    kept, why = read_value(name, value), " ".join(said.split())
    if not SAID[0] <= len(why) <= SAID[1]:
        raise Refused("correction_said", "said", least=SAID[0], most=SAID[1])
    with seeing(of_own(actor)):
        records.one("SELECT id FROM account WHERE id = %s FOR UPDATE", (actor.account,))  # one at a time
        own = proved_person(actor)
        if own is None:
            raise NotPermitted("not_resident")
        id_ = records.value(
            """INSERT INTO correction (person_id, field, value, said, account_id, at)
               VALUES (%s, %s, %s, %s, %s, %s) RETURNING id""",
            (own, name, kept, why, actor.account, at),
        )
        found, *others = corrections_here(own)
        if found.present == kept:
            raise Refused("correction_same", "value")
        data = {"field": name, "digest": sealing.keyed_digest(records.as_json([name, kept, why]))}
        journal.record(actor, "identity.ask_correction", "correction", id_, data, at=at)
    return found, tuple(one for one in others if one.name == name)


def _corrections(sql: str, asked: int) -> tuple[Correction, ...]:
    """Return corrections, the latest first; asked where the wall shows them."""
    return tuple(
        Correction(*row) for row in records.rows(f"{_CORRECTION} WHERE {sql} ORDER BY c.id DESC LIMIT 50", (asked,))
    )


def corrections_here(person: int) -> tuple[Correction, ...]:
    """Return what a person asked to have put right, the latest first (fifty at most); asked where the wall is said."""
    return _corrections("c.person_id = %s", person)


def correction_told(actor: Actor, correction: int) -> Correction:
    """Return what was asked for, for who may see people there. Raises ``NotPermitted`` for anybody else."""
    with seeing(PLATFORM):
        may = records.one(
            f"""SELECT 1 FROM correction c JOIN person p ON p.id = c.person_id
                WHERE c.id = %s AND {condition(actor, SEE_PEOPLE)}""",
            (correction,),
        )
        found = _corrections("c.id = %s", correction) if may else ()
    if not found:
        raise NotPermitted("no_person")
    return found[0]
