"""The table: what all runs together have shown, by sort of fault."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psutil

from tools.crash.faults import FAULTS
from tools.crash.laboratory import LEASE_NOTE, Result

RECOVERY = (
    "Recovery: from the instant a fault was taken back (a kill: was done) until a reading and an act on a case had "
    "both been acknowledged; other faults may have fallen into that time."
)


@dataclass(slots=True)
class _Sort:
    runs: int = 0
    times: int = 0
    acts: int = 0
    lost: int = 0
    doubled: int = 0
    recoveries: list[float] = field(default_factory=list)


class Table:
    """Adds runs up."""

    def __init__(self, mounts: bool) -> None:
        self._mounts = mounts
        self._results: list[Result] = []
        self._broken: list[str] = []

    def add(self, result: Result) -> None:
        """Add one run."""
        self._results.append(result)

    def broke(self, seed: int, why: str) -> None:
        """Note a run that did not come to its end."""
        self._broken.append(f"seed {seed}: {why.strip().splitlines()[-1]}")

    @property
    def ok(self) -> bool:
        """Whether every run came to its end and found nothing."""
        return bool(self._results) and not self._broken and all(result.ok for result in self._results)

    @property
    def seconds(self) -> float:
        """How long all runs took, one after another."""
        return sum(result.seconds for result in self._results)

    def summary(self, seconds: float) -> str:
        """Return all runs in one sentence."""
        counts = self.counts()
        return (
            f"{len(self._results)} runs in {seconds / 60:.1f} min, {counts['acts']:,} acts acknowledged, "
            f"lost {counts['lost']}, doubled {counts['doubled']}, found wrong: {counts['found']}, "
            f"{len(self._broken)} runs broken off"
        )

    def page(self, storm: float, seconds: float) -> str:
        """Return the page of the documentation."""
        counts = self.counts()
        lines = [
            "# Runs of the crash laboratory",
            "",
            f"Written by `python -m tools.crash` on {datetime.now(UTC):%Y-%m-%d}. What is done and compared, and what "
            "this does not show: [nothing lost](../why/nothing-lost.md).",
            "",
            f"Machine: {os.cpu_count()} processors ({platform.machine()}, {platform.system()}), "
            f"{psutil.virtual_memory().total / 2**30:.0f} GB, shared by platform, writers, receiver and checker and by "
            f"other work. Settings: as in service, except {LEASE_NOTE} A run: 64 writers, {storm:g} s of faults.",
            "",
            f"**{self.summary(seconds)}.** {counts['mails']:,} mails arrived, {counts['again']:,} of them a second "
            "time under the same Message-ID.",
            "",
            "| fault | runs | times | acts acknowledged in these runs | lost | doubled | recovery, median | longest |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        ]
        lines += [self._row(name, sort) for name, sort in self._sorts().items()]
        if not self._mounts:
            lines += ["", "Not run: *disk full* (this process may not mount a file system)."]
        lines += ["", RECOVERY, "", "## Each run", "", "```"]
        lines += [*(result.line() for result in self._results), *self._broken, "```", ""]
        return "\n".join(lines)

    def counts(self) -> dict[str, int]:
        """Return what all runs add up to."""
        found = [result.found for result in self._results]
        return {
            "acts": sum(_acts(result) for result in self._results),
            "lost": sum(one.lost for one in found),
            "doubled": sum(one.doubled for one in found),
            "done": sum(len(result.faults) for result in self._results),
            "found": sum(len(one.faults) for one in found),
            "mails": sum(one.counts["mails"] for one in found),
            "again": sum(one.counts["mails come again under one reference"] for one in found),
        }

    def _sorts(self) -> dict[str, _Sort]:
        sorts = {fault.name: _Sort() for fault in FAULTS}
        for result in self._results:
            for name in {one.name for one in result.faults}:
                sort = sorts[name]
                sort.runs += 1
                sort.times += sum(one.name == name for one in result.faults)
                sort.acts += _acts(result)
                sort.lost += result.found.lost
                sort.doubled += result.found.doubled
                if name in result.recoveries:
                    sort.recoveries.append(result.recoveries[name])
        return sorts

    @staticmethod
    def _row(name: str, sort: _Sort) -> str:
        waits = sort.recoveries
        middle, longest = (f"{median(waits):.1f} s", f"{max(waits):.1f} s") if waits else ("–", "–")
        return (
            f"| {name} | {sort.runs} | {sort.times} | {sort.acts:,} | {sort.lost} | {sort.doubled} "
            f"| {middle} | {longest} |"
        )


def _acts(result: Result) -> int:
    return sum(result.found.counts[sort] for sort in ("reading", "case", "step"))


def read_results(paths: Sequence[Path]) -> Table:
    """Add up results that laboratories have kept."""
    table = Table(mounts=True)
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            table.add(Result.read(json.loads(line)))
    return table
