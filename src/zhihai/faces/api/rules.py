"""Rules with their thresholds, what they found, and the dry run over history."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from zhihai.faces.api.access import Called, need, now
from zhihai.faces.api.language import language_of
from zhihai.faces.api.pages import Code, Id, Instant, Limit, page
from zhihai.faces.naming import Telling, telling
from zhihai.ground.refusal import Refused
from zhihai.kernel.identity.kinds import SEE_DEVICES, TRY_RULES
from zhihai.kernel.rules import reads
from zhihai.kernel.sensing import reads as sensing

Bound = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]


class ThresholdOut(BaseModel):
    """A number a rule judges by; ``changed`` where the district set another than the rule's own.

    ``source`` is norm and clause; empty says: demonstration value, to be confirmed by the district.
    """

    id: str
    title: str
    value: float
    unit: str
    source: str
    changed: bool


class RuleOut(BaseModel):
    """A rule: what it watches, over how many hours, whether it runs (``live`` or ``off``), which case it opens."""

    name: str
    title: str
    what: str
    version: int
    state: str
    device_kind: str
    watches: list[str]
    window_hours: float
    opens: str | None
    thresholds: list[ThresholdOut]


class RuleList(BaseModel):
    """All rules."""

    rows: list[RuleOut]


class FindingOut(BaseModel):
    """An episode that a rule found: ``since`` its begin, ``opened`` the hour that showed it, ``closed`` its end.

    ``since`` is ``null`` where the episode began before the rule's window, ``closed`` while it lasts.
    """

    id: int
    rule: str
    title: str
    text: str
    version: int
    device: str
    since: datetime | None
    opened: datetime
    closed: datetime | None
    facts: dict[str, Any]
    limits: dict[str, Any]
    mode: str


class FindingPage(BaseModel):
    """A page of findings, newest first; ``next`` goes into ``after`` for the page that follows."""

    rows: list[FindingOut]
    next: str | None


class TrialIn(BaseModel):
    """What to try a rule on: a device, a span of up to five years, and thresholds in place of those in force."""

    model_config = ConfigDict(extra="forbid")

    device: Code
    start: Instant
    end: Instant
    limits: Annotated[dict[Code, Bound], Field(max_length=50)] = {}


class EpisodeOut(BaseModel):
    """An episode that the rule would have found."""

    opened: datetime
    since: datetime | None
    closed: datetime | None
    text: str
    facts: dict[str, Any]


class TrialOut(BaseModel):
    """What a rule would have found, and the thresholds it was tried with. Nothing was written."""

    rule: str
    device: str
    limits: dict[str, float]
    episodes: list[EpisodeOut]


def list_rules(request: Called) -> RuleList:
    """List every rule with its thresholds."""
    need(request, TRY_RULES)
    tell = telling(language_of(request))
    return RuleList(rows=[_out(rule, tell) for rule in reads.rules()])


def get_rule(request: Called, rule: Code) -> RuleOut:
    """Show one rule."""
    need(request, TRY_RULES)
    return _out(reads.rule(rule), telling(language_of(request)))


def try_rule(request: Called, rule: Code, trial: TrialIn) -> TrialOut:
    """Try a rule on the history of a device: which episodes it would have found. Nothing is written."""
    need(request, TRY_RULES)
    tried, device = reads.rule(rule), sensing.device(trial.device)
    if device.kind != tried.device:
        raise Refused("trial_device", "device", device=device.code)
    at = now(request)
    found = reads.try_rule(request.auth, rule, device.id, trial.start, trial.end, trial.limits, at=at)
    tell = telling(language_of(request))
    episodes = [
        EpisodeOut(
            opened=one.opened,
            since=one.since,
            closed=one.closed,
            text=tell.found(rule, one.facts),
            facts=dict(one.facts),
        )
        for one in found
    ]
    return TrialOut(rule=rule, device=device.code, limits={**tried.limits, **trial.limits}, episodes=episodes)


def list_findings(
    request: Called, device: Code | None = None, rule: Code | None = None, open: bool = False,  # noqa: A002
    after: Id | None = None, limit: Limit = 50,
) -> FindingPage:  # fmt: skip
    """List what rules found: all, of one device, of one rule, or with `open=true` what lasts still."""
    need(request, SEE_DEVICES, TRY_RULES)
    of = None if device is None else sensing.device(device).id
    asked = None if rule is None else reads.rule(rule).name
    found = reads.findings(device=of, rule=asked, open_only=open, after=after, limit=limit + 1)
    shown, cursor = page(found, limit, lambda one: str(one.id))
    codes = {one.id: one.code for one in sensing.devices_by_id(one.device for one in shown)}
    tell = telling(language_of(request))
    return FindingPage(rows=[_finding(one, codes[one.device], tell) for one in shown], next=cursor)


def _finding(one: reads.Finding, device: str, tell: Telling) -> FindingOut:
    return FindingOut(
        id=one.id, rule=one.rule, title=tell.kind(one.rule, "rule"), text=tell.found(one.rule, one.facts),
        version=one.version, device=device, since=one.since, opened=one.opened, closed=one.closed, facts=one.facts,
        limits=one.limits, mode=one.mode,
    )  # fmt: skip


def _out(rule: reads.LiveRule, tell: Telling) -> RuleOut:
    kind, pack = rule.kind, rule.name.partition(".")[0]
    thresholds = [
        ThresholdOut(
            id=one.id, title=tell.kind(rule.name, "rule", f"limit.{one.id}"), value=rule.limits[one.id], unit=one.unit,
            source=one.source, changed=one.id in rule.changed,
        )
        for one in kind.limits
    ]  # fmt: skip
    return RuleOut(
        name=rule.name, title=tell.kind(rule.name, "rule"), what=tell.kind(rule.name, "rule", "what"),
        version=kind.version, state=rule.state, device_kind=rule.device, thresholds=thresholds,
        watches=[f"{pack}.{one}" for one in kind.watches], window_hours=kind.window.total_seconds() / 3600,
        opens=f"{pack}.{kind.opens}" if kind.opens else None,
    )  # fmt: skip
