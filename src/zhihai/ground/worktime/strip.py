"""The time strip (时间条): a clock as fractions of its length, for the faces to draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from zhihai.ground.worktime.clock import ClockReading, Trace
from zhihai.ground.worktime.timeline import micros

Urgency = Literal["calm", "near", "late", "paused", "done"]


@dataclass(frozen=True, slots=True)
class Strip:
    """A clock drawn from 0 (start) to 1 (the end of its limit), pauses included in the length.

    The length is measured on the limit's own unit, so nights and days off take no room unless the limit runs through
    them. ``elapsed`` goes past 1 when overdue. ``pauses`` are (start, width), the last one growing while it lasts.
    ``urgency``: ``done`` when stopped, ``late`` when overdue (paused or not), ``paused``, ``near`` from the warning on.
    """

    elapsed: float
    pauses: tuple[tuple[float, float], ...]
    urgency: Urgency


def strip(reading: ClockReading) -> Strip:
    """Draw a reading at its own instant."""
    trace = reading.trace
    spans, cursor = [], trace.begin
    for hold, release in _holds(trace):
        since = max(hold, cursor)
        if release > since:
            spans.append((since, release))
            cursor = release
    end = trace.reach(trace.total)
    if end is None:  # held before the limit ran out: drawn as if it were resumed now
        end = max(cursor, trace.held_at) + trace.total - trace.counted()
    length = end - trace.begin
    now = max(trace.axis.position(trace.at), cursor)
    return Strip(
        elapsed=(now - trace.begin) / length,
        pauses=tuple(((since - trace.begin) / length, (until - since) / length) for since, until in spans),
        urgency=_urgency(reading),
    )


def _holds(trace: Trace) -> list[tuple[int, int]]:
    holds = [(pause.hold, pause.release) for pause in trace.pauses]
    if trace.held is not None:
        holds.append((trace.held_at, trace.axis.release(trace.held_since, trace.at)))
    return holds


def _urgency(reading: ClockReading) -> Urgency:
    if reading.state == "stopped":
        return "done"
    if reading.overdue:
        return "late"
    if reading.state == "paused":
        return "paused"
    return "near" if reading.warn_at is not None and reading.trace.at >= micros(reading.warn_at) else "calm"
