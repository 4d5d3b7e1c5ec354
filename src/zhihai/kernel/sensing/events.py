"""What the room sensing tells the rest: readings that are kept now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zhihai.kernel.journal.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingsRecorded(Event):
    """New readings are kept (观测入库): ``count`` of them, of these devices, all within ``first`` … ``last`` (UTC).

    Both instants are begins of intervals measured, both included. Readings may be late: the instants say what has
    changed, not what is newest. A batch whose devices report of very different times gives an event for each stretch,
    so that whoever recomputes looks at little more than what came.
    """

    envelope: int
    devices: tuple[int, ...]
    first: datetime
    last: datetime
    count: int
