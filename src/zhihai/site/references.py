"""Checking references: every name a kind gives must be there, and every sentence it needs must be said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from zhihai.ground.forms.fields import YesNo, placed
from zhihai.ground.kind import Kind, word
from zhihai.ground.registry import Registry
from zhihai.ground.words import Phrase
from zhihai.kernel.cases.kinds import CaseKind
from zhihai.kernel.catalogue.kinds import DatasetKind
from zhihai.kernel.channels.kinds import NoticeKind
from zhihai.kernel.disclosure.kinds import CHARGED, PAID, RELEASED, PublicationKind, RegisterKind, TariffKind
from zhihai.kernel.forms.kinds import FormKind, sentences_of
from zhihai.kernel.identity.kinds import CONFIRM_ROLES, GRANT_ROLES, RoleKind, ServiceKind, TieKind
from zhihai.kernel.indicators.kinds import IndicatorKind, OfClocks, OfRatings
from zhihai.kernel.offers.kinds import OfferKind
from zhihai.kernel.rules.kinds import RuleKind
from zhihai.kernel.sensing.kinds import DeviceKind, ObservationDatasetKind, QuantityKind
from zhihai.kernel.services.kinds import MatterKind


def faults_of(pack: str, kinds: Mapping[str, tuple[Kind, ...]], words: Mapping[str, Phrase]) -> tuple[str, ...]:
    """Return what is wrong with a pack's kinds: names that lead nowhere, sentences that are missing."""
    try:
        registry = Registry(kinds)
    except ValueError as fault:
        return (str(fault),)
    return (
        *_lost(pack, registry),
        *(f"words: {key} is missing" for key in sentences(pack, registry) if key not in words),
    )


def _has(registry: Registry, sort: type[Kind], name: str) -> bool:
    return name in dict(registry.all(sort))


def _unknown(pack: str, registry: Registry, quantities: Iterable[str]) -> Iterator[str]:
    return (one for one in quantities if not _has(registry, QuantityKind, f"{pack}.{one}"))


def _lost(pack: str, registry: Registry) -> Iterator[str]:
    for name, device in registry.all(DeviceKind):
        for quantity in _unknown(pack, registry, (*device.quantities, *([device.headline] if device.headline else []))):
            yield f"device {name} names an unknown quantity {quantity}"
    for name, derived in registry.all(QuantityKind):
        for quantity in _unknown(pack, registry, derived.derivation.of if derived.derivation else ()):
            yield f"quantity {name} is derived of an unknown quantity {quantity}"
    yield from _lost_roles(pack, registry)
    yield from _lost_cases(pack, registry)
    yield from _lost_matters(pack, registry)
    yield from _lost_registers(pack, registry)
    yield from _lost_rules(pack, registry)
    yield from _lost_indicators(pack, registry)


def _lost_matters(pack: str, registry: Registry) -> Iterator[str]:
    """A matter has its form and its case; what is published out of matters, its kind of matter."""
    for name, matter in registry.all(MatterKind):
        if not _has(registry, FormKind, f"{pack}.{matter.form}"):
            yield f"matter {name} is given in by an unknown form {matter.form}"
        if not _has(registry, CaseKind, f"{pack}.{matter.case}"):
            yield f"matter {name} becomes an unknown case {matter.case}"
        form = dict(registry.all(FormKind)).get(f"{pack}.{matter.form}")
        asked = form and next((one.field for one in placed(form.sections) if one.field.id == matter.published), None)
        if matter.published and not isinstance(asked, YesNo):
            yield f"matter {name}: its form asks no yes or no called {matter.published}"
    for name, publication in registry.all(PublicationKind):
        if publication.matter and not _has(registry, MatterKind, f"{pack}.{publication.matter}"):
            yield f"publication {name} comes out of an unknown matter {publication.matter}"


def _lost_registers(pack: str, registry: Registry) -> Iterator[str]:
    """A register is of a matter and a case there are; each outcome that closes stands in one of its rows."""
    for name, register in registry.all(RegisterKind):
        if not _has(registry, MatterKind, f"{pack}.{register.matter}"):
            yield f"register {name} is of an unknown matter {register.matter}"
        case = dict(registry.all(CaseKind)).get(f"{pack}.{register.case}")
        if case is None:
            yield f"register {name} is of an unknown case {register.case}"
            continue
        for clock in register.clocks:
            if clock not in {one.id for one in case.clocks}:
                yield f"register {name} names an unknown clock {clock}"
        closing = {outcome.id for step in case.steps for outcome in step.outcomes if outcome.closes}
        for outcome in sorted(closing ^ {one for row in register.rows for one in row.outcomes}):
            yield f"register {name}: the outcome {outcome} stands in no row, or closes nothing"
        if register.tariff:
            if not _has(registry, TariffKind, f"{pack}.{register.tariff}"):
                yield f"register {name} charges by an unknown tariff {register.tariff}"
            apart = {outcome.id for step in case.steps for outcome in step.outcomes if outcome.apart}
            for outcome in sorted({CHARGED, PAID, RELEASED} - apart):
                yield f"register {name} charges, but its case has no outcome {outcome} that stands apart"


def _lost_roles(pack: str, registry: Registry) -> Iterator[str]:
    """A role is given and confirmed by roles there are, whose holders have the power to."""
    roles = dict(registry.all(RoleKind))
    for name, role in roles.items():
        if not name.startswith(f"{pack}."):
            continue
        asked = [("given", other, GRANT_ROLES) for other in role.given_by]
        asked += [("confirmed", other, CONFIRM_ROLES) for other in role.confirmed_by if role.guarded]
        for how, other, power in asked:
            if other not in roles:
                yield f"role {name} is {how} by an unknown role {other}"
            elif power not in roles[other].powers:
                yield f"role {name} is {how} by {other}, which lacks the power {power}"


def _lost_cases(pack: str, registry: Registry) -> Iterator[str]:
    for name, dataset in registry.all(ObservationDatasetKind):
        if not _has(registry, DeviceKind, f"{pack}.{dataset.device}"):
            yield f"dataset {name} names an unknown device {dataset.device}"
        for quantity in _unknown(pack, registry, dataset.quantities):
            yield f"dataset {name} names an unknown quantity {quantity}"
    for name, case in registry.all(CaseKind):
        for step in case.steps:
            if not (_has(registry, RoleKind, f"zhihai.{step.role}") or _has(registry, RoleKind, f"{pack}.{step.role}")):
                yield f"case {name}, step {step.id}: unknown role {step.role}"


def _lost_rules(pack: str, registry: Registry) -> Iterator[str]:
    for name, _ in registry.all(RuleKind):
        versions = registry.versions(RuleKind, name)
        if len({(rule.device, rule.on) for rule in versions}) > 1:
            yield f"rule {name} watches other devices, or at other times, in another version: give it another id"
        yield from _lost_rule(pack, registry, name, versions)


def _lost_rule(pack: str, registry: Registry, name: str, versions: Iterable[RuleKind]) -> Iterator[str]:
    for rule in versions:
        if not _has(registry, DeviceKind, f"{pack}.{rule.device}"):
            yield f"rule {name} names an unknown device {rule.device}"
        for quantity in _unknown(pack, registry, rule.watches):
            yield f"rule {name} watches an unknown quantity {quantity}"
        if rule.opens and not _has(registry, CaseKind, f"{pack}.{rule.opens}"):
            yield f"rule {name} opens an unknown case {rule.opens}"


def _lost_indicators(pack: str, registry: Registry) -> Iterator[str]:
    for name, indicator in registry.all(IndicatorKind):
        source = indicator.source
        if isinstance(source, OfClocks):
            known = dict(registry.all(CaseKind)).get(f"{pack}.{source.id}")
            if known is None or source.clock not in {clock.id for clock in known.clocks}:
                yield f"indicator {name} measures an unknown clock {source.id}.{source.clock}"
        elif isinstance(source, OfRatings):
            if not _has(registry, MatterKind, f"{pack}.{source.id}"):
                yield f"indicator {name} measures ratings of an unknown kind {source.id}"
        else:
            if not _has(registry, DeviceKind, f"{pack}.{source.id}"):
                yield f"indicator {name} measures an unknown device {source.id}"
            for quantity in _unknown(pack, registry, source.quantities):
                yield f"indicator {name} measures an unknown quantity {quantity}"


def sentences(pack: str, registry: Registry) -> Iterator[str]:
    """Yield the keys of all sentences that the kinds of ``pack`` need."""
    for sort, tag, tails in (
        (RoleKind, "role", ("name",)),
        (NoticeKind, "notice", ("subject", "text")),
        (ServiceKind, "service", ("name",)),
        (TieKind, "tie", ("name", "what")),
        (OfferKind, "offer", ("name",)),
        (QuantityKind, "quantity", ("name", "short")),
        (DeviceKind, "device", ("name",)),
        (RuleKind, "rule", ("name", "what", "found")),
        (IndicatorKind, "indicator", ("name", "what", "base")),
        (CaseKind, "case", ("name", "title", "what")),
        (DatasetKind, "dataset", ("name", "what")),
        (ObservationDatasetKind, "dataset", ("name", "what")),
        (FormKind, "form", ()),
        (MatterKind, "matter", ("name", "what")),
        (PublicationKind, "publication", ("name", "source")),
        (RegisterKind, "register", ("name",)),
        (TariffKind, "tariff", ("name", "source")),
    ):
        for name, kind in registry.all(sort):
            if name.startswith(f"{pack}."):
                yield from (word(name, tag, tail) for tail in (*tails, *_inner(kind)))


def _inner(kind: Kind) -> Iterator[str]:
    if isinstance(kind, DeviceKind):
        yield from (f"band.{n}" for n in range(len(kind.bands) + 1) if kind.bands)
    elif isinstance(kind, RuleKind):
        yield from (f"limit.{limit.id}" for limit in kind.limits)
    elif isinstance(kind, DatasetKind):
        yield from (f"field.{field.id}" for field in kind.fields)
    elif isinstance(kind, RegisterKind):
        yield from (f"part.{part}" for part in dict.fromkeys(row.part for row in kind.rows))
        yield from (f"row.{row.id}" for row in kind.rows)
    elif isinstance(kind, FormKind):
        yield from sentences_of(kind)
    elif isinstance(kind, CaseKind):
        yield from (f"{step.id}.name" for step in kind.steps)
        yield from (f"{step.id}.{outcome.id}" for step in kind.steps for outcome in step.outcomes)
        yield from (f"closing.{o.closes}" for step in kind.steps for o in step.outcomes if o.closes)
        papers = sorted({kind.receipt, *(o.paper for step in kind.steps for o in step.outcomes)} - {None}, key=str)
        yield from (f"paper.{paper}.{part}" for paper in papers for part in ("name", "text"))
        for clock in kind.clocks:
            yield from (f"clock.{clock.id}", f"clock.{clock.id}.source")
