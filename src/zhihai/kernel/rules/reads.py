"""Questions about rules: which there are, what they found, what they would have found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotFound, Refused
from zhihai.ground.window import HOUR
from zhihai.kernel import records
from zhihai.kernel.identity.kinds import TRY_RULES
from zhihai.kernel.rules.judging import Episode, episodes, floor_hour, hours_between, in_turn
from zhihai.kernel.rules.settings import LiveRule, all_rules, checked_limits
from zhihai.kernel.rules.standings import newest_measured
from zhihai.kernel.sensing import reads as sensing

__all__ = ["Episode", "Finding", "LiveRule", "finding", "findings", "findings_of", "rule", "rules", "try_rule"]

LONGEST_TRIAL = timedelta(days=366 * 5)


@dataclass(frozen=True, slots=True)
class Finding:
    """An episode that a rule found (发现): ``since`` its begin, ``opened`` the hour that showed it, in UTC."""

    id: int
    rule: str
    version: int
    device: int
    since: datetime | None
    opened: datetime
    closed: datetime | None
    facts: dict[str, Any]
    limits: dict[str, Any]
    mode: str


_FINDING = "SELECT id, rule, version, device_id, since, opened_at, closed_at, facts, limits, mode FROM finding"


def _finding(row: records.Row) -> Finding:
    values = list(row)
    values[7:9] = records.json_object(row[7]), records.json_object(row[8])
    return Finding(*values)


def findings(
    *,
    device: int | None = None,
    rule: str | None = None,
    open_only: bool = False,
    after: int | None = None,
    limit: int = 50,
) -> tuple[Finding, ...]:
    """Return findings, newest first; ``after`` is the number of the last one of the page before."""
    found = records.rows(
        f"""{_FINDING} WHERE (%s::int IS NULL OR device_id = %s) AND (%s::text IS NULL OR rule = %s)
            AND (NOT %s OR closed_at IS NULL) AND (%s::bigint IS NULL OR id < %s) ORDER BY id DESC LIMIT %s""",
        (device, device, rule, rule, open_only, after, after, limit),
    )
    return tuple(_finding(row) for row in found)


def findings_of(
    device: int, *, after: int | None = None, limit: int = 50
) -> tuple[tuple[Finding, ...], tuple[int, ...]]:
    """Return a page of a device's findings, newest first, and the numbers of all that it has, in one question.

    ``after`` is the number of the last one of the page before.
    """
    found = records.rows(
        f"""SELECT f.*, every.ids FROM (SELECT array_agg(id) AS ids FROM finding WHERE device_id = %s) every
            LEFT JOIN LATERAL ({_FINDING} WHERE device_id = %s AND (%s::bigint IS NULL OR id < %s)
            ORDER BY id DESC LIMIT %s) f ON true ORDER BY f.id DESC""",
        (device, device, after, after, limit),
    )
    return tuple(_finding(row[:-1]) for row in found if row[0] is not None), tuple(found[0][-1] or ())


def finding(id_: int) -> Finding:
    """Return one finding; raises ``NotFound``."""
    row = records.one(f"{_FINDING} WHERE id = %s", (id_,))
    if row is None:
        raise NotFound("no_finding", "finding")
    return _finding(row)


def rules() -> tuple[LiveRule, ...]:
    """Return every rule with its state and thresholds."""
    return all_rules()


def rule(name: str) -> LiveRule:
    """Return one rule with its state and thresholds; raises ``NotFound``."""
    for one in all_rules():
        if one.name == name:
            return one
    raise NotFound("no_rule", "rule", rule=name)


def try_rule(
    actor: Actor,
    name: str,
    device: int,
    start: datetime,
    end: datetime,
    limits: Mapping[str, float] | None = None,
    *,
    at: datetime,
) -> tuple[Episode, ...]:
    """Return the episodes a rule would have found on a device's history from ``start`` to ``end``: nothing is written.

    The very function that runs live is asked at every hour, in the version and by the thresholds in force then;
    ``limits`` replace these for the trial. Hours that have not come by the instant ``at`` are not judged, nor, by a
    rule that judges readings, those after the device's newest: no more than the live rule would. Raises
    ``NotPermitted`` without the power over the device, ``Refused`` for a span the wrong way round or longer than five
    years.
    """
    watched = sensing.device(device)
    actor.need(TRY_RULES, watched.org_lo, watched.area_lo)
    if not timedelta(0) < end - start <= LONGEST_TRIAL:
        raise Refused("trial_span", "end")
    tried = rule(name)
    if watched.kind != tried.device:
        raise Refused("rule_other_kind", "device")
    given = checked_limits(tried.kind, limits or {})
    until = min(end, at)
    if tried.kind.on == "reading":
        newest = newest_measured([device]).get(device, start)
        until = min(until, floor_hour(newest) + HOUR)
    course = sensing.courses({device: tried.watches}, start - tried.window, end)[device]
    stretches = ((then.under(given), hours) for then, hours in tried.stretches(list(hours_between(start, until))))
    return tuple(episodes((hour, verdict) for _, hour, verdict in in_turn(stretches, course, False)))
