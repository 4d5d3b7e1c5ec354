"""Telling accounts: each matter once (通知)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from zhihai.kernel import house, records
from zhihai.kernel.channels.kinds import NoticeKind
from zhihai.kernel.channels.wording import store_fact


@dataclass(frozen=True, slots=True)
class Telling:
    """One matter to be told (通知).

    ``notice`` is the full name of a notice kind, ``facts`` fill its sentences: plain values, instants, names in both
    languages, or :class:`Said` for what is itself a sentence. ``link`` is a path within the platform. ``once`` names
    the matter; ``at`` is the district instant it is told at.
    """

    accounts: Sequence[int]
    notice: str
    facts: Mapping[str, object]
    link: str
    once: str
    at: datetime


def tell(tellings: Sequence[Telling]) -> int:
    """Tell accounts what each of these says, in the caller's transaction; return how many notices were told now.

    Nobody is told the same matter twice, however often and in however many processes this is called. Whoever has an
    address also gets an e-mail. Accounts that are switched off are left out. The entry in the journal is that of the
    act which tells. One question, however many there are. Raises ``KeyError`` for a notice that no pack declares.
    """
    if not tellings:
        return 0
    kinds = house.registry()
    rows = [
        {
            "accounts": one.accounts,
            "template": one.notice,
            "urgency": kinds.get(NoticeKind, one.notice).urgency,
            "facts": {name: store_fact(fact) for name, fact in one.facts.items()},
            "link": one.link,
            "once": one.once,
            "at": one.at,
        }
        for one in tellings
    ]
    return int(records.value("SELECT zh_tell(%s::jsonb)", (records.as_json(rows),)))
