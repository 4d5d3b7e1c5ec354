"""How long items really take (实际用时): reckoned anew when a matter is closed, so that no page has to."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from zhihai.kernel import records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.cases.events import CaseClosed
from zhihai.kernel.cases.kinds import WITHDRAWN
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal.acts import Heard
from zhihai.kernel.services.applications import APPLICATION

LATEST = 50
"""By so many applications, the latest, it is reckoned."""
DAY = 86_400


def reckon_took(heard: Sequence[Heard]) -> None:
    """Listener: reckon how long the items took whose matters were closed, withdrawn ones left out."""
    closed = cases.subjects([one.event.case for one in heard if isinstance(one.event, CaseClosed)], (APPLICATION,))
    with identity.seeing(identity.PLATFORM):
        found = records.rows(
            """SELECT i.id, ARRAY(SELECT a.id FROM application a WHERE a.item_id = i.id ORDER BY a.id DESC LIMIT %s)
               FROM (SELECT DISTINCT item_id AS id FROM application WHERE id = ANY(%s) AND item_id IS NOT NULL) i
               ORDER BY i.id""",
            (LATEST, [about for _, about in closed.values()]),
        )
    progress = cases.progress(APPLICATION, [one for _, ids in found for one in ids])
    rows = [(item, _spent([progress[one] for one in ids])) for item, ids in found]
    kept = [(item, len(spent), median(spent)) for item, spent in rows if spent]
    records.execute(
        """INSERT INTO service_took (item_id, closed, days) SELECT * FROM unnest(%s::int[], %s::int[], %s::float8[])
           ON CONFLICT (item_id) DO UPDATE SET closed = EXCLUDED.closed, days = EXCLUDED.days""",
        tuple([list(column) for column in zip(*kept, strict=True)] or ([], [], [])),
    )


def _spent(matters: Sequence[cases.Progress]) -> list[float]:
    return [
        (one.closed_at - one.opened_at).total_seconds() / DAY
        for one in matters
        if one.closed_at is not None and one.closing != WITHDRAWN
    ]
