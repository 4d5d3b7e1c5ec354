"""Watching: how much waits in the journal's room and what was done, at a price that a scrape may pay (监测)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhihai.kernel import records

SEALS_AT_ONCE = 20
"""So many seals are counted in one question: a seal holds some 10,000 entries at most."""
PARKED_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Depth:
    """How much waits for a listener: at most ``events`` of them, the oldest for ``seconds`` of machine time.

    ``events`` is the distance of two numbers, which gaps of undone transactions make too large, never too small;
    ``parked`` is counted up to 1,000.
    """

    listener: str
    events: int
    seconds: float
    failures: int
    parked: int


@dataclass(frozen=True, slots=True)
class Done:
    """What entries say was done (办结计数): entries by act, and sums of numbers that entries of one act name.

    ``seal`` is the last seal counted; asked again after it, every entry is counted exactly once.
    """

    seal: int
    acts: Mapping[str, int]
    sums: Mapping[str, int]


_DEPTHS = """
SELECT l.name, greatest(0, coalesce((SELECT max(o.id) FROM outbox o), 0) - l.id),
    coalesce((SELECT extract(epoch FROM clock_timestamp() - o.emitted_at)::float8 FROM outbox o
              WHERE (o.era, o.xid, o.id) > (l.era, l.xid, l.id) ORDER BY o.era, o.xid, o.id LIMIT 1), 0),
    l.failures, (SELECT count(*) FROM (SELECT FROM parked_event p WHERE p.listener = l.name LIMIT %s) AS few)
FROM listener l ORDER BY l.name
"""


def read_depths() -> tuple[Depth, ...]:
    """Return how much waits for each listener, without counting events: one look into an index for each."""
    found = records.rows(_DEPTHS, (PARKED_COUNTED,))
    # An event that is heard out of the order of numbers leaves a distance where nothing waits.
    return tuple(Depth(name, n if age else 0, max(0.0, age), *rest) for name, n, age, *rest in found)


def read_done(after: int, act: str, facts: Sequence[str]) -> Done:
    """Return what was done in the seals that follow ``after``, of up to 20 of them.

    ``sums`` adds up the whole numbers ``facts`` that entries of ``act`` name.
    """
    last = records.value(
        "SELECT max(no) FROM (SELECT no FROM journal_seal WHERE no > %s ORDER BY no LIMIT %s) AS few",
        (after, SEALS_AT_ONCE),
    )
    if last is None:
        return Done(after, {}, {})
    sums = ", ".join("sum((e.data::json->>%s)::bigint) FILTER (WHERE e.act = %s)" for _ in facts)
    found = records.rows(
        f"""SELECT e.act, count(*), {sums or "NULL"} FROM journal_seal s
            JOIN journal_entry e ON e.era = s.era AND e.xid >= s.x0 AND e.xid < s.x1
            WHERE s.no > %s AND s.no <= %s GROUP BY e.act""",
        (*(part for fact in facts for part in (fact, act)), after, last),
    )
    of_act = next((row[2:] for row in found if row[0] == act), ())
    return Done(last, {row[0]: row[1] for row in found}, {k: int(v or 0) for k, v in zip(facts, of_act, strict=False)})


def read_last_seal() -> int:
    """Return the number of the last seal, 0 when there is none."""
    return int(records.value("SELECT coalesce(max(no), 0) FROM journal_seal"))
