"""Liveness (在线状态): derived from what is expected and what came, never set and never stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Liveness = Literal["alive", "late", "silent", "never"]

GRACE = 1.5
"""Intervals after the end of the newest in which the next value may still come in time."""
_ORDER: tuple[Liveness, ...] = ("alive", "late", "silent", "never")


@dataclass(frozen=True, slots=True)
class Expected:
    """How often a datastream is expected to report, and how late it may be before it counts as silent."""

    every: timedelta
    stale_after: timedelta


def stream_liveness(expected: Expected, at: datetime | None, before: datetime | None, now: datetime) -> Liveness:
    """Say whether a datastream is alive at ``now`` (district time).

    ``at`` is the begin of the newest interval measured, ``before`` that of the one before it. The next value is due
    when its interval has ended: up to then, and half an interval more for its way here, the stream is *alive*; from
    then on *late*; and *silent* once the newest interval ended more than ``stale_after`` ago. Nothing ever measured is
    *never*.

    Hysteresis: between alive and silent lies late, so that one delay does not cry; and a stream that comes back after
    a silence stays late until a second value follows the first within ``stale_after``, so that one stray value does
    not count as recovery. The very first value of a stream counts as alive. Late data never change the answer, which
    is asked of the newest two values as they arrived.
    """
    if at is None:
        return "never"
    age = now - at - expected.every
    if age > expected.stale_after:
        return "silent"
    if age > expected.every * GRACE or (before is not None and at - before > expected.every + expected.stale_after):
        return "late"
    return "alive"


def best(states: Iterable[Liveness]) -> Liveness:
    """Return the liveness of a device: that of its best measured stream, since one instrument proves the line works."""
    return min(states, key=_ORDER.index, default="never")
