"""Pages of rules: what is judged by which thresholds, what was found, and the dry run over history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from zhihai.faces.desk.frame import page, posted
from zhihai.faces.desk.showing import told
from zhihai.faces.naming import Telling, telling
from zhihai.faces.request import Asked, whole
from zhihai.ground.kind import word
from zhihai.ground.refusal import Refused
from zhihai.kernel.identity.kinds import SET_RULES, TRY_RULES
from zhihai.kernel.rules import acts, reads
from zhihai.kernel.rules.kinds import Threshold
from zhihai.kernel.sensing import reads as sensing

MONTH = timedelta(days=30)
PAGE = 20
"""So many findings stand on a rule's page; earlier ones behind a link."""


@page("desk/rules.jinja", TRY_RULES)
def rules(request: Asked) -> dict[str, Any]:
    """Every rule with its state, and what is out of bounds now."""
    tell = telling(request.language)
    open_ = reads.findings(open_only=True, limit=50)
    devices = {device.id: device for device in sensing.devices_by_id(one.device for one in open_)}
    return {
        "rules": [(one, tell.kind(one.name, "rule"), tell.kind(one.name, "rule", "what")) for one in reads.rules()],
        "devices": devices,
        "open": [told(one, one.rule, tell) for one in open_],
    }


@page("desk/rule.jinja", TRY_RULES)
def rule(request: Asked, name: str) -> dict[str, Any]:
    """One rule: thresholds with their source, its findings, and a dry run when one is asked for."""
    return _rule(request, name, request.GET, None)


def _rule(
    request: Asked, name: str, given: Mapping[str, str], wrong: Refused | None, written: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Draw a rule; ``given`` asks for a dry run, ``written`` is what stood in the refused form of its setting."""
    tell, shown = telling(request.language), reads.rule(name)
    devices = sensing.devices(kind=shown.device)
    start, end = request.clock.instant - MONTH, request.clock.instant
    episodes: tuple[reads.Episode, ...] | None = None
    if "try" in given:
        try:
            start, end = _span(given, request)
            device = int(given.get("device", "0"))
            limits, now = _limits(given, shown.limits), request.clock.instant
            episodes = reads.try_rule(request.actor, name, device, start, end, limits, at=now)
        except Refused as refused:
            wrong = refused
        except (ValueError, KeyError, OverflowError):
            wrong = Refused("trial_span", "start")
    known = {device.id: device for device in devices}
    found = reads.findings(rule=name, after=whole(request.GET.get("findings")), limit=PAGE + 1)
    return {
        "rule": shown,
        "name": tell.kind(name, "rule"),
        "what": tell.kind(name, "rule", "what"),
        "wrong": wrong,
        "choices": [(device.id, device.name.say(tell.language)) for device in devices],
        "given": given,
        "start": given.get("start") or start.astimezone(request.zone).date().isoformat(),
        "end": given.get("end") or end.astimezone(request.zone).date().isoformat(),
        "source_of": source_of,
        "may_set": request.actor.may_over(SET_RULES),
        "written": written or {},
        "devices": known,
        "episodes": None if episodes is None else [told(one, name, tell) for one in episodes],
        "findings": [told(one, name, tell) for one in found[:PAGE]],
        "earlier_findings": found[PAGE - 1].id if len(found) > PAGE else None,
    }


def source_of(rule: str, limit: Threshold, tell: Telling) -> str:
    """Say the norm and clause a threshold comes from, in the pack's words where it has them."""
    key = word(rule, "rule", f"source.{limit.id}")
    return tell.words.say(key, tell.language) if limit.source and key in tell.words else limit.source


def _limits(given: Mapping[str, str], known: Mapping[str, float]) -> dict[str, float]:
    limits = {}
    for id_, value in known.items():
        text = given.get(f"limit-{id_}", "")
        try:
            limits[id_] = float(text) if text else value
        except ValueError:
            raise Refused("number_needed", f"limit-{id_}", value=text[:20]) from None
    return limits


def _span(given: Mapping[str, str], request: Asked) -> tuple[datetime, datetime]:
    start, end = (datetime.fromisoformat(given[name]).date() for name in ("start", "end"))
    return datetime.combine(start, time(), request.zone), datetime.combine(
        end + timedelta(days=1), time(), request.zone
    )


@posted("desk/rule.jinja", SET_RULES, back="desk-rule")
def set_rule(request: Asked, name: str) -> dict[str, Any] | HttpResponse:
    """Set thresholds and switch the rule live or off."""
    shown = reads.rule(name)
    try:
        limits = _limits(request.POST, shown.limits)
        own = {limit.id: limit.value for limit in shown.kind.limits}
        changed = {id_: value for id_, value in limits.items() if value != own[id_]}
        acts.set_rule(request.actor, name, request.POST.get("state", ""), changed, at=request.clock.instant)
    except Refused as refused:
        return _rule(request, name, {}, refused, request.POST)
    return HttpResponseRedirect(reverse("desk-rule", args=[name]))
