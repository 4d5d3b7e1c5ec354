"""The district's clock: live, replay or frozen; never back, never beyond its data, under one worker."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhihai.ground.actors import SYSTEM, Actor, Grant, Scope
from zhihai.ground.named import Named
from zhihai.ground.powers import RUN_CLOCK
from zhihai.ground.refusal import Conflict, NotPermitted, Refused
from zhihai.kernel import records as store
from zhihai.kernel.journal import acts, reads

HOUR = timedelta(hours=1)
BEGIN = datetime(2014, 2, 20, tzinfo=UTC)
WAITING = """SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted"""


def found(mode: Any = "replay", at: datetime = BEGIN, **more: Any) -> None:
    name = Named("示例区", "Example")
    acts.found_district(SYSTEM, code="110199", name=name, zone="Asia/Shanghai", mode=mode, at=at, **more)


def official(*powers: str) -> Actor:
    grant = Grant(role="zhihai.operator", org_lo=1, org_hi=9, area_lo=1, area_hi=9, powers=frozenset(powers))
    return Actor(account=5, name="运行值班员", scope=Scope(grants=(grant,)))


def refused(code: str) -> Any:
    return pytest.raises(Refused, match=rf"^{code}\b")


def test_without_a_district_there_is_no_now(records: str) -> None:
    with refused("no_district"):
        reads.now()
    with refused("no_district"):
        reads.clock()
    with refused("no_district"):
        acts.advance(BEGIN)


def test_a_replay_stands_where_it_was_founded(records: str) -> None:
    found(prefix="海", ends_at=BEGIN + HOUR, speed=60.0)
    clock = reads.clock()
    assert (clock.mode, clock.instant, clock.speed, clock.ends_at) == ("replay", BEGIN, 60.0, BEGIN + HOUR)
    assert (clock.name, clock.zone, clock.facts) == (
        Named("示例区", "Example"),
        ZoneInfo("Asia/Shanghai"),
        {"prefix": "海"},
    )
    assert reads.now() == BEGIN
    (entry,) = reads.entries("district", 1)
    assert (entry.act, entry.mode, entry.at) == ("journal.found_district", "replay", BEGIN)


def test_a_live_clock_is_the_machines(records: str) -> None:
    found("live")
    first, second = reads.now(), reads.now()
    assert first < second
    assert abs(first - datetime.now(UTC)) < timedelta(minutes=1)


def test_one_database_has_one_district(district: str) -> None:
    with pytest.raises(Conflict, match="district_founded"):
        found()
    assert len(reads.entries("district", 1)) == 1


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"zone": "Asia/Atlantis"}, "zone_unknown"),
        ({"zone": "../etc"}, "zone_unknown"),
        ({"at": BEGIN.replace(tzinfo=None)}, "clock_instant_zone"),
        ({"ends_at": BEGIN - HOUR}, "clock_ends_before"),
        ({"speed": -1.0}, "clock_speed"),
        ({"speed": float("nan")}, "clock_speed"),
        ({"speed": float("inf")}, "clock_speed"),
    ],
)
def test_a_district_is_not_founded_on_nonsense(records: str, more: dict[str, Any], code: str) -> None:
    given = {
        "code": "110199",
        "name": Named("示例区", "Example"),
        "zone": "Asia/Shanghai",
        "mode": "replay",
        "at": BEGIN,
    }
    with refused(code):
        acts.found_district(SYSTEM, **(given | more))
    assert store.rows("SELECT 1 FROM district") == []


def test_setting_the_clock_needs_the_power(district: str, at: datetime) -> None:
    with pytest.raises(NotPermitted):
        acts.set_clock(official("case.see"), speed=10.0, at=at)
    assert reads.clock().speed == 1.0
    acts.set_clock(official(RUN_CLOCK), speed=10.0, at=at)
    assert reads.clock().speed == 10.0
    entry = reads.entries("district", 1)[-1]
    assert (entry.act, entry.actor, entry.sort, entry.mode) == ("journal.set_clock", 5, "person", "replay")
    assert entry.data["speed"] == 10.0


def test_what_is_not_named_stays(records: str) -> None:
    found(speed=3.0, ends_at=BEGIN + 9 * HOUR)
    acts.set_clock(SYSTEM, instant=BEGIN + HOUR, at=BEGIN)
    clock = reads.clock()
    assert (clock.mode, clock.instant, clock.speed, clock.ends_at) == ("replay", BEGIN + HOUR, 3.0, BEGIN + 9 * HOUR)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"instant": BEGIN - HOUR}, "clock_back"),
        ({"mode": "frozen", "instant": BEGIN - timedelta(microseconds=1)}, "clock_back"),
        ({"ends_at": BEGIN - HOUR}, "clock_ends_before"),
        ({"instant": BEGIN + 2 * HOUR, "ends_at": BEGIN + HOUR}, "clock_ends_before"),
        ({"instant": BEGIN.replace(tzinfo=None)}, "clock_instant_zone"),
        ({"speed": -0.5}, "clock_speed"),
        ({"mode": "live"}, "clock_mixed"),
    ],
)
def test_what_would_break_the_clock_is_refused(district: str, at: datetime, change: dict[str, Any], code: str) -> None:
    before = reads.clock()
    with refused(code):
        acts.set_clock(SYSTEM, **change, at=at)
    assert reads.clock() == before
    assert len(reads.entries("district", 1)) == 1


def test_a_frozen_replay_goes_on_as_a_replay_and_never_live(district: str, at: datetime) -> None:
    acts.set_clock(SYSTEM, mode="frozen", at=at)
    assert acts.advance(at + HOUR) == at
    with refused("clock_mixed"):
        acts.set_clock(SYSTEM, mode="live", at=at)
    acts.set_clock(SYSTEM, mode="replay", at=at)
    assert acts.advance(at + HOUR) == at + HOUR


def test_a_live_district_freezes_and_lives_on_and_never_replays(records: str) -> None:
    found("live")
    with refused("clock_live_instant"):
        acts.set_clock(SYSTEM, instant=datetime(2100, 1, 1, tzinfo=UTC), at=reads.now())
    with refused("clock_mixed"):
        acts.set_clock(SYSTEM, mode="replay", at=reads.now())
    with refused("clock_not_replaying"):
        acts.advance(datetime(2100, 1, 1, tzinfo=UTC))
    acts.set_clock(SYSTEM, mode="frozen", at=reads.now())
    stood = reads.now()
    assert reads.now() == stood
    acts.set_clock(SYSTEM, mode="live", at=stood)
    assert reads.now() > stood


def test_a_clock_frozen_ahead_of_the_machine_does_not_go_back_to_live(records: str) -> None:
    found("live")
    ahead = reads.now() + timedelta(days=400)
    acts.set_clock(SYSTEM, mode="frozen", instant=ahead, at=reads.now())
    with refused("clock_back"):
        acts.set_clock(SYSTEM, mode="live", at=ahead)


def test_mode_and_instant_stand_with_each_act(district: str, at: datetime) -> None:
    acts.record(SYSTEM, "places.load_areas", "area", 1, {}, at=at)
    acts.set_clock(SYSTEM, mode="frozen", at=at)
    acts.record(SYSTEM, "places.load_areas", "area", 1, {}, at=at)
    assert [(entry.mode, entry.at) for entry in reads.entries("area", 1)] == [("replay", at), ("frozen", at)]


def test_a_replay_freezes_at_the_end_of_its_data_with_an_entry(records: str) -> None:
    found(ends_at=BEGIN + HOUR)
    assert acts.advance(BEGIN + HOUR / 2) == BEGIN + HOUR / 2
    assert len(reads.entries("district", 1)) == 1
    assert acts.advance(BEGIN + 5 * HOUR) == BEGIN + HOUR
    assert reads.clock().mode == "frozen"
    entry = reads.entries("district", 1)[-1]
    assert (entry.act, entry.mode, entry.at, entry.actor) == ("journal.end_replay", "frozen", BEGIN + HOUR, 0)


STEP = st.tuples(st.sampled_from(["advance", "set", "freeze", "go", "end"]), st.integers(-72, 72))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=12), end=st.none() | st.integers(0, 96))
def test_whatever_is_asked_the_clock_never_goes_back_nor_beyond(
    records: str, steps: list[tuple[str, int]], end: int | None
) -> None:
    store.execute("DELETE FROM district")
    found(ends_at=None if end is None else BEGIN + end * HOUR)
    now = BEGIN
    for what, hours in steps:
        to = BEGIN + hours * HOUR
        try:
            if what == "advance":
                assert acts.advance(to) == reads.now()
            elif what == "end":
                acts.set_clock(SYSTEM, ends_at=to, at=now)
            elif what == "set":
                acts.set_clock(SYSTEM, instant=to, at=now)
            else:
                acts.set_clock(SYSTEM, mode="frozen" if what == "freeze" else "replay", at=now)
        except Refused:
            assert reads.now() == now
        clock = reads.clock()
        assert clock.instant >= now
        assert clock.ends_at is None or clock.instant <= clock.ends_at
        now = clock.instant


def test_one_worker_runs_the_replay(district: str, at: datetime, together: Any) -> None:
    def intrude() -> None:
        with pytest.raises(Conflict, match="clock_held"):
            acts.advance(at + HOUR)
        with pytest.raises(Conflict, match="clock_held"), acts.replaying():
            pass

    with acts.replaying():
        together(intrude)
        assert acts.advance(at + HOUR) == at + HOUR
    assert together(lambda: acts.advance(at + 2 * HOUR)) == [at + 2 * HOUR]


def test_a_worker_stands_in_line_for_the_replay_as_long_as_it_says(district: str, session: Any, together: Any) -> None:
    other = session()
    other.execute("SELECT pg_advisory_lock(26234, 2)")
    with pytest.raises(Conflict, match="clock_held"), acts.replaying(wait=timedelta(milliseconds=20)):
        pass

    def wait() -> bool:
        with acts.replaying(wait=timedelta(seconds=30)):
            return True

    def let_go() -> None:
        while not store.value(WAITING):
            pass
        other.close()

    assert together(wait, let_go)[0] is True
    assert together(lambda: acts.advance(BEGIN + HOUR)) == [BEGIN + HOUR]


def test_a_killed_worker_leaves_the_replay_to_the_next(district: str, at: datetime, session: Any) -> None:
    other = session()
    other.execute("SELECT pg_advisory_lock(26234, 2)")
    with pytest.raises(Conflict, match="clock_held"):
        acts.advance(at + HOUR)
    store.value("SELECT pg_terminate_backend(%s, 10000)", (other.info.backend_pid,))
    assert acts.advance(at + HOUR) == at + HOUR


def test_steps_taken_at_once_do_not_undo_each_other(district: str, at: datetime, together: Any) -> None:
    def race(hours: int) -> Any:
        def work() -> datetime:
            while True:
                try:
                    return acts.advance(at + hours * HOUR)
                except Conflict:
                    continue

        return work

    reached = together(*(race(hours) for hours in (3, 1, 4, 2)))
    assert reads.now() == at + 4 * HOUR
    assert all(one >= at + hours * HOUR for one, hours in zip(reached, (3, 1, 4, 2), strict=True))


def test_an_era_begins_with_a_new_server_and_once(district: str, at: datetime) -> None:
    assert acts.begin_era(at=at) == 1
    store.execute("UPDATE district SET cluster = 7")
    assert acts.begin_era(at=at) == 2
    assert acts.begin_era(at=at) == 2
    entry = reads.entries("district", 1)[-1]
    assert (entry.act, entry.data) == ("journal.begin_era", {"era": 2})
    assert store.value("SELECT era FROM journal_entry WHERE id = %s", (entry.id,)) == 2


def test_a_restore_begins_an_era_on_the_same_server_too_and_says_so(district: str, at: datetime) -> None:
    acts.record(SYSTEM, "test.write", "thing", 1, {}, at=at)
    assert acts.begin_era(at=at, restored=True) == 2
    assert acts.begin_era(at=at) == 2
    entry = reads.entries("district", 1)[-1]
    assert (entry.act, entry.data) == ("journal.begin_era", {"era": 2, "restored": True})
    while acts.seal(at_machine=at):
        pass
    check = reads.verify()
    assert check.ok
    assert check.unsealed == 0
    assert store.value("SELECT count(DISTINCT era) FROM journal_seal") == 2, "a seal is of one era"


def test_a_restore_waits_for_those_who_write_under_the_old_era(district: str, at: datetime, together: Any) -> None:
    begun = threading.Event()

    def write() -> None:
        with store.atomic():
            acts.record(SYSTEM, "test.write", "thing", 1, {}, at=at)
            begun.set()
            while not store.value(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'district'::regclass"
            ):
                pass
            acts.record(SYSTEM, "test.write", "thing", 2, {}, at=at)

    def restore() -> int:
        assert begun.wait(30)
        return acts.begin_era(at=at, restored=True)

    assert together(write, restore) == [None, 2]
    things = [store.one("SELECT era FROM journal_entry WHERE noun = 'thing' AND subject = %s", (n,)) for n in (1, 2)]
    assert things == [(1,), (1,)]
