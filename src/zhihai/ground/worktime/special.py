"""Special procedures (特别程序): hearings, inspections, expert reviews, whose time other clocks do not count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from zhihai.ground.worktime.events import ClockEvent

_ORDER = {"started": 0, "resumed": 1, "extended": 2, "paused": 3, "stopped": 4}


class _Span(NamedTuple):
    begin: ClockEvent
    since: datetime
    end: ClockEvent | None


def interrupted(events: Sequence[ClockEvent], specials: Iterable[Sequence[ClockEvent]]) -> tuple[ClockEvent, ...]:
    """Return the events of an ordinary clock with the time of its special procedures cut out (行政许可法 art. 45).

    ``specials`` are the events of special clocks, each in order. A special procedure lasts from its start to its stop,
    whatever pauses its own clock has: the file is out of the office's hands until the procedure ends. Where procedures
    and the clock's own pauses overlap, time is cut out once, under the cause of the one that began first. What lies
    before the clock's start or after its stop has no effect.
    """
    if not events:
        return ()
    begin = events[0].at
    end = events[-1].at if events[-1].what == "stopped" else None
    found = [
        *_own_pauses(events),
        *(_Span(special[0], special[0].at, _stop(special)) for special in specials if special),
    ]
    kept = [event for event in events if event.what not in ("paused", "resumed")]
    for span in _apart(sorted(found, key=lambda span: span.since), begin, end):
        kept.append(ClockEvent("paused", span.since, span.begin.cause))
        if span.end is not None and (end is None or span.end.at < end):
            kept.append(ClockEvent("resumed", span.end.at, span.end.cause))
    return tuple(sorted(kept, key=lambda event: (event.at, _ORDER[event.what])))


def _own_pauses(events: Sequence[ClockEvent]) -> Iterator[_Span]:
    begun: ClockEvent | None = None
    for event in events:
        if event.what == "paused":
            begun = event
        elif event.what == "resumed" and begun is not None:
            yield _Span(begun, begun.at, event)
            begun = None
    if begun is not None:
        yield _Span(begun, begun.at, None)


def _stop(special: Sequence[ClockEvent]) -> ClockEvent | None:
    return special[-1] if special[-1].what == "stopped" else None


def _apart(spans: list[_Span], begin: datetime, end: datetime | None) -> Iterator[_Span]:
    """Yield the spans cut so that none overlaps another and none is empty; an open one is the last."""
    free = begin
    for span in spans:
        since = max(span.since, free)
        if (span.end is not None and span.end.at <= since) or (end is not None and since >= end):
            continue
        yield span._replace(since=since)
        if span.end is None:
            return
        free = span.end.at
