"""Questions to the room channels: what an account has been told, and what waits to be delivered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from zhihai.ground.words import Language
from zhihai.kernel import records
from zhihai.kernel.channels.delivering import DeliveryState
from zhihai.kernel.channels.delivering import read_deliveries as deliveries
from zhihai.kernel.channels.wording import say_notice

__all__ = ["MOST_UNREAD", "DeliveryState", "Notice", "deliveries", "notices", "unread"]

MOST_UNREAD = 99
"""Unread notices are counted no further."""


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

    def say(self, language: Language) -> tuple[str, str]:
        """Return its subject and its text in ``language``."""
        return say_notice(self.kind, self.facts, language)


def notices(account: int, after: int | None = None, limit: int = 50) -> tuple[Notice, ...]:
    """Return the notices of an account, newest first; ``after`` is the number of the last one of the page before."""
    found = records.rows(
        "SELECT id, template, facts, urgency, link, at, mode, read_at FROM zh_notices(%s, %s, %s)",
        (account, after, limit),
    )
    return tuple(Notice(row[0], row[1], records.json_object(row[2]), *row[3:]) for row in found)


def unread(account: int) -> int:
    """Return how many notices an account has not read, at most 99."""
    return int(records.value("SELECT zh_unread(%s, %s)", (account, MOST_UNREAD)))
