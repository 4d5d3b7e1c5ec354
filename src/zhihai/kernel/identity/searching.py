"""Questions about people: who has this number or bears this name, and who looked at whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.identifiers.sound import typed_sound
from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.kernel import records
from zhihai.kernel.identity import sealing
from zhihai.kernel.identity.kinds import SEE_LOOKS, SEE_PEOPLE, PersonSort
from zhihai.kernel.identity.looking import shown_number
from zhihai.kernel.identity.people import read_number
from zhihai.kernel.identity.wall import condition, of_areas
from zhihai.kernel.wall import PLATFORM, seeing

SHORTEST_SOUND = 2


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person in a list: enough to tell two of one name apart. A citizen's number is masked.

    ``area_lo`` is the place of the area in its tree, that of the whole district where no area is known.
    """

    id: int
    sort: PersonSort
    name: str = field(repr=False)
    number: str = field(repr=False)
    area: Named | None
    area_lo: int
    provenance: str


@dataclass(frozen=True, slots=True)
class LookRow:
    """A look at a person's data: at which fields, on what ground, in which office and role; by whom, for supervisors.

    ``at`` is district time, UTC; ``account`` is ``None`` for the person, who is told the office and the role. ``tie``
    is that of whoever looked in the person's name, and ``reference`` then the full name of its kind. ``office``
    is the number of the organisation. ``complained`` says that the person complained about it, where the wall shows it.
    """

    id: int
    at: datetime
    fields: tuple[str, ...]
    ground: str
    reference: str
    role: str
    organisation: Named | None
    account: int | None
    person: int
    tie: int | None
    office: int | None
    complained: bool


_LINE = """SELECT p.id, p.sort, p.name, p.number_key, p.number, p.provenance, p.area_lo,
    (SELECT a.name_zh FROM area a WHERE a.id = p.area_id), (SELECT a.name_en FROM area a WHERE a.id = p.area_id)
    FROM person p WHERE"""


def _line(row: records.Row) -> PersonLine:
    id_, sort, name, key, text, provenance, area_lo, *area = row
    number = shown_number(sort, sealing.unseal(id_, sealing.Sealed(key, bytes(text))))
    return PersonLine(id_, sort, name, number, Named(*area) if area[0] else None, area_lo, provenance)


def found_here(actor: Actor, sql: str, params: tuple[object, ...]) -> tuple[PersonLine, ...]:
    """Return the people that an actor may see among those of a condition; asked where the wall shows them."""
    found = records.rows(f"{_LINE} {condition(actor, SEE_PEOPLE)} AND {sql}", params)
    return tuple(_line(row) for row in found)


def _found(actor: Actor, sql: str, params: tuple[object, ...]) -> tuple[PersonLine, ...]:
    with seeing(of_areas(actor, SEE_PEOPLE)):
        return found_here(actor, sql, params)


def by_number(actor: Actor, sort: PersonSort, written: str) -> PersonLine | None:
    """Return the person with this number, ``None`` where the actor may see none; found by its keyed digest.

    Raises ``Refused`` for a number of another form, or with a wrong check digit.
    """
    number = read_number(sort, written)
    indexes = [sealing.index_of(keys, sort, number) for keys in sealing.known_keys()]
    found = _found(actor, "p.number_index = ANY(%s)", (indexes,))
    return found[0] if found else None


def by_name(actor: Actor, begins: str, *, limit: int = 50) -> tuple[PersonLine, ...]:
    """Return people whose name begins so, in order of names; raises ``Refused`` for an empty name."""
    name = " ".join(begins.split())
    if not name:
        raise Refused("search_empty", "name")
    return _found(actor, "p.name >= %s AND p.name < %s ORDER BY p.name, p.id LIMIT %s", (name, _after(name), limit))


def by_sound(actor: Actor, begins: str, *, limit: int = 50) -> tuple[PersonLine, ...]:
    """Return people whose name begins so in pinyin, in order of its sound; raises ``Refused`` for less than 2 letters.

    Tones, blanks and hyphens do not count, and ``ü`` is ``v``.
    """
    sound = typed_sound(begins)
    if len(sound) < SHORTEST_SOUND:
        raise Refused("search_short", "sound", least=SHORTEST_SOUND)
    return _found(
        actor, "p.sound >= %s AND p.sound < %s ORDER BY p.sound, p.id LIMIT %s", (sound, _after(sound), limit)
    )


def _after(prefix: str) -> str:
    """Return the first text after all that begin so.

    A range is asked, for ``LIKE`` may not use an index behind row security: it could leak, a comparison can not.
    """
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


_LOOK = """SELECT l.id, l.at, l.fields, l.ground, l.reference, l.role, o.name_zh, o.name_en, l.account_id, l.person_id,
    l.tie_id, l.organisation_id, EXISTS (SELECT FROM look_complaint c WHERE c.look_id = l.id)
    FROM look l JOIN person p ON p.id = l.person_id LEFT JOIN organisation o ON o.id = l.organisation_id"""


def looks_here(person: int, before: int | None, limit: int) -> tuple[LookRow, ...]:
    """Return who looked at a person's data, newest first, without the accounts; asked where the wall shows them."""
    return _looks("l.person_id = %s", (person,), before, limit, told=False)


def looks_in(actor: Actor, *, before: int | None = None, limit: int = 50) -> tuple[LookRow, ...]:
    """Return who looked at people of the areas over which an actor holds ``person.looks``, newest first.

    With the account of each. An actor without the power sees none.
    """
    with seeing(PLATFORM):
        return _looks(condition(actor, SEE_LOOKS), (), before, limit, told=True)


def looks_by_id(ids: Collection[int], *, told: bool) -> tuple[LookRow, ...]:
    """Return looks by number, newest first, with the accounts for supervisors (``told``); where the wall shows them."""
    return _looks("l.id = ANY(%s)", (sorted(ids),), None, len(ids), told=told)


def _looks(sql: str, params: tuple[object, ...], before: int | None, limit: int, *, told: bool) -> tuple[LookRow, ...]:
    found = records.rows(
        f"{_LOOK} WHERE {sql} AND (%s::bigint IS NULL OR l.id < %s) ORDER BY l.id DESC LIMIT %s",
        (*params, before, before, limit),
    )
    return tuple(
        LookRow(
            row[0], row[1], tuple(row[2]), row[3], row[4], row[5], Named(row[6], row[7]) if row[6] else None,
            row[8] if told else None, row[9], row[10], row[11], row[12],
        )
        for row in found
    )  # fmt: skip
