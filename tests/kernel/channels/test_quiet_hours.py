"""Quiet hours: by the clock on the wall of whoever sleeps, over midnight and over a change of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhihai.kernel.channels.quiet import NO_QUIET, QuietHours

ZONES = st.sampled_from([ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "UTC")])
INSTANTS = st.integers(0, 16 * 366 * 24 * 60).map(
    lambda minutes: datetime(2014, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
TIMES = st.times().map(lambda one: one.replace(second=0, microsecond=0))
NIGHT = QuietHours(time(21), time(8))
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("hour", "minute", "quiet"),
    [(20, 59, False), (21, 0, True), (23, 59, True), (0, 0, True), (7, 59, True), (8, 0, False), (12, 0, False)],
)
def test_the_night_is_quiet_from_nine_to_eight(hour: int, minute: int, quiet: bool) -> None:
    assert NIGHT.hold(datetime(2026, 5, 1, hour, minute, tzinfo=UTC) - timedelta(hours=8), SHANGHAI) is quiet


@given(TIMES, TIMES, INSTANTS, ZONES)
def test_whoever_reads_the_clock_comes_to_the_same(starts: time, ends: time, at: datetime, zone: ZoneInfo) -> None:
    """Minute by minute from when they began: an hour is quiet if its begin is met before its end, going back."""
    shown = at.astimezone(zone)
    minute = shown.hour * 60 + shown.minute
    since_start = (minute - starts.hour * 60 - starts.minute) % 1440
    lasts = (ends.hour * 60 + ends.minute - starts.hour * 60 - starts.minute) % 1440
    assert QuietHours(starts, ends).hold(at, zone) is (since_start < lasts)


@given(INSTANTS, ZONES, TIMES)
def test_no_hours_are_never_quiet_and_hours_and_their_complement_never_agree(
    at: datetime, zone: ZoneInfo, other: time
) -> None:
    assert not NO_QUIET.hold(at, zone)
    if other != time(21):
        assert QuietHours(time(21), other).hold(at, zone) is not QuietHours(other, time(21)).hold(at, zone)


@given(INSTANTS, ZONES)
def test_an_instant_is_judged_by_itself_however_it_is_written(at: datetime, zone: ZoneInfo) -> None:
    assert NIGHT.hold(at, zone) is NIGHT.hold(at.astimezone(SHANGHAI), zone)


@given(INSTANTS, ZONES)
def test_every_night_ends(at: datetime, zone: ZoneInfo) -> None:
    assert not all(NIGHT.hold(at + timedelta(hours=hour), zone) for hour in range(13))
