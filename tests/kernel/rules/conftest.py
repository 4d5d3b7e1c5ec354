"""What the tests of rules and what follows them share: stations of the invented district that say what a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from zhihai.ground.actors import SYSTEM
from zhihai.ground.reading import Reading
from zhihai.kernel.exchange import reads as exchange
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.rules import acts
from zhihai.kernel.rules import reads as rules
from zhihai.kernel.sensing import acts as sensing
from zhihai.kernel.sensing import reads as devices
from zhihai.kernel.wiring import LISTENERS

START = datetime(2014, 2, 16, 16, tzinfo=UTC)
"""17 February 2014, midnight in the district."""
HOUR = timedelta(hours=1)


@dataclass
class Station:
    """Sends hours of readings of one device and brings about what follows."""

    code: str = "east-air"
    keys = count()

    @property
    def id(self) -> int:
        return devices.device(self.code).id

    def take(self, hours: Iterable[tuple[int, dict[str, float]]], at: datetime | None = None) -> None:
        """Take in values by the number of their hour since ``START``, all in one request, and hear what they bring."""
        given = list(hours)
        at = at or START + (max(hour for hour, _ in given) + 1) * HOUR
        readings = [
            Reading(self.code, quantity, START + hour * HOUR, value)
            for hour, values in given
            for quantity, value in values.items()
        ]
        connector = exchange.connector_of(identity.account_named("stations").id)
        sensing.take_in(
            SYSTEM,
            connector,
            b"{}",
            "application/json",
            f"k{next(self.keys)}",
            lambda _: readings,
            at=at,
            at_machine=at,
        )
        self.hear()

    def hear(self) -> None:
        while journal.hear(LISTENERS, at_machine=datetime.now(UTC)):
            pass

    def series(self, quantity: str, values: Sequence[float | None], start: int = 0, *, at_once: bool = False) -> None:
        """Send one quantity hour by hour, ``None`` for an hour without a reading; or all of it in one request."""
        hours = [(start + n, {quantity: value}) for n, value in enumerate(values) if value is not None]
        if at_once:
            self.take(hours)
        else:
            for hour in hours:
                self.take([hour])

    def silence(self, first: int, last: int) -> None:
        """Let the district clock run through hours in which nothing comes."""
        for hour in range(first, last + 1):
            acts.judge_hour(at=START + hour * HOUR)

    def found(self, rule: str) -> list[rules.Finding]:
        """The findings of a rule on this device, oldest first."""
        return list(rules.findings(rule=rule, device=self.id, limit=500))[::-1]


@pytest.fixture
def station(district: str) -> Callable[[str], Station]:
    """Gives a station of the invented district by its code: ``east-air``, ``east-weather``, ``far-air``."""
    return Station
