"""Telling whose an appointment is (预约提醒): made, moved, called off, missed, and that it is tomorrow."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.ground.worktime.calendar import WorkingCalendar
from zhihai.kernel import records
from zhihai.kernel.channels import acts as channels
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal.acts import Heard
from zhihai.kernel.journal.reads import clock
from zhihai.kernel.offers.events import AppointmentChanged
from zhihai.kernel.offers.holding import CLAIM, displaced
from zhihai.kernel.offers.windows import offers

BEFORE, GRACE = timedelta(hours=24), timedelta(minutes=30)
"""So long before it begins one is reminded; so long after its end an appointment that nobody came to is over."""


@dataclass(frozen=True, slots=True)
class Concerned:
    """What a notice about an appointment says, and whose accounts it goes to."""

    accounts: tuple[int, ...]
    window: Named
    place: Named
    starts_at: datetime


def tell_holders(heard: Sequence[Heard]) -> None:
    """Listener: tell whose an appointment is, and who booked it for them, once for each change; it names nobody."""
    changes = [(one.id, one.at, one.event) for one in heard if isinstance(one.event, AppointmentChanged)]
    if not changes:
        return
    concerned = _concerned({event.claim for _, _, event in changes}, max(at for _, at, _ in changes))
    channels.tell(
        [
            _telling(event.claim, concerned[event.claim], event.what, f"{event.what}:{id_}", at)
            for id_, at, event in changes
            if event.claim in concerned
        ]
    )


def remind(*, at: datetime) -> int:
    """Remind of appointments that begin within a day, once each; returns how many notices were told now.

    Who booked within that day needs no reminding. The platform's own work, to be called every now and then.
    """
    with identity.seeing(identity.PLATFORM):
        rows = records.rows(
            """SELECT id FROM offer_claim WHERE state = 'held' AND ends_at > %s AND starts_at > %s AND starts_at <= %s
               AND made_at <= starts_at - %s::interval""",
            (at, at, at + BEFORE, BEFORE),
        )
    concerned = _concerned({row[0] for row in rows}, at)
    return channels.tell(
        [_telling(id_, one, "tomorrow", f"tomorrow:{one.starts_at:%Y%m%d%H%M}", at) for id_, one in concerned.items()]
    )


def tell_displaced(calendar: WorkingCalendar, *, at: datetime) -> int:
    """Tell whose appointments no longer fit when a window is open, once each time it happens; returns how many notices.

    Hours that were cut, a day that was closed or is as its weekday again, a holiday published since, a window switched
    off: whatever it was, nothing was called off. What fits again meanwhile and is displaced anew is told anew. The
    platform's own work, to be called every now and then.
    """
    with records.atomic(), identity.seeing(identity.PLATFORM):
        rows = records.rows("SELECT DISTINCT offer_id FROM offer_claim WHERE state = 'held' AND starts_at > %s", (at,))
        found = [id_ for one in offers([row[0] for row in rows]) for id_ in displaced(one, calendar, at=at)]
        records.execute(
            """UPDATE offer_claim SET displaced = NULL
               WHERE displaced IS NOT NULL AND state = 'held' AND NOT id = ANY(%s::bigint[])""",
            (found,),
        )
        rows = records.rows(
            """UPDATE offer_claim SET displaced = starts_at, displacements = displacements + 1
               WHERE id = ANY(%s::bigint[]) AND displaced IS DISTINCT FROM starts_at RETURNING id, displacements""",
            (found,),
        )
        fresh: dict[int, int] = {row[0]: row[1] for row in rows}
        if not fresh:
            return 0
        journal.record(SYSTEM, "offers.tell_displaced", CLAIM, None, {"displaced": sorted(fresh)}, at=at)
        return channels.tell(
            [
                _telling(id_, one, "displaced", f"displaced:{fresh[id_]}", at)
                for id_, one in _concerned(fresh, at).items()
            ]
        )


def _telling(claim: int, one: Concerned, what: str, once: str, at: datetime) -> channels.Telling:
    facts = {"window": one.window, "place": one.place, "at": one.starts_at}
    link = f"/my/appointments/{claim}"
    return channels.Telling(one.accounts, f"zhihai.appointment_{what}", facts, link, f"appointment:{claim}:{once}", at)


def _concerned(claims: Collection[int], at: datetime) -> dict[int, Concerned]:
    """Return whom appointments concern: whose they are, and who booked them while the tie by which they did holds."""
    if not claims:
        return {}
    with identity.seeing(identity.PLATFORM):
        rows = records.rows(
            """SELECT c.id, o.name_zh, o.name_en, o.place_zh, o.place_en, c.starts_at,
                   ARRAY(SELECT t.account_id FROM account_person t WHERE t.person_id = c.person_id AND t.level = 3
                       AND (c.proved OR c.way = 'window')
                       UNION SELECT c.account_id WHERE c.way = 'hall' AND (c.tie_id IS NULL OR EXISTS (
                           SELECT FROM tie t WHERE t.id = c.tie_id AND t.valid_from <= %s
                           AND coalesce(least(t.valid_to, t.ended_at), 'infinity') > %s)))
               FROM offer_claim c JOIN offer o ON o.id = c.offer_id WHERE c.id = ANY(%s)""",
            (at, at, sorted(claims)),
        )
    return {row[0]: Concerned(tuple(row[6]), Named(*row[1:3]), Named(*row[3:5]), row[5]) for row in rows}


def end_past(*, at: datetime) -> int:
    """End appointments that nobody came to, half an hour after their end; returns how many.

    At a window that called tickets at their time or after it they were missed, and count; at one that did not, nobody
    can say who came: they have lapsed, and count for nothing. Whose ticket was never called was not missed by them.
    The platform's own work, to be called every now and then.
    """
    with records.atomic(), identity.seeing(identity.PLATFORM):
        rows = records.rows(
            """UPDATE offer_claim c SET ended_at = %(at)s, state = CASE
                   WHEN c.state = 'arrived' THEN 'lapsed'
                   WHEN EXISTS (SELECT FROM offer_ticket t WHERE t.offer_id = c.offer_id AND t.again_at >= c.starts_at
                       AND t.day = (c.starts_at AT TIME ZONE %(zone)s)::date) THEN 'missed'
                   ELSE 'lapsed' END
               WHERE c.state = 'held' AND c.ends_at < %(at)s - %(grace)s::interval
                   OR c.state = 'arrived' AND c.ends_at < %(at)s - interval '1 day'
               RETURNING c.id, c.state""",
            {"at": at, "zone": clock().zone.key, "grace": GRACE},
        )
        missed = [id_ for id_, state in rows if state == "missed"]
        for id_ in missed:
            journal.emit(AppointmentChanged(claim=id_, what="missed"), at=at)
        if rows:
            data = {"missed": sorted(missed), "lapsed": sorted(id_ for id_, state in rows if state == "lapsed")}
            journal.record(SYSTEM, "offers.end_past", CLAIM, None, data, at=at)
    return len(rows)
