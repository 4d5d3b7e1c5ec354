"""What a benchmark says: a figure of several rounds, the bare store's, the goal, and whether it is reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: ``rounds`` measured in ``unit``, ``bare`` the bare store's rounds where it can do the same work.

    ``most`` is the goal of a figure that should be small (seconds, MB), ``least`` of one that should be large (work a
    second), ``least_ratio`` of the share of the bare store's speed. ``n`` is the size of one round; where the goal
    is for a district of a size, ``goal_n`` is that size, and a smaller run neither reaches it nor fails it.
    """

    name: str
    unit: str
    rounds: tuple[float, ...]
    n: int
    bare: tuple[float, ...] = ()
    most: float | None = None
    least: float | None = None
    least_ratio: float | None = None
    goal_n: int = 0

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return median(self.rounds)

    @property
    def ratio(self) -> float | None:
        """The speed as a share of the bare store's, whatever the unit: above 1 is faster than bare."""
        if not self.bare:
            return None
        share = self.value / median(self.bare)
        return share if self.unit.endswith("/s") else 1 / share

    @property
    def reached(self) -> bool | None:
        """Whether every goal is reached; ``None`` where none is set, or none for a run so small."""
        if self.n < self.goal_n:
            return None
        checks = []
        if self.most is not None:
            checks.append(self.value <= self.most)
        if self.least is not None:
            checks.append(self.value >= self.least)
        if self.least_ratio is not None and self.ratio is not None:
            checks.append(self.ratio >= self.least_ratio)
        return all(checks) if checks else None

    def document(self) -> dict[str, object]:
        """Return the row for machines."""
        return {
            "name": self.name, "unit": self.unit, "median": self.value, "rounds": list(self.rounds), "n": self.n,
            "bare": median(self.bare) if self.bare else None, "ratio": self.ratio, "most": self.most,
            "least": self.least, "least_ratio": self.least_ratio, "reached": self.reached,
        }  # fmt: skip


def percentile(times: Sequence[float], share: float) -> float:
    """Return the value that ``share`` of ``times`` do not exceed (nearest rank)."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def rounds_of(count: int, once: Callable[[], float]) -> tuple[float, ...]:
    """Measure ``count`` times."""
    return tuple(once() for _ in range(count))
