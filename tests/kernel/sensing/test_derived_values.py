"""Derived values: a pure function of what is kept, whatever order it came in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.test.utils import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhihai.ground.actors import SYSTEM
from zhihai.ground.reading import Flag, Reading
from zhihai.ground.registry import Registry
from zhihai.kernel import records
from zhihai.kernel.journal import acts as journal
from zhihai.kernel.journal import reads as journals
from zhihai.kernel.journal.events import decode
from zhihai.kernel.sensing import acts
from zhihai.kernel.sensing import reads as sensing
from zhihai.kernel.sensing.derivation import Span, days, merge
from zhihai.kernel.sensing.events import ReadingsRecorded
from zhihai.kernel.sensing.kinds import Derivation, Derived, DeviceKind, QuantityKind

AT = datetime(2014, 2, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
ZONE = ZoneInfo("Asia/Shanghai")
Kept = dict[datetime, tuple[float, int]]


def dust(value: float, hours: float, **more: Any) -> Reading:
    return Reading("west", "dust", AT + hours * HOUR, value, **more)


def rain(value: float, hours: float) -> Reading:
    return Reading("west", "rain", AT + hours * HOUR, value)


def expected(dusts: dict[int, float], rains: dict[int, float]) -> tuple[Kept, Kept]:
    """What the two derivations of the tests' pack must come to, hour by hour and day by day, by brute force."""
    hours = sorted(dusts.keys() | rains.keys())
    means: Kept = {}
    for hour in range(hours[0], hours[-1] + 1):
        values = [dusts[h] for h in (hour - 2, hour - 1, hour) if h in dusts]
        if len(values) >= 2:
            means[AT + hour * HOUR] = (sum(values) / len(values), 0 if len(values) == 3 else Flag.INCOMPLETE)
    sums: Kept = {}
    first, last = ((AT + hours[end] * HOUR).astimezone(ZONE).date() for end in (0, -1))
    while first <= last:
        begin = datetime(first.year, first.month, first.day, tzinfo=ZONE).astimezone(UTC)
        end = begin + 24 * HOUR
        falls = [value for hour, value in rains.items() if begin <= AT + hour * HOUR < end]
        # The window of 25 hours holds the last hour of the day before as well: it makes the day known, not wet.
        if falls or (AT + hours[0] * HOUR <= begin and begin - HOUR in {AT + hour * HOUR for hour in rains}):
            sums[begin] = (sum(falls), 0)
        first += timedelta(days=1)
    return means, sums


def heard() -> list[journal.Heard]:
    """Every event in the outbox, as a listener is given it."""
    found = records.rows("SELECT id, at, body FROM outbox WHERE topic = 'sensing.ReadingsRecorded' ORDER BY id")
    return [journal.Heard(id_, at, decode(ReadingsRecorded, body)) for id_, at, body in found]


hours_ago = st.dictionaries(st.integers(-200, -1), st.integers(0, 100).map(float), max_size=25)


class TestOrder:
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(dusts=hours_ago, rains=hours_ago, data=st.data())
    def test_order_and_batches_do_not_matter(
        self, send: Any, kept: Any, dusts: dict[int, float], rains: dict[int, float], data: st.DataObject
    ) -> None:
        readings = [dust(value, hour) for hour, value in dusts.items()]
        readings += [rain(value, hour) for hour, value in rains.items()]
        shuffled = data.draw(st.permutations(readings))
        with transaction.atomic():
            done = 0
            while shuffled:
                count = data.draw(st.integers(1, len(shuffled)))
                send(*shuffled[:count])
                shuffled = shuffled[count:]
                if data.draw(st.booleans()) or not shuffled:  # the listener comes by now and then
                    acts.derive(heard()[done:])
                    done = len(heard())
            if readings:
                assert (kept("west", "dust3"), kept("west", "rain_day")) == expected(dusts, rains)
            transaction.set_rollback(True)

    def test_hours_without_anything_are_computed_once_the_device_speaks_again(
        self, send: Any, kept: Any, hear: Callable[[], int]
    ) -> None:
        send(dust(10.0, -500), dust(20.0, -499))
        hear()
        assert list(kept("west", "dust3")) == [AT - 499 * HOUR]
        send(dust(30.0, -1))
        hear()
        assert kept("west", "dust3") == {AT - 499 * HOUR: (15.0, 2), AT - 498 * HOUR: (15.0, 2)}

    def test_a_value_carries_its_note_and_becomes_the_latest(self, send: Any, hear: Callable[[], int]) -> None:
        send(dust(10.0, -3), dust(20.0, -2), dust(30.0, -1))
        hear()
        west = sensing.device("west").id
        newest = sensing.latest([west])[west, "probe.dust3"]
        assert (newest.at, newest.value, newest.flags, newest.note) == (AT - HOUR, 20.0, 0, "2014-02-20")
        send(dust(40.0, -4))
        hear()
        assert sensing.latest([west])[west, "probe.dust3"].at == AT - HOUR

    def test_a_value_set_aside_by_its_device_counts_nowhere(
        self, send: Any, kept: Any, hear: Callable[[], int]
    ) -> None:
        send(dust(10.0, -3), dust(990.0, -2, flags=Flag.INVALID), dust(30.0, -1))
        hear()
        assert kept("west", "dust3") == {AT - HOUR: (20.0, Flag.INCOMPLETE)}

    def test_only_what_changed_is_written_and_journalled(self, send: Any, hear: Callable[[], int]) -> None:
        def entries() -> list[int]:
            found = records.rows("SELECT data FROM journal_entry WHERE act = 'sensing.derive' ORDER BY id")
            return [records.json_object(data)["changes"] for (data,) in found]

        send(*(dust(1.0, -n) for n in range(1, 11)))
        hear()
        assert entries() == [9]
        send(dust(1.0, -11))
        hear()  # two hours rest on three values now; that of −10 on three instead of two
        assert entries() == [9, 2]
        acts.derive(heard())
        assert entries() == [9, 2]


class TestAlign:
    def test_a_new_version_of_a_computation_computes_the_past_anew(
        self, send: Any, kept: Any, hear: Callable[[], int], kinds: Registry
    ) -> None:
        send(dust(10.0, -2000), dust(20.0, -1999), dust(20.0, -2), dust(30.0, -1))
        hear()
        assert acts.align(SYSTEM, at=AT) == 0
        with override_settings(ZHIHAI_REGISTRY=doubled(kinds)):
            assert acts.align(SYSTEM, at=AT) > 0
            assert {value for value, _ in kept("west", "dust3").values()} == {30.0, 50.0}
            assert acts.align(SYSTEM, at=AT) == 0
        west = sensing.device("west")
        assert [entry.act for entry in journals.entries("device", west.id)][-1] == "sensing.align"

    def test_a_value_that_is_none_any_more_is_taken_away_with_its_latest(
        self, send: Any, kept: Any, hear: Callable[[], int], kinds: Registry
    ) -> None:
        send(dust(10.0, -3), dust(20.0, -2), dust(990.0, -1))
        hear()
        with override_settings(ZHIHAI_REGISTRY=changed(kinds, lambda value: value if value < 100 else None)):
            acts.align(SYSTEM, at=AT)
        west = sensing.device("west").id
        assert kept("west", "dust3") == {AT - 2 * HOUR: (15.0, 2)}
        assert sensing.latest([west])[west, "probe.dust3"].at == AT - 2 * HOUR


def changed(kinds: Registry, how: Callable[[float], float | None]) -> Registry:
    """The tests' kinds with another version of the mean of three hours."""
    quantity = kinds.get(QuantityKind, "probe.dust3")
    derivation = quantity.derivation
    assert derivation is not None
    compute = derivation.compute

    def other(window: Any, day: Any, zone: Any) -> Derived:
        derived = compute(window, day, zone)
        return derived if derived.value is None else replace(derived, value=how(derived.value))

    newer: Derivation = replace(derivation, compute=other, version=derivation.version + 1)
    rest = [kind for name, kind in kinds.all(QuantityKind) if name.startswith("probe.") and kind.id != "dust3"]
    return Registry({"probe": (*rest, replace(quantity, derivation=newer), kinds.get(DeviceKind, "probe.station"))})


def doubled(kinds: Registry) -> Registry:
    return changed(kinds, lambda value: 2 * value)


class TestSpans:
    @given(
        st.lists(st.tuples(st.integers(1, 3), st.integers(0, 300), st.integers(0, 40)), max_size=20), st.integers(0, 30)
    )
    def test_merged_spans_cover_the_same_and_lie_apart(self, given_: list[tuple[int, int, int]], reach: int) -> None:
        spans = [Span(device, AT + first * HOUR, AT + (first + length) * HOUR) for device, first, length in given_]
        merged = merge(spans, reach * HOUR)
        for span in spans:
            assert any(
                one.device == span.device and one.first <= span.first and span.last <= one.last for one in merged
            )
        for one in merged:
            assert {one.first} <= {span.first for span in spans if span.device == one.device}
            assert {one.last} <= {span.last for span in spans if span.device == one.device}
            assert not any(
                other is not one and other.device == one.device and other.first <= one.last + reach * HOUR
                and one.first <= other.last + reach * HOUR
                for other in merged
            )  # fmt: skip

    def test_local_days_follow_summer_time(self) -> None:
        zone = ZoneInfo("Europe/Berlin")
        first = datetime(2014, 10, 25, 12, tzinfo=UTC)
        found = list(days(first, first + 30 * HOUR, zone))
        assert [interval.end - interval.begin for interval in found] == [24 * HOUR, 25 * HOUR]
        assert found[0].end == found[1].begin == datetime(2014, 10, 25, 22, tzinfo=UTC)
