"""Counting what was done (办结计数): acts and readings, from what the journal has sealed, for the measures."""

from __future__ import annotations

from zhihai.kernel.journal import reads as journal
from zhihai.site.measures import measures

TAKEN_IN = "sensing.record"
OUTCOMES = ("accepted", "duplicate", "quarantined")
"""What an entry of readings taken in says became of them."""


class Counting:
    """Adds to the measures what has been sealed since the last round: every entry once, whoever wrote it.

    It begins with what is sealed after its process has begun; Prometheus takes the fall of a counter for a new begin.
    """

    def __init__(self) -> None:
        self._counted: int | None = None

    def __call__(self) -> int:
        """Count on, and return how many entries that were."""
        if self._counted is None:
            self._counted = journal.last_seal()
            return 0
        done = journal.done(self._counted, TAKEN_IN, OUTCOMES)
        self._counted = done.seal
        for act, n in done.acts.items():
            measures().acts.labels(act).inc(n)
        for outcome, n in done.sums.items():
            measures().readings.labels(outcome).inc(n)
        return sum(done.acts.values())
