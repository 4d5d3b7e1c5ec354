"""Rules as they hold now: the kinds of the packs, and what the district set otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zhihai.ground.refusal import NotFound
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
