"""The district's clock: live, replay or frozen. It governs law, cases, rules and figures; never seals and leases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import OperationalError, connection

from zhihai.ground.actors import SYSTEM, Actor
from zhihai.ground.named import Named
from zhihai.ground.powers import RUN_CLOCK
from zhihai.ground.refusal import Conflict, Refused
from zhihai.kernel import records
from zhihai.kernel.journal.entries import record

Mode = Literal["live", "replay", "frozen"]
DISTRICT = 1
"""The subject of the district's own entries."""
REPLAY_LOCK = (26234, 2)
"""The advisory lock of the one replay that runs; (26234, 1) is the sealer's."""


@dataclass(frozen=True, slots=True)
class DistrictClock:
    """The district and its clock (区时钟).

    ``instant`` is the district's now (UTC, aware), ``zone`` is for law and for people. ``speed`` is district seconds in
    a machine second of a replay, ``ends_at`` the end of its data. ``facts`` is what the district's folder says besides.
    """

    code: str
    name: Named
    zone: ZoneInfo
    mode: Mode
    instant: datetime
    speed: float
    ends_at: datetime | None
    provenance: str
    facts: Mapping[str, Any]


def read_clock() -> DistrictClock:
    """Return the district's clock. Raises :class:`Refused` ``no_district`` (503) before a district is loaded."""
    row = records.one(
        "SELECT code, name_zh, name_en, zone, mode, zh_now(), speed, ends_at, provenance, facts FROM district"
    )
    if row is None:
        raise Refused("no_district", status=503)
    code, zh, en, zone, mode, instant, speed, ends_at, provenance, facts = row
    return DistrictClock(
        code, Named(zh, en), ZoneInfo(zone), mode, instant, speed, ends_at, provenance, records.json_object(facts)
    )


def read_now() -> datetime:
    """Return the district's now. Raises :class:`Refused` ``no_district`` (503) before a district is loaded."""
    instant = records.value("SELECT zh_now()")
    if instant is None:
        raise Refused("no_district", status=503)
    assert isinstance(instant, datetime)
    return instant


def found_district(
    actor: Actor, *, code: str, name: Named, zone: str, mode: Mode, at: datetime, speed: float = 1.0,
    ends_at: datetime | None = None, provenance: str = "real", **facts: object,
) -> None:  # fmt: skip
    """Found the one district of this database, with the first entry of its journal.

    ``zone`` is an IANA name (``Asia/Shanghai``). A replay, or a frozen clock, begins standing at ``at``. ``facts`` are
    kept as JSON for the rooms above. Raises ``NotPermitted`` without the power ``clock.run`` over the whole district,
    :class:`Conflict` ``district_founded`` when there is a district, :class:`Refused` for an unknown zone or an end
    before its beginning.
    """
    actor.need(RUN_CLOCK)
    _check(at=at, ends_at=ends_at, speed=speed)
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused("zone_unknown", "zone", zone=zone) from None
    instant = None if mode == "live" else at
    if instant is not None and ends_at is not None and ends_at < instant:
        raise Refused("clock_ends_before", "ends_at", instant=instant.isoformat())
    with records.atomic():
        founded = records.execute(
            """INSERT INTO district
                   (code, name_zh, name_en, zone, mode, instant, speed, ends_at, provenance, facts, cluster)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, (SELECT system_identifier FROM pg_control_system()))
               ON CONFLICT (single) DO NOTHING""",
            (code, name.zh, name.en, zone, mode, instant, speed, ends_at, provenance, records.as_json(facts)),
        )
        if not founded:
            raise Conflict("district_founded", "code")
        told = {"code": code, "zone": zone, "provenance": provenance}
        record(
            actor, "journal.found_district", "district", DISTRICT, told | _told(mode, instant, speed, ends_at), at=at
        )


def set_clock(
    actor: Actor, *, mode: Mode | None = None, instant: datetime | None = None, speed: float | None = None,
    ends_at: datetime | None = None, at: datetime,
) -> None:  # fmt: skip
    """Set the district's clock; what is ``None`` stays. The entry says what holds from now on.

    Needs the power ``clock.run`` over the whole district. The clock never goes back. What is replayed and what is lived
    never meet: a district that has been in one of the two modes may freeze and go on in it, but never takes up the
    other. Raises ``NotPermitted``, or :class:`Refused` naming the field.
    """
    actor.need(RUN_CLOCK)
    _check(instant=instant, ends_at=ends_at, speed=speed)
    with records.atomic():
        held = _hold()
        new_mode: Mode = mode or held.mode
        _refuse_mixing(new_mode)
        if new_mode == "live":
            if instant is not None:
                raise Refused("clock_live_instant", "instant")
            new_instant = None
        else:
            new_instant = instant or held.now
        if (new_instant or held.machine) < held.now:
            raise Refused("clock_back", "instant", now=held.now.isoformat())
        new_end = ends_at or held.ends_at
        if new_instant is not None and new_end is not None and new_end < new_instant:
            raise Refused("clock_ends_before", "ends_at", instant=new_instant.isoformat())
        new_speed = held.speed if speed is None else speed
        _write(new_mode, new_instant, new_speed, new_end)
        told = _told(new_mode, new_instant, new_speed, new_end)
        record(actor, "journal.set_clock", "district", DISTRICT, told, at=at)


_STEP = """UPDATE district d SET instant = greatest(d.instant, %s)
    FROM (SELECT pg_try_advisory_xact_lock(%s, %s) AS held, set_config('synchronous_commit', 'off', true) OFFSET 0) l
    WHERE l.held AND d.mode = 'replay' AND (d.ends_at IS NULL OR d.ends_at > %s) RETURNING d.instant"""
"""A step as most are, in one statement; nothing comes back where it is any other.

It does not wait for the disk: the log is written in order, so whatever is acknowledged after a step makes the step last
too, and a step that nothing followed may be taken again after a crash.
"""


def advance(to: datetime) -> datetime:
    """Move a replay on to ``to`` and return where it stands: never back, and never beyond the end of its data.

    There it freezes, with an entry; single steps have none, since what they bring about has its own. A frozen clock
    stays where it is. Raises :class:`Refused` ``clock_not_replaying`` when live, :class:`Conflict` ``clock_held``
    while another worker runs the replay (see :func:`replaying`).
    """
    _check(to=to)
    stepped = None if connection.in_atomic_block else records.value(_STEP, (to, *REPLAY_LOCK, to))
    if stepped is not None:
        assert isinstance(stepped, datetime)
        return stepped
    with records.atomic():
        if not records.value("SELECT pg_try_advisory_xact_lock(%s, %s)", REPLAY_LOCK):
            raise Conflict("clock_held")
        held = _hold()
        if held.mode == "live":
            raise Refused("clock_not_replaying")
        if held.mode == "frozen":
            return held.now
        ended = held.ends_at is not None and to >= held.ends_at
        reached = max(held.now, held.ends_at if ended and held.ends_at is not None else to)
        _write("frozen" if ended else "replay", reached, held.speed, held.ends_at)
        if ended:
            told = _told("frozen", reached, held.speed, held.ends_at)
            record(SYSTEM, "journal.end_replay", "district", DISTRICT, told, at=reached)
        return reached


@contextmanager
def replaying(*, wait: timedelta = timedelta(0)) -> Iterator[None]:
    """Be the one worker that runs the replay, while the block runs: others' :func:`advance` is refused.

    Held by the thread's connection, so it ends with it, however the process ends. Raises :class:`Conflict`
    ``clock_held`` when another holds it and does not let go within ``wait`` of machine time.
    """
    if not (_wait_for_replay(wait) if wait else records.value("SELECT pg_try_advisory_lock(%s, %s)", REPLAY_LOCK)):
        raise Conflict("clock_held")
    try:
        yield
    finally:
        records.value("SELECT pg_advisory_unlock(%s, %s)", REPLAY_LOCK)


def _wait_for_replay(wait: timedelta) -> bool:
    """Stand in line for the replay's lock; say whether it was given in time."""
    try:
        with records.atomic(durable=True):
            records.value("SELECT set_config('lock_timeout', %s, true)", (f"{wait // timedelta(milliseconds=1)}ms",))
            records.value("SELECT pg_advisory_lock(%s, %s)", REPLAY_LOCK)
    except OperationalError:
        return False
    return True


def begin_era(*, at: datetime, restored: bool = False) -> int:
    """Begin a new era if the database has come to another server, where transaction ids begin again; return the era.

    To be called at start, before anything is written: the order of entries and events is (era, transaction, number).
    ``restored`` begins one whatever the server: whoever brings back a dump or an earlier state calls it so, once and
    before the platform starts, and the journal tells for good that what follows was written after a restore. Waits for
    every transaction that has written under the old era.
    """
    moved = """SELECT 1 FROM district
        WHERE %s OR cluster IS DISTINCT FROM (SELECT system_identifier FROM pg_control_system())"""
    if records.one(moved, (restored,)):
        with records.atomic():
            records.execute("LOCK TABLE district IN ACCESS EXCLUSIVE MODE")
            era = records.value(
                """UPDATE district SET era = era + 1, cluster = c.system_identifier FROM pg_control_system() c
                   WHERE %s OR cluster IS DISTINCT FROM c.system_identifier RETURNING era""",
                (restored,),
            )
            if era is not None:
                told = {"era": era} | ({"restored": True} if restored else {})
                record(SYSTEM, "journal.begin_era", "district", DISTRICT, told, at=at)
    return int(records.value("SELECT coalesce((SELECT era FROM district), 1)"))


@dataclass(frozen=True, slots=True)
class _Held:
    mode: Mode
    now: datetime
    machine: datetime
    speed: float
    ends_at: datetime | None


def _hold() -> _Held:
    row = records.one(
        """SELECT mode, CASE WHEN mode = 'live' THEN clock_timestamp() ELSE instant END, clock_timestamp(), speed,
               ends_at FROM district FOR UPDATE"""
    )
    if row is None:
        raise Refused("no_district", status=503)
    return _Held(*row)


def _write(mode: Mode, instant: datetime | None, speed: float, ends_at: datetime | None) -> None:
    records.execute(
        "UPDATE district SET mode = %s, instant = %s, speed = %s, ends_at = %s", (mode, instant, speed, ends_at)
    )


def _refuse_mixing(mode: Mode) -> None:
    """The journal remembers which modes the district has been in: each change of its clock is an entry."""
    other = {"live": "replay", "replay": "live"}.get(mode)
    if other is not None and records.one(
        "SELECT 1 FROM journal_entry WHERE noun = 'district' AND subject = %s AND mode = %s LIMIT 1", (DISTRICT, other)
    ):
        raise Refused("clock_mixed", "mode")


def _told(mode: Mode, instant: datetime | None, speed: float, ends_at: datetime | None) -> dict[str, object]:
    return {"mode": mode, "instant": instant, "speed": speed, "ends_at": ends_at}


def _check(*, speed: float | None = None, **instants: datetime | None) -> None:
    for field, instant in instants.items():
        if instant is not None and instant.tzinfo is None:
            raise Refused("clock_instant_zone", field)
    if speed is not None and not (isfinite(speed) and speed >= 0):
        raise Refused("clock_speed", "speed")
