"""Writes of the room rules: judging what came in, judging silence, setting a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.kind import word
from zhihai.ground.refusal import Refused
from zhihai.ground.window import HOUR, Verdict, gathered
from zhihai.kernel import records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.identity.kinds import SET_RULES
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.rules.judging import floor_hour, hours_between, in_turn
from zhihai.kernel.rules.settings import LiveRule, all_rules, checked_limits, live_rules, rule_named
from zhihai.kernel.rules.standings import (
    GATHERED,
    Facts,
    Standing,
    find_standings,
    newest_measured,
    write_standings,
)
from zhihai.kernel.sensing import reads as sensing
from zhihai.kernel.sensing.events import ReadingsRecorded

CATCH_UP = timedelta(days=60)
"""How much one call judges at most of what was missed; the next goes on from there."""
HOUR_LOCK = (26234, 3)
"""The advisory lock of the one judge of the clock's hours."""

Span = tuple[datetime, datetime]


def judge(heard: Sequence[journal.Heard]) -> None:
    """Listener: judge every hour that brought readings, by every live rule of the device's kind.

    Hours already judged are not judged again: a late reading is looked at from the latest judged hour, whose window
    reaches back to it, so that an episode never opens or closes twice.
    """
    spans: dict[int, Span] = {}
    for one in heard:
        if isinstance(one.event, ReadingsRecorded):
            for device in one.event.devices:
                first, last = spans.get(device, (one.event.first, one.event.last))
                spans[device] = (min(first, one.event.first), max(last, one.event.last))
    rules = [rule for rule in live_rules() if rule.kind.on == "reading"]
    newest = newest_measured(spans)
    hours = {
        id_: (floor_hour(first) + HOUR, floor_hour(min(last, newest[id_])) + HOUR)
        for id_, (first, last) in spans.items()
        if id_ in newest
    }
    _judge(rules, hours, heard[-1].at)


def judge_hour(*, at: datetime) -> int:
    """Judge the hours of the district clock since the last time, by the rules for silence; returns how many verdicts.

    A device is judged from the hour in which it was first seen here, on the days it measures. After a standstill the
    hours are made up in order. Where two processes judge at once, one does and the other has nothing to do.
    """
    hour = floor_hour(at)
    rules = [rule for rule in live_rules() if rule.kind.on == "hour"]
    if not _waiting(rules, hour):
        return 0
    with records.atomic():
        if not records.value("SELECT pg_try_advisory_xact_lock(%s, %s)", HOUR_LOCK):
            return 0
        return _judge(rules, dict.fromkeys(_waiting(rules, hour), (hour, hour)), at)


def _waiting(rules: Sequence[LiveRule], hour: datetime) -> list[int]:
    """Return the devices that measure and that one of these rules has not judged up to the hour."""
    found = records.rows(
        """SELECT DISTINCT d.id FROM unnest(%s::text[], %s::text[]) AS r(rule, kind) JOIN device d ON d.kind = r.kind
           LEFT JOIN rule_progress p ON p.rule = r.rule AND p.device_id = d.id
           CROSS JOIN LATERAL (SELECT (%s::timestamptz AT TIME ZONE zone)::date AS day FROM district) t
           WHERE (p.judged_to IS NULL OR p.judged_to < %s) AND coalesce(d.since <= t.day, true)
             AND coalesce(d.until >= t.day, true) ORDER BY d.id""",
        ([rule.name for rule in rules], [rule.device for rule in rules], hour - HOUR, hour),
    )
    return [row[0] for row in found]


def _judge(rules: Sequence[LiveRule], spans: Mapping[int, Span], at: datetime) -> int:
    """Judge devices over spans of hours (both ends included), in one transaction; returns how many verdicts."""
    devices = {device.id: device for device in sensing.devices_by_id(spans)} if spans and rules else {}
    pairs = [(rule, device) for rule in rules for device in devices.values() if device.kind == rule.device]
    standings = find_standings([(rule.name, device.id) for rule, device in pairs])
    asked = [
        (rule, device, standing, _hours(standing, *spans[device.id]))
        for (rule, device), standing in zip(pairs, standings, strict=True)
    ]
    asked = [one for one in asked if one[3]]
    if not asked:
        return 0
    wanted: dict[int, set[str]] = {}
    for rule, device, _, _ in asked:
        wanted.setdefault(device.id, set()).update(rule.watches)
    start = min(hours[0] - rule.window for rule, _, _, hours in asked)
    end = max(hours[-1] for *_, hours in asked)
    courses = sensing.courses({id_: sorted(quantities) for id_, quantities in wanted.items()}, start, end)
    with records.atomic(savepoint=False):
        latest = [
            (standing.finding, facts)
            for rule, device, standing, hours in asked
            if (facts := _judge_device(rule, device, courses[device.id], hours, standing, at)) and standing.finding
        ]
        write_standings([(rule.name, device.id, hours[-1]) for rule, device, _, hours in asked], latest)
    return sum(len(hours) for *_, hours in asked)


def _hours(standing: Standing, first: datetime, last: datetime) -> list[datetime]:
    if standing.judged_to is None:
        return list(hours_between(first - HOUR, last))
    if last <= standing.judged_to:
        return [standing.judged_to]
    return list(hours_between(standing.judged_to, min(last, standing.judged_to + CATCH_UP)))


def _judge_device(
    rule: LiveRule, device: sensing.Device, course: sensing.Course, hours: list[datetime], standing: Standing,
    at: datetime,
) -> Facts:  # fmt: skip
    """Judge hours in order, open and close findings; return what is newest to say of the one that is open then."""
    latest: Facts = {}
    for then, hour, verdict in in_turn(rule.stretches(hours), course, standing.finding is not None):
        if verdict.kind == "opens":
            _open(then, device, hour, verdict, standing, at)
            latest = {}
        elif verdict.kind == "holds":
            latest = gathered(latest, verdict.facts)
        elif verdict.kind == "closes" and standing.finding is not None:
            _close(then, device, hour, gathered(latest, verdict.facts), standing, at)
            latest = {}
    return latest


def _open(
    rule: LiveRule, device: sensing.Device, hour: datetime, verdict: Verdict, standing: Standing, at: datetime
) -> None:
    facts = records.as_json(verdict.facts)
    row = records.one(
        """INSERT INTO finding (rule, version, device_id, since, opened_at, facts, limits, mode)
           VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s::jsonb, coalesce((SELECT mode FROM district), 'live'))
           ON CONFLICT (rule, device_id) WHERE closed_at IS NULL DO NOTHING RETURNING id""",
        (rule.name, rule.kind.version, device.id, verdict.since, hour, facts, records.as_json(rule.limits)),
    )
    if row is None:  # it is open already: one episode is one finding
        return
    standing.finding = row[0]
    data = {"rule": rule.name, "device": device.id, "since": verdict.since, "hour": hour}
    journal.record(SYSTEM, "rules.open_finding", "finding", row[0], data, at=at)
    rested = standing.ended is None or hour - standing.ended >= rule.kind.again_after
    if rule.kind.opens is not None and device.belongs == "own" and rested:
        _open_case(rule, device, row[0], verdict, at)


def _open_case(rule: LiveRule, device: sensing.Device, finding: int, verdict: Verdict, at: datetime) -> None:
    pack = rule.name.partition(".")[0]
    facts = {
        "device": {"zh": device.name.zh, "en": device.name.en}, "rule": word(rule.name, "rule"),
        "found": dict(verdict.facts), "device_code": device.code, "since": verdict.since,
    }  # fmt: skip
    cases.open_case(
        SYSTEM, f"{pack}.{rule.kind.opens}", at=at, area=device.area_id, lon=device.lon, lat=device.lat,
        cell=device.cell, subject=("finding", finding), facts=facts, provenance=device.provenance,
    )  # fmt: skip


def _close(
    rule: LiveRule, device: sensing.Device, hour: datetime, facts: Facts, standing: Standing, at: datetime
) -> None:
    closed = records.execute(
        f"""UPDATE finding f SET closed_at = %s, facts = {GATHERED} FROM (SELECT %s::jsonb AS facts) t
            WHERE f.id = %s AND f.closed_at IS NULL""",
        (hour, records.as_json(facts), standing.finding),
    )
    if closed:
        data = {"rule": rule.name, "device": device.id, "hour": hour}
        journal.record(SYSTEM, "rules.close_finding", "finding", standing.finding, data, at=at)
    standing.finding, standing.ended = None, hour


def set_rule(actor: Actor, rule: str, state: str, limits: Mapping[str, float], *, at: datetime) -> None:
    """Switch a rule live or off and set its thresholds, which hold from now on; findings keep those they were made by.

    A rule that goes live judges from then on, not what was while it was off. Raises ``NotPermitted`` without the power
    over the whole district, where the rule holds; ``NotFound`` for an unknown rule, ``Refused`` for an unknown state or
    threshold, or one that makes no sense.
    """
    actor.need(SET_RULES)
    checked = checked_limits(rule_named(rule), limits)
    if state not in ("live", "off"):
        raise Refused("rule_state", "state", state=state)
    was = next(one.state for one in all_rules() if one.name == rule)
    with records.atomic():
        records.execute(
            """INSERT INTO rule_setting (rule, state, limits, live_from, set_by, set_at)
               VALUES (%s, %s, %s::jsonb, %s, %s, %s)
               ON CONFLICT (rule, set_at) DO UPDATE SET state = EXCLUDED.state, limits = EXCLUDED.limits,
                   live_from = EXCLUDED.live_from, set_by = EXCLUDED.set_by""",
            (rule, state, records.as_json(checked), at if state == "live" else None, actor.account, at),
        )
        if state == "live" and was != "live":
            records.execute("DELETE FROM rule_progress WHERE rule = %s", (rule,))
        journal.record(actor, "rules.set_rule", "rule", None, {"rule": rule, "state": state, "limits": checked}, at=at)
