"""Building the simulated district: its batches of cases and of people, by several processes, and their seals."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import django

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import Conflict
from zhihai.kernel import records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.cases import reads as case_reads
from zhihai.kernel.journal import acts as journal
from zhihai.site.children import LIBC, PR_SET_PDEATHSIG
from zhihai.site.simulated import people
from zhihai.site.simulated.district import INSTANT
from zhihai.site.simulated.pasts import batches, ground, pasts, source

MOST_PROCESSES = 4
OF_PEOPLE = ("account", "account_emailaddress", "account_person", "person", "person_fact", "look", "membership",
             "staff_member", "journal_entry")  # fmt: skip
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
    for brought in spread(_bring, [(seed, number, count) for number in todo]):
        done += brought
        step(done)
        journal.seal(at_machine=_now())
    _settle()


@dataclass(frozen=True, slots=True)
class Peopled:
    """How many there are by now."""

    people: int
    looks: int
    officials: int


def build_people(seed: int, count: int, step: Step) -> Peopled:
    """Bring in every batch of people that is not there yet, and seal what was written; returns what is there."""
    todo = people.slices(count)
    done = count - sum(end - first for first, end in todo)
    step(done)
    for brought in spread(people.bring, [(seed, first, end, INSTANT) for first, end in todo]):
        done += brought
        step(done)
        journal.seal(at_machine=_now())
    seal_all()
    analyse(OF_PEOPLE)
    return Peopled(*(row[0] for row in records.rows(_COUNTED)))


_COUNTED = """SELECT count(*) FROM account WHERE sort = 'resident' UNION ALL
    SELECT coalesce(sum((data::json->>'looks')::bigint), 0)::bigint FROM journal_entry
        WHERE act = 'identity.bring_in_accounts' UNION ALL SELECT count(*) FROM staff_member"""


def spread(bring: Callable[..., int], jobs: Sequence[tuple[Any, ...]]) -> Iterator[int]:
    """Do jobs by one process for each processor; yield of each what it brought, as it ends."""
    processes = min(MOST_PROCESSES, os.cpu_count() or 1, len(jobs))
    if processes <= 1:
        yield from (bring(*job) for job in jobs)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin) as pool:
        started = [pool.submit(bring, *job) for job in jobs]
        try:
            yield from (one.result() for one in as_completed(started))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _settle() -> None:
    """Seal all there is, and let the planner know how large the tables have become."""
    seal_all()
    cases.tick(at=INSTANT)
    analyse(SETTLED)


def seal_all() -> None:
    """Seal the journal to its end."""
    while journal.seal(at_machine=_now()):
        pass


def analyse(tables: Sequence[str]) -> None:
    """Let the planner know how large tables have become."""
    for table in tables:
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
