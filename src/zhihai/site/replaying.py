"""The replay worker: plays the reference district's history through the running platform, then on at the clock's speed.

History up to the moment the demonstration starts is played as fast as it goes; from there each district hour is played
when the district clock reaches its end. Readings go through the same HTTP door as a device's, with a token of its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings

from zhihai.ground.refusal import Conflict, Refused
from zhihai.kernel import house
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.site.demonstration import reference_folder, reference_head
from zhihai.site.folder import DistrictFolder, Replay, read_folder
from zhihai.site.officials import Officials, read_officials, work
from zhihai.site.player import HOUR, Hour, Player, archives, hours_of
from zhihai.site.pulse import pulse, tick
from zhihai.site.replay_token import replay_token
from zhihai.site.sender import Sender

TOGETHER = 6
"""How many hours of the history share a post."""
BURST = timedelta(seconds=1)
"""How long one step plays at most, so that a lease is kept and a stop is heard."""


@dataclass(slots=True)
class Course:
    """How far a replay has come in this process: the hours still to be played, and when the clock was last moved."""

    folder: DistrictFolder
    replay: Replay
    officials: Officials | None
    player: Player
    hours: Iterator[Hour]
    next: Hour | None
    moved: float
    taken: list[Hour]
    by_hand: bool
    """Whether people work the cases once the history is played in: the simulated officials then rest."""

    def step(self) -> int:
        """Play what is due, for a second at most; returns how many hours are taken and wait for the next step.

        Hours of the history share a post. Hours whose post failed are played again: it has the same key.
        """
        state = clock.clock()
        target, together = self._target(state), TOGETHER if state.instant < self.replay.starts else 1
        until = time.monotonic() + BURST.total_seconds()
        while self._take(target, together) and time.monotonic() < until:
            self.player.play(self.taken)
            self.taken = []
        if not self.taken and target > state.instant:
            self.follow(journal.advance(target))
        return len(self.taken)

    def _take(self, target: datetime, most: int) -> bool:
        """Take the next hours that end by ``target``, ``most`` at once; say whether there are any."""
        while len(self.taken) < most and self.next is not None and self.next[0] + HOUR <= target:
            self.taken.append(self.next)
            self.next = next(self.hours, None)
        return bool(self.taken)

    def _target(self, state: clock.DistrictClock) -> datetime:
        """Return where the clock should stand now: at once up to the start, then by machine time and the speed."""
        passed, self.moved = time.monotonic() - self.moved, time.monotonic()
        if state.instant < self.replay.starts:
            return self.replay.starts
        return min(state.instant + timedelta(seconds=passed * state.speed), state.ends_at or self.replay.ends)

    def tick(self, at: datetime) -> None:
        """Bring about what time alone does: the simulated officials' work up to ``at``, then the clocks.

        In this order, so that what an official did in time is not called late by a tick that came first.
        """
        self._work(at)
        tick(at)

    def follow(self, at: datetime) -> None:
        """Bring about all that follows: the officials' work, then events, rules, clocks and figures."""
        self._work(at)
        pulse(at, datetime.now(UTC))

    def _work(self, at: datetime) -> None:
        if self.officials is None or (self.by_hand and at > self.replay.starts):
            return
        while work(self.officials, at):
            pass


_COURSE: list[Course] = []
"""The one replay of this process, begun at its first step: an archive is read once, not at every step."""


def replay_step() -> int:
    """Worker: play what is due; nothing in a district that does not replay, nor while ``zhihai replay`` plays."""
    try:
        state = clock.clock()
    except Refused:
        return 0
    if state.mode != "replay" or state.code != reference_head().code:
        return 0
    try:
        with journal.replaying():
            if not _COURSE:
                _COURSE.append(begin(state))
            return _COURSE[0].step()
    except Conflict as conflict:
        _COURSE.clear()  # another process plays, or the clock was moved: begin anew from where it stands
        if conflict.code == "clock_held":
            return 0
        raise


def begin(state: clock.DistrictClock) -> Course:
    """Begin a replay where the district clock stands; the hours before it may not have been sent, so they are again."""
    folder = read_folder(reference_folder())
    if folder.replay is None or folder.code != state.code:
        raise Refused("folder_replay", "district.toml: replay")
    found = archives(folder.folder, folder.lines("stations.csv"))
    start = max(state.instant.replace(minute=0, second=0, microsecond=0) - TOGETHER * HOUR, folder.replay.from_)
    hours = hours_of(found, house.registry(), state.zone, start, state.ends_at or folder.replay.ends)
    course = Course(
        folder,
        folder.replay,
        read_officials(folder.officials),
        Player(journal.advance, sender(replay_token()), lambda _: None, lambda _: None),
        hours,
        next(hours, None),
        time.monotonic(),
        [],
        by_hand=not settings.CONFIG.officials,
    )
    course.player.tick, course.player.follow = course.tick, course.follow
    return course


def sender(token: str) -> Sender:
    """Return what posts to this platform's own intake."""
    return Sender(f"http://{settings.CONFIG.host}:{settings.CONFIG.port}", token)


def behind_replay() -> float:
    """Return by how many seconds of the machine's time the replay is behind its clock: 0 while it keeps up."""
    if not _COURSE or _COURSE[0].next is None:
        return 0.0
    state = clock.clock()
    late = state.instant - (_COURSE[0].next[0] + HOUR)
    return max(0.0, late.total_seconds() / state.speed) if state.speed else 0.0
