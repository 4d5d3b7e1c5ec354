"""Short lists of cases: about a subject, closed ones, by number; and the clocks that a figure is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zhihai.ground.actors import Actor
from zhihai.ground.instants import from_micros, to_micros
from zhihai.ground.refusal import Refused
from zhihai.kernel import records
from zhihai.kernel.identity.kinds import SEE_CASES
from zhihai.kernel.identity.reads import Predicate, predicate


def place_of(text: str) -> tuple[datetime, int]:
    """Return the place in a list that a cursor names; raises ``Refused`` for one that is not ours."""
    micros, _, id_ = text.partition("-")
    if not (text.isascii() and micros.isdecimal() and id_.isdecimal() and len(text) < 40):
        raise Refused("cursor", "after")
    return from_micros(int(micros)), int(id_)


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a short list: beside a device, a finding, a figure; closed ones."""

    id: int
    number: str
    kind: str
    version: int
    facts: dict[str, Any]
    area: int
    state: str
    opened_at: datetime
    due: datetime | None
    closed_at: datetime | None
    closing: str | None
    late: bool
    provenance: str


_LINE = """SELECT c.id, c.number, k.name, c.version, c.facts, c.area_id, c.state, c.opened_at, c.due_at, c.closed_at,
    c.closing, c.late, c.provenance FROM cases c JOIN case_type k ON k.no = c.type_no"""


def _line(row: records.Row) -> CaseLine:
    values = list(row)
    values[4] = records.json_object(row[4])
    return CaseLine(*values)


def _sight(actor: Actor) -> Predicate:
    """Return the condition on a case ``c`` that the actor may see it: by its own place or by a task in it."""
    whole = predicate(actor, SEE_CASES, org="c.org_lo", area="c.area_lo", type_="c.type_no")
    part = predicate(actor, SEE_CASES, org="t.org_lo", area="t.area_lo", type_="t.type_no")
    sql = f"({whole.sql} OR EXISTS (SELECT 1 FROM task t WHERE t.case_id = c.id AND {part.sql}))"
    return Predicate(sql, (*whole.params, *part.params))


def recent(
    actor: Actor,
    *,
    subject: tuple[str, list[int]] | None = None,
    ids: list[int] | None = None,
    after: int | None = None,
    limit: int = 50,
) -> tuple[CaseLine, ...]:
    """Return cases about a subject (``("finding", [7, 8])``) or with these row numbers, newest first.

    Those that the actor may not see are left out; ``after`` is the row number of the last one of the page before.
    """
    access = _sight(actor)
    noun, subjects = subject if subject is not None else (None, None)
    found = records.rows(
        f"""{_LINE} WHERE {access.sql} AND (%s::text IS NULL OR (c.subject_noun = %s AND c.subject_id = ANY(%s)))
            AND (%s::bigint[] IS NULL OR c.id = ANY(%s)) AND (%s::bigint IS NULL OR c.id < %s)
            ORDER BY c.id DESC LIMIT %s""",
        (*access.params, noun, noun, subjects, ids, ids, after, after, limit),
    )
    return tuple(_line(row) for row in found)


def clock_rows(kind: str, clock: str, starts: datetime, ends: datetime) -> list[tuple[Any, ...]]:
    """Return (case, number, started, due, stopped, breached) of clocks that came due within a span, in order of due.

    For figures: every case of the kind counts, whoever asks; no row of it is shown to one who may not see the case.
    """
    return records.rows(
        """SELECT c.id, c.number, k.started_at, k.due_at, k.stopped_at, k.breached_at FROM clock k
           JOIN cases c ON c.id = k.case_id JOIN case_type t ON t.no = c.type_no
           WHERE t.name = %s AND k.name = %s AND k.due_at >= %s AND k.due_at < %s ORDER BY k.due_at, k.id""",
        (kind, clock, starts, ends),
    )


def by_number(actor: Actor, text: str, *, limit: int = 20) -> tuple[CaseLine, ...]:
    """Return cases whose number begins with ``text`` that the actor may see, for a search box."""
    if len(text) < 3:
        return ()
    access = _sight(actor)
    upper = text.upper()
    found = records.rows(
        f'{_LINE} WHERE {access.sql} AND c.number COLLATE "C" BETWEEN %s AND %s ORDER BY c.number LIMIT %s',
        (*access.params, upper, upper + "\uffff", limit),
    )
    return tuple(_line(row) for row in found)


def closed(actor: Actor, *, after: str | None = None, limit: int = 50) -> tuple[tuple[CaseLine, ...], str | None]:
    """Return closed cases that the actor may see, latest first, and the cursor of the page after it."""
    access = _sight(actor)
    bound, params = "", list(access.params)
    if after is not None:
        bound = "AND (c.closed_at, c.id) < (%s, %s)"
        params.extend(place_of(after))
    found = records.rows(
        f"{_LINE} WHERE c.state = 'closed' AND {access.sql} {bound} ORDER BY c.closed_at DESC, c.id DESC LIMIT %s",
        (*params, limit + 1),
    )
    page = tuple(_line(row) for row in found[:limit])
    last = page[-1] if len(found) > limit else None
    return page, f"{to_micros(last.closed_at)}-{last.id}" if last and last.closed_at else None
