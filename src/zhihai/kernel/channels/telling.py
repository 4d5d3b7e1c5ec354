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
    the matter; ``at`` is the district instant it is told at. ``people`` are people by number, who need no account: one
    with an account that was confirmed at a window is told there. ``about`` is what it concerns, a noun and a number:
    whoever may see that reads that it was told, never to whom or what.
    """

    accounts: Sequence[int]
    notice: str
    facts: Mapping[str, object]
    link: str
    once: str
    at: datetime
    people: Sequence[int] = ()
    about: tuple[str, int] | None = None


def tell(tellings: Sequence[Telling]) -> int:
    """Tell accounts and people what each says, in the caller's transaction; return how many notices were told now.

    Nobody is told the same matter twice, however often and in however many processes this is called. A notice leaves
    the house by the way its receiver chose; else by e-mail where there is an address, and to people without an account
    by letter, or by somebody who comes where no address is known. What may be stopped and was stopped waits on the page
    alone. Accounts that are switched off are left out. The entry in the journal is that of the act which tells. One
    question, however many there are. Raises ``KeyError`` for a notice that no pack declares.
    """
    if not tellings:
        return 0
    rows = [_row(one, house.registry().get(NoticeKind, one.notice)) for one in tellings]
    return int(records.value("SELECT zh_tell(%s::jsonb)", (records.as_json(rows),)))


def _row(one: Telling, kind: NoticeKind) -> dict[str, object]:
    return {
        "accounts": one.accounts, "persons": one.people, "template": one.notice, "urgency": kind.urgency,
        "duty": kind.duty, "wakes": kind.wakes, "facts": {name: store_fact(fact) for name, fact in one.facts.items()},
        "link": one.link, "once": one.once, "at": one.at,
        "about": None if one.about is None else f"{one.about[0]}:{one.about[1]}",
    }  # fmt: skip
