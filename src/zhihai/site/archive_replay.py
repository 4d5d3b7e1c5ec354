"""Replaying archives by command: real hours of a folder played through a running platform, paced or at full speed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import Refused
from zhihai.kernel.indicators import acts as indicators
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.site.officials import Officials, next_step, work
from zhihai.site.player import HOUR, Hour, Player, Send, Wait
from zhihai.site.pulse import pulse, tick

MOVE_SECONDS = 0.5
"""How often a paced replay moves the clock within an hour."""
HOLD = timedelta(seconds=10)
"""How long to wait for another replay to let go of the clock: the platform's own does after each of its steps."""
SEAL_SECONDS = 60.0
"""How long the end waits for what is still open to be sealed."""

BEGINNING, END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

Tell = Callable[[int, datetime], None]
"""Told after each post how many hours have been played, and where the clock stands."""


@dataclass(frozen=True, slots=True)
class Played:
    """What a replay did: hours, readings, posts; machine seconds until the last was played, and until all was done."""

    hours: int
    readings: int
    posts: int
    seconds: float
    caught_up: float


@dataclass(slots=True)
class Replaying:
    """A replay from ``start`` to ``end``.

    ``speed`` is in district seconds a second, ``None`` is as fast as it goes; ``together`` hours share a post.
    """

    hours: Iterable[Hour]
    start: datetime
    end: datetime
    speed: float | None
    together: int
    send: Send
    officials: Officials | None
    _resting: datetime = field(default=BEGINNING, init=False)
    """Until then no official has anything to do, unless something else happens first."""

    def run(self, tell: Tell) -> Played:
        """Play it all, and return when everything that follows from it is done, figures and seals too.

        To be called by the one who holds the replay (``journal.replaying``). Raises ``Refused`` for a clock that is
        live or beyond ``start``.
        """
        former = self._set_clock()
        try:
            return self._play(tell)
        finally:
            self._reset_clock(former)

    def _play(self, tell: Tell) -> Played:
        hours_played = readings = 0
        posts: list[str] = []
        player = Player(journal.advance, self._noting(posts), self._tick, self._follow)
        began = time.monotonic()
        for hours in _together(self.hours, self.together):
            if self.speed:
                self._wait(began, hours[-1][0] + HOUR)
            player.play(hours)
            hours_played += len(hours)
            readings += sum(len(found) for _, found in hours)
            tell(hours_played, hours[-1][0] + HOUR)
        played = time.monotonic() - began
        self._catch_up()
        return Played(hours_played, readings, len(posts), played, time.monotonic() - began)

    def _noting(self, posts: list[str]) -> Send:
        def send(body: bytes, key: str) -> Wait:
            posts.append(key)
            return self.send(body, key)

        return send

    def _set_clock(self) -> clock.DistrictClock:
        """Let the clock replay from where it stands to ``end``; return what it was."""
        state = clock.clock()
        if state.mode == "live":
            raise Refused("clock_not_replaying")
        if self.start < state.instant.replace(minute=0, second=0, microsecond=0):
            raise Refused("replay_before", "from", now=state.instant.astimezone(state.zone).isoformat())
        ends_at = max(self.end, state.ends_at or self.end)
        if (state.mode, state.ends_at) != ("replay", ends_at) or self.speed not in (None, state.speed):
            journal.set_clock(SYSTEM, mode="replay", ends_at=ends_at, speed=self.speed, at=state.instant)
        return state

    def _reset_clock(self, former: clock.DistrictClock) -> None:
        state = clock.clock()
        if state.speed != former.speed:
            journal.set_clock(SYSTEM, speed=former.speed, at=state.instant)

    def _wait(self, began: float, until: datetime) -> None:
        """Let the machine's time pass until ``until`` is due, the clock moving on meanwhile."""
        assert self.speed is not None
        due = began + (until - self.start).total_seconds() / self.speed
        while (left := due - time.monotonic()) > 0:
            time.sleep(min(left, MOVE_SECONDS))
            passed = self.start + timedelta(seconds=(time.monotonic() - began) * self.speed)
            if passed < until:
                self._follow(journal.advance(passed))

    def _tick(self, at: datetime) -> None:
        self._work(at)
        tick(at)

    def _follow(self, at: datetime) -> None:
        self._work(at)
        pulse(at, datetime.now(UTC))
        self._resting = BEGINNING

    def _work(self, at: datetime) -> None:
        """Let the officials do what they would have done by ``at``; between two pulses nobody else gives them work."""
        if self.officials is None or at < self._resting:
            return
        while work(self.officials, at):
            pass
        self._resting = next_step(self.officials) or END

    def _catch_up(self) -> None:
        """Do whatever is still to be done: events heard, every figure computed, every entry sealed."""
        at, until = clock.now(), time.monotonic() + SEAL_SECONDS
        while pulse(at, datetime.now(UTC)):
            pass
        while indicators.compute(at=at, at_machine=datetime.now(UTC), rest=timedelta(0)):
            pass
        while journal.seal(at_machine=datetime.now(UTC)) or (clock.sealed().unsealed and time.monotonic() < until):
            pass


def _together(hours: Iterable[Hour], count: int) -> Iterator[list[Hour]]:
    """Cut hours into lists of ``count``, the first by itself: silence is judged from the first hour on."""
    rest = iter(hours)
    yield from ([hour] for hour in islice(rest, 1))
    while batch := list(islice(rest, count)):
        yield batch
