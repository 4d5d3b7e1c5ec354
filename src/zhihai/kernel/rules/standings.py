"""Standings: how far each rule has judged each device, and the episode that is open; read and written in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from zhihai.kernel import records
from zhihai.kernel.sensing import reads as sensing

Facts = Mapping[str, float | str]

GATHERED = """f.facts || t.facts || CASE WHEN (f.facts->>'peak')::float8 > (t.facts->>'peak')::float8 THEN
    (SELECT jsonb_object_agg(key, value) FROM jsonb_each(f.facts) WHERE key = 'peak' OR starts_with(key, 'peak_'))
    ELSE '{}'::jsonb END"""
"""Facts of a finding ``f`` after newer ones ``t``, as ``zhihai.ground.window.gathered`` says."""


@dataclass(slots=True)
class Standing:
    """How a rule stands with a device: up to which hour it was judged, its open finding, when the last one ended."""

    judged_to: datetime | None
    finding: int | None
    ended: datetime | None


def find_standings(pairs: Sequence[tuple[str, int]]) -> list[Standing]:
    """Return the standing of each pair of a rule (full name) and a device, in their order; one question."""
    if not pairs:
        return []
    found = records.rows(
        """SELECT p.judged_to, f.id, f.closed_at
           FROM unnest(%s::text[], %s::int[]) WITH ORDINALITY AS t(rule, device, n)
           LEFT JOIN rule_progress p ON p.rule = t.rule AND p.device_id = t.device
           LEFT JOIN LATERAL (SELECT x.id, x.closed_at FROM finding x WHERE x.rule = t.rule AND x.device_id = t.device
               ORDER BY x.id DESC LIMIT 1) f ON true ORDER BY t.n""",
        ([rule for rule, _ in pairs], [device for _, device in pairs]),
    )
    return [Standing(to, id_ if closed is None else None, closed) for to, id_, closed in found]


def write_standings(judged: Sequence[tuple[str, int, datetime]], latest: Sequence[tuple[int, Facts]]) -> None:
    """Note up to which hour each rule has judged each device, and what is newest to say of open findings."""
    records.execute(
        """INSERT INTO rule_progress AS p (rule, device_id, judged_to)
           SELECT * FROM unnest(%s::text[], %s::int[], %s::timestamptz[])
           ON CONFLICT (rule, device_id) DO UPDATE SET judged_to = EXCLUDED.judged_to
           WHERE p.judged_to < EXCLUDED.judged_to""",
        tuple(list(column) for column in zip(*judged, strict=True)),
    )
    if latest:
        records.execute(
            f"""UPDATE finding f SET facts = {GATHERED}
               FROM unnest(%s::bigint[], %s::jsonb[]) AS t(id, facts) WHERE f.id = t.id AND NOT f.facts @> t.facts""",
            ([id_ for id_, _ in latest], [records.as_json(facts) for _, facts in latest]),
        )


def newest_measured(ids: Iterable[int]) -> dict[int, datetime]:
    """Return the newest instant that each device has measured.

    An event tells of devices that reported together and reaches to the last of them. A device that fell silent earlier
    is judged no further than to its own last reading, as if each had sent by itself: what is computed of the hours
    after it is there only when it reports again.
    """
    latest = sensing.latest(ids := list(ids))
    newest: dict[int, datetime] = {}
    for device in sensing.devices_by_id(ids):
        measured = (latest.get((device.id, stream.quantity)) for stream in device.streams if not stream.derived)
        found = [one.at for one in measured if one is not None]
        if found:
            newest[device.id] = max(found)
    return newest
