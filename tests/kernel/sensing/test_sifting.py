"""Sifting and keeping, the pure parts: columns to and from the store, stretches, senders' grants."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zhihai.ground.actors import Actor, Grant, Scope
from zhihai.ground.instants import from_micros
from zhihai.kernel.identity.kinds import SEND_READINGS
from zhihai.kernel.sensing import book, columns, keeping, sifting

MICROS = st.integers(-(2**53), 2**53)
ROWS = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 40 * 86_400_000_000)), min_size=1, max_size=60, unique=True)


class TestColumns:
    def test_arrays_come_back_as_they_went(self, place: str) -> None:
        sent = (
            columns.Integers(np.array([1, -2, 2**31 - 1], np.int32)),
            columns.Smallints(np.array([0, -1, 2**15 - 1], np.int16)),
            columns.Doubles(np.array([0.1, -1e300, 5e-324])),
            columns.Instants(np.array([0, -1, 1_393_027_200_000_001], np.int64)),
        )
        (row,) = columns.ask("SELECT %s, %s, %s, %s", sent)
        for given_, back in zip(sent, row, strict=True):
            assert back.tolist() == given_.values.tolist()

    def test_nothing_is_an_array_too(self, place: str) -> None:
        (row,) = columns.ask("SELECT %s, %s", (columns.Integers(np.empty(0, np.int32)), columns.Doubles(np.empty(0))))
        assert [back.tolist() for back in row] == [[], []]

    def test_the_store_reads_what_we_mean(self, place: str) -> None:
        at = columns.Instants(np.array([1_393_027_200_000_001, columns.NEVER], np.int64))
        (row,) = columns.ask("SELECT (%s)[1]::text, (%s)[2] = '-infinity'", (at, at))
        assert row == ("2014-02-22 00:00:00.000001+00", True)


class TestStretches:
    @given(ROWS)
    def test_every_row_lies_in_a_stretch_of_its_device_and_is_counted_once(self, rows: list[tuple[int, int]]) -> None:
        device, at = np.array(rows, np.int64).T
        found = keeping.stretches(device.astype(np.int32), at)
        assert sum(count for *_, count in found) == len(rows)
        for one, instant in rows:
            assert any(one in devices and first <= instant <= last for devices, first, last, _ in found)

    @given(ROWS)
    def test_what_is_told_is_little_more_than_what_came(self, rows: list[tuple[int, int]]) -> None:
        device, at = np.array(rows, np.int64).T
        told = sum(
            len(devices) * (last - first) for devices, first, last, _ in keeping.stretches(device.astype(np.int32), at)
        )
        own = {one: [instant for d, instant in rows if d == one] for one in {d for d, _ in rows}}
        spans = sum(max(instants) - min(instants) for instants in own.values())
        assert told <= 2 * spans + len(own) * keeping.STRETCH_US

    def test_stations_of_one_hour_are_one_stretch(self) -> None:
        found = keeping.stretches(np.array([3, 1, 2], np.int32), np.array([5, 5, 6], np.int64))
        assert found == [((1, 2, 3), 5, 6, 3)]


class TestMonths:
    @given(st.lists(MICROS, max_size=20))
    def test_months_are_those_of_utc(self, instants: list[int]) -> None:
        found = keeping.months(np.array(instants, np.int64))
        assert found == sorted({from_micros(one).date().replace(day=1) for one in instants})
        assert all(isinstance(month, date) for month in found)


class TestNewest:
    @given(ROWS)
    def test_the_last_row_of_each_stream_and_the_one_before(self, rows: list[tuple[int, int]]) -> None:
        rows = sorted(rows)
        stream, at = np.array(rows, np.int64).T
        positions, before = keeping.newest(stream.astype(np.int32), at)
        for position, earlier in zip(positions.tolist(), before.tolist(), strict=True):
            one, instant = rows[position - 1]
            others = sorted(at_ for stream_, at_ in rows if stream_ == one)
            assert instant == others[-1]
            assert earlier == (others[-2] if len(others) > 1 else columns.NEVER)
        assert len(positions) == len({stream_ for stream_, _ in rows})


numbers = st.integers(0, 6)
grants = st.builds(
    lambda org, area, types, power: Grant(
        role="r", org_lo=min(org), org_hi=max(org), area_lo=min(area), area_hi=max(area), types=types,
        powers=frozenset({power}),
    ),
    st.tuples(numbers, numbers), st.tuples(numbers, numbers), st.none() | st.frozensets(st.integers(1, 3)),
    st.sampled_from([SEND_READINGS, "case.see"]),
)  # fmt: skip


@given(st.lists(grants, max_size=4), st.lists(st.tuples(numbers, numbers), min_size=1, max_size=10))
def test_who_may_send_agrees_with_the_scope(held: list[Any], places: list[tuple[int, int]]) -> None:
    actor = Actor(account=1, name="sender", sort="device", scope=Scope(grants=tuple(held)))
    rows = np.zeros(len(places), book.COLUMNS)
    rows["org"], rows["area"] = np.array(places).T
    found = sifting.allowed(rows, actor).tolist()
    assert found == [actor.scope.covers(org, area, 0, SEND_READINGS) for org, area in places]
