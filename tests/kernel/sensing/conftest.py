"""What the tests of sensing share: a small district with two stations of a pack of our own, and a sender."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import override_settings

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.reading import Flag, Reading
from zhihai.ground.registry import Registry
from zhihai.ground.window import Window
from zhihai.kernel import standard
from zhihai.kernel.exchange import acts as exchange
from zhihai.kernel.exchange import reads as exchanges
from zhihai.kernel.exchange.reads import Connector
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as identities
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.places import acts as places
from zhihai.kernel.places import reads as where
from zhihai.kernel.sensing import acts
from zhihai.kernel.sensing import reads as sensing
from zhihai.kernel.sensing.events import ReadingsRecorded
from zhihai.kernel.sensing.kinds import Derivation, Derived, DeviceKind, ObservationDatasetKind, QuantityKind

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2014, 2, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


def mean_of_three(window: Window, day: date, zone: ZoneInfo) -> Derived:
    """The mean of at least two of the last three hours of dust."""
    values = [value for value in window.values("dust", 3) if value is not None]
    if len(values) < 2:
        return Derived(value=None)
    flags = 0 if len(values) == 3 else Flag.INCOMPLETE.value
    return Derived(value=sum(values) / len(values), note=day.isoformat(), flags=flags)


def rain_of_day(window: Window, day: date, zone: ZoneInfo) -> Derived:
    """The sum of a local day's rain."""
    count = (window.at - datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)) // HOUR
    return Derived(value=sum(value or 0.0 for value in window.values("rain", count)))


KINDS = (
    QuantityKind(id="dust", unit="ug/m3", low=0, high=1000),
    QuantityKind(id="rain", unit="mm", low=0, high=200),
    QuantityKind(
        id="dust3", unit="ug/m3", low=0, high=1000,
        derivation=Derivation(of=("dust",), window=3 * HOUR, every="hour", compute=mean_of_three),
    ),
    QuantityKind(
        id="rain_day", unit="mm", low=0, high=1000, every=timedelta(days=1),
        derivation=Derivation(of=("rain",), window=25 * HOUR, every="day", compute=rain_of_day),
    ),
    DeviceKind(id="station", quantities=("dust", "rain", "dust3", "rain_day"), adapter=lambda body: ()),
    ObservationDatasetKind(
        id="hourly", owner="weather", grade="open", device="station", quantities=("dust", "rain"), licence="CC BY 4.0"
    ),
)  # fmt: skip
REGISTRY = Registry({standard.PACK: standard.KINDS, "probe": KINDS})


@pytest.fixture(autouse=True)
def kinds() -> Iterator[Registry]:
    """The kernel's kinds and those of a pack ``probe``: dust and rain, a mean of three hours, the rain of a day."""
    with override_settings(ZHIHAI_REGISTRY=REGISTRY):
        yield REGISTRY


def _square(west: float, south: float) -> dict[str, Any]:
    ring = [[west, south], [west + 0.1, south], [west + 0.1, south + 0.1], [west, south + 0.1], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _build() -> None:
    """A district of two streets with a station in each, and an account that may send for the western one."""
    journal.found_district(SYSTEM, code="110199", name=Named("示例区", "Example"), zone=ZONE.key, mode="replay", at=AT)
    places.load_areas(
        SYSTEM,
        [
            places.AreaInput(code="110199", level="district", parent=None, name=Named("示例区", "Example")),
            *(
                places.AreaInput(
                    code=code, level="street", parent="110199", name=Named(code, code), shape=_square(west, 40.0)
                )
                for code, west in (("110199001", 116.0), ("110199002", 116.1))
            ),
        ],
        at=AT,
    )
    identity.load_organisations(
        SYSTEM,
        [
            identity.OrganisationInput(code="gov", sort="district", name=Named("区", "District"), parent=None),
            identity.OrganisationInput(code="weather", sort="department", name=Named("气象", "Weather"), parent="gov"),
        ],
        at=AT,
    )
    organisation = identities.organisation_by_code("weather")
    for username, role, area in (("sender", "device", "110199001"), ("operator", "operator", "110199001")):
        account = identity.create_account(SYSTEM, username, Named(username, username), at=AT, sort="device")
        identity.grant_role(SYSTEM, account, f"zhihai.{role}", organisation.id, where.area_by_code(area).id, at=AT)
        if username == "sender":
            exchange.connect(SYSTEM, "line", account, organisation.id, "synthetic", at=AT)
    for code, lon in (("west", 116.05), ("east", 116.15)):
        acts.register_device(
            SYSTEM,
            acts.DeviceInput(
                code=code, kind="probe.station", name=Named(code, code), organisation=organisation.id, lon=lon,
                lat=40.05, since=date(2013, 3, 1), provenance="synthetic",
            ),
            at=AT,
        )  # fmt: skip


@pytest.fixture
def place(store: Any, bare: str, kinds: Registry) -> Iterator[str]:
    """A fresh copy of the small district; its database's name."""
    with store.copy(store.template("sensing", _build)) as name:
        yield name


@dataclass
class Intake:
    """Sends readings as an account does."""

    actor: Actor
    connector: Connector

    def __call__(
        self,
        *readings: Reading,
        key: str | None = None,
        body: bytes = b"{}",
        at: datetime = AT,
        actor: Actor | None = None,
    ) -> acts.Recorded:
        return acts.take_in(
            actor or self.actor, self.connector, body, "application/json", key, lambda _: readings, at=at, at_machine=at
        )


@pytest.fixture
def send(place: str) -> Intake:
    """Takes readings in for the system, which may send for every device."""
    account = identities.account_named("sender").id
    return Intake(SYSTEM, exchanges.connector_of(account))


@pytest.fixture
def sender(place: str) -> Actor:
    """The account that may send for the western street only."""
    return identities.actor_of(identities.account_named("sender").id, at=AT)


@pytest.fixture
def operator(place: str) -> Actor:
    """The account that may release readings of the western street only."""
    return identities.actor_of(identities.account_named("operator").id, at=AT)


@pytest.fixture
def kept(place: str) -> Callable[[str, str], dict[datetime, tuple[float, int]]]:
    """Gives what is kept of a device's quantity: value and flags by instant."""

    def read(device: str, quantity: str) -> dict[datetime, tuple[float, int]]:
        stream = sensing.device(device).stream(quantity)
        assert stream is not None
        return {row.at: (row.value, row.flags) for row in sensing.observations(stream.id, limit=100_000)}

    return read


@pytest.fixture
def hear() -> Callable[[], int]:
    """Lets the listener of derived values hear everything that waits."""
    listener = journal.Listener("sensing.derive", (ReadingsRecorded,), acts.derive)
    return lambda: journal.hear([listener], at_machine=AT)


@pytest.fixture
def together() -> Callable[[Sequence[Callable[[], object]]], list[Any]]:
    """Runs functions at once, each in a thread with a connection of its own; returns what they return, in order."""

    def run(works: Sequence[Callable[[], object]]) -> list[Any]:
        results: list[Any] = [None] * len(works)
        faults: list[BaseException] = []
        gate = threading.Barrier(len(works))

        def one(number: int, work: Callable[[], object]) -> None:
            try:
                gate.wait(10)
                results[number] = work()
            except BaseException as fault:
                faults.append(fault)
            finally:
                connection.close()

        threads = [threading.Thread(target=one, args=pair) for pair in enumerate(works)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        if faults:
            raise faults[0]
        return results

    return run
