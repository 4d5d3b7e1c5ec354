"""Slow questions (慢查询): which questions to the store took long, kept in the data folder for an operator to see.

A question is kept as the program writes it, with places for values and without any value. Every process appends to one
file; a line is short enough to be written whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec

FILE = "slow.jsonl"
KEPT_BYTES = 2**20
"""Past this size the file is put aside under another name, over the one before it."""
READ_BYTES = 2**18
LONGEST = 1_500
"""So many letters of a question are kept."""


@dataclass(frozen=True, slots=True)
class Slow:
    """One question that took long: when (machine time, UTC), milliseconds, for which route or worker, and the text."""

    at: datetime
    ms: Annotated[int, msgspec.Meta(ge=0)]
    where: str
    question: str


@dataclass(frozen=True, slots=True)
class Slowness:
    """All times one question was slow: how often, the longest and together in milliseconds, and when last and where."""

    question: str
    where: str
    times: int
    longest: int
    together: int
    last: datetime


def note(data: Path, question: str, ms: int, where: str) -> None:
    """Keep one slow question. A full disk or a folder that is gone must not fail the work it was asked for."""
    one = Slow(datetime.now(UTC), ms, where, " ".join(question.split())[:LONGEST])
    file = data / FILE
    with suppress(OSError):
        if file.exists() and file.stat().st_size > KEPT_BYTES:
            file.rename(file.with_suffix(".before.jsonl"))
        out = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(out, msgspec.json.encode(one) + b"\n")
        finally:
            os.close(out)


def slow(data: Path) -> tuple[Slow, ...]:
    """Return the slow questions that were kept last, oldest first; none where nothing was slow yet."""
    file = data / FILE
    try:
        with file.open("rb") as kept:
            kept.seek(-min(READ_BYTES, file.stat().st_size), os.SEEK_END)
            lines = kept.read().split(b"\n")
    except OSError:
        return ()
    found = []
    for line in lines:
        with suppress(msgspec.MsgspecError):  # the first may be cut off
            found.append(msgspec.json.decode(line, type=Slow))
    return tuple(found)


def slowest(found: Iterable[Slow], most: int) -> tuple[Slowness, ...]:
    """Return the questions that took longest together, each told once."""
    groups: dict[str, list[Slow]] = {}
    for one in found:
        groups.setdefault(one.question, []).append(one)
    told = [
        Slowness(
            question, times[-1].where, len(times), max(one.ms for one in times), sum(one.ms for one in times),
            times[-1].at,
        )
        for question, times in groups.items()
    ]  # fmt: skip
    return tuple(sorted(told, key=lambda one: one.together, reverse=True)[:most])
