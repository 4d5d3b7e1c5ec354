"""Setting up a window: what, where, on what terms, when it is open, and days that are not as their weekday."""

from __future__ import annotations

from datetime import date, datetime

from zhihai.ground.actors import Actor
from zhihai.ground.named import Named
from zhihai.ground.powers import SET_WINDOWS
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import house, records
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.offers.kinds import (
    LONGEST_NAME,
    LONGEST_PLACE,
    OfferInput,
    OfferKind,
    SpecialDay,
    Week,
    check_sessions,
    check_terms,
)
from zhihai.kernel.offers.windows import held_offer

OFFER = "offer"
COLUMNS = (
    "name_zh", "name_en", "place_zh", "place_en", "slot_minutes", "ahead_days", "cancel_minutes", "held_most",
    "missed_most", "missed_days", "barred_days", "open",
)  # fmt: skip


def set_offer(actor: Actor, given: OfferInput, id_: int | None = None, *, at: datetime) -> int:
    """Make a window, or write it anew; returns its number. Whose it is and of which kind does not change.

    What was booked before stands on the terms it was booked under. Raises ``NotPermitted`` without the power
    ``window.set`` over whose it is, ``NotFound`` for no such window, ``Refused`` naming the field for an unknown
    kind, a name or place that is empty or too long, for terms out of bounds.
    """
    with records.atomic():
        if id_ is None:
            actor.need(SET_WINDOWS, identity.organisation(given.organisation).lo, None)
            if given.kind not in dict(house.registry().all(OfferKind)):
                raise Refused("offer_kind", "kind")
        else:
            actor.need(SET_WINDOWS, held_offer(id_, "UPDATE").org_lo, None)
        values = (*_texts(given), *_terms(given), given.open)
        made = _insert(given, values, at) if id_ is None else _update(id_, values, at)
        data = {"organisation": given.organisation, "kind": given.kind, "new": id_ is None, "open": given.open}
        journal.record(actor, "offers.set_offer", OFFER, made, data, at=at)
    return made


def _texts(given: OfferInput) -> tuple[str, ...]:
    for field, named, most in (("name", given.name, LONGEST_NAME), ("place", given.place, LONGEST_PLACE)):
        for text in (named.zh, named.en):
            if not text.strip() or len(text) > most or "\0" in text:
                raise Refused("offer_text", field, most=most)
    return given.name.zh, given.name.en, given.place.zh, given.place.en


def _terms(given: OfferInput) -> tuple[int, ...]:
    check_terms(given.terms)
    return tuple(getattr(given.terms, name) for name in COLUMNS[4:11])


def _insert(given: OfferInput, values: tuple[object, ...], at: datetime) -> int:
    columns, marks = ", ".join(COLUMNS), ", ".join(["%s"] * len(values))
    return int(
        records.value(
            f"""INSERT INTO offer (kind, organisation_id, changed_at, {columns}) VALUES (%s, %s, %s, {marks})
                RETURNING id""",
            (given.kind, given.organisation, at, *values),
        )
    )


def _update(id_: int, values: tuple[object, ...], at: datetime) -> int:
    changes = ", ".join(f"{name} = %s" for name in COLUMNS)
    records.execute(f"UPDATE offer SET {changes}, changed_at = %s WHERE id = %s", (*values, at, id_))
    return id_


def set_hours(actor: Actor, id_: int, week: Week, *, at: datetime) -> None:
    """Set when a window is open in a usual week, whole, and how many it serves at once.

    What was booked stands: :func:`~zhihai.kernel.offers.reads.displaced` tells whom it concerns. Raises as
    :func:`set_offer` does, and ``Refused`` naming the weekday for sessions that overlap or run backwards.
    """
    with records.atomic():
        actor.need(SET_WINDOWS, held_offer(id_, "UPDATE").org_lo, None)
        for weekday, sessions in week.items():
            if not 0 <= weekday <= 6:
                raise Refused("offer_weekday", "weekday")
            check_sessions(sessions, f"hours.{weekday}")
        records.execute("DELETE FROM offer_hours WHERE offer_id = %s", (id_,))
        for weekday, sessions in week.items():
            for one in sessions:
                records.execute(
                    "INSERT INTO offer_hours VALUES (%s, %s, %s, %s, %s)",
                    (id_, weekday, one.begins, one.ends, one.places),
                )
        hours = {str(day): [[one.begins, one.ends, one.places] for one in some] for day, some in week.items()}
        journal.record(actor, "offers.set_hours", OFFER, id_, {"hours": hours}, at=at)


def set_day(actor: Actor, id_: int, given: SpecialDay, *, at: datetime) -> None:
    """Set one day that is not as its weekday: its own sessions, none where it is closed; everybody reads why.

    What was booked stands, as in :func:`set_hours`. Raises as it does, and ``Refused`` where no reason is given.
    """
    with records.atomic():
        actor.need(SET_WINDOWS, held_offer(id_, "UPDATE").org_lo, None)
        check_sessions(given.sessions, "sessions")
        _check_why(given.why)
        sessions = [[one.begins, one.ends, one.places] for one in sorted(given.sessions)]
        records.execute(
            """INSERT INTO offer_day VALUES (%s, %s, %s::jsonb, %s, %s) ON CONFLICT (offer_id, day) DO UPDATE
               SET sessions = EXCLUDED.sessions, why_zh = EXCLUDED.why_zh, why_en = EXCLUDED.why_en""",
            (id_, given.day, records.as_json(sessions), given.why.zh, given.why.en),
        )
        data = {"day": given.day.isoformat(), "sessions": sessions}
        journal.record(actor, "offers.set_day", OFFER, id_, data, at=at)


def _check_why(why: Named) -> None:
    for text in (why.zh, why.en):
        if not text.strip() or len(text) > LONGEST_PLACE or "\0" in text:
            raise Refused("offer_why", "why", most=LONGEST_PLACE)


def clear_day(actor: Actor, id_: int, day: date, *, at: datetime) -> None:
    """Let a day be as its weekday again. Raises as :func:`set_day` does, ``NotFound`` where it is so already."""
    with records.atomic():
        actor.need(SET_WINDOWS, held_offer(id_, "UPDATE").org_lo, None)
        if not records.execute("DELETE FROM offer_day WHERE offer_id = %s AND day = %s", (id_, day)):
            raise NotFound("no_special_day", "day")
        journal.record(actor, "offers.clear_day", OFFER, id_, {"day": day.isoformat()}, at=at)
