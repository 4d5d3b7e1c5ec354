"""Window and verdict: what a rule is shown, and what it answers. The contract of every rule function of every pack.

A rule is ``test(window, open_, limits) -> Verdict``: pure, and total over gaps, late data and an empty window. All the
state it is given is ``open_``, whether an episode of this rule on this device is open; it must come to the same answer
however often it is asked. ``limits`` are the rule's thresholds by id, as the district has set them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from zhihai.ground.reading import Flag

HOUR = timedelta(hours=1)

VerdictKind = Literal["opens", "holds", "closes", "quiet"]

_INVALID = Flag.INVALID.value  # a plain int: this test runs once for every sample of every window
_NOTHING: Mapping[str, float | str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a series: the begin of its interval (UTC), the value in the quantity's unit, flags and note.

    ``value`` ``None`` says that the device reported and had nothing to say. ``note`` is a short code that a derived
    value carries (the primary pollutant).
    """

    at: datetime
    value: float | None
    flags: int = 0
    note: str | None = None

    @property
    def counts(self) -> bool:
        """Say whether there is a value and nobody has set it aside."""
        return self.value is not None and not self.flags & _INVALID


@dataclass(frozen=True, slots=True)
class Window:
    """What was measured up to an instant (时间窗).

    ``at`` is the end of the window in UTC, exclusive: the hour 15:00–16:00 is seen whole at 16:00, as the sample at
    15:00. ``series`` are the samples of each quantity, oldest first, regular or not; samples from ``at`` on and those
    older than a rule looks for are passed over. A quantity without samples may be absent.

    ``whole`` may name quantities whose samples are known to be one for each hour, up to the last before ``at`` and
    without a gap, and to count all of them: they need not be looked at one by one. It changes no answer.
    """

    at: datetime
    series: Mapping[str, tuple[Sample, ...]]
    whole: frozenset[str] = frozenset()

    def hours(self, quantity: str, count: int) -> list[Sample | None]:
        """Return the last ``count`` hours before ``at``, oldest first: the sample of each, ``None`` where none counts.

        Where an hour holds several samples that count, the one at its begin stands for it, as hourly values are dated;
        where none is, the last.
        """
        if quantity in self.whole:
            last = self.series[quantity][max(0, len(self.series[quantity]) - count) :]
            return [None] * (count - len(last)) + list(last)
        slots: list[Sample | None] = [None] * count
        begins, begin, slot = _begins(self.at, count), self.at, count
        for sample in reversed(self.series.get(quantity, ())):
            at = sample.at
            while at < begin:
                slot -= 1
                if slot < 0:
                    return slots
                begin = begins[slot]
            # What ``counts`` says, without the call: this runs for every sample that any rule looks at.
            counts = slot < count and sample.value is not None and not sample.flags & _INVALID
            if counts and (slots[slot] is None or at == begin):
                slots[slot] = sample
        return slots

    def values(self, quantity: str, count: int) -> list[float | None]:
        """Return the values of the last ``count`` hours before ``at``, oldest first, ``None`` for a gap."""
        return [None if sample is None else sample.value for sample in self.hours(quantity, count)]


@lru_cache(maxsize=256)
def _begins(at: datetime, count: int) -> tuple[datetime, ...]:
    """Return the begins of the last ``count`` hours before ``at``: every rule and quantity asks for the same."""
    return tuple(at - hour * HOUR for hour in range(count, 0, -1))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says about an episode (判定).

    ``opens`` and ``quiet`` answer a rule with no episode open, ``holds`` and ``closes`` one with an open episode.
    ``since`` of ``opens`` is the begin of the first interval out of bounds, ``None`` when that lies before the window;
    of ``closes`` it is the instant from which the matter was over. ``facts`` fill the rule's sentence: numbers, and
    codes that the words translate, never sentences; ``peak``, a number, and the facts ``peak_…`` beside it are those
    of the greatest hour. Raises ``ValueError`` where ``since`` stands on another kind.
    """

    kind: VerdictKind
    since: datetime | None = None
    facts: Mapping[str, float | str] = field(default_factory=lambda: _NOTHING)

    def __post_init__(self) -> None:
        if self.since is not None and self.kind in {"holds", "quiet"}:
            raise ValueError(f"a verdict that {self.kind} has no since")

    def told(self, **facts: float | str) -> Verdict:
        """Return the same verdict with more facts."""
        return Verdict(self.kind, self.since, {**self.facts, **facts})


def gathered(before: Mapping[str, float | str], newer: Mapping[str, float | str]) -> dict[str, float | str]:
    """Return the facts of an episode after one more hour: the newer ones, but the peak of all hours judged.

    A window shows only so many hours, and an episode may be longer.
    """
    kept, now = before.get("peak"), newer.get("peak")
    greater = isinstance(kept, float | int) and isinstance(now, float | int) and kept > now
    peak = {name: value for name, value in before.items() if greater and (name == "peak" or name.startswith("peak_"))}
    return {**before, **newer, **peak}


QUIET = Verdict("quiet")
HOLDS = Verdict("holds")
