"""The laboratory: runs one after another, each with its seed, and what was found."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from django.db import connection, connections
from django.urls import get_resolver

from tools.crash import checker
from tools.crash.faults import FAULTS, Hand, Injected, may_mount, small_disk, storm
from tools.crash.moved_clock import clock_moves
from tools.crash.platform import Platform, adopt_orphans, fork
from tools.crash.scene import LEASE, WRITERS, Scene
from tools.crash.template import build, server
from tools.crash.writers import readings_of
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.channels import acts as channels
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.site import background
from zhihai.site.configuration import Configuration, read_configuration
from zhihai.site.post import post
from zhihai.site.pulse import pulse

CALM_SECONDS = 0.6
"""What a run begins with: the writers are all at work before the first fault."""
MACHINE_STEP = timedelta(minutes=70)
"""What the last deliveries are given of machine time in each round: more than the longest wait and any lease."""
RESTED = timedelta(minutes=3)
"""After which no listener rests any more, whatever the clock was when it last failed."""
ROUNDS = 80
LEASE_NOTE = f"leases of {LEASE:g} s instead of {background.LEASE_SECONDS:g} s and buffers of 64 MB."


@dataclass(slots=True)
class Result:
    """What came of one run."""

    seed: int
    faults: list[Injected]
    found: checker.Checked
    recoveries: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether nothing was wrong."""
        return not self.found.faults

    def document(self) -> dict[str, Any]:
        """Return the run for machines: results of several laboratories can be added up."""
        faults = [(one.name, one.at, one.until) for one in self.faults]
        found = {"lost": self.found.lost, "doubled": self.found.doubled, "faults": self.found.faults}
        return {
            "seed": self.seed, "faults": faults, "found": found | {"counts": dict(self.found.counts)},
            "recoveries": self.recoveries, "seconds": self.seconds,
        }  # fmt: skip

    @classmethod
    def read(cls, told: dict[str, Any]) -> Result:
        """Return what :meth:`document` gave."""
        found = checker.Checked(**(told["found"] | {"counts": Counter(told["found"]["counts"])}))
        faults = [Injected(*one) for one in told["faults"]]
        return cls(told["seed"], faults, found, told["recoveries"], told["seconds"])

    def line(self) -> str:
        """Return the run on one line."""
        did = Counter(one.name for one in self.faults)
        counts = self.found.counts
        acts = sum(counts[sort] for sort in ("reading", "case", "step"))
        told = ", ".join(f"{name} {n}" for name, n in sorted(did.items()))
        longest = max(self.recoveries.values(), default=0.0)
        return (
            f"seed {self.seed}: {acts} acknowledged, lost {self.found.lost}, doubled {self.found.doubled}, "
            f"{len(self.found.faults)} faults found, mails {counts['mails']} "
            f"(+{counts['mails come again under one reference']}), recovery {longest:.1f} s, "
            f"{self.seconds:.1f} s; {told}"
        )


class Laboratory:
    """Builds the template once and runs; ``keep`` is where the data of a run that found something are kept."""

    def __init__(self, scene: Scene, keep: Path) -> None:
        self._scene, self._keep = scene, keep
        self._config: Configuration = read_configuration()
        self._token = build(scene, self._config)
        self.mounts = may_mount(scene.work)
        if not get_resolver().url_patterns:  # imported before the first fork: what is started again starts at once
            raise RuntimeError("no page is served")
        adopt_orphans()

    def run(self, seed: int, *, seconds: float, only: tuple[str, ...] = (), calm: bool = False) -> Result:
        """Do one run: calm, storm, everything let go on, drained, compared."""
        began = time.monotonic()
        chance = random.Random(seed)
        names = only or tuple(one.name for one in FAULTS if not one.needs or (one.needs == "clock" and clock_moves()))
        disk = self.mounts and not calm and ("disk full" in only or (not only and seed % 5 == 0))
        self._scene.fresh()
        if disk:
            small_disk(self._scene)
            names = (*names, "disk full") if "disk full" not in names else names
        platform = Platform(self._scene, self._config, self._token, standby=chance.random() < 0.5)
        try:
            platform.start()
            time.sleep(CALM_SECONDS)
            faults = [] if calm else storm(Hand(self._scene, platform, chance), names, seconds)
            if calm:
                time.sleep(seconds)
            found = self._settle(platform)
        except BaseException:
            platform.kill()
            self._put_aside(seed)
            raise
        finally:
            platform.kill()
        told = checker.read_notes(self._scene.notes)
        result = Result(seed, faults, found, seconds=time.monotonic() - began)
        for one in faults:
            waited = checker.recovery(told, one.until)
            if waited is not None:
                result.recoveries[one.name] = max(waited, result.recoveries.get(one.name, 0.0))
        if not result.ok:
            self._put_aside(seed)
        return result

    def _settle(self, platform: Platform) -> checker.Checked:
        """Let everything go on and come to its end, drain what time alone would, and compare."""
        _go_on()
        platform.look()
        platform.end(*(f"writer-{part}" for part in range(WRITERS)), seconds=120)
        platform.end("standby", "up", seconds=30)
        _wait_for_none(platform, "web", "background", "up", "postgres")
        database = server(self._config)
        database.start()
        try:
            drained = fork("drain", str(self._scene.log), drain)
            if os.waitpid(drained, 0)[1] != 0:
                raise RuntimeError("what was left could not be drained")
            return checker.check(database.place.url, self._scene.notes, readings_of)
        finally:
            database.stop()

    def _put_aside(self, seed: int) -> None:
        target = self._keep / f"seed-{seed}"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for path in (self._scene.data, self._scene.notes, self._scene.log):
            with suppress(shutil.Error, OSError):
                shutil.copytree(path, target / path.name) if path.is_dir() else shutil.copy(path, target / path.name)

    def end(self) -> None:
        """Leave nothing behind."""
        self._scene.end()


def drain() -> None:
    """Take the work over, and bring everything to its end: events, clocks, mail with machine time in steps, seals.

    Whatever a lease says that was written when the clock stood elsewhere, whoever comes next gets it.
    """
    connections.close_all()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM worker")
        for (name,) in cursor.fetchall():
            cursor.execute(background.TAKE, {"name": name, "holder": "drain", "lease": f"{LEASE} s"})
            if cursor.fetchone() is None:
                raise RuntimeError(f"nobody can take the lease of {name}")
    now = datetime.now(UTC)
    at = clock.now()
    for later in (now, now + RESTED):
        while pulse(at, later):
            pass
    for step in range(ROUNDS):
        if not channels.deliver(post, at_machine=now + step * MACHINE_STEP, limit=10_000) and step > 1:
            break
        journal.hear([], at_machine=now)
    while cases.tick(at=at):
        pass
    while journal.seal(at_machine=now):
        pass
    connections.close_all()


def _go_on() -> None:
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            process.send_signal(signal.SIGCONT)


def _wait_for_none(platform: Platform, *names: str) -> None:
    until = time.monotonic() + 30
    while left := platform.processes(*names):
        if time.monotonic() > until:
            raise RuntimeError(f"still there: {left}")
        time.sleep(0.02)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
