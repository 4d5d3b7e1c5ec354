"""The player (重放): real hours of the past, sent through the door a device uses, one district hour after another."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from heapq import merge
from itertools import dropwhile, groupby, takewhile
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from zhihai.ground.reading import Reading
from zhihai.ground.refusal import Refused
from zhihai.ground.registry import Registry
from zhihai.kernel.sensing.kinds import DeviceKind

HOUR = timedelta(hours=1)
MOST = 5_000
"""Readings in one post at most; the intake takes twice as many."""
Hour = tuple[datetime, list[Reading]]
"""The begin of an hour and what was measured in it."""
Wait = Callable[[], None]
"""Returns when what was sent is acknowledged."""
Send = Callable[[bytes, str], Wait]
"""Posts one body under one idempotency key and returns at once; what it returns is called before the next post."""


@dataclass(frozen=True, slots=True)
class Archive:
    """The published file of one device: its code here, the kind whose pack can read the file, the file."""

    device: str
    kind: str
    file: Path


def archives(folder: Path, stations: Sequence[Mapping[str, str]], kinds: frozenset[str] | None = None) -> list[Archive]:
    """Return the archives that a district's folder names for its stations, of some device kinds or of all.

    Raises ``Refused`` naming the file that is not there.
    """
    found = []
    for line in stations:
        if line["readings"] and (kinds is None or line["kind"] in kinds):
            file = folder / "readings" / line["readings"]
            if not file.is_file():
                raise Refused("folder_missing", "stations.csv: readings", file=line["readings"])
            found.append(Archive(line["code"], line["kind"], file))
    return found


def read_archive(archive: Archive, registry: Registry, zone: ZoneInfo) -> Iterator[Hour]:
    """Yield (begin of the hour, readings) of an archive in order of time; hours without a reading are left out.

    Raises ``Refused`` when the device kind's pack knows no archive format.
    """
    kind = registry.get(DeviceKind, archive.kind)
    if kind.archive is None:
        raise Refused("no_archive", "stations.csv: kind", kind=archive.kind)
    pack = archive.kind.partition(".")[0]
    opened = gzip.open if archive.file.suffix == ".gz" else open
    with opened(archive.file, "rt", encoding="utf-8", newline="") as lines:
        for readings in kind.archive(lines, zone):
            if readings:
                named = [replace(one, device=archive.device, quantity=f"{pack}.{one.quantity}") for one in readings]
                yield readings[0].at, named


def hours_of(
    found: Sequence[Archive], registry: Registry, zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[Hour]:
    """Yield every hour from ``start`` to before ``end`` with all readings that begin in it, an hour without any too."""
    streams = [_between(read_archive(one, registry, zone), start, end) for one in found]
    rows = groupby(merge(*streams, key=lambda pair: pair[0]), key=lambda pair: pair[0].replace(minute=0, second=0))
    waiting = next(rows, None)
    hour = start.astimezone(UTC)
    while hour < end:
        readings: list[Reading] = []
        if waiting is not None and waiting[0] == hour:
            readings = [one for _, part in waiting[1] for one in part]
            waiting = next(rows, None)
        yield hour, readings
        hour += HOUR


def _between(hours: Iterator[Hour], start: datetime, end: datetime) -> Iterator[Hour]:
    """Leave out what begins before ``start``, and read no further than to ``end``: an archive holds years."""
    return takewhile(lambda hour: hour[0] < end, dropwhile(lambda hour: hour[0] < start, hours))


def body_of(readings: Sequence[Reading]) -> bytes:
    """Return readings as the body that the intake takes."""
    return msgspec.json.encode(
        [{"device": one.device, "quantity": one.quantity, "at": one.at, "value": one.value} for one in readings]
    )


def posts_of(hours: Sequence[Hour]) -> Iterator[tuple[bytes, str]]:
    """Yield body and key of each post that the readings of ``hours`` make: one, unless there are very many.

    The key names the first hour and the content: the same post again is harmless, and another is not taken for it.
    """
    readings = [one for _, found in hours for one in found]
    for begin in range(0, len(readings), MOST):
        body = body_of(readings[begin : begin + MOST])
        yield body, f"replay-{hours[0][0]:%Y%m%d%H}-{sha256(body).hexdigest()[:16]}"


@dataclass(slots=True)
class Player:
    """Plays hours: the clock goes on to their end, their readings are sent, what follows is brought about.

    ``advance`` moves the district clock, ``send`` posts; ``tick(at)`` brings about what time alone does, ``follow(at)``
    everything.
    """

    advance: Callable[[datetime], datetime]
    send: Send
    tick: Callable[[datetime], None]
    follow: Callable[[datetime], None]

    def play(self, hours: Sequence[Hour]) -> None:
        """Play hours that follow each other; their readings are sent together, when the last of them has ended.

        What was due at the end of each hour is done in turn, while the readings are being taken in. Rules judge every
        hour with what had been measured by then, so they find the same as if each hour had been sent by itself.
        """
        *before, last = [begin + HOUR for begin, _ in hours]
        at = self.advance(last)
        waiting: Wait | None = None
        for body, key in posts_of(hours):
            if waiting is not None:
                waiting()
            waiting = self.send(body, key)
        for end in before:
            self.tick(end)
        if waiting is not None:
            waiting()
        self.follow(at)
