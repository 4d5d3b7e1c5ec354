"""Simulated officials (模拟官员): in a replay somebody must work the cases. Through acts, seeded, marked simulated."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import Conflict, Refused
from zhihai.ground.words import Said
from zhihai.kernel import records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.identity import reads as identity

NOTE = Said("simulated.note")
"""What every simulated official leaves as a note, said in the language of whoever reads it."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How a step is worked: after how many hours at least and at most, and how likely each outcome is."""

    least: float
    most: float
    outcomes: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Officials:
    """All habits by (case kind, step), and the seed: the same seed works the same cases in the same way."""

    seed: int
    habits: Mapping[tuple[str, str], Habit]


def read_officials(facts: Mapping[str, Any]) -> Officials | None:
    """Read ``officials.toml``; ``None`` where a folder has none. Raises ``Refused`` naming the step at fault."""
    if not facts:
        return None
    habits = {}
    for kind, steps in facts.get("habit", {}).items():
        for step, given in steps.items():
            try:
                least, most = given["hours"]
                outcomes = tuple((str(name), float(weight)) for name, weight in given["outcomes"].items())
            except (KeyError, TypeError, ValueError) as fault:
                raise Refused("folder_district", f"officials.toml: {kind}.{step}", fault=str(fault)) from fault
            habits[kind, step] = Habit(float(least), float(most), outcomes)
    return Officials(int(facts.get("seed", 1)), habits)


@dataclass(frozen=True, slots=True)
class Planned:
    """A step that a simulated official will take: the open task, by whom, and when."""

    task: int
    case: int
    kind: str
    step: str
    account: int
    due: datetime


def work(officials: Officials, at: datetime) -> int:
    """Take every step that a simulated official would have taken by ``at``; returns how many.

    Each open task is done by a simulated account that holds its role there, at an instant drawn from the task's number
    and the seed. A task of a role without a simulated account waits for a person.
    """
    return sum(_take(officials, one, at) for one in _planned(officials) if one.due <= at)


def next_step(officials: Officials) -> datetime | None:
    """Return when the next step will be taken, as the tasks stand now; ``None`` where none waits for an official."""
    return min((one.due for one in _planned(officials)), default=None)


def _planned(officials: Officials) -> Iterator[Planned]:
    for task, case, kind, step, opened, holders in _open_tasks():
        habit = officials.habits.get((kind, step))
        if habit is not None and holders:
            hours = habit.least + (habit.most - habit.least) * _draw(officials.seed, task, "when")
            yield Planned(task, case, kind, step, holders[0], opened + timedelta(hours=max(0.0, hours)))


def _take(officials: Officials, one: Planned, at: datetime) -> bool:
    """Take a step; say whether it was taken, for a person, or another step of the case, may have been first."""
    outcome = _chosen(officials.habits[one.kind, one.step], _draw(officials.seed, one.task, "outcome"))
    try:
        cases.take_step(_actor(one.account, at), one.case, one.task, outcome, note=NOTE, at=one.due)
    except Conflict:
        return False
    return True


def _open_tasks() -> list[records.Row]:
    """Open tasks with the simulated accounts that hold their role over their place."""
    return records.rows(
        """SELECT t.id, t.case_id, k.name, t.step, t.opened_at, ARRAY(
               SELECT m.account_id FROM membership m JOIN account a ON a.id = m.account_id
                   AND a.sort = 'simulated' AND a.is_active
               JOIN organisation o ON o.id = m.organisation_id JOIN area p ON p.id = m.area_id
               WHERE m.role = t.role AND t.org_lo BETWEEN o.lo AND o.hi AND t.area_lo BETWEEN p.lo AND p.hi
                 AND m.valid_to IS NULL AND (m.types IS NULL OR k.name = ANY(m.types))
               ORDER BY o.hi - o.lo, m.account_id)
           FROM task t JOIN case_type k ON k.no = t.type_no WHERE t.state = 'open' ORDER BY t.id"""
    )


def _actor(account: int, at: datetime) -> Actor:
    return identity.actor_of(account, at=at)


def _draw(seed: int, task: int, what: str) -> float:
    """Return a number from 0 to below 1 that depends on nothing else."""
    digest = hashlib.sha256(f"{seed}:{task}:{what}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def _chosen(habit: Habit, draw: float) -> str:
    total = sum(weight for _, weight in habit.outcomes)
    for name, weight in habit.outcomes:
        draw -= weight / total
        if draw < 0:
            return name
    return habit.outcomes[-1][0]
