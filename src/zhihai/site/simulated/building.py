"""Building the simulated district: its batches of cases, by several processes, and their seals."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import UTC, datetime

import django

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import Conflict
from zhihai.kernel import records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.journal import acts as journal
from zhihai.site.children import LIBC, PR_SET_PDEATHSIG
from zhihai.site.simulated.district import INSTANT
from zhihai.site.simulated.pasts import batches, ground, pasts, source

MOST_PROCESSES = 4
SETTLED = ("cases", "task", "clock", "journal_entry", "case_load_change")
"""Tables that have grown: without statistics of theirs the next questions would be planned for empty ones."""

Step = Callable[[int], None]
"""Told how many cases there are by now."""


def build(seed: int, count: int, step: Step) -> None:
    """Bring in every batch that is not there yet, and seal what was written.

    A batch is there whole or not at all, so after an interruption the same call goes on.
    """
    there = case_reads.brought_in(source(seed, 0).rpartition(":")[0])
    todo = [number for number in range(batches(count)) if source(seed, number) not in there]
    done = int(records.value("SELECT coalesce(sum(n), 0) FROM case_batch"))
    step(done)
    for brought in _brought(seed, todo, count):
        done += brought
        step(done)
        journal.seal(at_machine=_now())
    _settle()


def _brought(seed: int, todo: list[int], count: int) -> Iterator[int]:
    """Bring batches in, one process for each processor; yield of each how many cases it had."""
    processes = min(MOST_PROCESSES, os.cpu_count() or 1, len(todo))
    if processes <= 1:
        yield from (_bring(seed, number, count) for number in todo)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin) as pool:
        started = [pool.submit(_bring, seed, number, count) for number in todo]
        try:
            yield from (one.result() for one in as_completed(started))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _settle() -> None:
    """Seal all there is, and let the planner know how large the tables have become."""
    while journal.seal(at_machine=_now()):
        pass
    cases.tick(at=INSTANT)
    for table in SETTLED:
        records.execute(f"VACUUM (ANALYZE) {table}")


def _now() -> datetime:
    return datetime.now(UTC)


def _begin() -> None:
    """Begin a process: the platform's settings, and the end with the process that began it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt at the terminal is the first process's to answer
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    django.setup()


def _bring(seed: int, number: int, count: int) -> int:
    """Bring one batch in; returns how many cases it has. One that another process brought in meanwhile is left."""
    try:
        return cases.bring_in(SYSTEM, pasts(seed, number, count, ground()), source(seed, number), at=INSTANT)
    except Conflict:
        return 0
