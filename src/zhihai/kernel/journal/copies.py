"""Copies (副本): records that were restored from a backup, while the original may still be at work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.powers import RUN_CLOCK
from zhihai.ground.refusal import Conflict
from zhihai.kernel import records
from zhihai.kernel.journal.clock import DISTRICT
from zhihai.kernel.journal.entries import record

COPY = "copy"
"""The district's fact that says that its records are a restored copy."""


def mark_copy(told: Mapping[str, object], *, at: datetime) -> None:
    """Note that the records were restored, from what and up to when; from now on they are a copy.

    A copy sends nothing to people outside, lest they hear twice, and from two: see :func:`take_over`.
    """
    with records.atomic():
        records.execute("UPDATE district SET facts = facts || %s::jsonb", (records.as_json({COPY: told}),))
        record(SYSTEM, "journal.mark_copy", "district", DISTRICT, dict(told), at=at)


def read_copied() -> Mapping[str, Any] | None:
    """Return what the records were restored from, while they are a copy that nobody has put in the original's place."""
    told = records.value("SELECT facts -> %s::text FROM district", (COPY,))
    return None if told is None else records.json_object(told)


def take_over(actor: Actor, *, at: datetime) -> None:
    """Put a restored copy in the place of the original (接管): from now on it sends notices to people outside.

    Needs the power ``clock.run`` over the whole district. Raises ``NotPermitted``, or :class:`Conflict` ``no_copy``
    when the records are no copy.
    """
    actor.need(RUN_CLOCK)
    with records.atomic():
        if not records.execute("UPDATE district SET facts = facts - %s::text WHERE facts ? %s::text", (COPY, COPY)):
            raise Conflict("no_copy")
        record(actor, "journal.take_over", "district", DISTRICT, {}, at=at)
