"""Rows: opening a case, a human step, the inbox, and how far sealing lags behind them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.conf import settings

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.kernel import house, records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.identity.kinds import WORK_CASES
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.places import reads as places
from zhihai.site.bench.bare import Bare, Script, rehearse
from zhihai.site.bench.intake_rows import sending_bare
from zhihai.site.bench.measuring import FORK, ONE, Begin, Do, Sample, Writers, alternately, drive
from zhihai.site.bench.pages import Reader
from zhihai.site.bench.report import Goal, Row
from zhihai.site.bench.stage import Stage

OPENED, STEPS, PAGES = 2_000, 1_000, 200
MANY, BOTH_CORES, READERS = Writers(4, 16), Writers(2, 1), Writers(2, 8)
SAMPLE_SECONDS = 0.05
SEED = 1


@dataclass(frozen=True, slots=True)
class Opening:
    """A case of the district's most elaborate kind, somewhere in its streets."""

    kind: str
    area: int
    facts: dict[str, object]

    def __call__(self) -> cases.CaseRef:
        """Open it."""
        return cases.open_case(
            SYSTEM, self.kind, at=clock.now(), area=self.area, facts=self.facts, provenance="synthetic"
        )


def openings(count: int) -> list[Opening]:
    """Return what is opened: the kind with the most steps, in streets drawn at random, with the facts of a real one."""
    kind, _ = max(house.registry().all(CaseKind), key=lambda pair: len(pair[1].steps))
    streets, draw = [area.id for area in places.areas("street")], Random(SEED)
    facts = {"device_code": "bench", "device": {"zh": "bench", "en": "bench"}, "found": {}}
    return [Opening(kind, draw.choice(streets), facts) for _ in range(count)]


def rows(stage: Stage, url: str) -> Iterator[Row]:
    """Measure case work; ``url`` is the store's address."""
    yield _opening(stage, url, "open_one", stage.options.sized(OPENED // 4), ONE, None)
    lags: list[float] = []
    with_lag = partial(_with_lag, lags)
    yield _opening(stage, url, "open_many", stage.options.sized(OPENED), MANY, Goal(1_000, True), with_lag)
    yield Row("seal_lag", "s", Sample(tuple(lags)), goal=Goal(1.0, False), facts={"writers": MANY.count})
    yield _step(stage, url)


Watch = Callable[[Callable[[], float]], float]


def _opening(
    stage: Stage, url: str, key: str, count: int, writers: Writers, goal: Goal | None, watch: Watch | None = None
) -> Row:
    found = openings(count)

    def ours(number: int) -> float:
        return drive(count, writers, lambda: lambda item: found[item]()).rate

    def watched(number: int) -> float:
        return watch(lambda: ours(number)) if watch else ours(number)

    def bare(number: int) -> float:
        scripts = [rehearse(lambda one=one: one() and None) for one in found[:50]]  # type: ignore[misc]
        return drive(count, writers, sending_bare(url, scripts)).rate

    stage.tell(f"bench.row.{key}")
    ours(-1)
    before = records.value("SELECT count(*) FROM cases")
    mine, its = alternately(stage.options.repeats, watched, bare)
    opened, numbers = records.rows("SELECT count(*), count(DISTINCT number) FROM cases")[0]
    if opened != numbers or opened - before != 2 * count * stage.options.repeats:
        raise RuntimeError(f"{opened - before} cases were opened, with {numbers} numbers in all")
    stage.settle()
    return Row(key, "/s", mine, its, goal, {"writers": writers.count, "count": count})


def _with_lag(lags: list[float], measure: Callable[[], float]) -> float:
    """Measure while another process looks how old the oldest entry is that is not sealed; keep the 95th percentile."""
    receiving, sending = FORK.Pipe(duplex=False)
    stop = FORK.Event()
    # Made first: a process made later would take connections with it.
    watcher = FORK.Process(target=_watch_lag, args=(sending, stop), daemon=True)
    watcher.start()
    rate = measure()
    stop.set()
    seen = sorted(receiving.recv())
    watcher.join()
    lags.append(seen[int(0.95 * (len(seen) - 1))])
    return rate


def _watch_lag(told: object, stop: object) -> None:
    records.forget_connection()
    seen = []
    while not stop.wait(SAMPLE_SECONDS):
        seen.append(clock.sealed().lag_seconds)
    told.send(seen or [0.0])
