"""What the room services tells the rooms above: somebody said how they were served."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zhihai.kernel.journal.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterRated(Event):
    """An applicant rated how they were served (评价); ``kind`` is the full name of the kind of what was given in.

    ``closed`` is when the matter was closed (UTC), ``None`` while it is worked on: nobody is told of the rating then.
    """

    kind: str
    rating: int
    closed: datetime | None
