"""Pages of rules: what is judged by which thresholds, what was found, and the dry run over history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from zhihai.faces.desk.frame import page
from zhihai.faces.naming import telling, unit_text
from zhihai.faces.request import Asked
from zhihai.ground.refusal import Refused
from zhihai.kernel.identity.kinds import SET_RULES, TRY_RULES
from zhihai.kernel.rules import acts, reads
from zhihai.kernel.sensing import reads as sensing

MONTH = timedelta(days=30)


@page("desk/rules.jinja", TRY_RULES)
def rules(request: Asked) -> dict[str, Any]:
    """Every rule with its state, and what is out of bounds now."""
    tell = telling(request.language)
    open_ = reads.findings(open_only=True, limit=50)
    devices = {device.id: device for device in sensing.devices_by_id(one.device for one in open_)}
    return {
        "rules": [(one, tell.kind(one.name, "rule"), tell.kind(one.name, "rule", "what")) for one in reads.rules()],
        "open": [(one, devices[one.device], tell.kind(one.rule, "rule"), tell.found(one.rule, one.facts)) for one in open_],
    }


@page("desk/rule.jinja", TRY_RULES)
def rule(request: Asked, name: str) -> dict[str, Any]:
    """One rule: thresholds with their source, its findings, and a dry run when one is asked for."""
    return _rule(request, name, request.GET, None)


def _rule(request: Asked, name: str, given: Mapping[str, str], wrong: Refused | None) -> dict[str, Any]:
    tell, shown = telling(request.language), reads.rule(name)
    devices = sensing.devices(kind=shown.device)
    episodes, limits = None, dict(shown.limits)
    start, end = request.clock.instant - MONTH, request.clock.instant
    if "try" in given:
        try:
            limits = _limits(given, shown.limits)
            start, end = _span(given, request)
            episodes = reads.try_rule(request.actor, name, int(given.get("device", "0")), start, end, limits)
        except Refused as refused:
            wrong = refused
        except (ValueError, KeyError):
            wrong = Refused("trial_span", "start")
    found = reads.findings(rule=name, limit=20)
    known = {device.id: device for device in devices}
    return {
        "rule": shown, "name": tell.kind(name, "rule"), "what": tell.kind(name, "rule", "what"),
        "choices": [(device.id, device.name.say(tell.language)) for device in devices],
        "limits": limits, "start": start.astimezone(request.zone).date(), "end": end.astimezone(request.zone).date(),
        "unit_text": unit_text, "device_id": given.get("device", ""), "wrong": wrong, "may_set": request.actor.may(SET_RULES),
        "episodes": None if episodes is None else [(one, tell.found(name, one.facts)) for one in episodes],
        "findings": [(one, known[one.device], tell.found(name, one.facts)) for one in found if one.device in known],
    }  # fmt: skip


def _limits(given: Mapping[str, str], known: Mapping[str, float]) -> dict[str, float]:
    limits = {}
    for id_, value in known.items():
        text = given.get(f"limit-{id_}", "")
        try:
            limits[id_] = float(text) if text else value
        except ValueError:
            raise Refused("threshold_number", f"limit-{id_}", value=text[:20]) from None
    return limits


def _span(given: Mapping[str, str], request: Asked) -> tuple[datetime, datetime]:
    start, end = (datetime.fromisoformat(given[name]).date() for name in ("start", "end"))
    return datetime.combine(start, time(), request.zone), datetime.combine(end + timedelta(days=1), time(), request.zone)


@require_POST
@page("desk/rule.jinja", SET_RULES)
def set_rule(request: Asked, name: str) -> dict[str, Any] | HttpResponse:
    """Set thresholds and switch the rule live or off."""
    shown = reads.rule(name)
    try:
        limits = _limits(request.POST, shown.limits)
        own = {limit.id: limit.value for limit in shown.kind.limits}
        changed = {id_: value for id_, value in limits.items() if value != own[id_]}
        acts.set_rule(request.actor, name, request.POST.get("state", ""), changed, at=request.clock.instant)
    except Refused as refused:
        return _rule(request, name, {}, refused)
    return HttpResponseRedirect(reverse("desk-rule", args=[name]))
