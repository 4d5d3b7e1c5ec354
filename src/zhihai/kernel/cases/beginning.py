"""How a case begins, whoever opens it: what it rests on is found, and found anew where that has changed meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import Conflict, Refused
from zhihai.kernel.cases.footing import HELD
from zhihai.kernel.cases.opening import Opening, find_opening
from zhihai.kernel.cases.writing import write_opening

TRIES = 4


@dataclass(frozen=True, slots=True)
class CaseRef:
    """A case just opened: number of the row, number that people say."""

    id: int
    number: str


def begin(
    actor: Actor, kind: str, place: Mapping[str, object], subject: tuple[str, int] | None,
    allowed: Callable[[Opening], Opening], *, at: datetime, area: int, organisation: int | None = None,
) -> CaseRef:  # fmt: skip
    """Open a case where ``allowed`` lets it, which returns the opening, perhaps with another office.

    Raises what ``allowed`` and :func:`~zhihai.kernel.cases.opening.find_opening` raise.
    """
    for attempt in range(TRIES):
        footing = HELD.now() if attempt else HELD.at_hand()
        try:
            found = allowed(find_opening(footing, kind, at, area, organisation))
        except Refused:
            if attempt:
                raise
            continue  # what this process has may be old
        id_, number = write_opening(actor, found, place, subject, at)
        if id_ is not None:
            return CaseRef(id_, number)
    raise Conflict("footing_changing")
