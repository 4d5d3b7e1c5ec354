"""Rules as they hold now: the kinds of the packs, and what the district set otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from zhihai.ground.refusal import NotFound, Refused
from zhihai.ground.window import HOUR
from zhihai.kernel import house, records
from zhihai.kernel.rules.kinds import RuleKind


@dataclass(frozen=True, slots=True)
class LiveRule:
    """A rule with the thresholds in force: ``limits`` by id, ``changed`` those that are not the kind's own."""

    name: str
    kind: RuleKind
    state: str
    limits: Mapping[str, float]
    changed: frozenset[str]

    @property
    def device(self) -> str:
        """Full name of the device kind it watches."""
        return f"{self.name.partition('.')[0]}.{self.kind.device}"


def all_rules() -> tuple[LiveRule, ...]:
    """Return every declared rule with state and thresholds, in order of declaration."""
    set_ = {
        row[0]: (row[1], records.json_object(row[2]))
        for row in records.rows("SELECT rule, state, limits FROM rule_setting")
    }
    found = []
    for name, kind in house.registry().all(RuleKind):
        state, changed = set_.get(name, ("live" if kind.live else "off", {}))
        limits = {limit.id: limit.value for limit in kind.limits} | {
            key: float(value) for key, value in changed.items()
        }
        found.append(LiveRule(name, kind, state, limits, frozenset(changed)))
    return tuple(found)


def live_rules() -> tuple[LiveRule, ...]:
    """Return the rules that run."""
    return tuple(rule for rule in all_rules() if rule.state == "live")


def rule_named(name: str) -> RuleKind:
    """Return a declared rule; raises ``NotFound``."""
    try:
        return house.registry().get(RuleKind, name)
    except KeyError:
        raise NotFound("no_rule", "rule", rule=name) from None


def checked_limits(kind: RuleKind, limits: Mapping[str, float]) -> dict[str, float]:
    """Return thresholds given for a rule, as numbers.

    Raises ``Refused`` naming one that the rule does not have, that is no number, or that counts more hours than the
    rule looks back: it could never be reached.
    """
    declared = {limit.id: limit for limit in kind.limits}
    checked = {}
    for id_, given in limits.items():
        field = f"limits.{id_}"
        if id_ not in declared:
            raise Refused("no_threshold", field, threshold=id_)
        if not isinstance(given, int | float) or not isfinite(given):
            raise Refused("threshold_number", field, threshold=id_)
        most = kind.window // HOUR
        if declared[id_].unit == "h" and not 0 <= given < most:
            raise Refused("threshold_window", field, threshold=id_, most=most)
        checked[id_] = float(given)
    return checked
