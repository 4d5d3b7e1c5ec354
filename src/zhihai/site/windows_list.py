"""Windows of a district's folder (预约窗口): what they are, when they are open; on the terms of their kind."""

from __future__ import annotations

from datetime import datetime

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused
from zhihai.kernel import house
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.offers import acts
from zhihai.kernel.offers.kinds import OfferInput, OfferKind, Session, read_sessions
from zhihai.site.folder import DistrictFolder, Line
from zhihai.site.items_list import Say

FILE, KIND, DAYS = "windows.csv", "zhihai.window", 7


def load_windows(given: DistrictFolder, at: datetime, say: Say) -> None:
    """Make the windows that a district's folder lists. Raises ``Refused`` naming a line that can not be read."""
    terms, lines = house.registry().get(OfferKind, KIND).terms, given.lines(FILE)
    for line in lines:
        window = OfferInput(
            kind=KIND, organisation=identity.organisation_by_code(line["organisation"]).id, terms=terms,
            name=Named(line["name_zh"], line["name_en"]), place=Named(line["place_zh"], line["place_en"]),
        )  # fmt: skip
        days, sessions = _days(line), _sessions(line)
        made = acts.set_offer(SYSTEM, window, at=at)
        acts.set_hours(SYSTEM, made, dict.fromkeys(days, sessions), at=at)
    say(FILE, len(lines))


def _days(line: Line) -> list[int]:
    """Return the weekdays of a line, 0 Monday; the file counts from 1."""
    written = line["weekdays"].split()
    if not all(len(one) == 1 and one in "1234567" for one in written):
        raise Refused("offer_weekday", f"{FILE}:{line.number} weekdays")
    return [int(one) - 1 for one in written]


def _sessions(line: Line) -> tuple[Session, ...]:
    return read_sessions(line["hours"].replace("|", "\n"), f"{FILE}:{line.number} hours")
