"""Writes of the room rules: judging what came in, judging silence, setting a rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.kind import word
from zhihai.ground.refusal import NotPermitted, Refused
from zhihai.ground.window import HOUR, Verdict
from zhihai.kernel import records
from zhihai.kernel.cases import acts as cases
from zhihai.kernel.identity.kinds import SET_RULES
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.rules.judging import floor_hour, hours_between, verdicts
from zhihai.kernel.rules.settings import LiveRule, live_rules, rule_named
from zhihai.kernel.sensing import reads as sensing
from zhihai.kernel.sensing.events import ReadingsRecorded

CATCH_UP = timedelta(days=60)
"""How much silence one call judges at most; the next goes on from there."""


@dataclass(slots=True)
class Standing:
    """How a rule stands with a device: up to which hour it was judged, its open finding, when the last one ended."""

    judged_to: datetime | None = None
    finding: int | None = None
    ended: datetime | None = None


Standings = dict[tuple[str, int], Standing]


def judge(heard: Sequence[journal.Heard]) -> None:
    """Listener: judge every hour that brought readings, by every live rule of the device's kind.

    Hours already judged are not judged again: a late reading is looked at from the latest judged hour, whose window
    reaches back to it, so that an episode never opens or closes twice.
    """
    spans: dict[int, tuple[datetime, datetime]] = {}
    at = heard[-1].at
    for one in heard:
        if isinstance(one.event, ReadingsRecorded):
            for device in one.event.devices:
                first, last = spans.get(device, (one.event.first, one.event.last))
                spans[device] = (min(first, one.event.first), max(last, one.event.last))
    if spans:
        devices = {device.id: device for device in sensing.devices_by_id(spans)}
        _judge(
            devices,
            {id_: (floor_hour(first) + HOUR, floor_hour(last) + HOUR) for id_, (first, last) in spans.items()},
            "reading",
            at,
        )


def judge_hour(*, at: datetime) -> int:
    """Judge the hours of the district clock since the last time, by the rules for silence; returns how many verdicts.

    A device is judged from the hour in which it was first seen here. After a standstill the hours are made up in order.
    """
    hour = floor_hour(at)
    rules = [rule for rule in live_rules() if rule.kind.on == "hour"]
    if not rules:
        return 0
    seen = records.value(
        "SELECT min(judged_to) FROM rule_progress WHERE rule = ANY(%s)", ([rule.name for rule in rules],)
    )
    if seen is not None and seen >= hour and not _unseen(rules):
        return 0
    spans = {device.id: (hour, hour) for rule in rules for device in sensing.devices(kind=rule.device)}
    devices = {device.id: device for device in sensing.devices_by_id(spans)}
    return _judge(devices, spans, "hour", at)


def _unseen(rules: Iterable[LiveRule]) -> bool:
    """Whether a device has come that no rule for silence has looked at yet."""
    return any(
        records.one(
            """SELECT 1 FROM device d WHERE d.kind = %s AND NOT EXISTS (
               SELECT 1 FROM rule_progress p WHERE p.rule = %s AND p.device_id = d.id) LIMIT 1""",
            (rule.device, rule.name),
        )
        for rule in rules
    )


def _judge(
    devices: Mapping[int, sensing.Device], spans: Mapping[int, tuple[datetime, datetime]], on: str, at: datetime
) -> int:
    rules = [rule for rule in live_rules() if rule.kind.on == on]
    pairs = [(rule, device) for rule in rules for device in devices.values() if device.kind == rule.device]
    standings = _standings(pairs)
    asked: dict[int, list[tuple[LiveRule, list[datetime]]]] = {}
    for rule, device in pairs:
        standing = standings[rule.name, device.id]
        hours = _hours(standing, *spans[device.id])
        if hours:
            asked.setdefault(device.id, []).append((rule, hours))
    if not asked:
        return 0
    wanted = {id_: sorted({q for rule, _ in todo for q in rule.kind.watches}) for id_, todo in asked.items()}
    start = min(hours[0] - rule.kind.window for todo in asked.values() for rule, hours in todo)
    end = max(hours[-1] for todo in asked.values() for _, hours in todo)
    courses = sensing.courses(wanted, start, end)
    done = 0
    with records.atomic():
        for id_, todo in asked.items():
            for rule, hours in todo:
                done += _judge_device(rule, devices[id_], courses[id_], hours, standings[rule.name, id_], at)
        _progress([(rule.name, id_, hours[-1]) for id_, todo in asked.items() for rule, hours in todo])
    return done


def _hours(standing: Standing, first: datetime, last: datetime) -> list[datetime]:
    if standing.judged_to is None:
        return list(hours_between(first - HOUR, last))
    if last <= standing.judged_to:
        return [standing.judged_to]
    return list(hours_between(standing.judged_to, min(last, standing.judged_to + CATCH_UP)))


def _standings(pairs: Iterable[tuple[LiveRule, sensing.Device]]) -> Standings:
    standings: Standings = {(rule.name, device.id): Standing() for rule, device in pairs}
    names, ids = sorted({name for name, _ in standings}), sorted({id_ for _, id_ in standings})
    for rule, device, to in records.rows(
        "SELECT rule, device_id, judged_to FROM rule_progress WHERE rule = ANY(%s) AND device_id = ANY(%s)",
        (names, ids),
    ):
        standings.setdefault((rule, device), Standing()).judged_to = to
    for rule, device, id_, closed in records.rows(
        """SELECT DISTINCT ON (rule, device_id) rule, device_id, id, closed_at FROM finding
           WHERE rule = ANY(%s) AND device_id = ANY(%s) ORDER BY rule, device_id, id DESC""",
        (names, ids),
    ):
        standing = standings.setdefault((rule, device), Standing())
        standing.finding, standing.ended = (id_, None) if closed is None else (None, closed)
    return standings


def _progress(judged: list[tuple[str, int, datetime]]) -> None:
    records.execute(
        """INSERT INTO rule_progress (rule, device_id, judged_to)
           SELECT * FROM unnest(%s::text[], %s::int[], %s::timestamptz[])
           ON CONFLICT (rule, device_id) DO UPDATE
           SET judged_to = greatest(rule_progress.judged_to, EXCLUDED.judged_to)""",
        ([one[0] for one in judged], [one[1] for one in judged], [one[2] for one in judged]),
    )


def _judge_device(
    rule: LiveRule,
    device: sensing.Device,
    course: sensing.Course,
    hours: list[datetime],
    standing: Standing,
    at: datetime,
) -> int:
    latest: Mapping[str, float | str] = {}
    said = verdicts(
        rule.kind,
        rule.limits,
        lambda hour: course.window(hour, rule.kind.window, rule.kind.watches),
        hours,
        standing.finding is not None,
    )
    for hour, verdict in said:
        if verdict.kind == "opens":
            _open(rule, device, hour, verdict, standing, at)
        elif verdict.kind == "holds":
            latest = verdict.facts or latest
        elif verdict.kind == "closes" and standing.finding is not None:
            _close(standing, hour, {**latest, **verdict.facts})
    if latest and standing.finding is not None:
        records.execute(
            "UPDATE finding SET facts = facts || %s::jsonb WHERE id = %s", (records.as_json(latest), standing.finding)
        )
    return len(hours)


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
    if row is None:  # another judge was first: its episode is this one
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
        "device": {"zh": device.name.zh, "en": device.name.en},
        "rule": word(rule.name, "rule"),
        "found": dict(verdict.facts),
        "device_code": device.code,
        "since": verdict.since,
    }
    cases.open_case(
        SYSTEM,
        f"{pack}.{rule.kind.opens}",
        at=at,
        area=device.area_id,
        lon=device.lon,
        lat=device.lat,
        cell=device.cell,
        subject=("finding", finding),
        facts=facts,
        provenance=device.provenance,
    )


def _close(standing: Standing, hour: datetime, facts: Mapping[str, float | str]) -> None:
    records.execute(
        "UPDATE finding SET closed_at = %s, facts = facts || %s::jsonb WHERE id = %s AND closed_at IS NULL",
        (hour, records.as_json(facts), standing.finding),
    )
    standing.finding, standing.ended = None, hour


def set_rule(actor: Actor, rule: str, state: str, limits: Mapping[str, float], *, at: datetime) -> None:
    """Switch a rule live or off and set its thresholds, which hold from now on; findings keep those they were made by.

    Raises ``NotPermitted`` without the power, ``Refused`` for an unknown rule, state or threshold.
    """
    if not actor.may(SET_RULES):
        raise NotPermitted
    kind = rule_named(rule)
    unknown = limits.keys() - {limit.id for limit in kind.limits}
    if unknown:
        raise Refused("no_threshold", f"limits.{min(unknown)}", threshold=min(unknown))
    if state not in ("live", "off"):
        raise Refused("rule_state", "state", state=state)
    with records.atomic():
        records.execute(
            """INSERT INTO rule_setting (rule, state, limits, live_from, set_by, set_at)
               VALUES (%s, %s, %s::jsonb, %s, %s, %s)
               ON CONFLICT (rule) DO UPDATE SET state = EXCLUDED.state, limits = EXCLUDED.limits,
                   live_from = EXCLUDED.live_from, set_by = EXCLUDED.set_by, set_at = EXCLUDED.set_at""",
            (rule, state, records.as_json(limits), at if state == "live" else None, actor.account, at),
        )
        journal.record(
            actor, "rules.set_rule", "rule", None, {"rule": rule, "state": state, "limits": dict(limits)}, at=at
        )
