"""What a version may say, and until when it is published in time: judged before anything is written."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from zhihai.ground.identifiers.citizen import read_citizen_id
from zhihai.ground.refusal import Refused
from zhihai.ground.search.texts import is_han, plain_text, runs
from zhihai.ground.worktime.calendar import UnknownYear, WorkingCalendar
from zhihai.ground.worktime.clock import evaluate
from zhihai.ground.worktime.events import started
from zhihai.ground.worktime.limits import Limit
from zhihai.kernel import house
from zhihai.kernel.disclosure.kinds import (
    LONGEST_BODY,
    LONGEST_NUMBER,
    LONGEST_REASON,
    LONGEST_TITLE,
    MOST_ITEMS,
    WITHIN,
    PublicationKind,
    Shown,
    VersionInput,
)
from zhihai.kernel.services import reads as services
from zhihai.kernel.services.kinds import THEMES

EARLIEST = date(1949, 10, 1)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""What is pasted unseen, and no feed may hold (XML 1.0, 2.2)."""
CITIZEN = re.compile(r"(?<![0-9])[0-9]{17}[0-9Xx](?![0-9])")
BETWEEN = re.compile(r"[\s·•\-‐-―]")
"""What is written between the characters of a name or a number."""
MOBILE = re.compile(r"(?<![0-9])(?:\+?86)?1[3-9][0-9]{9}(?![0-9])")


def pieces_of(text: str) -> list[str]:
    """Return what a text is found by: single characters and pairs of Chinese, runs of letters and digits."""
    found: set[str] = set()
    for run in runs(plain_text(text)):
        if is_han(run):
            found.update(run)
            found.update(run[n : n + 2] for n in range(len(run) - 1))
        else:
            found.add(run)
    return sorted(found)


def last_day(made_on: date, limit: Limit | None, calendar: WorkingCalendar) -> date | None:
    """Return the last local day on which publishing is in time; ``None`` without a limit, or beyond the calendar.

    Years whose holidays are not known go by weekends.
    """
    if limit is None:
        return None
    made = datetime.combine(made_on, time(0), calendar.zone).astimezone(UTC)
    try:
        due = evaluate([started(made)], limit, calendar, provisional=True).due
    except UnknownYear:
        return None
    return None if due is None else due.astimezone(calendar.zone).date()


def limit_of(kind: str) -> Limit | None:
    """Return how long publishing may take; of a kind whose pack was taken away, what the law says of all."""
    found = dict(house.registry().all(PublicationKind)).get(kind)
    return WITHIN if found is None else found.limit


def shown_of(kind: str) -> Shown:
    """Return where the public finds what is of a kind; of one whose pack was taken away, in the list."""
    found = dict(house.registry().all(PublicationKind)).get(kind)
    return "list" if found is None else found.shown


def kind_of(name: str) -> PublicationKind:
    """Return the kind of a full name. Raises ``Refused`` where no pack declares it."""
    found = dict(house.registry().all(PublicationKind)).get(name)
    if found is None:
        raise Refused("publication_kind", "kind")
    return found


def checked(given: VersionInput, today: date, *, amends: bool) -> VersionInput:
    """Return what a version says as it is kept. Raises ``Refused`` naming the field that does not fit."""
    title, number, reason = (" ".join(one.split()) for one in (given.title, given.number, given.reason))
    body = given.body.replace("\r\n", "\n").strip()
    if not 2 <= len(title) <= LONGEST_TITLE or CONTROL.search(title):
        raise Refused("publication_title", "title", most=LONGEST_TITLE)
    if not 2 <= len(body) <= LONGEST_BODY or CONTROL.search(body):
        raise Refused("publication_body", "body", most=LONGEST_BODY)
    if len(number) > LONGEST_NUMBER or CONTROL.search(number):
        raise Refused("publication_number", "number", most=LONGEST_NUMBER)
    if not EARLIEST <= given.made_on <= today:
        raise Refused("publication_made_on", "made_on")
    if amends and not 2 <= len(reason) <= LONGEST_REASON:
        raise Refused("publication_amended", "reason", most=LONGEST_REASON)
    return VersionInput(
        title=title, body=body, made_on=given.made_on, number=number, reason=reason if amends else "",
        items=_items(given.items), theme=_theme(given.theme),
    )  # fmt: skip


def _items(codes: tuple[str, ...]) -> tuple[str, ...]:
    """Return codes of public items, each once. Raises ``Refused`` for one that is none, and for too many."""
    found = tuple(dict.fromkeys(codes))
    if len(found) > MOST_ITEMS:
        raise Refused("publication_items", "items", most=MOST_ITEMS)
    known = services.catalogue().by_code if found else {}
    for code in found:
        if code not in known:
            raise Refused("publication_item", "items", code=code[:80])
    return found


def _theme(theme: str) -> str:
    if theme and theme not in THEMES:
        raise Refused("publication_theme", "theme")
    return theme


def refuse_personal(says: VersionInput, asker: str) -> None:
    """Raise ``Refused`` where a text names who asked, or has anybody's identity number or mobile number in it."""
    for field, text in (("title", says.title), ("body", says.body), ("reason", says.reason), ("number", says.number)):
        refuse_personal_text(field, text, asker)


def refuse_personal_text(field: str, text: str, asker: str) -> None:
    """Raise ``Refused`` where a text that everybody will read names who asked, or has somebody's number in it.

    Blanks and strokes between characters hide nothing.
    """
    narrow = BETWEEN.sub("", plain_text(text))
    if len(asker) > 1 and BETWEEN.sub("", plain_text(asker)) in narrow:
        raise Refused("publication_names_asker", field)
    if any(read_citizen_id(one).check_ok for one in CITIZEN.findall(narrow)) or MOBILE.search(narrow):
        raise Refused("publication_personal", field)
