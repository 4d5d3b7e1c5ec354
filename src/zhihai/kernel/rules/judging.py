"""Judging: a rule's function asked hour by hour over a series. Pure: the same for the live rule and its dry run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from zhihai.ground.window import HOUR, Verdict, Window, gathered
from zhihai.kernel.rules.kinds import RuleKind

Cut = Callable[[datetime], Window]
"""Cuts the window that ends at an instant."""


class Then(Protocol):
    """A rule as it holds for some hours: a version of its kind, and the thresholds in force."""

    @property
    def kind(self) -> RuleKind: ...
    @property
    def limits(self) -> Mapping[str, float]: ...


class Measured(Protocol):
    """What a device measured: windows are cut out of it."""

    def window(self, at: datetime, span: timedelta, quantities: Iterable[str] | None = None) -> Window: ...


R = TypeVar("R", bound=Then)


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


def in_turn(
    stretches: Iterable[tuple[R, Sequence[datetime]]], course: Measured, open_: bool
) -> Iterator[tuple[R, datetime, Verdict]]:
    """Ask a rule over stretches of hours, each by the rule as it holds then; an episode goes on over them."""
    for rule, hours in stretches:
        for hour, verdict in verdicts(rule.kind, rule.limits, _cut(course, rule.kind), hours, open_):
            open_ = verdict.kind == "opens" or (open_ and verdict.kind != "closes")
            yield rule, hour, verdict


def _cut(course: Measured, kind: RuleKind) -> Cut:
    return lambda hour: course.window(hour, kind.window, kind.watches)


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
            begun = Episode(begun.opened, begun.since, None, gathered(begun.facts, verdict.facts))
        elif begun is not None and verdict.kind == "closes":
            yield Episode(begun.opened, begun.since, hour, gathered(begun.facts, verdict.facts))
            begun = None
    if begun is not None:
        yield begun
