"""The stage of a measurement: the reference district in an empty database, its clock held, and devices to send for."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connections

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.kernel import house, records
from zhihai.kernel.exchange import reads as exchange
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity.kinds import SEND_READINGS
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.kernel.rules import acts as rule_acts
from zhihai.kernel.rules import reads as rules
from zhihai.kernel.sensing import acts as sensing
from zhihai.kernel.sensing import reads as devices
from zhihai.kernel.sensing.kinds import DeviceKind, QuantityKind
from zhihai.site.bench.bare import FIRST_NUMBER
from zhihai.site.bench.platform import Platform
from zhihai.site.demonstration import reference_folder
from zhihai.site.loading import load_district
from zhihai.site.schema import migrate

HOUR = timedelta(hours=1)
BATCH = 500
SETTLE_SECONDS = 300.0
REPLAY = ("from", "starts")
"""Instants of the folder's replay that are set to where its archives begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How much is measured: ``scale`` multiplies what each repetition does."""

    repeats: int
    scale: float
    cases: int
    hours: int
    together: int
    rows: tuple[str, ...]

    def sized(self, count: int) -> int:
        """Return how much of ``count`` a repetition does."""
        return max(1, round(count * self.scale))


@dataclass(slots=True)
class Stage:
    """What the measurements share; ``tell`` says what is measured now."""

    options: Options
    platform: Platform
    tell: Callable[[str], None]
    token: str
    streams: Sequence[tuple[str, str, float]]
    """Device, quantity and a value that can be, of each of the 500 datastreams that a batch fills."""
    used_hours: int = 0

    @property
    def url(self) -> str:
        return f"http://{settings.CONFIG.host}:{settings.CONFIG.port}"

    def fresh_hours(self, count: int) -> datetime:
        """Return the first of ``count`` hours for which no batch has been sent yet."""
        first = since() + self.used_hours * HOUR
        self.used_hours += count
        return first

    def settle(self) -> None:
        """Wait until everybody has heard everything and all is sealed."""
        until = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < until:
            behind = sum(one.behind_events for one in clock.listeners())
            if not behind and not clock.sealed().unsealed:
                return
            time.sleep(0.2)
        raise TimeoutError("the background work did not catch up")


def since() -> datetime:
    """Return the midnight (UTC) from which readings are believed: the day after the archives begin."""
    first = records.value("SELECT min(since) FROM device")
    return datetime.combine(first, datetime.min.time(), UTC) + timedelta(days=1)


def bring_up(work: Path) -> None:
    """Make the tables and load the reference district, its clock frozen where its archives begin."""
    migrate()
    folder = Path(shutil.copytree(reference_folder(), work / "district"))
    begins = min(line.split(",")[10] for line in (folder / "stations.csv").read_text(encoding="utf-8").splitlines()[1:])
    facts = (folder / "district.toml").read_text(encoding="utf-8")
    for name in REPLAY:
        facts = re.sub(rf"^{name} = \S{{10}}T", f"{name} = {begins}T", facts, flags=re.M)
    (folder / "district.toml").write_text(facts, encoding="utf-8")
    load_district(folder, at_machine=datetime.now(UTC), live=False, demonstration=True, say=lambda *_: None)
    journal.set_clock(SYSTEM, mode="frozen", at=clock.now())
    records.value("SELECT setval(pg_get_serial_sequence('envelope', 'id'), %s)", (FIRST_NUMBER,))
    connections.close_all()


def send_token() -> str:
    """Return a token of the account that sends."""
    account = exchange.connectors()[0].account
    return identity.issue_token(
        SYSTEM, account, at=clock.now(), at_machine=datetime.now(UTC), powers=[SEND_READINGS]
    )


def register_streams() -> list[tuple[str, str, float]]:
    """Register synthetic devices until they have 500 datastreams, of the kind with the fewest computed quantities."""
    registry, pattern = house.registry(), devices.devices()[0]
    quantities = dict(registry.all(QuantityKind))

    def measured(name: str, kind: DeviceKind) -> list[tuple[str, QuantityKind]]:
        named = [f"{name.partition('.')[0]}.{quantity}" for quantity in kind.quantities]
        return [(full, quantities[full]) for full in named if quantities[full].derivation is None]

    kinds = sorted(registry.all(DeviceKind), key=lambda pair: len(pair[1].quantities) - len(measured(*pair)))
    name, kind = kinds[0]
    streams: list[tuple[str, str, float]] = []
    while len(streams) < BATCH:
        code = f"bench-{len(streams):04}"
        sensing.register_device(
            SYSTEM,
            sensing.DeviceInput(
                code=code,
                kind=name,
                name=Named(code, code),
                organisation=pattern.org_id,
                lon=pattern.lon,
                lat=pattern.lat,
                area=pattern.area_id,
                belongs="received",
                since=since().date() - timedelta(days=1),
                provenance="synthetic",
            ),
            at=clock.now(),
        )
        streams += [(code, full, (quantity.low + quantity.high) / 2) for full, quantity in measured(name, kind)]
    for rule in rules.rules():
        if rule.device == name:
            rule_acts.set_rule(SYSTEM, rule.name, "off", {}, at=clock.now())
    return streams[:BATCH]
