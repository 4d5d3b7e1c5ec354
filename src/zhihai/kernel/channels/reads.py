"""Questions to the room channels: what somebody has been told and how, and what waits to be delivered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from zhihai.ground.words import Language
from zhihai.kernel import house, records
from zhihai.kernel.channels.by_hand import ToTell, Waiting, one_by_hand, waiting_by_hand
from zhihai.kernel.channels.choosing import AT_WINDOW, Addressee, Choice, choice_of
from zhihai.kernel.channels.delivering import DeliveryState
from zhihai.kernel.channels.delivering import read_deliveries as deliveries
from zhihai.kernel.channels.kinds import ELECTRONIC, WAYS, How, NoticeKind, Way
from zhihai.kernel.channels.proving import Number, number_of
from zhihai.kernel.channels.quiet import NO_QUIET, QuietHours
from zhihai.kernel.channels.wording import call_notice, say_notice

__all__ = [
    "AT_WINDOW", "ELECTRONIC", "MOST_UNREAD", "NO_QUIET", "WAYS", "Addressee", "Choice", "DeliveryState", "Notice",
    "Number", "QuietHours", "ToTell", "Told", "ToldAbout", "Tried", "Waiting", "Way", "call_notice", "choice_of",
    "deliveries", "notices", "number_of", "one_by_hand", "stoppable", "told_about", "unread", "waiting_by_hand",
]  # fmt: skip

MOST_UNREAD = 99
"""Unread notices are counted no further."""


@dataclass(frozen=True, slots=True)
class Tried:
    """That an official posted a letter, called or came; ``at`` is district time."""

    how: How
    reached: bool
    letter: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """By which way a notice left, and with what outcome; ``queued_at`` and ``sent_at`` are machine time."""

    way: Way
    state: Literal["queued", "sending", "sent", "failed"]
    queued_at: datetime
    sent_at: datetime | None
    tries: tuple[Tried, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice to one account. ``at`` and ``read_at`` are district time in ``mode``; ``link`` a path of ours."""

    id: int
    kind: str
    facts: Mapping[str, Any]
    urgency: Literal["calm", "near", "late"]
    link: str
    at: datetime
    mode: str
    read_at: datetime | None
    told: tuple[Told, ...]

    def say(self, language: Language) -> tuple[str, str]:
        """Return its subject and its text in ``language``."""
        return say_notice(self.kind, self.facts, language)


@dataclass(frozen=True, slots=True)
class ToldAbout:
    """That somebody was told about something: which kind of notice, when (district time), and by which ways."""

    kind: str
    at: datetime
    told: tuple[Told, ...]

    def call(self, language: Language) -> str:
        """Return what its kind is called."""
        return call_notice(self.kind, language)


def notices(account: int, after: int | None = None, limit: int = 50) -> tuple[Notice, ...]:
    """Return the notices of an account, newest first, and those its person was told without one.

    ``after`` is the number of the last one of the page before.
    """
    found = records.rows(
        "SELECT id, template, facts, urgency, link, at, mode, read_at, told FROM zh_notices(%s, %s, %s)",
        (account, after, limit),
    )
    return tuple(
        Notice(row[0], row[1], records.json_object(row[2]), row[3], row[4], row[5], row[6], row[7], _told(row[8]))
        for row in found
    )


def unread(account: int) -> int:
    """Return how many notices an account has not read, at most 99."""
    return int(records.value("SELECT zh_unread(%s, %s)", (account, MOST_UNREAD)))


def told_about(noun: str, id_: int, limit: int = 50) -> tuple[ToldAbout, ...]:
    """Return that people were told about something, newest first: never whom, nor what it said.

    The caller has asked whether the reader may see what it is about.
    """
    found = records.rows("SELECT template, at, told FROM zh_told_about(%s, %s)", (f"{noun}:{id_}", limit))
    return tuple(ToldAbout(kind, at, _told(told)) for kind, at, told in found)


def stoppable(language: Language, *, office: bool) -> tuple[tuple[str, str], ...]:
    """Return the kinds of notice that may be stopped, by full name, and what each is called.

    With ``office`` those that only people on duty are told are among them.
    """
    found = [name for name, kind in house.registry().all(NoticeKind) if not kind.duty and (office or not kind.office)]
    return tuple((name, call_notice(name, language)) for name in found)


def _told(text: str | None) -> tuple[Told, ...]:
    return tuple(
        Told(way, state, _instant(queued), None if sent is None else _instant(sent), _tries(tries))
        for way, state, queued, sent, tries in records.json_list(text or "[]")
    )


def _tries(found: list[Any] | None) -> tuple[Tried, ...]:
    return tuple(Tried(how, reached, letter, _instant(at)) for how, reached, letter, at in found or ())


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
