"""The pasts of simulated cases: drawn from a seed, skewed as life is, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from zhihai.kernel.cases.acts import CaseHistory, PastStep
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.places import reads as where
from zhihai.site.simulated.district import (
    INSTANT,
    SECTIONS,
    SIDE,
    STREETS,
    corner,
    department_of,
    of_street,
    section_code,
    sections_of_street,
    street_code,
)
from zhihai.site.simulated.kinds import COUNT, PACK, kind_name

BATCH = 2_500
RECENT, OPEN_OF_RECENT = 0.25, 0.8
"""The last quarter of the cases is recent, and four in five of it are open: a fifth of all."""
YEARS = 4
HOUR = 3600.0
LONGEST_OPEN = 400 * 24 * HOUR
STAGES = (0.25, 0.55, 0.20)
"""Share of open cases that wait for acceptance, handling and checking."""
AGES = np.array([3 * HOUR, 60 * HOUR, 96 * HOUR])
"""How long ago open cases were opened on average, by what they wait for."""
BUSY = (0.6, 0.3, 0.1)
"""Shares of a department's sections."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Row numbers by code, as the database gave them."""

    offices: dict[str, int]
    areas: dict[str, int]


def ground() -> Ground:
    """Ask for the row numbers of the simulated district's places."""
    return Ground({one.code: one.id for one in identities.organisations()}, {one.code: one.id for one in where.areas()})


def batches(count: int) -> int:
    """Return how many batches so many cases come in."""
    return -(-count // BATCH)


def source(seed: int, number: int) -> str:
    """Return the name of a batch, by which it comes in once."""
    return f"{PACK}:{seed}:{number}"


def zipf(count: int, power: float) -> NDArray[np.float64]:
    """Return shares of so many, the first the largest: one over the rank to a power."""
    weights = np.arange(1, count + 1) ** -power
    return np.asarray(weights / weights.sum())


def pasts(seed: int, number: int, count: int, ground: Ground) -> list[CaseHistory]:
    """Return the cases of batch ``number`` (from 0) out of ``count`` cases in all.

    The same seed and count give the same cases. A few kinds and streets have most (Zipf). They come about in the order
    in which they were closed over four years; a fifth are open, of recent days, and among the last.
    """
    size = min(BATCH, count - number * BATCH)
    draw = np.random.default_rng((seed, number))
    kinds = draw.choice(COUNT, BATCH, p=zipf(COUNT, 1.05)) + 1
    streets = draw.choice(STREETS, BATCH, p=zipf(STREETS, 0.8)) + 1
    sections = draw.choice(SECTIONS, BATCH, p=BUSY) + 1
    lon, lat = _scattered(draw, streets)
    cells = where.locate_many(lon, lat).cells
    lives = _lives(draw, (number * BATCH + np.arange(BATCH)) / count)
    made = []
    for place in range(size):
        kind, street = int(kinds[place]), int(streets[place])
        made.append(
            CaseHistory(
                kind=kind_name(kind), opened_at=lives[place][0], area=ground.areas[street_code(street)],
                organisation=ground.offices[_office(kind, street, int(sections[place]))], steps=lives[place][1],
                lon=float(lon[place]), lat=float(lat[place]), cell=str(cells[place]),
                facts={"no": number * BATCH + place + 1}, provenance="synthetic",
            )
        )  # fmt: skip
    return made


def _office(kind: int, street: int, section: int) -> str:
    if of_street(kind):
        return section_code(street_code(street), min(section, sections_of_street(street)))
    return section_code(department_of(kind), section)


def _scattered(draw: np.random.Generator, streets: NDArray[np.int64]) -> tuple[NDArray[np.float64], ...]:
    corners = np.array([corner(street) for street in range(1, STREETS + 1)])[streets - 1]
    inside = draw.uniform(0.02, 0.98, (BATCH, 2)) * SIDE
    return np.round(corners[:, 0] + inside[:, 0], 6), np.round(corners[:, 1] + inside[:, 1], 6)


Life = tuple[datetime, tuple[PastStep, ...]]


def _lives(draw: np.random.Generator, places: NDArray[np.float64]) -> list[Life]:
    """Draw when each case of a batch was opened, and which of its steps were taken, when and how.

    ``places`` says where each stands among all cases, from 0 to 1.
    """
    is_open = (draw.random(BATCH) < OPEN_OF_RECENT) & (places >= 1 - RECENT)
    stages = draw.choice(3, BATCH, p=STAGES)
    ages = np.minimum(draw.exponential(AGES[stages]), LONGEST_OPEN)
    ends = np.maximum(1 - places, 0) * YEARS * 365 * 24 * HOUR
    spans = np.stack([draw.exponential(hours * HOUR, BATCH) + 60 for hours in (5, 70, 30, 40, 20)], axis=1)
    fates = draw.random((BATCH, 2))
    parts = np.sort(draw.random((BATCH, 2)), axis=1)
    lives = []
    for place in range(BATCH):
        if is_open[place]:
            lives.append(_open_life(float(ages[place]), int(stages[place]), parts[place].tolist()))
        else:
            lives.append(_closed_life(float(ends[place]), spans[place].tolist(), fates[place].tolist()))
    return lives


def _open_life(age: float, stage: int, parts: Sequence[float]) -> Life:
    opened = INSTANT - timedelta(seconds=int(age))
    taken = [opened + timedelta(seconds=int(age * part)) for part in parts]
    steps = (PastStep("accept", "take_on", taken[0]), PastStep("handle", "done", taken[1]))
    return opened, steps[:stage]


def _closed_life(end: float, spans: Sequence[float], fates: Sequence[float]) -> Life:
    """A case that was closed so many seconds ago: one in sixteen was declined, one in twelve sent back once."""
    if fates[0] < 1 / 16:
        course = [("accept", "decline")]
    elif fates[1] < 1 / 12:
        course = [("accept", "take_on"), ("handle", "done"), ("check", "send_back"), ("handle", "done")]
        course.append(("check", "confirm"))
    else:
        course = [("accept", "take_on"), ("handle", "done"), ("check", "confirm")]
    passed = np.cumsum([0.0, *spans[: len(course)]])
    opened = INSTANT - timedelta(seconds=int(end + passed[-1]) + 1)
    return opened, tuple(
        PastStep(step, outcome, opened + timedelta(seconds=int(after)))
        for (step, outcome), after in zip(course, passed[1:].tolist(), strict=True)
    )
