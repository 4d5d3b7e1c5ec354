"""Quiet hours (免打扰时段): when nobody is to be woken by a message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of every day in which no telephone is to ring: from ``starts`` up to ``ends``, by the clock on the wall.

    They may go over midnight. They are those of whoever sleeps, so they go by real time, in a replay too. Two equal
    times are no hours at all.
    """

    starts: time
    ends: time

    def hold(self, at: datetime, zone: ZoneInfo) -> bool:
        """Say whether ``at``, an aware instant, lies in these hours, as people in ``zone`` read their clocks."""
        now = at.astimezone(zone).time()
        if self.starts <= self.ends:
            return self.starts <= now < self.ends
        return now >= self.starts or now < self.ends


NO_QUIET = QuietHours(time(0), time(0))
"""No quiet hours."""
