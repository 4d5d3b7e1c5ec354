"""What the room offers tells the rest: a place was taken, moved, given back or left empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from zhihai.kernel.journal.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentChanged(Event):
    """An appointment was made, moved, cancelled or missed (预约变动)."""

    claim: int
    what: Literal["made", "moved", "cancelled", "missed"]
