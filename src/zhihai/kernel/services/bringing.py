"""Bringing items in from a directory (事项导入): what a list would change, and making it so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zhihai.ground.actors import Actor
from zhihai.ground.identifiers.items import national_sort, read_item_code
from zhihai.ground.refusal import Refused
from zhihai.kernel import records
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.identity.kinds import SET_SERVICES
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.services.kinds import (
    LIFE,
    LONGEST_WORD,
    MOST_THEMES,
    MOST_WORDS,
    THEMES,
    WHO,
    ItemInput,
    SourceInput,
)

LONGEST_CODE, LONGEST_NAME = 120, 400
PLAIN = ("name", "main", "sort", "office", "office_code")
OWN = ("organisation", "who", "themes", "life", "words")
"""What a list may leave open: what was set here stands then."""


@dataclass(frozen=True, slots=True)
class Changed:
    """An item that a list says otherwise of: which of its fields."""

    code: str
    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Odd:
    """An item whose code a clerk should look at again: words keys of the reasons."""

    code: str
    name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a list would change: items it adds, changes, leaves out; ``taken`` are codes that another source has."""

    new: tuple[ItemInput, ...]
    changed: tuple[Changed, ...]
    back: tuple[Changed, ...]
    gone: tuple[Changed, ...]
    kept: int
    odd: tuple[Odd, ...]
    taken: tuple[str, ...]

    @property
    def changes(self) -> int:
        """Return how many items applying it touches."""
        return len(self.new) + len(self.changed) + len(self.back) + len(self.gone)


_KNOWN = """SELECT i.code, i.name, i.main, i.sort, i.office, i.office_code, coalesce(o.code, ''), i.who, i.themes,
        i.life, i.words, i.state, s.name_zh
    FROM service_item i JOIN service_source s ON s.id = i.source_id LEFT JOIN organisation o ON o.id = i.organisation_id
    WHERE i.code = ANY(%s) OR s.name_zh = %s"""


def compare(source: str, inputs: Sequence[ItemInput]) -> Difference:
    """Return what a list of a source would change, and write nothing; ``source`` is its Chinese name.

    Raises ``Refused`` naming the line of an item whose code or name is missing or too long, that stands twice, or
    whose sort, themes, life events, words or organisation are none that the house knows.
    """
    _check(inputs)
    known = {row[0]: row for row in records.rows(_KNOWN, ([one.code for one in inputs], source))}
    taken = tuple(one.code for one in inputs if one.code in known and known[one.code][12] != source)
    ours = [one for one in inputs if one.code not in set(taken)]
    changed, back, kept = [], [], 0
    for one in ours:
        if one.code not in known:
            continue
        row = known[one.code]
        found = Changed(one.code, one.name, _differing(one, row))
        if row[11] == "withdrawn":
            back.append(found)
        elif found.fields:
            changed.append(found)
        else:
            kept += 1
    listed = {one.code for one in inputs}
    gone = (row for row in known.values() if row[12] == source and row[0] not in listed and row[11] != "withdrawn")
    return Difference(
        new=tuple(one for one in ours if one.code not in known),
        changed=tuple(changed),
        back=tuple(back),
        gone=tuple(Changed(row[0], row[1], ()) for row in sorted(gone, key=lambda row: row[0])),
        kept=kept,
        odd=tuple(_odd(ours)),
        taken=taken,
    )


def _differing(one: ItemInput, row: Sequence[Any]) -> tuple[str, ...]:
    said: dict[str, object] = dict(zip((*PLAIN, *OWN), row[1:11], strict=True))
    plain = [name for name in PLAIN if getattr(one, name) != said[name]]
    own = [name for name in OWN if getattr(one, name) and _flat(getattr(one, name)) != _flat(said[name])]
    return (*plain, *own)


def _flat(value: object) -> object:
    return list(value) if isinstance(value, tuple | list) else value


def _odd(inputs: Iterable[ItemInput]) -> Iterable[Odd]:
    for one in inputs:
        reasons = read_item_code(one.code).oddities(one.sort)
        if reasons:
            yield Odd(one.code, one.name, reasons)


def _check(inputs: Sequence[ItemInput]) -> None:
    offices = {one.code for one in identities.organisations() if one.ended is None}
    seen: dict[str, int] = {}
    for n, one in enumerate(inputs, start=1):
        if not 0 < len(one.code) <= LONGEST_CODE or not one.code.isprintable() or "/" in one.code:
            raise Refused("item_code", f"{n} code", most=LONGEST_CODE)
        if not 0 < len(one.name) <= LONGEST_NAME or len(one.main) > LONGEST_NAME:
            raise Refused("item_name", f"{n} name", most=LONGEST_NAME)
        if one.code in seen:
            raise Refused("item_twice", f"{n} code", code=one.code, first=seen[one.code])
        seen[one.code] = n
        if one.sort and national_sort(one.sort) != one.sort:
            raise Refused("item_sort", f"{n} sort", sort=one.sort)
        if one.organisation and one.organisation not in offices:
            raise Refused("item_organisation", f"{n} organisation", organisation=one.organisation)
        check_found_by(one.who, one.themes, one.life, one.words, f"{n} ")


def check_found_by(who: str, themes: Sequence[str], life: Sequence[str], words: Sequence[str], place: str = "") -> None:
    """Raise ``Refused`` naming what an item can not be found by: an unknown theme or life event, too many words."""
    if who not in WHO:
        raise Refused("item_who", f"{place}who")
    for name, given, known in (("themes", themes, THEMES), ("life", life, LIFE)):
        strange = [one for one in given if one not in known]
        if strange or len(given) > MOST_THEMES:
            raise Refused(f"item_{name}", f"{place}{name}", value=", ".join(strange), most=MOST_THEMES)
    if len(words) > MOST_WORDS or any(not 0 < len(word) <= LONGEST_WORD or not word.isprintable() for word in words):
        raise Refused("item_words", f"{place}words", most=MOST_WORDS, longest=LONGEST_WORD)


_SOURCE = """INSERT INTO service_source (name_zh, name_en, note_zh, note_en, as_of, provenance)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (name_zh) DO UPDATE SET name_en = EXCLUDED.name_en, note_zh = EXCLUDED.note_zh,
        note_en = EXCLUDED.note_en, as_of = EXCLUDED.as_of, provenance = EXCLUDED.provenance
    RETURNING id"""
_PUT = """
    INSERT INTO service_item AS i (code, source_id, name, main, sort, office, office_code, organisation_id, who, themes,
        life, words, words_source, state, changed_at)
    SELECT r.code, %s, r.name, r.main, r.sort, r.office, r.office_code, o.id, r.who, r.themes, r.life, r.words,
        r.words_source, 'draft', %s
    FROM jsonb_to_recordset(%s::jsonb) AS r(n integer, code text, name text, main text, sort text, office text,
            office_code text, organisation text, who text, themes text[], life text[], words text[], words_source text)
        LEFT JOIN organisation o ON o.code = r.organisation
    ORDER BY r.n
    ON CONFLICT (code) DO UPDATE SET name = EXCLUDED.name, main = EXCLUDED.main, sort = EXCLUDED.sort,
        office = EXCLUDED.office, office_code = EXCLUDED.office_code,
        organisation_id = coalesce(EXCLUDED.organisation_id, i.organisation_id),
        who = CASE WHEN EXCLUDED.who = '' THEN i.who ELSE EXCLUDED.who END,
        themes = CASE WHEN EXCLUDED.themes = '{}' THEN i.themes ELSE EXCLUDED.themes END,
        life = CASE WHEN EXCLUDED.life = '{}' THEN i.life ELSE EXCLUDED.life END,
        words = CASE WHEN EXCLUDED.words = '{}' THEN i.words ELSE EXCLUDED.words END,
        words_source = CASE WHEN EXCLUDED.words = '{}' THEN i.words_source ELSE EXCLUDED.words_source END,
        state = CASE WHEN i.state = 'withdrawn' THEN 'draft' ELSE i.state END,
        reason = '', changed_at = EXCLUDED.changed_at"""


def bring_in(
    actor: Actor, source: SourceInput, inputs: Sequence[ItemInput], *, at: datetime, most_gone: bool = False
) -> Difference:
    """Make the catalogue say of a source what a list says, all or nothing; a second time changes nothing.

    New items are drafts until they are published. Items of the source that the list leaves out are withdrawn. Raises
    ``NotPermitted`` without the power ``service.set`` over the whole district, ``Refused`` as :func:`compare` does, for
    codes that another source has, and where more than half would go, unless ``most_gone`` says that they do.
    """
    actor.need(SET_SERVICES)
    with records.atomic():
        records.execute("LOCK TABLE service_item IN SHARE ROW EXCLUSIVE MODE")
        found = compare(source.name.zh, inputs)
        if found.taken:
            raise Refused("items_taken", "code", status=409, n=len(found.taken), first=found.taken[0])
        there = found.kept + len(found.changed) + len(found.gone)
        if not most_gone and len(found.gone) > max(2, there // 2):
            raise Refused("items_most_gone", "file", n=len(found.gone), of=there)
        number = records.value(
            _SOURCE,
            (source.name.zh, source.name.en, source.note.zh, source.note.en, source.as_of, source.provenance),
        )
        touched = {one.code for one in found.new} | {one.code for one in (*found.changed, *found.back)}
        rows = [{"n": n, **_row(one)} for n, one in enumerate(inputs) if one.code in touched]
        if rows:
            records.execute(_PUT, (number, at, records.as_json(rows)))
        gone = [one.code for one in found.gone]
        records.execute(
            "UPDATE service_item SET state = 'withdrawn', reason = '', changed_at = %s WHERE code = ANY(%s)", (at, gone)
        )
        journal.record(actor, "services.bring_in", "service_source", number, _told(found), at=at)
    return found


def _row(one: ItemInput) -> Mapping[str, object]:
    return {
        "code": one.code, "name": one.name, "main": one.main, "sort": one.sort, "office": one.office,
        "office_code": one.office_code, "organisation": one.organisation, "who": one.who, "themes": one.themes,
        "life": one.life, "words": one.words, "words_source": one.words_source,
    }  # fmt: skip


def _told(found: Difference) -> Mapping[str, object]:
    return {
        "new": [one.code for one in found.new], "changed": [one.code for one in found.changed],
        "back": [one.code for one in found.back], "gone": [one.code for one in found.gone], "kept": found.kept,
    }  # fmt: skip
