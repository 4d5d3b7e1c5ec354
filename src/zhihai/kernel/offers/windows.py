"""Offers as they stand: what, whose, where, on what terms, and when they are open; read in one question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from zhihai.ground.named import Named
from zhihai.ground.refusal import NotFound
from zhihai.ground.worktime.calendar import WorkingCalendar
from zhihai.kernel import records
from zhihai.kernel.offers.kinds import Session, SpecialDay, Terms
from zhihai.kernel.offers.opening import Opening, Slot, opening_of, slots_of


@dataclass(frozen=True, slots=True)
class Offer:
    """A window that serves by appointment and by ticket (预约窗口); ``org_lo`` is the place of whose it is."""

    id: int
    kind: str
    organisation: int
    org_lo: int
    name: Named
    place: Named
    terms: Terms
    open: bool
    week: Mapping[int, tuple[Session, ...]]
    special: Mapping[date, SpecialDay]

    def opening(self, day: date, calendar: WorkingCalendar) -> Opening:
        """Return when it is open on a day."""
        return opening_of(day, self.week, self.special, calendar)

    def slots(self, day: date, calendar: WorkingCalendar) -> tuple[Slot, ...]:
        """Return the slots of a day, none while it is switched off."""
        return slots_of(self.opening(day, calendar), self.terms.slot_minutes, calendar) if self.open else ()

    def slot(self, starts_at: datetime, calendar: WorkingCalendar) -> Slot | None:
        """Return the slot that begins at an instant, ``None`` where none does."""
        day = starts_at.astimezone(calendar.zone).date()
        return next((one for one in self.slots(day, calendar) if one.starts_at == starts_at), None)

    def days(self, today: date) -> tuple[date, ...]:
        """Return the days that one may book on, from today."""
        return tuple(today + timedelta(days=n) for n in range(self.terms.ahead_days + 1))


_ASK = """SELECT o.id, o.kind, o.organisation_id, g.lo, o.name_zh, o.name_en, o.place_zh, o.place_en, o.open,
    o.slot_minutes, o.ahead_days, o.cancel_minutes, o.held_most, o.missed_most, o.missed_days, o.barred_days,
    (SELECT coalesce(json_agg(json_build_array(h.weekday, h.begins, h.ends, h.places) ORDER BY h.weekday, h.begins),
        '[]') FROM offer_hours h WHERE h.offer_id = o.id)::text,
    (SELECT coalesce(json_agg(json_build_array(d.day, d.sessions, d.why_zh, d.why_en) ORDER BY d.day), '[]')
        FROM offer_day d WHERE d.offer_id = o.id)::text
    FROM offer o JOIN organisation g ON g.id = o.organisation_id"""


def _made(row: records.Row) -> Offer:
    week: dict[int, tuple[Session, ...]] = {}
    for weekday, *session in records.json_list(row[16]):
        week[weekday] = (*week.get(weekday, ()), Session(*session))
    special = {
        date.fromisoformat(day): SpecialDay(
            date.fromisoformat(day), tuple(Session(*one) for one in sessions), Named(zh, en)
        )
        for day, sessions, zh, en in records.json_list(row[17])
    }
    return Offer(
        row[0], row[1], row[2], row[3], Named(row[4], row[5]), Named(row[6], row[7]), _terms(row), row[8], week, special
    )


def _terms(row: records.Row) -> Terms:
    return Terms(
        slot_minutes=row[9], ahead_days=row[10], cancel_minutes=row[11], held_most=row[12], missed_most=row[13],
        missed_days=row[14], barred_days=row[15],
    )  # fmt: skip


def offers(ids: Iterable[int] | None = None) -> tuple[Offer, ...]:
    """Return windows in order of their organisations' tree, all of them or those of some numbers."""
    if ids is None:
        rows = records.rows(f"{_ASK} ORDER BY g.lo, o.id")
    else:
        rows = records.rows(f"{_ASK} WHERE o.id = ANY(%s) ORDER BY g.lo, o.id", (sorted(set(ids)),))
    return tuple(_made(row) for row in rows)


def offer(id_: int) -> Offer:
    """Return a window. Raises ``NotFound``."""
    found = offers([id_])
    if not found:
        raise NotFound("no_offer", "window")
    return found[0]


def held_offer(id_: int, how: str) -> Offer:
    """Return a window, held to the end of the transaction: ``SHARE`` while a place is taken, ``UPDATE`` to set it.

    Whoever sets hours waits for those who are taking places under the former ones. Raises ``NotFound``.
    """
    records.one(f"SELECT id FROM offer WHERE id = %s FOR {how}", (id_,))
    return offer(id_)
