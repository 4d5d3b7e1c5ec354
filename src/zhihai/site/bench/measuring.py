"""Measuring: work shared out among writers, each a thread with a connection of its own, spread over processes."""

from __future__ import annotations

import gc
import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from statistics import median

from django.db import connections

WAIT_SECONDS = 600.0
FORK = multiprocessing.get_context("fork")

Do = Callable[[int], object]
"""Does one item of the work, told its number from 0."""
Begin = Callable[[], Do]
"""Called in each writer's own thread before the time is taken: opens its connection and returns what it does."""


@dataclass(frozen=True, slots=True)
class Writers:
    """How many work at once."""

    processes: int
    threads: int

    @property
    def count(self) -> int:
        return self.processes * self.threads


ONE = Writers(1, 1)


@dataclass(frozen=True, slots=True)
class Run:
    """What a run took: seconds from the first item's begin to the last one's end, and those of each item."""

    seconds: float
    latencies: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Items in a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the seconds that ``share`` of the items took at most (nearest rank)."""
        ordered = sorted(self.latencies)
        return ordered[max(0, ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True, slots=True)
class Sample:
    """The values of a row's repetitions, of ours or of the bare store."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)


def drive(count: int, writers: Writers, begin: Begin) -> Run:
    """Let ``writers`` do items 0 to ``count``; writer w takes w, w + n, w + 2n … Raises what the first one raised."""
    connections.close_all()
    gc.collect()
    barrier = FORK.Barrier(writers.count)
    pipes, children = [], []
    for process in range(writers.processes):
        receiving, sending = FORK.Pipe(duplex=False)
        child = FORK.Process(target=_work, args=(process, count, writers, begin, barrier, sending), daemon=True)
        child.start()
        sending.close()
        pipes.append(receiving)
        children.append(child)
    try:
        told = [_told(pipe) for pipe in pipes]
    finally:
        for child in children:
            child.join(WAIT_SECONDS)
    spans = [span for spans, _ in told for span in spans]
    latencies = [seconds for _, found in told for seconds in found]
    return Run(max(end for _, end in spans) - min(begun for begun, _ in spans), tuple(latencies))


Told = tuple[list[tuple[float, float]], list[float]]
"""Begin and end of each thread of a process, by a clock that processes share, and the seconds of its items."""


def _told(pipe: Connection) -> Told:
    if not pipe.poll(WAIT_SECONDS):
        raise TimeoutError("a writer did not answer")
    told = pipe.recv()
    if isinstance(told, BaseException):
        raise told
    spans, latencies = told
    return spans, latencies


def _work(process: int, count: int, writers: Writers, begin: Begin, barrier: Barrier, told: Connection) -> None:
    spans: list[tuple[float, float]] = []
    latencies: list[float] = []
    faults: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            do = begin()
            barrier.wait(WAIT_SECONDS)
            began, seconds = time.monotonic(), _timed(do, range(writer, count, writers.count))
            spans.append((began, time.monotonic()))
            latencies.extend(seconds)
        except Exception as fault:
            barrier.abort()
            faults.append(fault)
        finally:
            connections.close_all()

    first = process * writers.threads
    threads = [threading.Thread(target=write, args=(first + number,)) for number in range(writers.threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    grave = [fault for fault in faults if not isinstance(fault, threading.BrokenBarrierError)]
    told.send(RuntimeError(repr((grave or faults)[0])) if faults else (spans, latencies))
    told.close()


def _timed(do: Do, items: range) -> list[float]:
    seconds = []
    for item in items:
        begun = time.perf_counter()
        do(item)
        seconds.append(time.perf_counter() - begun)
    return seconds


def repeated(times: int, measure: Callable[[int], float]) -> Sample:
    """Measure so many times, each told its number."""
    return Sample(tuple(measure(number) for number in range(times)))


def alternately(
    times: int, ours: Callable[[int], float], bare: Callable[[int], float]
) -> tuple[Sample, Sample]:
    """Measure ours and the bare store in turn, so that what the machine does besides falls upon both."""
    pairs: Sequence[tuple[float, float]] = [(ours(number), bare(number)) for number in range(times)]
    return Sample(tuple(one for one, _ in pairs)), Sample(tuple(other for _, other in pairs))
