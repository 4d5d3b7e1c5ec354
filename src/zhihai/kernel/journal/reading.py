"""Reading side by side: several processes that walk stretches of the journal in one snapshot (并行核对).

A process of its own for each reader, since hashing is work for a processor, and a thread of one process would wait for
the others. It needs a connection and nothing of the platform, so it starts in a tenth of a second.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg

from zhihai.kernel.journal.walking import Stretch, Walked, Walker

MOST = 4
"""So many readers are begun at most: beyond that the server is what they wait for."""
WORTH = 1_500_000
"""Entries below which one reader is as quick."""

Submit = Callable[[Stretch], "Future[Walked]"]


def readers_for(entries: int) -> int:
    """Return how many readers suit so many entries on this machine."""
    return 1 if entries < WORTH else min(MOST, len(os.sched_getaffinity(0)))


@contextmanager
def one_reader(line: psycopg.Connection[Any], tell: Callable[[int], None]) -> Iterator[Submit]:
    """Give what walks a stretch here and now, telling how many entries it has walked over."""
    walker = Walker(line, tell)

    def submit(stretch: Stretch) -> Future[Walked]:
        done: Future[Walked] = Future()
        done.set_result(walker.walk(stretch))
        return done

    yield submit


@contextmanager
def several_readers(line: psycopg.Connection[Any], facts: dict[str, Any], count: int) -> Iterator[Submit]:
    """Give what hands a stretch to the next free one of ``count`` processes.

    ``facts`` are what they connect with; they read in the snapshot of ``line``, whose transaction must outlast them.
    What one of them meets is raised by the stretch's result.
    """
    exported = line.execute("SELECT pg_export_snapshot()").fetchone()
    assert exported is not None
    with ExitStack() as stack:
        free = [stack.enter_context(_begun(facts, exported[0])) for _ in range(count)]
        pool = stack.enter_context(ThreadPoolExecutor(count))

        def walk(stretch: Stretch) -> Walked:
            process = free.pop()
            try:
                return _asked(process, stretch)
            finally:
                free.append(process)

        yield lambda stretch: pool.submit(walk, stretch)


@contextmanager
def _begun(facts: dict[str, Any], snapshot: str) -> Iterator[subprocess.Popen[bytes]]:
    program = [sys.executable, "-m", "zhihai.kernel.journal.reading"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            _say(process, (facts, snapshot))
            yield process
        finally:
            process.kill()


def _say(process: subprocess.Popen[bytes], thing: object) -> None:
    assert process.stdin is not None
    pickle.dump(thing, process.stdin)
    process.stdin.flush()


def _asked(process: subprocess.Popen[bytes], stretch: Stretch) -> Walked:
    assert process.stdout is not None
    try:
        _say(process, stretch)
        told: Walked | str = pickle.load(process.stdout)
    except (EOFError, BrokenPipeError):
        raise RuntimeError("a reader of the journal has ended") from None
    if isinstance(told, str):
        raise RuntimeError(told)
    return told


def main() -> None:
    """Be one reader: connect as told on standard input, walk each stretch that comes, and tell what was found."""
    facts, snapshot = pickle.load(sys.stdin.buffer)
    with psycopg.connect(**facts) as line:
        line.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        line.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        line.execute(
            "SET idle_in_transaction_session_timeout = 0"
        )  # it may wait while the first names what others found
        walker = Walker(line)
        while True:
            try:
                stretch = pickle.load(sys.stdin.buffer)
            except EOFError:
                return
            try:
                told: Walked | str = walker.walk(stretch)
            except psycopg.Error as fault:
                told = f"{type(fault).__name__}: {fault}"
            pickle.dump(told, sys.stdout.buffer)
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
