"""Sealing: entries of ended transactions are bound into one chain of seals, after commit, without holding anyone up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from zhihai.kernel import records
from zhihai.kernel.journal.anchor_files import last_anchor

SEAL_ENTRIES = 10_000
COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class SealState:
    """How far the journal is sealed (封存状态).

    ``no`` is the last seal (0: none), ``sealed_to_entry`` the last entry in it. ``unsealed`` counts the entries after
    it, up to 10,000; ``lag_seconds`` is the age of the oldest of them in machine time, 0.0 when there is none.
    ``anchored_no`` is the last seal whose hash stands outside the database, 0 for none.
    """

    no: int
    sealed_to_entry: int | None
    unsealed: int
    lag_seconds: float
    anchored_no: int


def seal(*, at_machine: datetime, limit: int = SEAL_ENTRIES) -> int:
    """Write the next seal over about ``limit`` entries and return how many it holds: 0 when nothing is left.

    Sealed are the entries of every transaction below the oldest one still running, in order of (era, transaction,
    number): none can appear behind a sealed range. One sealer works at a time; a second one returns 0, and one that
    is killed leaves no trace. A transaction that hangs holds sealing up, so its age is watched (``lag_seconds``).
    """
    return int(records.value("SELECT zh_seal(%s, %s)", (at_machine, limit)))


_STATE = """
WITH last AS (SELECT no, era, x1 FROM journal_seal ORDER BY no DESC LIMIT 1),
behind AS (
    SELECT e.recorded_at FROM journal_entry e
    WHERE (e.era, e.xid) >= (coalesce((SELECT era FROM last), 0), coalesce((SELECT x1 FROM last), '0'))
    ORDER BY e.era, e.xid, e.id LIMIT %s
)
SELECT coalesce((SELECT no FROM last), 0),
    (SELECT e.id FROM journal_entry e WHERE (e.era, e.xid) < (SELECT era, x1 FROM last)
     ORDER BY e.era DESC, e.xid DESC, e.id DESC LIMIT 1),
    (SELECT count(*) FROM behind),
    (SELECT extract(epoch FROM clock_timestamp() - min(recorded_at))::float8 FROM behind)
"""


def read_sealed(anchors: Path | None = None) -> SealState:
    """Return how far the journal is sealed, and how far anchored in the folder ``anchors``."""
    row = records.one(_STATE, (COUNTED,))
    assert row is not None
    no, entry, unsealed, lag = row
    last = None if anchors is None else last_anchor(anchors)
    anchored = 0 if last is None or last.anchor is None else last.anchor.seal
    return SealState(no, entry, unsealed, max(0.0, lag or 0.0), anchored)
