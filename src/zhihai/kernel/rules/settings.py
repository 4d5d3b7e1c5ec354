"""Rules as they hold: the kinds of the packs in their versions, and what the district set otherwise, since when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from zhihai.ground.refusal import NotFound, Refused
from zhihai.ground.window import HOUR
from zhihai.kernel import house, records
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.rules.kinds import RuleKind

Set = tuple[datetime, Mapping[str, float]]
"""From an instant on, the thresholds that a district set otherwise than the kind says."""


@dataclass(frozen=True, slots=True)
class LiveRule:
    """A rule with the thresholds in force: ``limits`` by id, ``changed`` those that are not the kind's own.

    ``kind`` is its newest version and ``limits`` those set last; what holds at another hour, :meth:`stretches` tells.
    ``versions`` are all of its versions and ``settings`` all that was set, oldest first.
    """

    name: str
    kind: RuleKind
    state: str
    limits: Mapping[str, float]
    changed: frozenset[str]
    versions: tuple[RuleKind, ...]
    settings: tuple[Set, ...]

    @property
    def device(self) -> str:
        """Full name of the device kind it watches, in every version."""
        return f"{self.name.partition('.')[0]}.{self.kind.device}"

    @property
    def window(self) -> timedelta:
        """How far back any version looks."""
        return max(kind.window for kind in self.versions)

    @property
    def watches(self) -> tuple[str, ...]:
        """The quantities that any version looks at."""
        return tuple(dict.fromkeys(one for kind in self.versions for one in kind.watches))

    def stretches(self, hours: Sequence[datetime]) -> Iterator[tuple[LiveRule, Sequence[datetime]]]:
        """Part hours in order into runs that are judged alike, each with the rule as it holds for them.

        An hour, told by its end, is judged by the version in force on the local day in which it begins and by the
        thresholds that were set last before it ended: late data, replays and dry runs are judged as they would have
        been at the time.
        """
        if len(self.versions) == 1 and (not self.settings or (hours and self.settings[-1][0] <= hours[0])):
            yield self, hours
            return
        zone = clock.clock().zone
        for rule, run in groupby(hours, lambda hour: self._at(hour, zone)):
            yield rule, list(run)

    def under(self, limits: Mapping[str, float]) -> LiveRule:
        """Return the rule with thresholds replaced by those given of its own: for a trial."""
        return replace(self, limits={id_: limits.get(id_, value) for id_, value in self.limits.items()})

    def _at(self, hour: datetime, zone: ZoneInfo) -> LiveRule:
        day = (hour - HOUR).astimezone(zone).date()
        kind = next((one for one in reversed(self.versions) if one.valid_from <= day), self.versions[0])
        return replace(self, kind=kind, **_limits(kind, [said for at, said in self.settings if at <= hour]))


def _limits(kind: RuleKind, settings: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    """Return thresholds of a version under what was set last: ``limits``, and the names of those ``changed``."""
    own = {limit.id: limit.value for limit in kind.limits}
    changed = {id_: value for id_, value in (settings[-1] if settings else {}).items() if id_ in own}
    return {"limits": own | changed, "changed": frozenset(changed)}


def all_rules() -> tuple[LiveRule, ...]:
    """Return every declared rule with state and thresholds, in order of declaration."""
    found: dict[str, list[tuple[str, Set]]] = {}
    for rule, state, limits, at in records.rows("SELECT rule, state, limits, set_at FROM rule_setting ORDER BY set_at"):
        changed = {key: float(value) for key, value in records.json_object(limits).items()}
        found.setdefault(rule, []).append((state, (at, changed)))
    return tuple(_live(name, kind, found.get(name, [])) for name, kind in house.registry().all(RuleKind))


def _live(name: str, kind: RuleKind, said: Sequence[tuple[str, Set]]) -> LiveRule:
    state = said[-1][0] if said else "live" if kind.live else "off"
    settings = tuple(one for _, one in said)
    versions = house.registry().versions(RuleKind, name)
    return LiveRule(
        name, kind, state, versions=versions, settings=settings, **_limits(kind, [limits for _, limits in settings])
    )


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
