"""What the figures of the weather pack are made from."""

from __future__ import annotations

from zhihai.ground.measure import Measured, share
from zhihai.kit.kinds import CaseRow, Span


def in_time(rows: tuple[CaseRow, ...], span: Span) -> Measured:
    """Return the share of promises kept (按时率), among those done or already due.

    Rows are clocks that came due in the period. One that still runs and is not yet due is left out.
    """
    decided = [
        (place, row.stopped is not None and row.stopped <= row.due)
        for place, row in enumerate(rows)
        if row.due is not None and (row.stopped is not None or row.due <= span.as_of)
    ]
    return share(sum(kept for _, kept in decided), len(decided), tuple(place for place, _ in decided))
