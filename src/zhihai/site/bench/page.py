"""The page of a run: its table, the conditions, what is synthetic, and which goals are not reached."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import psutil

from zhihai.ground.words import Language, Words
from zhihai.site.bench.course import Sizes, flush_ms
from zhihai.site.bench.figures import Row


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which conditions a run took place; ``core_ms`` is what a core is worth before it, see :func:`core_ms`."""

    day: date
    cores: int
    memory_gb: float
    load: float
    python: str
    flush_ms: float
    core_ms: float


def core_ms() -> float:
    """Return how many milliseconds a fixed piece of Python takes on one core, the best of several.

    A virtual machine may give half of what it gave an hour before: two runs are compared by this first.
    """
    times = []
    for _ in range(10):
        began = time.perf_counter()
        sum(n * n % 7 for n in range(300_000))
        times.append(1000 * (time.perf_counter() - began))
    return min(times)


def conditions(day: date, folder: Path) -> Conditions:
    """Note the conditions before a run; ``folder`` is where the records will lie."""
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    memory = psutil.virtual_memory().total / 2**30
    load, version = os.getloadavg()[0], platform.python_version()
    return Conditions(day, os.cpu_count() or 1, memory, load, version, flush_ms(folder), core_ms())


def table(rows: Sequence[Row], words: Words, language: Language) -> str:
    """Return the rows as a Markdown table."""

    def say(key: str, **facts: object) -> str:
        return words.say(f"bench.{key}", language, **facts)

    lines = [say("head"), "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        goals = [say(f"goal.{side}", figure=_figure(value)) for side, value in _goals(row) if value is not None]
        reached = say("reached." + {True: "yes", False: "no", None: "unset"}[row.reached])
        ratio = "–" if row.ratio is None else f"{row.ratio:.2f}"
        lowest, highest = _figure(min(row.rounds)), _figure(max(row.rounds))
        lines.append(
            f"| {say(f'row.{row.name}', n=f'{row.n:,}')} | {_figure(row.value)} {row.unit} | {lowest} – {highest} "
            f"| {ratio} | {', '.join(goals) or '–'} | {reached} |"
        )
    return "\n".join(lines)


def _goals(row: Row) -> tuple[tuple[str, float | None], ...]:
    return ("most", row.most), ("least", row.least), ("ratio", row.least_ratio)


def _missed(row: Row, words: Words, language: Language) -> str:
    """Name a row whose goal is not reached, and what its time goes into where that is known."""
    told = [words.say(f"bench.row.{row.name}", language, n=f"{row.n:,}")]
    if row.bare and (bare := replace(row, rounds=row.bare)).reached is False:
        told.append(words.say("bench.bare_misses", language, figure=_figure(bare.value), unit=row.unit))
    if f"bench.cost.{row.name}" in words:
        told.append(words.say(f"bench.cost.{row.name}", language))
    return words.say("bench.missed", language, row=told[0], cost=" ".join(told[1:])) if told[1:] else told[0]


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.3g}"


def page(rows: Sequence[Row], found: Conditions, server: str, sizes: Sizes, words: Words, language: Language) -> str:
    """Return the whole page in Markdown."""

    def say(key: str, **facts: object) -> str:
        return words.say(f"bench.{key}", language, **facts)

    missed = [_missed(row, words, language) for row in rows if row.reached is False]
    small = [say(f"row.{row.name}", n=f"{row.n:,}") for row in rows if row.n < row.goal_n]
    where = say(
        "conditions", day=found.day.isoformat(), cores=found.cores, memory=f"{found.memory_gb:.0f}",
        load=f"{found.load:.2f}", python=found.python, server=server, flush=f"{found.flush_ms:.2f}",
        rounds=sizes.rounds, core=f"{found.core_ms:.0f}", after=f"{core_ms():.0f}",
    )  # fmt: skip
    form = "_at_size" if sizes.at_size else ""
    parts = [f"# {say(f'title{form}')}", say("introduction"), table(rows, words, language)]
    parts += [f"## {say('heading.conditions')}", where, f"## {say('heading.synthetic')}", say(f"synthetic{form}")]
    parts += [f"## {say('heading.missed')}", "\n".join(f"- {one}" for one in missed) or say("none")]
    if small:
        parts += [f"## {say('heading.small')}", say("small"), "\n".join(f"- {one}" for one in small)]
    return "\n\n".join(parts) + "\n"
