"""Keeping: sifted readings become observations, latest values, quarantine, counts and one entry, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from itertools import pairwise
from typing import cast

import numpy as np
from numpy.typing import NDArray

from zhihai.ground.actors import Actor
from zhihai.ground.instants import from_micros
from zhihai.kernel import records
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal.events import encode
from zhihai.kernel.sensing.columns import NEVER, POSTGRES_EPOCH, Doubles, Instants, Integers, Smallints, ask
from zhihai.kernel.sensing.events import ReadingsRecorded
from zhihai.kernel.sensing.sifting import Sifted

DAY_US = 86_400_000_000
STRETCH_US = 2 * DAY_US
"""Readings further apart than this are told in events of their own, when that spares much recomputing."""


_ROW = np.dtype([("stream", ">i4"), ("at", ">i8"), ("value", ">f8"), ("flags", ">i2")])


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a batch: how many rows are new, and how many were known already or came twice."""

    accepted: int
    duplicate: int


def months(instants: NDArray[np.int64]) -> list[date]:
    """Return the first day of each month (UTC) that holds one of these instants (microseconds since 1970)."""
    found = np.unique(instants.astype("datetime64[us]").astype("datetime64[M]"))
    return [cast("date", month) for month in found.astype("datetime64[D]").tolist()]


def newest(streams: NDArray[np.int32], instants: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the position (from 1) of each stream's last row, and the instant of the row before it or ``NEVER``.

    The rows are ordered by (stream, instant).
    """
    last = np.flatnonzero(np.append(streams[1:] != streams[:-1], True)) if len(streams) else np.empty(0, np.int64)
    before = np.full(len(last), NEVER, np.int64)
    has = (last > 0) & (streams[last] == streams[last - 1]) if len(last) else np.empty(0, bool)
    before[has] = instants[last[has] - 1]
    return (last + 1).astype(np.int32), before


def digest(sifted: Sifted) -> bytes:
    """Return the SHA-256 of the rows in the form ``zh_observation_bytes`` gives them, row after row."""
    rows = np.empty(len(sifted.stream), _ROW)
    rows["stream"], rows["at"] = sifted.stream, sifted.at - POSTGRES_EPOCH
    rows["value"], rows["flags"] = sifted.value, sifted.flags
    return sha256(rows.tobytes()).digest()


def _columns(sifted: Sifted) -> tuple[object, ...]:
    positions, before = newest(sifted.stream, sifted.at)
    return (
        months(sifted.at), Integers(sifted.stream), Instants(sifted.at), Doubles(sifted.value), Smallints(sifted.flags),
        Integers(positions), Instants(before), digest(sifted),
    )  # fmt: skip


_RECORD = """SELECT accepted, duplicate, streams, instants
FROM zh_record(%s, %s, %s, %s, %s, %s, %s::date[], %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s::text[])"""
_OBSERVE = "SELECT accepted FROM zh_observe(%s, clock_timestamp(), %s::date[], %s, %s, %s, %s, %s, %s, %s)"


def keep(
    actor: Actor, envelope: int, sifted: Sifted, version: int, *, at: datetime, at_machine: datetime
) -> Kept | None:
    """Record a sifted batch and tell what is new; ``None``, and nothing written, when devices have changed since.

    ``version`` is that of the book it was sifted by.
    """
    held = records.as_json([
        {"position": one.position, "reason": one.reason, "facts": one.facts, "reading": one.reading}
        for one in sifted.held
    ])  # fmt: skip
    told = [encode(event) for event in events(envelope, sifted.device, sifted.at)]
    accepted, duplicate, streams, instants = ask(
        _RECORD,
        (
            version, actor.account, actor.sort, at, envelope, at_machine, *_columns(sifted), sifted.twice, held,
            ReadingsRecorded.topic, told,
        ),
    )[0]  # fmt: skip
    if accepted is None:
        return None
    if len(streams):  # some were known already: the events are of the others
        device = sifted.device[np.searchsorted(sifted.stream, streams)]
        for event in events(envelope, device, instants):
            journal.emit(event, at=at)
    return Kept(accepted, duplicate)


def let_in(envelope: int, sifted: Sifted, *, at: datetime) -> Kept:
    """Keep readings that a person has released, beside what else their envelope brought, and tell of them."""
    accepted = ask(_OBSERVE, (envelope, *_columns(sifted)))[0][0]
    for event in events(envelope, sifted.device, sifted.at):
        journal.emit(event, at=at)
    return Kept(accepted, len(sifted.stream) - accepted + sifted.twice)


def events(envelope: int, device: NDArray[np.int32], instants: NDArray[np.int64]) -> list[ReadingsRecorded]:
    """Return what is to be told of new rows: one event, or one for each stretch where they lie far apart."""
    return [
        ReadingsRecorded(
            envelope=envelope, devices=devices, first=from_micros(first), last=from_micros(last), count=count
        )
        for devices, first, last, count in stretches(device, instants)
    ]


Stretch = tuple[tuple[int, ...], int, int, int]
"""Devices, first and last instant (microseconds since 1970), and how many rows."""


def stretches(device: NDArray[np.int32], instants: NDArray[np.int64]) -> list[Stretch]:
    """Part rows into (devices, first, last, count) so that the spans told hold little more than what came.

    All in one where that at most doubles what the devices' own spans come to (two days free for each device); else each
    device by itself, cut where more than two days lie between two of its rows.
    """
    if not len(device):
        return []
    order = np.lexsort((instants, device))
    device, instants = device[order], instants[order]
    cuts = (device[1:] != device[:-1]) | (np.diff(instants) > STRETCH_US)
    edges = [0, *(np.flatnonzero(cuts) + 1).tolist(), len(device)]
    runs: list[Stretch] = [
        ((int(device[a]),), int(instants[a]), int(instants[b - 1]), b - a) for a, b in pairwise(edges)
    ]
    devices = tuple(np.unique(device).tolist())
    first, last = int(instants.min()), int(instants.max())
    own = sum(run[2] - run[1] for run in runs)
    if len(devices) * (last - first) <= 2 * own + len(devices) * STRETCH_US:
        return [(devices, first, last, len(device))]
    return runs
