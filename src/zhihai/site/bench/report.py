"""What a measurement found: rows with their repetitions, the bare store's, and the goal; and under which conditions."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psutil

from zhihai.kernel import records
from zhihai.site.bench.measuring import Sample
from zhihai.site.postgres_settings import machine_memory


@dataclass(frozen=True, slots=True)
class Goal:
    """What is aimed at: ``value`` in the row's unit, at least or at most; ``ratio`` to the bare store at least."""

    value: float
    at_least: bool
    ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. Words: ``bench.row.<key>``, ``facts`` fill them; ``unit`` is ``/s``, ``ms``, ``s``, ``MB``."""

    key: str
    unit: str
    ours: Sample
    bare: Sample | None = None
    goal: Goal | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """How quick we are beside the bare store: 1 is as quick."""
        if self.bare is None:
            return None
        ours, bare = self.ours.median, self.bare.median
        return ours / bare if self.unit == "/s" else bare / ours

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; ``None`` where there is none."""
        goal = self.goal
        if goal is None:
            return None
        median = self.ours.median
        enough = median >= goal.value if goal.at_least else median <= goal.value
        return enough and (goal.ratio is None or (self.ratio is not None and self.ratio >= goal.ratio))


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which conditions it was measured."""

    day: str
    processor: str
    cores: int
    memory_mb: int
    system: str
    python: str
    postgres: str
    settings: Mapping[str, str]
    load_before: float
    load_after: float
    minutes: float


SETTINGS = ("shared_buffers", "fsync", "synchronous_commit", "max_wal_size", "commit_delay")


def conditions(load_before: float, began: datetime) -> Conditions:
    """Describe machine, programs and settings; ``load_before`` is the load average at the beginning."""
    now = datetime.now(UTC)
    return Conditions(
        day=now.date().isoformat(),
        processor=_processor(),
        cores=len(psutil.Process().cpu_affinity() or ()) or os.cpu_count() or 1,
        memory_mb=machine_memory(),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        postgres=str(records.value("SHOW server_version")),
        settings={name: str(records.value(f"SHOW {name}")) for name in SETTINGS},
        load_before=load_before,
        load_after=os.getloadavg()[0],
        minutes=(now - began).total_seconds() / 60,
    )


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    except OSError:
        return platform.processor()
