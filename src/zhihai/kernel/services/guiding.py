"""Guides of items in versions (办事指南): completed, published, withdrawn; what was published stays as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from zhihai.ground.actors import WHOLE, Actor
from zhihai.ground.refusal import Conflict, NotFound, Refused
from zhihai.kernel import records
from zhihai.kernel.identity.kinds import PUBLISH_SERVICES, SET_SERVICES
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal.reads import clock
from zhihai.kernel.services.bringing import check_found_by
from zhihai.kernel.services.kinds import DAYS, FIELDS, LONGEST_VALUE, Contact, Described, Guide, GuideField, State

LONGEST_SOURCE, MOST_GROUPS = 400, 5000


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a guide, and who made and published it, by number of account; instants are district time, UTC."""

    version: int
    state: str
    fields: Guide
    made_at: datetime
    made_by: int
    published_at: datetime | None
    published_by: int | None
    ended_at: datetime | None


def versions(item: int) -> tuple[Version, ...]:
    """Return the versions of an item's guide, the newest first."""
    found = records.rows(
        """SELECT version, state, fields::text, made_at, made_by, published_at, published_by, ended_at
           FROM service_guide WHERE item_id = %s ORDER BY version DESC""",
        (item,),
    )
    return tuple(Version(row[0], row[1], read_fields(row[2]), *row[3:]) for row in found)


def read_fields(text: str) -> Guide:
    """Return the fields of a guide as the store keeps them."""
    given = records.json_object(text)
    return {
        name: GuideField(value=one["value"], source=one["source"], as_of=date.fromisoformat(one["as_of"]))
        for name, one in ((name, given[name]) for name in FIELDS if name in given)
    }


def _held(item: int) -> tuple[State, int | None]:
    """Lock an item and return its state and the place of its organisation. Raises ``NotFound``."""
    row = records.one(
        """SELECT i.state, (SELECT o.lo FROM organisation o WHERE o.id = i.organisation_id) FROM service_item i
           WHERE i.id = %s FOR UPDATE OF i""",
        (item,),
    )
    if row is None:
        raise NotFound("no_item", "item")
    return row[0], row[1]


def _need(actor: Actor, power: str, lo: int | None) -> None:
    """Ask for a power over whose an item is; one that is nobody's is the whole district's."""
    actor.need(power, *((WHOLE, WHOLE) if lo is None else (lo, None)))


def complete_guide(actor: Actor, item: int, fields: Guide, *, at: datetime) -> int:
    """Write the draft of an item's guide, whole; returns its version. What is published stands until it is published.

    Raises ``NotPermitted`` without the power ``service.set`` over whose the item is, ``NotFound`` for no such item,
    ``Refused`` naming the field for one that is unknown, too long, without source or after today, for limits that are
    no whole number of days, and for a promise longer than the law allows.
    """
    with records.atomic():
        _, lo = _held(item)
        _need(actor, SET_SERVICES, lo)
        _check_guide(fields, at.astimezone(clock().zone).date())
        kept = {name: {"value": one.value, "source": one.source, "as_of": one.as_of} for name, one in fields.items()}
        version = int(
            records.value(
                """INSERT INTO service_guide AS g (item_id, version, state, fields, made_at, made_by)
                   SELECT %s, coalesce(max(version), 0) + 1, 'draft', %s::jsonb, %s, %s FROM service_guide
                   WHERE item_id = %s AND state <> 'draft'
                   ON CONFLICT (item_id) WHERE state = 'draft' DO UPDATE
                       SET fields = EXCLUDED.fields, made_at = EXCLUDED.made_at, made_by = EXCLUDED.made_by
                   RETURNING version""",
                (item, records.as_json(kept), at, actor.account, item),
            )
        )
        data = {"version": version, "fields": sorted(fields)}
        journal.record(actor, "services.complete_guide", "service_item", item, data, at=at)
    return version


def _check_guide(fields: Guide, today: date) -> None:
    for name, one in fields.items():
        if name not in FIELDS:
            raise Refused("guide_field", name)
        if not one.value.strip() or len(one.value) > LONGEST_VALUE or "\0" in one.value:
            raise Refused("guide_value", name, most=LONGEST_VALUE)
        if not one.source.strip() or len(one.source) > LONGEST_SOURCE or "\0" in one.source:
            raise Refused("guide_source", name, most=LONGEST_SOURCE)
        if one.as_of > today:
            raise Refused("guide_day", name)
        if name in DAYS and not (one.value.isascii() and one.value.isdigit() and len(one.value) <= 4):
            raise Refused("guide_days", name)
    if all(name in fields for name in DAYS) and int(fields["promised"].value) > int(fields["statutory"].value):
        raise Refused("guide_promise", "promised")


def publish(actor: Actor, items: Sequence[int], *, at: datetime) -> int:
    """Publish items with the drafts of their guides, all or none; returns how many were not public so before.

    An item without a guide is published too: the hall says what it lacks. Raises ``NotPermitted`` without the power
    ``service.publish`` over whose they are, ``NotFound`` for no such item.
    """
    with records.atomic():
        rows = records.rows(
            """SELECT i.id, (SELECT o.lo FROM organisation o WHERE o.id = i.organisation_id) FROM service_item i
               WHERE i.id = ANY(%s) ORDER BY i.id FOR UPDATE OF i""",
            (list(items),),
        )
        if len(rows) != len(set(items)):
            raise NotFound("no_item", "item")
        for _, lo in rows:
            _need(actor, PUBLISH_SERVICES, lo)
        drafts = [row[0] for row in records.rows(_DRAFTS, (list(items),))]
        records.execute(
            """UPDATE service_guide SET state = 'superseded', ended_at = %s
               WHERE item_id = ANY(%s) AND state = 'published'""",
            (at, drafts),
        )
        records.execute(
            """UPDATE service_guide SET state = 'published', published_at = %s, published_by = %s
               WHERE item_id = ANY(%s) AND state = 'draft'""",
            (at, actor.account, drafts),
        )
        found = [row[0] for row in records.rows(_PUBLISH, (at, list(items), drafts))]
        if found:
            journal.record(actor, "services.publish", "service_item", found[0] if len(found) == 1 else None,
                {"items": found, "guides": drafts}, at=at)  # fmt: skip
    return len(found)


_DRAFTS = "SELECT item_id FROM service_guide WHERE item_id = ANY(%s) AND state = 'draft' ORDER BY 1"
_PUBLISH = """UPDATE service_item i SET state = 'published', reason = '', changed_at = %s,
        filled = coalesce((SELECT count(*) FROM service_guide g, jsonb_object_keys(g.fields)
            WHERE g.item_id = i.id AND g.state = 'published'), 0)
    WHERE i.id = ANY(%s) AND (i.state <> 'published' OR i.id = ANY(%s)) RETURNING i.id"""


def withdraw(actor: Actor, item: int, reason: str, *, at: datetime) -> None:
    """Take an item out of the hall, with the reason that stands in its place; its guides are kept.

    Raises ``NotPermitted`` without the power ``service.publish`` over whose it is, ``NotFound`` for no such item,
    ``Conflict`` for one that is not public, ``Refused`` without a reason.
    """
    said = " ".join(reason.split())
    with records.atomic():
        state, lo = _held(item)
        _need(actor, PUBLISH_SERVICES, lo)
        if not 2 <= len(said) <= 400:
            raise Refused("item_reason", "reason")
        if state != "published":
            raise Conflict("item_not_public", "item")
        records.execute(
            "UPDATE service_item SET state = 'withdrawn', reason = %s, changed_at = %s WHERE id = %s", (said, at, item)
        )
        journal.record(actor, "services.withdraw", "service_item", item, {"reason": said}, at=at)


def assign(actor: Actor, assigned: Mapping[int, int | None], *, at: datetime) -> int:
    """Say whose items are: organisations by number, ``None`` for nobody's; returns how many changed hands.

    Raises ``NotPermitted`` without the power ``service.set`` over the whole district, ``NotFound`` for an item or an
    organisation that is not there.
    """
    actor.need(SET_SERVICES)
    offices = {one for one in assigned.values() if one is not None}
    with records.atomic():
        there = records.value("SELECT count(*) FROM organisation WHERE id = ANY(%s)", (list(offices),))
        items = records.value("SELECT count(*) FROM service_item WHERE id = ANY(%s)", (list(assigned),))
        if there != len(offices) or items != len(assigned):
            raise NotFound("no_item", "item")
        rows = records.rows(
            """UPDATE service_item i SET organisation_id = r.office, changed_at = %s
               FROM unnest(%s::int[], %s::int[]) AS r(item, office)
               WHERE i.id = r.item AND i.organisation_id IS DISTINCT FROM r.office RETURNING i.id, r.office""",
            (at, list(assigned), list(assigned.values())),
        )
        if rows:
            journal.record(actor, "services.assign", "service_item", rows[0][0] if len(rows) == 1 else None,
                {"items": [list(row) for row in sorted(rows)]}, at=at)  # fmt: skip
    return len(rows)


def describe(actor: Actor, item: int, described: Described, *, at: datetime) -> None:
    """Say how an item is found: who applies, its themes and life events, the words people use.

    Raises ``NotPermitted`` without the power ``service.set`` over whose it is, ``NotFound`` for no such item,
    ``Refused`` for an unknown theme or life event, too many words, or without saying who told.
    """
    with records.atomic():
        _, lo = _held(item)
        _need(actor, SET_SERVICES, lo)
        check_found_by(described.who, described.themes, described.life, described.words)
        if not described.source.strip() or len(described.source) > LONGEST_SOURCE:
            raise Refused("guide_source", "source", most=LONGEST_SOURCE)
        records.execute(
            """UPDATE service_item SET who = %s, themes = %s, life = %s, words = %s, words_source = %s, changed_at = %s
               WHERE id = %s""",
            (
                described.who, list(described.themes), list(described.life), list(described.words), described.source,
                at, item,
            ),
        )  # fmt: skip
        data = {"who": described.who, "themes": described.themes, "life": described.life, "words": described.words}
        journal.record(actor, "services.describe", "service_item", item, data, at=at)


def set_synonyms(actor: Actor, groups: Sequence[Sequence[str]], *, at: datetime) -> int:
    """Set the whole thesaurus of the district: groups of words that mean the same to whoever asks; returns how many.

    Raises ``NotPermitted`` without the power ``service.set`` over the whole district, ``Refused`` naming the group of
    fewer than two different words or of one that is too long.
    """
    actor.need(SET_SERVICES)
    if len(groups) > MOST_GROUPS:
        raise Refused("synonym_groups", "groups", most=MOST_GROUPS)
    kept = []
    for n, group in enumerate(groups, start=1):
        words = list(dict.fromkeys(word.strip() for word in group if word.strip()))
        try:
            check_found_by("", (), (), words)
        except Refused as refused:
            raise Refused("synonym_group", str(n)) from refused
        if len(words) < 2:
            raise Refused("synonym_group", str(n))
        kept.append(words)
    with records.atomic():
        records.execute("DELETE FROM service_synonym")
        records.execute(
            """INSERT INTO service_synonym (words)
               SELECT ARRAY(SELECT jsonb_array_elements_text(g)) FROM jsonb_array_elements(%s::jsonb) AS g""",
            (records.as_json(kept),),
        )
        journal.record(actor, "services.set_synonyms", "service_synonym", None, {"groups": kept}, at=at)
    return len(kept)


def set_contact(actor: Actor, contact: Contact, *, at: datetime) -> None:
    """Say how a person is reached: the hotline, or the window. Replaces what was said of that sort.

    Raises ``NotPermitted`` without the power ``service.set`` over the whole district, ``Refused`` for another sort, or
    without a name, a source, and a number or a place.
    """
    actor.need(SET_SERVICES)
    if contact.sort not in ("hotline", "window"):
        raise Refused("contact_sort", "sort")
    reached = contact.phone if contact.sort == "hotline" else contact.phone or contact.place.zh
    if not (contact.name.zh and contact.source and reached):
        raise Refused("contact_empty", "phone")
    values = (
        contact.sort, contact.name.zh, contact.name.en, contact.phone, contact.place.zh, contact.place.en,
        contact.hours.zh, contact.hours.en, contact.source,
    )  # fmt: skip
    with records.atomic():
        records.execute(
            """INSERT INTO service_contact
                   (sort, name_zh, name_en, phone, place_zh, place_en, hours_zh, hours_en, source)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
               ON CONFLICT (sort) DO UPDATE SET name_zh = EXCLUDED.name_zh, name_en = EXCLUDED.name_en,
                   phone = EXCLUDED.phone, place_zh = EXCLUDED.place_zh, place_en = EXCLUDED.place_en,
                   hours_zh = EXCLUDED.hours_zh, hours_en = EXCLUDED.hours_en, source = EXCLUDED.source""",
            values,
        )
        data = {"sort": contact.sort, "phone": contact.phone, "source": contact.source}
        journal.record(actor, "services.set_contact", "service_contact", None, data, at=at)
