"""Episodes: when a matter that is judged hour by hour begins and when it is over (过程起止)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from zhihai.ground.window import HOLDS, HOUR, QUIET, Verdict, Window


def judge(
    window: Window, hours: Sequence[bool | None], open_: bool, *, opens_after: float, closes_after: float, gap: float
) -> Verdict:
    """Say where an episode stands at the end of a window.

    ``hours`` are the hours up to ``window.at``, oldest first: ``True`` out of bounds, ``False`` within, ``None`` not
    known. ``opens_after`` hours out of bounds open an episode, counted over gaps of at most ``gap`` hours and broken by
    any hour within bounds. An open episode closes after ``closes_after`` hours within bounds, counted in the same way,
    or when a longer gap leaves its course unknown; ``facts["cause"]`` says which, ``"within"`` or ``"gap"``, and after
    a gap ``facts["lost"]`` how many hours ago that began. Being asked again, or late, gives the same answer; the
    sequence must reach further back than the hours it has to count.
    """
    return _ending(window, hours, closes_after, gap) if open_ else _beginning(window, hours, opens_after, gap)


def _beginning(window: Window, hours: Sequence[bool | None], needed: float, gap: float) -> Verdict:
    out = unknown = 0
    first = len(hours)
    for back, state in enumerate(reversed(hours), start=1):
        if state is None:
            unknown += 1
            if unknown > gap:
                break
        elif state:
            out, unknown, first = out + 1, 0, len(hours) - back
        else:
            break
    if not out or out < needed:
        return QUIET
    return Verdict("opens", _begin(window, hours, first) if first else None)


def _ending(window: Window, hours: Sequence[bool | None], needed: float, gap: float) -> Verdict:
    within = unknown = 0
    for back, state in enumerate(reversed(hours), start=1):
        position = len(hours) - back
        if state is None:
            unknown += 1
            if unknown > gap:
                first = _first_unknown(hours, position)
                facts: dict[str, float | str] = {"cause": "gap", "lost": len(hours) - first}
                return Verdict("closes", _begin(window, hours, first) if first else None, facts)
        elif state:
            return HOLDS
        else:
            within, unknown = within + 1, 0
            if within >= needed:
                return Verdict("closes", _begin(window, hours, position), {"cause": "within"})
    return HOLDS


def course_from(hours: Sequence[bool | None], *, closes_after: float, gap: float) -> int:
    """Return the position of the first hour out of bounds of the latest episode in ``hours``, their length for none.

    What lies before ``closes_after`` hours within bounds, or before a longer gap than ``gap``, was another episode: its
    peak is not this one's.
    """
    first, within, unknown = len(hours), 0, 0
    for back, state in enumerate(reversed(hours), start=1):
        if state is None:
            unknown += 1
        elif state:
            first, within, unknown = len(hours) - back, 0, 0
        else:
            within, unknown = within + 1, 0
        if first < len(hours) and (unknown > gap or within >= closes_after):
            break
    return first


def _first_unknown(hours: Sequence[bool | None], position: int) -> int:
    while position and hours[position - 1] is None:
        position -= 1
    return position


def _begin(window: Window, hours: Sequence[bool | None], position: int) -> datetime:
    return window.at - (len(hours) - position) * HOUR
