"""Quarantine (隔离区): readings set aside, each with a reason that a person can read, until one decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from zhihai.ground.reading import Reading
from zhihai.ground.refusal import Conflict
from zhihai.kernel import records

QuarantineState = Literal["open", "released", "discarded"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one reading of a request was set aside: the sentence is ``quarantine.<reason>`` filled with ``facts``.

    ``position`` counts readings from 0, ``field`` names the input at fault (``readings[3].value``).
    """

    position: int
    reason: str
    field: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A reading set aside, as it was sent, and what was decided. ``at`` is district time of its arrival (UTC)."""

    id: int
    envelope: int
    connector: str
    position: int
    reason: str
    facts: Mapping[str, Any]
    reading: Mapping[str, Any]
    at: datetime
    state: QuarantineState
    decided_by: int | None
    decided_at: datetime | None
    note: str


FIELDS = {
    "unknown_device": "device", "foreign_device": "device", "unknown_quantity": "quantity",
    "computed_quantity": "quantity", "time_unreadable": "at", "time_before": "at", "time_ahead": "at",
    "time_after": "at", "unknown_flags": "flags", "not_a_number": "value", "wrong_unit": "unit",
    "out_of_range": "value",
}  # fmt: skip
"""Every reason, and the field of a reading that it finds fault with; words ``quarantine.<reason>``."""

_QUARANTINED = """
SELECT q.id, q.envelope_id, c.code, q.position, q.reason, q.facts, q.reading, q.at, q.state, q.decided_by, q.decided_at,
    q.note
FROM quarantine q JOIN envelope e ON e.id = q.envelope_id JOIN connector c ON c.id = e.connector_id
"""


def problem(position: int, reason: str, facts: Mapping[str, Any]) -> Problem:
    """Return a problem with its field named."""
    return Problem(position, reason, f"readings[{position}].{FIELDS[reason]}", facts)


def problems_of(envelope: int) -> tuple[Problem, ...]:
    """Return why readings of an envelope were set aside, in order of position, whatever was decided since."""
    found = records.rows(
        "SELECT position, reason, facts FROM quarantine WHERE envelope_id = %s ORDER BY position", (envelope,)
    )
    return tuple(problem(position, reason, records.json_object(facts)) for position, reason, facts in found)


def read_quarantine(condition: str, params: Sequence[object]) -> tuple[Quarantined, ...]:
    """Return the quarantined readings that fulfil a condition (on ``q``), which may end with order and limit."""
    return tuple(_quarantined(row) for row in records.rows(f"{_QUARANTINED} WHERE {condition}", params))


def _quarantined(row: records.Row) -> Quarantined:
    return Quarantined(*(*row[:5], records.json_object(row[5]), records.json_object(row[6]), *row[7:]))


def take_open(ids: Sequence[int]) -> tuple[Quarantined, ...]:
    """Lock these quarantined readings, by number; ``Conflict`` when one is not there or is decided already."""
    found = read_quarantine("q.id = ANY(%s) AND q.state = 'open' ORDER BY q.id FOR UPDATE OF q", (list(ids),))
    if len(found) != len(set(ids)):
        raise Conflict("quarantine_decided", "ids")
    return found


def decide(ids: Sequence[int], state: QuarantineState, actor: int, note: str, at: datetime) -> None:
    """Write down what was decided on readings that are locked."""
    records.execute(
        "UPDATE quarantine SET state = %s, decided_by = %s, decided_at = %s, note = %s WHERE id = ANY(%s)",
        (state, actor, at, note, list(ids)),
    )


def sent_again(row: Quarantined) -> Reading:
    """Return the reading as it was sent."""
    sent = row.reading
    return Reading(sent["device"], sent["quantity"], _instant(sent["at"]), sent["value"], sent["flags"], sent["unit"])


def _instant(text: str) -> Any:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text
