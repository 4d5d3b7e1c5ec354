"""Writes of the room sensing: devices, readings taken in exactly once, derived values, decisions on quarantine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

import numpy as np

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.reading import Flag, Reading
from zhihai.ground.refusal import Conflict, Refused
from zhihai.ground.words import Said
from zhihai.kernel import house, records
from zhihai.kernel.catalogue import acts as catalogue
from zhihai.kernel.exchange import acts as exchange
from zhihai.kernel.exchange.reads import KEY_LENGTH, Connector
from zhihai.kernel.identity.kinds import RELEASE_READINGS, SET_DEVICES
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal.acts import Heard
from zhihai.kernel.sensing.book import BOOK
from zhihai.kernel.sensing.derivation import Span, derive_spans
from zhihai.kernel.sensing.devices import load_devices
from zhihai.kernel.sensing.events import ReadingsRecorded
from zhihai.kernel.sensing.gathering import GATHERING, Single
from zhihai.kernel.sensing.keeping import keep, let_in
from zhihai.kernel.sensing.kinds import DeviceKind
from zhihai.kernel.sensing.quarantine import Problem, Quarantined, decide, problem, problems_of, sent_again, take_open
from zhihai.kernel.sensing.registration import DeviceInput, align_device, put_device, recompute
from zhihai.kernel.sensing.resources import described
from zhihai.kernel.sensing.sifting import sift

__all__ = [
    "DeviceInput", "Recorded", "align", "declare_resources", "derive", "discard", "record", "register_device",
    "release", "take_in", "take_one",
]  # fmt: skip

TRIES = 3
_device = attrgetter("device")


@dataclass(frozen=True, slots=True)
class Recorded:
    """The answer to a request with readings: what was kept, what was known already, what was set aside and why.

    ``repeated`` says that the request had been taken before and this is the answer of that first time.
    """

    envelope: int
    accepted: int
    duplicate: int
    quarantined: int
    problems: tuple[Problem, ...]
    repeated: bool


def register_device(actor: Actor, given: DeviceInput, *, at: datetime) -> int:
    """Register a device, or renew what is known of the one with this code, and return its number.

    It gets a datastream for every quantity of its kind. Raises ``NotPermitted`` without the power ``device.set`` over
    the organisation and area it is to have, and over those it has had; ``Refused`` for a kind that no pack declares, a
    position outside the district (of its own devices), and values out of order.
    """
    with records.atomic():
        for device in load_devices("d.code = %s", (given.code,)):
            actor.need(SET_DEVICES, device.org_lo, device.area_lo)
        id_ = put_device(given)
        for device in load_devices("d.id = %s", (id_,)):
            actor.need(SET_DEVICES, device.org_lo, device.area_lo)
        facts = {"code": given.code, "kind": given.kind, "organisation": given.organisation, "belongs": given.belongs}
        journal.record(actor, "sensing.register_device", "device", id_, facts, at=at)
    return id_


def take_in(
    actor: Actor, connector: Connector, body: bytes, content_type: str, key: str | None,
    read: Callable[[bytes], Sequence[Reading]], *, at: datetime, at_machine: datetime,
) -> Recorded:  # fmt: skip
    """Take a request's bytes in and record its readings, in one transaction: what every intake calls.

    ``read`` is the adapter of the device's kind. When it refuses the bytes nothing is written. The answer may go out
    once this returns: all it says is committed.
    """
    readings = read(body)
    with records.atomic():
        envelope = exchange.receive(actor, connector, body, content_type, key, at=at, at_machine=at_machine)
        return record(actor, envelope, readings, at=at, at_machine=at_machine)


def take_one(
    actor: Actor, connector: Connector, body: bytes, content_type: str, key: str | None, reading: Reading, *,
    at_machine: datetime,
) -> Recorded | None:  # fmt: skip
    """Take a request of one reading in, together with others that arrive meanwhile; it is answered once committed.

    Everything is kept as :func:`take_in` keeps it, at the district's instant of the writing. ``None`` says that nothing
    was: the request is one for :func:`take_in`, having been sent before, or its reading is to be set aside. So it is
    within a transaction of the caller's, which others could not take part in. Raises as :func:`take_in` does.
    """
    connector.admit(actor, key)
    if records.within_transaction():
        return None
    single = Single(actor, connector, body, content_type[:KEY_LENGTH], key, reading, at_machine)
    GATHERING.take(single)
    if single.envelope is None:
        return None
    return Recorded(single.envelope, int(single.fresh), int(not single.fresh), 0, (), False)


def record(
    actor: Actor, envelope: exchange.Envelope, readings: Sequence[Reading], *, at: datetime, at_machine: datetime
) -> Recorded:
    """Record the readings of an envelope, in the transaction that received it and once in it.

    Readings may come in any order, late, and more than once: the first value of a datastream's instant stays, others
    are counted as duplicates. What can not be (range, unit, time, device) goes to quarantine with a reason and is
    part of the answer. One entry in the journal, and events of what is new. Months' partitions are made as needed;
    they are bounded, since a reading before the device's first day or more than an hour ahead of ``at`` (the district's
    now) is set aside.
    """
    if envelope.repeated:
        counts = (envelope.accepted, envelope.duplicate, envelope.quarantined)
        return Recorded(envelope.id, *counts, problems_of(envelope.id), True)
    with records.atomic(savepoint=False):
        for attempt in range(TRIES):
            shelf = BOOK.by_code(map(_device, readings), renew=attempt > 0)
            sifted = sift(readings, shelf, actor, at)
            kept = keep(actor, envelope.id, sifted, shelf.version, at=at, at_machine=at_machine)
            if kept is not None:
                break
        else:
            raise Conflict("devices_changing")
    problems = tuple(problem(held.position, held.reason, held.facts) for held in sifted.held)
    return Recorded(envelope.id, kept.accepted, kept.duplicate, len(problems), problems, False)


def derive(heard: Sequence[Heard]) -> None:
    """Listener: compute anew every derived value that depends on readings recorded; writes only what changed."""
    spans = [
        Span(device, one.event.first, one.event.last)
        for one in heard
        if isinstance(one.event, ReadingsRecorded)
        for device in one.event.devices
    ]
    changes = derive_spans(spans)
    if changes:
        facts = {
            "changes": changes,
            "first": min(span.first for span in spans),
            "last": max(span.last for span in spans),
        }
        journal.record(SYSTEM, "sensing.derive", "device", None, facts, at=heard[-1].at)


def align(actor: Actor, *, at: datetime) -> int:
    """Bring every device in line with the kinds as they are now; returns how many streams and values changed.

    Datastreams are added for quantities that are new in a kind, and derived values of another version than the kind's
    are computed anew over the whole past. One transaction and one entry a device; to be called when packs have changed.
    Raises ``NotPermitted`` without the power ``device.set`` over the whole district.
    """
    actor.need(SET_DEVICES)
    kinds, total = dict(house.registry().all(DeviceKind)), 0
    for device in load_devices("true", ()):
        if device.kind not in kinds:
            continue
        with records.atomic():
            streams = align_device(device, kinds[device.kind])
            values = recompute(BOOK.by_id([device.id]).by_id[device.id])
            if streams or values:
                facts = {"streams": streams, "values": values}
                journal.record(actor, "sensing.align", "device", device.id, facts, at=at)
        total += streams + values
    return total


def release(actor: Actor, ids: Sequence[int], note: str, *, at: datetime) -> int:
    """Let readings out of quarantine into the observations, flagged ``RELEASED``; returns how many.

    The actor answers for range, unit and sender, and says why in ``note``; everything else must have been mended (the
    device registered, its first day corrected). All or nothing. Raises ``NotPermitted`` without ``quarantine.release``
    over each device (of one that is unknown, in the organisation that sent), ``Conflict`` when one is decided already
    or its instant has a value by now, ``Refused`` when one still can not be kept.
    """
    _need_note(note)
    with records.atomic():
        rows = take_open(ids)
        for envelope in sorted({row.envelope for row in rows}):
            _release(actor, [row for row in rows if row.envelope == envelope], at)
        decide(ids, "released", actor.account, note, at)
        journal.record(actor, "sensing.release", "quarantine", None, {"ids": sorted(set(ids))}, at=at)
    return len(rows)


def _release(actor: Actor, rows: Sequence[Quarantined], at: datetime) -> None:
    readings = [sent_again(row) for row in rows]
    shelf = BOOK.by_code(map(_device, readings), renew=True)
    _need_power(actor, rows)
    sifted = sift(readings, shelf, SYSTEM, at, vouched=True)
    if sifted.held:
        held = sifted.held[0]
        sent, why = held.reading, Said(f"quarantine.{held.reason}", held.facts)
        raise Refused(
            "quarantine_not_mended", "ids",
            device=sent["device"], quantity=sent["quantity"], at=sent["at"], reason=held.reason, why=why,
        )  # fmt: skip
    sifted = replace(sifted, flags=sifted.flags | np.int16(Flag.RELEASED))
    if let_in(rows[0].envelope, sifted, at=at).duplicate:
        raise Conflict("quarantine_taken", "ids")


def discard(actor: Actor, ids: Sequence[int], note: str, *, at: datetime) -> int:
    """Decide that readings in quarantine are worth nothing, and say why; they stay to be looked at. Returns how many.

    All or nothing. Raises as :func:`release` does.
    """
    _need_note(note)
    with records.atomic():
        rows = take_open(ids)
        _need_power(actor, rows)
        decide(ids, "discarded", actor.account, note, at)
        journal.record(actor, "sensing.discard", "quarantine", None, {"ids": sorted(set(ids))}, at=at)
    return len(rows)


def _need_note(note: str) -> None:
    if not note.strip():
        raise Refused("quarantine_note", "note")


_PLACES = """
SELECT DISTINCT coalesce(o.lo, s.lo), a.lo
FROM quarantine q JOIN envelope e ON e.id = q.envelope_id JOIN connector c ON c.id = e.connector_id
JOIN organisation s ON s.id = c.org_id
LEFT JOIN device d ON d.code = q.reading->>'device' LEFT JOIN organisation o ON o.id = d.org_id
LEFT JOIN area a ON a.id = d.area_id WHERE q.id = ANY(%s)
"""


def _need_power(actor: Actor, rows: Sequence[Quarantined]) -> None:
    """Raise ``NotPermitted`` unless the actor may decide over every device; of an unknown one, where its sender is."""
    for place in records.rows(_PLACES, ([row.id for row in rows],)):
        actor.need(RELEASE_READINGS, *place)


def declare_resources(actor: Actor, owners: Mapping[str, int], *, at: datetime) -> int:
    """Describe in the catalogue every dataset made of observations; returns how many.

    ``owners`` gives the organisation of each duty, as the district's folder names them. Raises as
    ``catalogue.acts.describe`` does.
    """
    return catalogue.describe(actor, described(house.registry()), owners, at=at)
