"""Bringing cases in from a former system (迁入): many in one act, each with what happened to it there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import DatabaseError

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import Conflict, Refused
from zhihai.kernel import records
from zhihai.kernel.cases.groundwork import Groundwork, survey
from zhihai.kernel.cases.histories import CaseHistory
from zhihai.kernel.cases.reliving import Past, relive
from zhihai.kernel.cases.writing import UNTRANSLATABLE
from zhihai.kernel.identity.kinds import SET_CASES

STAGES = {
    "brought_case": """line, prefix, type_no, version, org_id, area_id, cell, lon, lat, facts, state, opened_at, due_at,
        closed_at, closing, late, rework, provenance, seq""",
    "brought_task": "line, no, step, role, org_id, round, state, opened_at, sort_at, done_at, outcome, note",
    "brought_clock": """line, no, name, sort, state, started_at, due_at, warn_at, next_at, stopped_at, warned_at,
        breached_at, limits, events, calendar, provisional""",
    "brought_entry": "line, seq, act, data",
}
"""Where a batch is laid for the SQL act, and in which columns."""


def bring_in(actor: Actor, histories: Sequence[CaseHistory], source: str, *, at: datetime) -> int:
    """Bring cases in with their histories (迁入), open and closed ones; returns how many.

    Each history is lived through by its kind's steps as the single acts would do it, so that tasks, rounds, clocks and
    closing are those the acts would have left; clocks are evaluated by the working calendar. The case gets a number of
    its own and a chain in the journal: one entry for itself and one for each of its past steps, all made now by this
    actor, since the journal tells who wrote down what and when. ``source`` names the batch in the former system; a
    batch of that name that is there already raises ``Conflict``: none comes in twice. All of a batch comes in, or
    nothing.

    Nobody is told: no event is emitted, and what should have been warned of or was late by ``at`` is marked so. Tasks
    left open wait in inboxes, and clocks still to come ring as usual.

    Raises ``NotPermitted`` without the power ``case.set`` over the place of each case for its kind; ``Refused`` or
    ``NotFound`` naming case and step (``cases.17.steps.2``) for an unknown kind, area, organisation, outcome or a step
    that nobody was waiting for, for instants out of order or to come, and when nobody has a duty.
    """
    if not source.strip():
        raise Refused("source_needed", "source")
    if not histories:
        return 0
    base = survey(histories)
    for place in base.places(histories):
        actor.need(SET_CASES, *place)
    lived = [_relived(number, history, base, at) for number, history in enumerate(histories)]
    try:
        with records.atomic():
            records.execute("SELECT zh_case_stage()")
            for table, rows in _rows(lived).items():
                records.copy_in(f"COPY {table} ({STAGES[table]}) FROM STDIN", rows)
            asked = (actor.account, actor.sort, at, source)
            return int(records.value("SELECT zh_case_bring_in(%s, %s, %s, %s)", asked))
    except DatabaseError as fault:
        state = getattr(fault.__cause__, "sqlstate", None)
        if state == "ZH409":
            raise Conflict("brought_before", "source", source=source) from fault
        if state == UNTRANSLATABLE:
            raise Refused("text_unreadable") from fault
        raise


def brought_in(source: str) -> frozenset[str]:
    """Return the names of the batches that have been brought in whose names begin with ``source``."""
    found = records.rows("SELECT source FROM case_batch WHERE starts_with(source, %s)", (source,))
    return frozenset(name for (name,) in found)


def _relived(number: int, history: CaseHistory, base: Groundwork, at: datetime) -> Past:
    """Live a history through; a refusal names the place in the batch."""
    try:
        return relive(history, base, at)
    except Refused as refused:
        place = f"cases.{number}" + (f".{refused.field}" if refused.field else "")
        raise Refused(refused.code, place, status=refused.status, **refused.facts) from refused


def _rows(lived: Sequence[Past]) -> dict[str, Iterator[Sequence[object]]]:
    numbered = list(enumerate(lived))
    return {
        "brought_case": ((line, *past.row) for line, past in numbered),
        "brought_task": ((line, *row) for line, past in numbered for row in past.tasks),
        "brought_clock": ((line, *row) for line, past in numbered for row in past.clocks),
        "brought_entry": ((line, *row) for line, past in numbered for row in past.entries),
    }
