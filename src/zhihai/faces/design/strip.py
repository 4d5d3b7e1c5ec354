"""The time strip (时限条): elapsed against the limit as shares of an axis, pauses, the due instant, the urgency."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Urgency = Literal["calm", "near", "late", "paused", "done", "done_late"]
NEAR = 0.8  # from this share of the limit on a clock without a warning instant of its own is near


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """What is drawn, in shares (per cent) of the axis.

    The axis runs from the start to the due instant or, when the clock has overrun, to the present (or the end);
    ``due_at`` is then where the due instant stands on it, else 100.
    ``spent`` is the share of the *limit* used up, which may exceed 100. It and ``due`` are None while the clock stands
    paused, or ended so, and no due instant is known; ``start`` is None for a share without instants (promised and real
    days).
    """

    urgency: Urgency
    filled: float
    due_at: float
    spent: int | None
    pauses: tuple[tuple[float, float], ...] = ()
    start: datetime | None = None
    warn: datetime | None = None
    due: datetime | None = None
    provisional: bool = False

    @property
    def over(self) -> float:
        """Width of the overrun, per cent of the axis."""
        return round(max(0.0, self.filled - self.due_at), 2)

    @property
    def running(self) -> bool:
        """Say whether the strip grows while the page is open."""
        return self.start is not None and self.urgency in ("calm", "near", "late")


def time_strip(
    start: datetime,
    due: datetime | None,
    now: datetime,
    *,
    warn: datetime | None = None,
    pauses: Iterable[tuple[datetime, datetime | None]] = (),
    done: datetime | None = None,
    provisional: bool = False,
) -> Strip:
    """Return the strip of one clock. All instants are aware district instants.

    ``pauses`` are (from, to) with ``to`` None for one that lasts; ``done`` is when the clock stopped for good.
    Raises ``ValueError`` when ``due`` is before ``start``, when ``due`` is missing on a clock that neither is
    paused nor ended so, and for naive instants.
    """
    spans = tuple(pauses)
    held = any(to is None for _, to in spans)
    paused = held and done is None
    if any(instant.tzinfo is None for instant in (start, now) + ((due,) if due else ())):
        raise ValueError("strip: instants need a time zone")
    if due is None and not held:
        raise ValueError("strip: a clock that runs, or ended while it ran, needs its due instant")
    if due is not None and due < start:
        raise ValueError("strip: the due instant is before the start")
    end = max(done or now, start)
    axis = _seconds(start, max(end, due or end))
    stopped = min((since for since, to in spans if to is None), default=end) if due is None or paused else end
    limit = _seconds(start, due or end)
    spent = _seconds(start, stopped, 0.0) / limit
    return Strip(
        urgency="paused" if paused else _urgency(end, due, done, warn, spent),
        filled=_share(start, stopped, axis),
        due_at=_share(start, due, axis) if due is not None and due < end else 100.0,
        spent=round(100 * spent) if due else None,
        pauses=tuple(_pauses(start, end, axis, spans)),
        start=start,
        warn=warn,
        due=due,
        provisional=provisional,
    )


def share_strip(value: float, limit: float) -> Strip:
    """Return the strip of a quantity against its limit: days really taken against days promised.

    Raises ``ValueError`` for a limit that is not above zero or a value below it.
    """
    if limit <= 0 or value < 0:
        raise ValueError("strip: needs a limit above zero and a value of at least zero")
    axis = max(value, limit)
    spent = value / limit
    return Strip(
        urgency="late" if spent > 1 else "near" if spent > 0.9 else "calm",
        filled=round(100 * value / axis, 2),
        due_at=round(100 * limit / axis, 2),
        spent=round(100 * spent),
    )


def _urgency(
    end: datetime, due: datetime | None, done: datetime | None, warn: datetime | None, spent: float
) -> Urgency:
    late = due is not None and end > due
    if done is not None:
        return "done_late" if late else "done"
    if late:
        return "late"
    near = end >= warn if warn is not None else spent >= NEAR
    return "near" if near else "calm"


def _pauses(
    start: datetime, end: datetime, axis: float, spans: tuple[tuple[datetime, datetime | None], ...]
) -> Iterable[tuple[float, float]]:
    for since, to in spans:
        left, right = max(since, start), min(to or end, end)
        if right > left:
            x = _share(start, left, axis)
            yield x, round(_share(start, right, axis) - x, 2)


def _seconds(start: datetime, end: datetime, least: float = 1.0) -> float:
    return max((end - start).total_seconds(), least)


def _share(start: datetime, instant: datetime, axis: float) -> float:
    return round(min(100.0, 100 * _seconds(start, instant, 0.0) / axis), 2)
