"""The replay worker: plays the reference district's history through the running platform, then on at the clock's speed.

History up to the moment the demonstration starts is played as fast as it goes; from there each district hour is played
when the district clock reaches its end. Readings go through the same HTTP door as a device's, with a token of its own.
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings

from zhihai.ground.reading import Reading
from zhihai.ground.refusal import Conflict, Refused
from zhihai.kernel import house
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as clock
from zhihai.site.demonstration import reference_folder
from zhihai.site.folder import DistrictFolder, Replay, read_folder
from zhihai.site.officials import Officials, read_officials, work
from zhihai.site.player import HOUR, Player, archives, hours_of
from zhihai.site.pulse import pulse
from zhihai.site.replay_token import replay_token

BURST = timedelta(seconds=1)
"""How long one step plays at most, so that a lease is kept and a stop is heard."""
TIMEOUT = 30.0


@dataclass(slots=True)
class Course:
    """How far a replay has come in this process: the hours still to be played, and when the clock was last moved."""

    folder: DistrictFolder
    replay: Replay
    officials: Officials | None
    player: Player
    hours: Iterator[tuple[datetime, list[Reading]]]
    next: tuple[datetime, list[Reading]] | None
    moved: float

    def step(self) -> int:
        """Play what is due, for a second at most; returns how many hours."""
        state = clock.clock()
        target = self._target(state)
        played, until = 0, time.monotonic() + BURST.total_seconds()
        while self.next is not None and self.next[0] + HOUR <= target and time.monotonic() < until:
            self.player.play(*self.next)
            self.next = next(self.hours, None)
            played += 1
        waiting = self.next is not None and self.next[0] + HOUR <= target
        if not waiting and target > state.instant:
            self.follow(journal.advance(target))
        return played if waiting else 0

    def _target(self, state: clock.DistrictClock) -> datetime:
        """Return where the clock should stand now: at once up to the start, then by machine time and the speed."""
        passed, self.moved = time.monotonic() - self.moved, time.monotonic()
        if state.instant < self.replay.starts:
            return self.replay.starts
        return min(state.instant + timedelta(seconds=passed * state.speed), state.ends_at or self.replay.ends)

    def follow(self, at: datetime) -> None:
        """Bring about what follows: the simulated officials' work up to ``at``, then events, rules and clocks.

        In this order, so that what an official did in time is not called late by a tick that came first.
        """
        while self.officials is not None and work(self.officials, at):
            pass
        pulse(at, datetime.now(UTC))


_COURSE: list[Course] = []
"""The one replay of this process, begun at its first step: an archive is read once, not at every step."""


def replay_step() -> int:
    """Worker: play what is due; nothing in a district that does not replay."""
    try:
        state = clock.clock()
    except Refused:
        return 0
    if state.mode != "replay":
        return 0
    if not _COURSE:
        _COURSE.append(begin(state))
    try:
        return _COURSE[0].step()
    except Conflict:
        _COURSE.clear()  # another process plays, or the clock was moved: begin anew from where it stands
        raise


def begin(state: clock.DistrictClock) -> Course:
    """Begin a replay where the district clock stands."""
    folder = read_folder(reference_folder())
    if folder.replay is None or folder.code != state.code:
        raise Refused("folder_replay", "district.toml: replay")
    found = archives(folder.folder, folder.lines("stations.csv"))
    start = state.instant.replace(minute=0, second=0, microsecond=0)
    hours = hours_of(found, house.registry(), state.zone, start, state.ends_at or folder.replay.ends)
    course = Course(
        folder,
        folder.replay,
        read_officials(folder.officials),
        Player(journal.advance, sender(replay_token()), lambda _: None),
        hours,
        next(hours, None),
        time.monotonic(),
    )
    course.player.follow = course.follow
    return course


def sender(token: str) -> Sender:
    """Return what posts to this platform's own intake."""
    return Sender(settings.CONFIG.host, settings.CONFIG.port, token)


class Sender:
    """Posts readings over one kept connection, with the token of the stations' account.

    Raises ``Refused`` (``replay_refused``) when the intake answers otherwise than with success; a broken connection is
    made anew once, and the key of the post makes the repetition harmless.
    """

    def __init__(self, host: str, port: int, token: str) -> None:
        self._host, self._port, self._token = host, port, token
        self._line: http.client.HTTPConnection | None = None

    def __call__(self, body: bytes, key: str) -> None:
        try:
            status = self._post(body, key)
        except (OSError, http.client.HTTPException):
            self._line = None
            status = self._post(body, key)
        if status not in (200, 201):
            raise Refused("replay_refused", status=502, answer=status)

    def _post(self, body: bytes, key: str) -> int:
        if self._line is None:
            self._line = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT)
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "Host": f"{self._host}:{self._port}",
        }
        self._line.request("POST", "/api/readings", body, headers)
        answer = self._line.getresponse()
        answer.read()
        return answer.status


def behind_replay() -> float:
    """Return by how many seconds of the machine's time the replay is behind its clock: 0 while it keeps up."""
    if not _COURSE or _COURSE[0].next is None:
        return 0.0
    state = clock.clock()
    late = state.instant - (_COURSE[0].next[0] + HOUR)
    return max(0.0, late.total_seconds() / state.speed) if state.speed else 0.0
