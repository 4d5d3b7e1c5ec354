"""Acts on people and firms: registering them, correcting what is known, sealing numbers with the present key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.db import IntegrityError

from zhihai.ground.actors import Actor
from zhihai.ground.identifiers.citizen import read_citizen_id
from zhihai.ground.identifiers.organisation import read_credit_code
from zhihai.ground.identifiers.sound import sound_of, sound_of_title
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.identity import sealing
from zhihai.kernel.identity.kinds import FIELDS, SET_PEOPLE, SOURCES, PersonSort
from zhihai.kernel.identity.second_factor import reseal_secrets
from zhihai.kernel.identity.wall import condition, of_areas, of_person
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.wall import PLATFORM, asking, seeing

LONGEST = 120
"""Characters of a field, at most."""
DOCUMENT = (2, 120)
"""Characters of what was shown at a window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonInput:
    """A person as a source tells it: ``area`` is an area's number, ``facts`` the other fields by name.

    ``number`` is a citizen's number (GB 11643) or, of a firm, its social credit code (GB 32100). It is left out of
    ``repr``.
    """

    sort: PersonSort
    number: str = field(repr=False)
    name: str = field(repr=False)
    area: int | None = None
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)
    source: str
    as_of: date
    provenance: str = "real"


def register_people(actor: Actor, inputs: Sequence[PersonInput], *, at: datetime) -> tuple[int, ...]:
    """Register people and firms, all or none; returns their numbers in the order given.

    Raises ``NotPermitted`` without the power ``person.set`` over the area of each (the whole where none is known);
    ``Refused`` for a number of another form or with a wrong check digit, which would make two people of one, for a
    number that is known already, for an unknown area or source, and for a field that the sort of person has not or that
    is empty or too long.
    """
    given = [_read(one) for one in inputs]
    places = _places([one.area for one in given])
    for one in given:
        actor.need(SET_PEOPLE, None, places[one.area][0])
    with seeing(PLATFORM):
        ids = records.new_numbers("person", len(given))  # what is encrypted is bound to its row: known before
        _refuse_known(given)
        _write(ids, given, places)
        _write_facts(actor, ids, given, places, at)
        _note(actor, ids, given, at)
    return ids


def register_at_window(actor: Actor, given: PersonInput, document: str, *, at: datetime) -> int:
    """Register somebody who stands at a window, with or without an account or telephone (level 3).

    Returns the number; the document that was shown is kept with it. Raises as :func:`register_people` does, and
    ``Refused`` where none was shown.
    """
    shown = " ".join(document.split())
    if not DOCUMENT[0] <= len(shown) <= DOCUMENT[1]:
        raise Refused("document_shown", "document", least=DOCUMENT[0], most=DOCUMENT[1])
    with records.atomic():
        (person,) = register_people(actor, [replace(given, source="window")], at=at)
        with seeing(of_person(person)):
            records.execute("INSERT INTO person_shown VALUES (%s, %s, %s, %s)", (person, shown, at, actor.account))
        data = {"document": sealing.keyed_digest(shown)}
        journal.record(actor, "identity.register_at_window", "person", person, data, at=at)
    return person


def read_number(sort: PersonSort, written: str) -> str:
    """Return an identity number in its one form. Raises ``Refused`` for another form, or a wrong check digit."""
    read = read_citizen_id(written, "number") if sort == "natural" else read_credit_code(written, "number")
    if read.check_ok is False:
        raise Refused("number_check", "number")
    return read.number


def _read(given: PersonInput) -> PersonInput:
    """Return what was given in the form in which it is kept."""
    if given.source not in SOURCES:
        raise Refused("no_source", "source")
    unknown = given.facts.keys() - (set(FIELDS[given.sort]) - {"name", "number", "area"})
    if unknown:
        raise Refused("no_field", min(unknown))
    facts = {name: read_value(name, value) for name, value in given.facts.items()}
    number = read_number(given.sort, given.number)
    return replace(given, number=number, name=read_value("name", given.name), facts=facts)


def read_value(name: str, value: str) -> str:
    """Return the value of a field in the form it is kept in; raises ``Refused`` naming the field."""
    kept = " ".join(value.split())
    if not kept or len(kept) > LONGEST:
        raise Refused("field_length", name, most=LONGEST)
    if not _FORMS.get(name, lambda _: True)(kept):
        raise Refused(f"field_{name}", name)
    return kept


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


_FORMS: Mapping[str, Callable[[str], bool]] = {
    "birth": _is_day,
    "ended": _is_day,
    "sex": lambda text: text in ("male", "female"),
    "phone": lambda text: text.removeprefix("+").replace("-", "").replace(" ", "").isdigit(),
}


def _places(areas: Sequence[int | None]) -> dict[int | None, tuple[int, str | None]]:
    """Return the number in the tree and the code of each area; nowhere in particular is the whole district."""
    asked = sorted({one for one in areas if one is not None})
    found = {
        row[0]: (row[1], row[2]) for row in records.rows("SELECT id, lo, code FROM area WHERE id = ANY(%s)", (asked,))
    }
    if len(found) < len(asked):
        raise Refused("person_area", "area")
    return {None: (1, None), **found}


def _refuse_known(given: Sequence[PersonInput]) -> None:
    """Refuse numbers that were sealed with a former key; those of the present one meet the unique index."""
    former = [sealing.index_of(keys, one.sort, one.number) for keys in sealing.known_keys()[1:] for one in given]
    if former and records.one("SELECT 1 FROM person WHERE number_index = ANY(%s)", (former,)):
        raise Refused("person_known", "number", status=409)


def _write(
    ids: Sequence[int], given: Sequence[PersonInput], places: Mapping[int | None, tuple[int, str | None]]
) -> None:
    keys = sealing.present_keys()
    columns = list(zip(*(
        (
            id_, one.sort, one.name, _sound(one.sort, one.name), sealing.index_of(keys, one.sort, one.number),
            sealing.seal(id_, one.number).text, one.area, places[one.area][0], one.provenance,
        )
        for id_, one in zip(ids, given, strict=True)
    ), strict=True))  # fmt: skip
    written = records.execute(
        """INSERT INTO person
               (id, sort, name, sound, number_index, number, area_id, area_lo, provenance, number_key)
           SELECT t.*, %s FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bytea[], %s::bytea[],
               %s::int[], %s::int[], %s::text[]) AS t
           ON CONFLICT (number_index) DO NOTHING""",
        (keys.name, *(list(column) for column in columns)),
    )
    if written < len(given):
        raise Refused("person_known", "number", status=409)


def _sound(sort: PersonSort, name: str) -> str:
    return sound_of(name) if sort == "natural" else sound_of_title(name)


def _write_facts(
    actor: Actor,
    ids: Sequence[int],
    given: Sequence[PersonInput],
    places: Mapping[int | None, tuple[int, str | None]],
    at: datetime,
) -> None:
    rows = [
        (id_, name, value, one.source, one.as_of)
        for id_, one in zip(ids, given, strict=True)
        for name, value in (
            ("name", one.name), ("number", None), ("area", places[one.area][1]), *one.facts.items(),
        )
        if value is not None or name == "number"
    ]  # fmt: skip
    records.execute(
        """INSERT INTO person_fact (person_id, field, value, source, as_of, at, actor)
           SELECT t.*, %s, %s FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::date[]) AS t""",
        (at, actor.account, *(list(column) for column in zip(*rows, strict=True))),
    )


def _note(actor: Actor, ids: Sequence[int], given: Sequence[PersonInput], at: datetime) -> None:
    """Write the entry: one person by number, many by how many and which; of what they are, a keyed digest."""
    said = records.as_json([[one.sort, one.number, one.name, one.area, dict(one.facts)] for one in given])
    many = {"n": len(ids), "first": min(ids), "last": max(ids)} if len(ids) > 1 else {}
    data = {"digest": sealing.keyed_digest(said), "sources": sorted({one.source for one in given}), **many}
    journal.record(actor, "identity.register_people", "person", ids[0] if len(ids) == 1 else None, data, at=at)


def correct_person(actor: Actor, person: int, name: str, value: str, source: str, as_of: date, *, at: datetime) -> None:
    """Correct one field of a person; what it said before is kept with the instant until which it held.

    ``value`` of ``area`` is an area's code. Raises ``NotPermitted`` for nobody or without the power ``person.set`` over
    the person's area, and over the new one; ``Refused`` as :func:`register_people` does.
    """
    if source not in SOURCES:
        raise Refused("no_source", "source")
    with seeing(of_areas(actor, SET_PEOPLE)):
        row = records.one(
            f"SELECT sort FROM person WHERE id = %s AND {condition(actor, SET_PEOPLE)} FOR UPDATE", (person,)
        )
        if row is None:
            raise NotPermitted("no_person")
        if name not in FIELDS[row[0]]:
            raise Refused("no_field", name)
        kept = read_number(row[0], value) if name == "number" else read_value(name, value)
        _change(actor, person, row[0], name, kept)
        with asking(of_person(person)):
            _keep_fact(actor, person, name, None if name == "number" else kept, source, as_of, at)
        data = {"field": name, "source": source, "digest": sealing.keyed_digest(records.as_json([name, kept]))}
        journal.record(actor, "identity.correct_person", "person", person, data, at=at)


def _change(actor: Actor, person: int, sort: PersonSort, name: str, value: str) -> None:
    """Change what the row itself holds of a field."""
    if name == "name":
        records.execute("UPDATE person SET name = %s, sound = %s WHERE id = %s", (value, _sound(sort, value), person))
    elif name == "area":
        found = records.one("SELECT id, lo FROM area WHERE code = %s", (value,))
        if found is None:
            raise Refused("person_area", "area")
        actor.need(SET_PEOPLE, None, found[1])
        records.execute("UPDATE person SET area_id = %s, area_lo = %s WHERE id = %s", (*found, person))
    elif name == "number":
        _change_number(person, sort, value)


def _change_number(person: int, sort: PersonSort, number: str) -> None:
    indexes = [sealing.index_of(keys, sort, number) for keys in sealing.known_keys()]
    try:
        with asking(PLATFORM):
            if records.one("SELECT 1 FROM person WHERE number_index = ANY(%s) AND id <> %s", (indexes, person)):
                raise Refused("person_known", "number", status=409)
            records.execute(
                """UPDATE person_fact f SET number = p.number, number_key = p.number_key FROM person p
                   WHERE p.id = %s AND f.person_id = p.id AND f.field = 'number' AND f.until IS NULL""",
                (person,),
            )
            _reseal(person, sort, number)
    except IntegrityError:  # somebody else was first
        raise Refused("person_known", "number", status=409) from None


def _reseal(person: int, sort: str, number: str) -> None:
    sealed = sealing.seal(person, number)
    records.execute(
        "UPDATE person SET number_index = %s, number_key = %s, number = %s WHERE id = %s",
        (sealing.index_of(sealing.present_keys(), sort, number), sealed.key, sealed.text, person),
    )


def _keep_fact(actor: Actor, person: int, name: str, value: str | None, source: str, as_of: date, at: datetime) -> None:
    records.execute(
        "UPDATE person_fact SET until = %s WHERE person_id = %s AND field = %s AND until IS NULL", (at, person, name)
    )
    records.execute(
        """INSERT INTO person_fact (person_id, field, value, source, as_of, at, actor)
           VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        (person, name, value, source, as_of, at, actor.account),
    )


def reseal(limit: int = 500) -> int:
    """Seal numbers and secrets anew that a former secret sealed, at most so many of each; returns how many (换钥).

    The platform's own work after its secret was changed. It changes no fact and leaves no entry.
    """
    former = sealing.former_keys()
    if not former:
        return 0
    with seeing(PLATFORM):
        people = records.rows(_SEALED_BY.format(columns="id, sort", table="person"), (former, limit))
        for id_, sort, key, text in people:
            _reseal(id_, sort, sealing.unseal(id_, sealing.Sealed(key, bytes(text))))
        facts = records.rows(_SEALED_BY.format(columns="id, person_id", table="person_fact"), (former, limit))
        for id_, person, key, text in facts:
            sealed = sealing.seal(person, sealing.unseal(person, sealing.Sealed(key, bytes(text))))
            records.execute(
                "UPDATE person_fact SET number_key = %s, number = %s WHERE id = %s", (sealed.key, sealed.text, id_)
            )
        secrets = reseal_secrets(former, limit)
    return len(people) + len(facts) + secrets


_SEALED_BY = """SELECT {columns}, number_key, number FROM {table} WHERE number_key = ANY(%s)
    ORDER BY number_key, id LIMIT %s FOR UPDATE SKIP LOCKED"""
