"""Simulated officials (模拟官员): in a replay somebody must work the cases. Through acts, seeded, marked simulated."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from zhihai.ground.actors import Actor
from zhihai.ground.kind import word
from zhihai.ground.refusal import Conflict, Refused
from zhihai.kernel import house, records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.identity import reads as identity


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


def work(officials: Officials, at: datetime) -> int:
    """Take every step that a simulated official would have taken by ``at``; returns how many.

    Each open task is done by a simulated account that holds its role there, at an instant drawn from the task's number
    and the seed. A task of a role without a simulated account waits for a person.
    """
    done = 0
    for task, case, kind, step, opened, holders in _open_tasks():
        habit = officials.habits.get((kind, step))
        if habit is None or not holders:
            continue
        due = opened + timedelta(hours=habit.least + (habit.most - habit.least) * _draw(officials.seed, task, "when"))
        if due > at:
            continue
        outcome = _chosen(habit, _draw(officials.seed, task, "outcome"))
        actor = _actor(holders[0], at)
        note = house.words().say(
            "simulated_note", "zh", outcome=house.words().say(word(kind, "case", f"{step}.{outcome}"), "zh")
        )
        try:
            cases.take_step(actor, case, task, outcome, note=note, at=max(due, opened))
        except Conflict:  # a person, or another step of the case, was first
            continue
        done += 1
    return done


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
