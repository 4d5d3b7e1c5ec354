"""Telling by hand (送达): letters that an official posts, and people to whom somebody calls or comes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from zhihai.ground.actors import ANY_TYPE, Actor
from zhihai.ground.named import Named
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.ground.words import Language
from zhihai.kernel import records
from zhihai.kernel.channels.kinds import How, Way
from zhihai.kernel.channels.wording import say_notice
from zhihai.kernel.identity import acts as identity_acts
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import TELL_PEOPLE
from zhihai.kernel.journal import acts as journal

AGAIN = timedelta(days=1)
"""After so long somebody who was not reached is tried again."""
SHOWN = ("name", "address", "phone")
"""What is looked at of whoever is to be told; the look is kept, and they may read it."""
LETTER = re.compile(r"[A-Za-z0-9-]{0,40}")
"""The number of a registered letter, or none."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One notice that waits to be told by hand: in which area, since when (machine time), how often it was tried.

    ``next_at`` lies ahead where somebody was not reached and is tried again then.
    """

    id: int
    way: Way
    kind: str
    duty: bool
    area: Named | None
    queued_at: datetime
    next_at: datetime
    tries: int


@dataclass(frozen=True, slots=True)
class ToTell:
    """What is told to whom: what is known of them, and the notice in the language they chose."""

    waiting: Waiting
    name: str = field(repr=False)
    address: str = field(repr=False)
    phone: str = field(repr=False)
    language: Language
    subject: str
    text: str
    at: datetime
    mode: str


_FROM = """FROM delivery d JOIN notice n ON n.id = d.notice_id
    JOIN person p ON p.id = zh_person_told(n.account_id, n.person_id) LEFT JOIN area ON area.id = p.area_id"""
_WAITING = """SELECT d.id, d.channel, n.template, n.duty, area.name_zh, area.name_en, d.queued_at, d.next_at,
    d.attempts, p.id, n.facts, n.at, n.mode, n.id, p.area_lo"""


def waiting_by_hand(actor: Actor, way: Way, *, after: int | None = None, limit: int = 50) -> tuple[Waiting, ...]:
    """Return what waits to be told by letter or by somebody, where one may do it, oldest first; nobody is named.

    ``after`` is the number of the last one of the page before.
    """
    return tuple(_waiting(row) for row in _found(actor, "d.channel = %s AND d.id > %s", (way, after or 0), limit))


def one_by_hand(actor: Actor, delivery: int) -> Waiting:
    """Return one notice that waits to be told by hand. Raises ``NotPermitted`` as :func:`open_by_hand`."""
    return _waiting(_one(actor, delivery))


def open_by_hand(actor: Actor, delivery: int, *, at: datetime, at_machine: datetime) -> ToTell:
    """Open what is to be told to somebody: a look at name, address and telephone, which they can read.

    Raises ``NotPermitted`` for what waits no more, and without the power ``person.tell`` over the person's area.
    """
    with records.atomic():
        row = _one(actor, delivery)
        rests = f"notice {row[13]}"
        file = identity_acts.look(
            actor, row[9], SHOWN, "notice", rests, at=at, at_machine=at_machine, power=TELL_PEOPLE
        )
        with identity.seeing(identity.PLATFORM):
            asked = "SELECT language FROM zh_chosen((SELECT account_id FROM notice WHERE id = %s), %s)"
            language: Language = records.value(asked, (row[13], row[9])) or "zh"
    known = {fact.name: fact.value for fact in file.facts}
    subject, text = say_notice(row[2], records.json_object(row[10]), language)
    return ToTell(
        _waiting(row), known.get("name", ""), known.get("address", ""), known.get("phone", ""), language, subject,
        text, row[11], row[12],
    )  # fmt: skip


def note_told(
    actor: Actor, delivery: int, how: How, reached: bool, letter: str = "", *, at: datetime, at_machine: datetime
) -> None:
    """Note that a letter was posted, or that somebody called or came, and whether the person was reached.

    Who was not reached is tried again a day later. Raises as :func:`open_by_hand`; ``Refused`` for a number of a letter
    that is none, for a letter that reached nobody, and for a number where no letter was sent.
    """
    number = letter.strip()
    if not LETTER.fullmatch(number) or (how != "letter" and (number or how not in ("call", "visit"))):
        raise Refused("letter_number", "letter")
    if how == "letter" and not reached:
        raise Refused("letter_reaches", "reached")
    with records.atomic():
        row = _one(actor, delivery, lock=True)
        tries = row[8] + 1
        records.execute(
            """INSERT INTO delivery_try (delivery_id, n, account_id, how, reached, letter, at)
               VALUES (%s, %s, %s, %s, %s, %s, %s)""",
            (delivery, tries, actor.account, how, reached, number, at),
        )
        records.execute(
            """UPDATE delivery SET attempts = %s, state = CASE WHEN %s THEN 'sent' ELSE 'queued' END,
                   sent_at = CASE WHEN %s THEN %s::timestamptz END, next_at = %s WHERE id = %s""",
            (tries, reached, reached, at_machine, at_machine + AGAIN, delivery),
        )
        journal.record(actor, "channels.note_told", "notice", row[13], {"how": how, "reached": reached}, at=at)


def _one(actor: Actor, delivery: int, *, lock: bool = False) -> records.Row:
    found = _found(actor, "d.id = %s", (delivery,), 1, " FOR UPDATE OF d" if lock else "")
    if not found:
        raise NotPermitted("nothing_to_tell", "delivery")
    return found[0]


def _found(
    actor: Actor, which: str, values: tuple[object, ...], limit: int, lock: str = ""
) -> list[records.Row]:  # fmt: skip
    condition = identity.predicate(actor, TELL_PEOPLE, org=None, area="p.area_lo", type_=str(ANY_TYPE))
    with identity.seeing(identity.PLATFORM):
        return records.rows(
            f"""{_WAITING} {_FROM} WHERE d.state = 'queued' AND d.channel IN ('post', 'person') AND {which}
                AND {condition} ORDER BY d.id LIMIT %s{lock}""",
            (*values, limit),
        )


def _waiting(row: records.Row) -> Waiting:
    area = None if row[4] is None else Named(row[4], row[5])
    return Waiting(row[0], row[1], row[2], row[3], area, row[6], row[7], row[8])
