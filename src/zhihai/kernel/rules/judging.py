"""Judging: a rule's function asked hour by hour over a series. Pure: the same for the live rule and its dry run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from zhihai.ground.window import HOUR, Verdict, Window
from zhihai.kernel.rules.kinds import RuleKind

Cut = Callable[[datetime], Window]
"""Cuts the window that ends at an instant."""


def floor_hour(at: datetime) -> datetime:
    """Return the last whole hour (UTC) not after ``at``: hours that zones share, whatever their offset in hours is."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def hours_between(after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield the whole hours after ``after`` up to ``until``."""
    hour = floor_hour(after) + HOUR
    while hour <= until:
        yield hour
        hour += HOUR


def verdicts(
    rule: RuleKind, limits: Mapping[str, float], cut: Cut, hours: Iterable[datetime], open_: bool
) -> Iterator[tuple[datetime, Verdict]]:
    """Ask a rule at each hour in order, telling it whether its episode is open by what it said before."""
    for hour in hours:
        verdict = rule.test(cut(hour), open_, limits)
        if verdict.kind == "opens":
            open_ = True
        elif verdict.kind == "closes":
            open_ = False
        yield hour, verdict


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode a rule finds (过程): the hour that showed it, its begin, the hour that closed it, the last facts."""

    opened: datetime
    since: datetime | None
    closed: datetime | None
    facts: Mapping[str, float | str]


def episodes(judged: Iterable[tuple[datetime, Verdict]]) -> Iterator[Episode]:
    """Fold verdicts into episodes; the last may be open."""
    begun: Episode | None = None
    for hour, verdict in judged:
        if verdict.kind == "opens":
            begun = Episode(hour, verdict.since, None, verdict.facts)
        elif begun is not None and verdict.kind == "holds":
            begun = Episode(begun.opened, begun.since, None, {**begun.facts, **verdict.facts})
        elif begun is not None and verdict.kind == "closes":
            yield Episode(begun.opened, begun.since, hour, {**begun.facts, **verdict.facts})
            begun = None
    if begun is not None:
        yield begun
