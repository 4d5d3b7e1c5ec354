"""Looks (查阅留痕): officials see a person's data by an act that says on what ground, which the person can read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from zhihai.ground.actors import Actor, Grant
from zhihai.ground.identifiers.citizen import masked
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.identity import sealing
from zhihai.kernel.identity.kinds import FIELDS, GROUNDS, SEE_NUMBERS, SEE_PEOPLE, TAKE_MATTERS, PersonSort
from zhihai.kernel.identity.wall import condition, of_areas, of_person
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.wall import seeing

REFERENCE = (4, 200)
"""Characters of what a ground rests on, at least and at most: a number of a case is longer than three."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One field of a person with its source (来源) and the day as of which it holds (截至)."""

    name: str
    value: str = field(repr=False)
    source: str
    as_of: date


@dataclass(frozen=True, slots=True)
class PersonFile:
    """What is known of a person, as far as it was asked for. A citizen's number is masked unless it was asked for."""

    id: int
    sort: PersonSort
    provenance: str
    facts: tuple[Fact, ...] = field(repr=False)


def look(
    actor: Actor, person: int, fields: Collection[str], ground: str, reference: str, *, at: datetime,
    at_machine: datetime, power: str = SEE_PEOPLE,
) -> PersonFile:  # fmt: skip
    """Look at fields of a person on a ground, and return them; the look is kept, and the person may read it.

    ``ground`` is one of ``GROUNDS``, ``reference`` the case, application or article it rests on. The number in full is
    the field ``number``; it asks for the power ``person.number`` besides. ``power`` is another than
    ``person.see`` where an act of another power needs some fields. Raises ``NotPermitted`` for nobody or without that
    power over the person's area; ``Refused`` without a ground or a field.
    """
    rests = " ".join(reference.split())
    row = _row(actor, person, power)
    if "number" in fields:
        actor.need(SEE_NUMBERS, None, row[5])
    _refuse_groundless(row[1], fields, ground, rests)
    held = SEE_NUMBERS if "number" in fields else power
    return _looked(actor, row, fields, ground, rests, held, at, at_machine)


def look_received(
    actor: Actor, person: int, fields: Collection[str], reference: str, *, at: datetime, at_machine: datetime
) -> PersonFile:
    """Look at fields of whoever is received at a window or helped, for a room above that keeps who was received.

    The number is masked. The look is kept like any other. Raises ``NotPermitted`` for nobody or without the power
    ``matter.take`` over the person's area.
    """
    row = _row(actor, person, TAKE_MATTERS)
    return _looked(
        actor, row, [one for one in fields if one != "number"] or ["name"], "window", reference, TAKE_MATTERS, at,
        at_machine,
    )  # fmt: skip


def _row(actor: Actor, person: int, power: str) -> records.Row:
    with seeing(of_areas(actor, power)):
        row = records.one(
            f"""SELECT id, sort, provenance, number_key, number, area_lo FROM person
                WHERE id = %s AND {condition(actor, power)}""",
            (person,),
        )
    if row is None:
        raise NotPermitted("no_person")
    return row


def _looked(
    actor: Actor, row: records.Row, fields: Collection[str], ground: str, rests: str, power: str, at: datetime,
    at_machine: datetime,
) -> PersonFile:  # fmt: skip
    with seeing(of_person(row[0])):
        file = file_here(row, fields)
        seen = [fact.name for fact in file.facts if fact.name in fields]
        _keep(actor, row, seen or sorted(fields), ground, rests, power, at, at_machine)
    return file


def _refuse_groundless(sort: PersonSort, fields: Collection[str], ground: str, rests: str) -> None:
    if ground not in GROUNDS:
        raise Refused("no_ground", "ground")
    if not REFERENCE[0] <= len(rests) <= REFERENCE[1]:
        raise Refused("ground_reference", "reference", least=REFERENCE[0], most=REFERENCE[1])
    if not fields or set(fields) - set(FIELDS[sort]):
        raise Refused("no_field", "fields")


def file_here(row: records.Row, fields: Collection[str]) -> PersonFile:
    """Return the fields asked for, in the order of ``FIELDS``, and the number, masked unless it is among them.

    Asked where the wall shows this person.
    """
    id_, sort, provenance, key, text = row[:5]
    found = records.rows(
        "SELECT field, value, source, as_of FROM person_fact WHERE person_id = %s AND until IS NULL", (id_,)
    )
    known = {name: Fact(name, value or "", source, as_of) for name, value, source, as_of in found}
    if "number" in known:
        number = shown_number(sort, sealing.unseal(id_, sealing.Sealed(key, bytes(text))), whole="number" in fields)
        known["number"] = Fact("number", number, known["number"].source, known["number"].as_of)
    asked = [name for name in FIELDS[sort] if name in known and (name in fields or name == "number")]
    return PersonFile(id_, sort, provenance, tuple(known[name] for name in asked))


def shown_number(sort: PersonSort, number: str, *, whole: bool = False) -> str:
    """Return a number as it is shown: a citizen's is masked, a firm's is public (企业信息公示暂行条例, article 6)."""
    return number if whole or sort == "legal" else masked(number)


def _keep(
    actor: Actor, row: records.Row, fields: Sequence[str], ground: str, rests: str, power: str, at: datetime,
    at_machine: datetime,
) -> None:  # fmt: skip
    grant = grant_over(actor, row[5], power)
    id_ = records.value(
        """INSERT INTO look (person_id, fields, ground, reference, account_id, role, organisation_id, at, recorded_at)
           VALUES (%s, %s, %s, %s, %s, %s, (SELECT id FROM organisation WHERE lo = %s), %s, %s) RETURNING id""",
        (
            row[0], list(fields), ground, rests, actor.account, grant.role if grant else "",
            grant.org_lo if grant else None, at, at_machine,
        ),
    )  # fmt: skip
    data = {"look": id_, "fields": list(fields), "ground": ground, "reference": sealing.keyed_digest(rests)}
    journal.record(actor, "identity.look", "person", row[0], data, at=at)


def grant_over(actor: Actor, area_lo: int | None, power: str) -> Grant | None:
    """Return the narrowest grant by which somebody acts over an area: in which office and role; the system has none."""
    held = [one for one in actor.scope.grants if one.types is None and one.covers(None, area_lo, -1, power)]
    return min(held, key=lambda one: (one.org_hi - one.org_lo, one.area_hi - one.area_lo), default=None)
