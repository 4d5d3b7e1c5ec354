"""Events reach each listener in order and once, whoever dispatches them and whatever fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import NotFound, Refused
from zhihai.kernel import records as store
from zhihai.kernel.journal import acts, reads
from zhihai.kernel.journal.acts import Heard, Listener
from zhihai.kernel.journal.events import Event

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallen(Event):
    """Rain."""

    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Risen(Event):
    """Water."""

    n: int


@pytest.fixture(autouse=True)
def effects(records: str) -> None:
    """Where listeners of these tests write; ``id`` is the order in which they did."""
    store.execute("CREATE TABLE effect (id bigserial PRIMARY KEY, listener text, event bigint, n bigint)")


def writer(name: str, spoil: Callable[[int], None] = lambda n: None) -> Callable[[Sequence[Heard]], None]:
    def act(heard: Sequence[Heard]) -> None:
        for one in heard:
            assert isinstance(one.event, Fallen | Risen)
            spoil(one.event.n)
            store.execute("INSERT INTO effect (listener, event, n) VALUES (%s, %s, %s)", (name, one.id, one.event.n))

    return act


def listener(
    name: str, *after: str, hears: tuple[type[Event], ...] = (Fallen,), spoil: Any = lambda n: None
) -> Listener:
    return Listener(name, hears, writer(name, spoil), after)


def effects_of(name: str) -> list[int]:
    return [row[0] for row in store.rows("SELECT n FROM effect WHERE listener = %s ORDER BY id", (name,))]


def emit(*numbers: int, at: datetime = NOW) -> None:
    for n in numbers:
        acts.emit(Fallen(n=n), at=at)


def hear_all(*listeners: Listener, at_machine: datetime = NOW, budget: int = 1000) -> int:
    total = 0
    while n := acts.hear(listeners, at_machine=at_machine, budget=budget):
        total += n
    return total


def breaks_on(*numbers: int, fault: type[Exception] = ValueError) -> Callable[[int], None]:
    def spoil(n: int) -> None:
        if n in numbers:
            raise fault("张三 13800000000")

    return spoil


def test_a_listener_hears_what_it_listens_to_in_order_and_once() -> None:
    emit(1, 2)
    acts.emit(Risen(n=3), at=NOW)
    emit(4)
    rain, water, both = listener("rain"), listener("water", hears=(Risen,)), listener("both", hears=(Fallen, Risen))
    assert hear_all(rain, water, both) == 12
    assert (effects_of("rain"), effects_of("water"), effects_of("both")) == ([1, 2, 4], [3], [1, 2, 3, 4])
    assert acts.hear((rain, water, both), at_machine=NOW) == 0
    emit(5)
    hear_all(rain, water, both)
    assert effects_of("rain") == [1, 2, 4, 5]


def test_what_is_heard_knows_its_district_instant(at: datetime) -> None:
    heard: list[Heard] = []
    acts.emit(Fallen(n=1), at=at)
    hear_all(Listener("rain", (Fallen,), heard.extend))
    assert [(one.at, one.event) for one in heard] == [(at, Fallen(n=1))]


def test_an_event_of_an_undone_transaction_was_never_told() -> None:
    def undone() -> None:
        with store.atomic():
            emit(1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    hear_all(listener("rain"))
    assert effects_of("rain") == []


def test_nobody_is_told_before_an_older_transaction_has_ended(session: Any) -> None:
    """Else an event could appear behind the cursor and never be heard."""
    rain = listener("rain")
    older = session()
    older.execute("SELECT zh_emit(%s, now(), %s)", (Fallen.topic, '{"n": 1}'))
    emit(2)
    assert hear_all(rain) == 0
    older.commit()
    assert hear_all(rain) == 2
    assert effects_of("rain") == [1, 2]


STEP = st.tuples(st.integers(0, 2), st.sampled_from(["emit", "emit", "commit", "undo", "hear"]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=25), budget=st.integers(1, 4))
def test_however_transactions_interleave_each_event_is_heard_once_and_in_order(
    session: Any, steps: list[tuple[int, str]], budget: int
) -> None:
    store.execute("TRUNCATE effect")
    told_before = store.value("SELECT count(*) FROM outbox")
    pair = (listener("rain"), listener("drain", "rain"))
    held = [session() for _ in range(3)]
    for number, (which, what) in enumerate(steps):
        if what == "emit":
            held[which].execute("SELECT zh_emit(%s, now(), %s)", (Fallen.topic, f'{{"n": {number}}}'))
        elif what == "commit":
            held[which].commit()
        elif what == "undo":
            held[which].rollback()
        else:
            acts.hear(pair, at_machine=NOW, budget=budget)
            done = effects_of("rain")
            assert effects_of("drain") == done[: len(effects_of("drain"))]
    for one in held:
        one.commit()
        one.close()
    hear_all(*pair, budget=budget)
    order = [row[0] for row in store.rows("SELECT id FROM outbox ORDER BY era, xid, id")]
    heard = [row[0] for row in store.rows("SELECT event FROM effect WHERE listener = 'rain' ORDER BY id")]
    assert heard == order[told_before:]
    assert effects_of("drain") == effects_of("rain")


def test_two_dispatchers_at_once_give_each_event_once_and_in_order(together: Any) -> None:
    listeners = (listener("rain"), listener("drain", "rain"), listener("river", "drain"))
    ended = []

    def tell(first: int) -> Any:
        def work() -> None:
            for n in range(30):
                with store.atomic():
                    emit(first + n, first + n + 500)
            ended.append(first)

        return work

    def dispatch() -> None:
        while len(ended) < 3 or acts.hear(listeners, at_machine=NOW, budget=7):
            acts.hear(listeners, at_machine=NOW, budget=7)

    together(tell(0), tell(100), tell(200), dispatch, dispatch)
    hear_all(*listeners)
    order = [row[0] for row in store.rows("SELECT id FROM outbox ORDER BY era, xid, id")]
    assert len(order) == 180
    for one in listeners:
        heard = store.rows("SELECT event FROM effect WHERE listener = %s ORDER BY id", (one.name,))
        assert [row[0] for row in heard] == order


def test_a_listener_at_work_is_passed_over_by_the_other_dispatcher(session: Any) -> None:
    emit(1)
    rain, snow = listener("rain"), listener("snow")
    hear_all(rain, snow)
    emit(2)
    other = session()
    other.execute("SELECT 1 FROM listener WHERE name = 'rain' FOR UPDATE")
    acts.hear((rain, snow), at_machine=NOW)
    assert (effects_of("rain"), effects_of("snow")) == ([1], [1, 2])
    other.commit()
    hear_all(rain, snow)
    assert (effects_of("rain"), effects_of("snow")) == ([1, 2], [1, 2])


def test_one_that_comes_after_another_is_never_ahead_of_it() -> None:
    rain = listener("rain", spoil=breaks_on(3))
    drain, river = listener("drain", "rain"), listener("river", "drain")
    emit(1, 2, 3, 4)
    hear_all(river, drain, rain)
    assert (effects_of("rain"), effects_of("drain"), effects_of("river")) == ([1, 2], [1, 2], [1, 2])
    hear_all(river, drain, listener("rain"), at_machine=NOW + timedelta(seconds=2))
    assert effects_of("river") == [1, 2, 3, 4]


def test_a_failure_undoes_what_the_listener_wrote_and_names_nobody(caplog: pytest.LogCaptureFixture) -> None:
    emit(1)

    def write_then_fail(heard: Sequence[Heard]) -> None:
        writer("half")(heard)
        breaks_on(1)(1)

    half = Listener("half", (Fallen,), write_then_fail)
    assert hear_all(half) == 0
    assert effects_of("half") == []
    (failure,) = store.rows("SELECT failures, failure FROM listener")
    assert failure[0] == 1
    assert failure[1].startswith("ValueError at spoil:")
    assert "ValueError" in caplog.text
    assert "张三" not in caplog.text
    assert "138" not in caplog.text


def test_an_event_that_fails_waits_longer_each_time_and_is_parked_at_the_fifth() -> None:
    emit(1, 2, 3)
    rain = listener("rain", spoil=breaks_on(2))
    now, tried = NOW, []
    for wait in (1, 4, 16, 64):
        assert hear_all(rain, at_machine=now) == (1 if now == NOW else 0)
        assert reads.listeners()[0].failures == len(tried) + 1
        assert hear_all(rain, at_machine=now + timedelta(seconds=wait - 0.001)) == 0
        assert reads.listeners()[0].failures == len(tried) + 1
        now += timedelta(seconds=wait)
        tried.append(wait)
    assert effects_of("rain") == [1]
    assert hear_all(rain, at_machine=now) == 2
    assert effects_of("rain") == [1, 3]
    state = reads.listeners()[0]
    assert (state.behind_events, state.failures, state.parked) == (0, 0, 1)
    (parked,) = reads.parked()
    assert (parked.listener, parked.topic, parked.parked_at) == ("rain", Fallen.topic, now)
    assert parked.failure.startswith("ValueError")


def test_those_in_a_batch_with_one_that_fails_are_heard_once() -> None:
    emit(*range(20))
    hear_all(listener("rain", spoil=breaks_on(13)))
    assert effects_of("rain") == list(range(13))
    hear_all(listener("rain"), at_machine=NOW + timedelta(seconds=1))
    assert effects_of("rain") == list(range(20))


def test_a_parked_event_is_given_again_by_a_person() -> None:
    emit(1, 2)
    broken, mended = listener("rain", spoil=breaks_on(1)), listener("rain")
    for hours in range(5):
        hear_all(broken, at_machine=NOW + timedelta(hours=hours))
    (parked,) = reads.parked()
    with pytest.raises(Refused) as refused:
        acts.give_parked(SYSTEM, broken, parked.event, at=NOW)
    assert refused.value.code == "parked_again"
    assert "张三" not in str(refused.value.facts)
    assert len(reads.parked()) == 1
    acts.give_parked(SYSTEM, mended, parked.event, at=NOW)
    assert effects_of("rain") == [2, 1]
    assert reads.parked() == ()
    with pytest.raises(NotFound):
        acts.give_parked(SYSTEM, mended, parked.event, at=NOW)
    (entry,) = reads.entries("event", parked.event)
    assert (entry.act, dict(entry.data)) == ("journal.give_parked", {"listener": "rain", "topic": Fallen.topic})


def test_a_wait_begun_while_the_clock_stood_ahead_ends_when_it_is_set_right() -> None:
    """Found by the crash laboratory: a listener rested for the twenty-five hours that the clock had been ahead."""
    emit(1)
    ahead = NOW + timedelta(hours=25)
    assert hear_all(listener("rain", spoil=breaks_on(1)), at_machine=ahead) == 0
    assert hear_all(listener("rain"), at_machine=NOW) == 1
    assert effects_of("rain") == [1]


def test_trouble_of_the_database_parks_nothing() -> None:
    emit(1)
    ill = listener("rain", spoil=breaks_on(1, fault=OperationalError))
    for seconds in range(20):
        assert hear_all(ill, at_machine=NOW + timedelta(seconds=seconds)) == 0
    assert reads.parked() == ()
    assert reads.listeners()[0].failures == 1
    assert hear_all(listener("rain"), at_machine=NOW + timedelta(seconds=20)) == 1
    assert effects_of("rain") == [1]


def test_a_statement_that_fails_within_a_listener_counts_as_its_failure() -> None:
    emit(1)

    def act(heard: Sequence[Heard]) -> None:
        with suppress(DatabaseError):  # such a listener is wrong, and must not stop the dispatcher
            store.execute("SELECT 1 / 0")

    for hours in range(5):
        hear_all(Listener("rain", (Fallen,), act), at_machine=NOW + timedelta(hours=hours))
    assert len(reads.parked()) == 1


def test_a_body_that_can_not_be_read_is_parked() -> None:
    store.execute("SELECT zh_emit(%s, now(), %s)", (Fallen.topic, '{"n": "many"}'))
    emit(2)
    for hours in range(5):
        hear_all(listener("rain"), at_machine=NOW + timedelta(hours=hours))
    assert effects_of("rain") == [2]
    assert len(reads.parked()) == 1


def test_a_killed_dispatcher_loses_and_doubles_nothing() -> None:
    emit(1, 2)

    def die(heard: Sequence[Heard]) -> None:
        writer("rain")(heard)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hear_all(Listener("rain", (Fallen,), die))
    hear_all(listener("rain"))
    assert effects_of("rain") == [1, 2]
    assert reads.listeners()[0].failures == 0


def test_what_a_listener_emits_is_heard_too() -> None:
    def echo(heard: Sequence[Heard]) -> None:
        for one in heard:
            assert isinstance(one.event, Fallen)
            acts.emit(Risen(n=one.event.n * 10), at=one.at)

    emit(1, 2)
    hear_all(Listener("rain", (Fallen,), echo), listener("water", hears=(Risen,)))
    assert effects_of("water") == [10, 20]


def test_events_of_the_era_before_are_heard_first(district: str, at: datetime) -> None:
    rain = listener("rain")
    emit(1)
    store.execute("UPDATE outbox SET xid = '999999999'")
    store.execute("UPDATE district SET cluster = 7")
    acts.begin_era(at=at)
    emit(2)
    hear_all(rain)
    assert effects_of("rain") == [1, 2]


def test_how_far_behind_a_listener_is() -> None:
    emit(1, 2, 3)
    rain = listener("rain")
    acts.hear([rain], at_machine=NOW, budget=1)
    (state,) = reads.listeners()
    assert (state.name, state.behind_events, state.failures, state.parked) == ("rain", 2, 0, 0)
    assert 0 < state.behind_seconds < 60
    hear_all(rain)
    assert reads.listeners() == (reads.ListenerState("rain", 0, 0.0, 0, 0),)


def test_old_events_that_everybody_has_heard_are_pruned() -> None:
    emit(1, 2, 3)
    rain, snow = listener("rain", spoil=breaks_on(1)), listener("snow")
    for hours in range(5):
        hear_all(rain, snow, at_machine=NOW + timedelta(hours=hours))
    emit(4)
    acts.hear([rain], at_machine=NOW)
    later = datetime.now(UTC) + timedelta(days=8)
    assert acts.prune(at_machine=later - timedelta(days=2)) == 0
    assert acts.prune(at_machine=later) == 2
    assert [row[0] for row in store.rows("SELECT body FROM outbox ORDER BY id")] == ['{"n":1}', '{"n":4}']
    acts.give_parked(SYSTEM, listener("rain"), reads.parked()[0].event, at=NOW)
    hear_all(rain, snow)
    assert acts.prune(at_machine=later) == 2
    assert effects_of("snow") == [1, 2, 3, 4]


def test_nothing_is_pruned_while_nobody_listens() -> None:
    emit(1)
    assert acts.prune(at_machine=datetime.now(UTC) + timedelta(days=30)) == 0


@pytest.mark.parametrize(
    ("listeners", "says"),
    [
        ((listener("rain"), listener("rain")), "one name"),
        ((listener("rain", "snow"),), "unknown ones: snow"),
        ((listener("rain", "snow"), listener("snow", "rain")), "circle"),
    ],
)
def test_a_map_of_listeners_that_can_not_be_kept_is_refused(listeners: tuple[Listener, ...], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        acts.hear(listeners, at_machine=NOW)
