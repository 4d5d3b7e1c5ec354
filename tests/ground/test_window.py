"""The window a rule looks through, and the verdict it gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhihai.ground.reading import Flag
from zhihai.ground.window import HOLDS, HOUR, QUIET, Sample, Verdict, Window, gathered

AT = datetime(2014, 2, 26, 10, tzinfo=UTC)


def test_hours_are_aligned_to_the_end_of_the_window_and_gaps_are_none() -> None:
    window = Window(AT, {"pm25": (Sample(AT - 3 * HOUR, 1.0), Sample(AT - HOUR, 3.0))})
    assert window.values("pm25", 4) == [None, 1.0, None, 3.0]


def test_the_hour_that_begins_with_the_end_is_not_seen_and_the_oldest_is() -> None:
    window = Window(AT, {"pm25": (Sample(AT - 2 * HOUR, 1.0), Sample(AT, 9.0), Sample(AT + HOUR, 9.0))})
    assert window.values("pm25", 2) == [1.0, None]
    assert window.values("pm25", 1) == [None]


def test_a_value_set_aside_or_absent_does_not_count_but_an_older_one_of_the_hour_does() -> None:
    begin = AT - HOUR
    series = (
        Sample(begin + timedelta(minutes=10), 5.0),
        Sample(begin + timedelta(minutes=20), 6.0),
        Sample(begin + timedelta(minutes=30), 7.0, Flag.INVALID | Flag.DOUBTFUL),
        Sample(begin + timedelta(minutes=40), None),
    )
    assert Window(AT, {"pm25": series}).values("pm25", 1) == [6.0]


def test_of_several_values_in_an_hour_the_one_at_its_begin_stands_for_it() -> None:
    given = tuple(Sample(AT - HOUR + timedelta(minutes=minute), float(minute)) for minute in (0, 13, 40))
    assert Window(AT, {"pm25": given}).values("pm25", 1) == [0.0]
    assert Window(AT, {"pm25": given[1:]}).values("pm25", 1) == [40.0]


def test_an_unknown_quantity_and_an_empty_window_are_all_gaps() -> None:
    assert Window(AT, {}).values("pm25", 3) == [None, None, None]
    assert Window(AT, {"pm25": ()}).hours("pm25", 0) == []


@given(st.lists(st.integers(0, 600), max_size=60, unique=True), st.integers(0, 20))
def test_hours_agree_with_looking_at_every_sample(minutes: list[int], count: int) -> None:
    series = tuple(Sample(AT - timedelta(minutes=back), float(back)) for back in sorted(minutes, reverse=True))
    expected: list[float | None] = []
    for hour in range(count, 0, -1):
        inside = [s for s in series if AT - hour * HOUR <= s.at < AT - (hour - 1) * HOUR]
        first = [s for s in inside if s.at == AT - hour * HOUR]
        expected.append((first or inside)[-1].value if inside else None)
    assert Window(AT, {"x": series}).values("x", count) == expected


@pytest.mark.parametrize("kind", ["holds", "quiet"])
def test_only_opening_and_closing_have_a_since(kind: str) -> None:
    with pytest.raises(ValueError, match="no since"):
        Verdict(kind, AT)  # type: ignore[arg-type]


def test_told_adds_facts_and_leaves_the_verdict_as_it_was() -> None:
    opened = Verdict("opens", AT, {"index": 250.0}).told(primary="pm25")
    assert (opened.kind, opened.since, dict(opened.facts)) == ("opens", AT, {"index": 250.0, "primary": "pm25"})
    assert not QUIET.facts
    assert not HOLDS.told(index=1.0).since
    assert not HOLDS.facts


def test_an_episode_keeps_the_peak_of_hours_that_its_window_no_longer_shows() -> None:
    before: dict[str, float | str] = {"index": 462.0, "peak": 462.0, "peak_primary": "pm25"}
    lower = gathered(before, {"index": 210.0, "peak": 307.0, "peak_primary": "no2"})
    assert lower == {"index": 210.0, "peak": 462.0, "peak_primary": "pm25"}
    assert gathered(before, {"peak": 470.0, "peak_primary": "no2"})["peak_primary"] == "no2"
    assert gathered({}, before) == before
    assert gathered(before, {"cause": "gap"}) == {**before, "cause": "gap"}
