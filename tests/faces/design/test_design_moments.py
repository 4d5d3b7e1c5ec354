"""Instants as people say them, in both languages, in the district's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhihai.faces.design.moments import RELATIVE, Style, iso, say_instant, time_element
from zhihai.faces.design.speech import Speech

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2014, 2, 21, 2, 42, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("style", "in_zh", "in_en"),
    [
        ("day", "2月21日 周五", "Fri 21 Feb"),
        ("date", "2014年2月21日", "21 Feb 2014"),
        ("clock", "10:42", "10:42"),
        ("minute", "2月21日 10:42", "21 Feb, 10:42"),
        ("full", "2014年2月21日 周五 10:42", "Fri 21 Feb 2014, 10:42"),
        ("exact", "2014年2月21日 周五 10:42:00(UTC+08:00)", "Fri 21 Feb 2014, 10:42:00 (UTC+08:00)"),
    ],
)
def test_fixed_forms(zh: Speech, en: Speech, style: Style, in_zh: str, in_en: str) -> None:
    assert say_instant(zh, ZONE, NOW, style) == in_zh
    assert say_instant(en, ZONE, NOW, style) == in_en


@pytest.mark.parametrize(
    ("away", "in_zh", "in_en"),
    [
        (timedelta(), "今天 10:42", "today 10:42"),
        (timedelta(hours=13), "今天 23:42", "today 23:42"),
        (timedelta(hours=14), "明天 00:42", "tomorrow 00:42"),
        (timedelta(hours=-11), "昨天 23:42", "yesterday 23:42"),
        (2 * DAY, "2月23日 10:42", "23 Feb, 10:42"),
        (-60 * DAY, "2013年12月23日 10:42", "23 Dec 2013, 10:42"),
    ],
)
def test_when_is_said_from_the_local_day(zh: Speech, en: Speech, away: timedelta, in_zh: str, in_en: str) -> None:
    assert say_instant(zh, ZONE, NOW + away, "when", NOW) == in_zh
    assert say_instant(en, ZONE, NOW + away, "when", NOW) == in_en


@pytest.mark.parametrize(
    ("away", "in_zh", "in_en"),
    [
        (timedelta(), "今天", "today"),
        (timedelta(hours=14), "明天", "tomorrow"),
        (timedelta(hours=-11), "昨天", "yesterday"),
        (2 * DAY, "2月23日 周日", "Sun 23 Feb"),
        (-60 * DAY, "2013年12月23日", "23 Dec 2013"),
    ],
)
def test_a_whole_day_is_said_without_an_hour(zh: Speech, en: Speech, away: timedelta, in_zh: str, in_en: str) -> None:
    assert say_instant(zh, ZONE, NOW + away, "whole", NOW) == in_zh
    assert say_instant(en, ZONE, NOW + away, "whole", NOW) == in_en


@pytest.mark.parametrize(
    ("away", "ago", "left"),
    [
        (timedelta(), "just now", "just late"),
        (59 * timedelta(seconds=1), "in a moment", "due now"),
        (MINUTE, "in 1 minute", "1 minute left"),
        (59 * MINUTE, "in 59 minutes", "59 minutes left"),
        (HOUR, "in 1 hour", "1 hour left"),
        (47 * HOUR + 59 * MINUTE, "in 47 hours", "47 hours left"),
        (48 * HOUR, "in 2 days", "2 days left"),
        (-1 * MINUTE, "1 minute ago", "1 minute late"),
        (-26 * HOUR, "26 hours ago", "26 hours late"),
        (-9 * DAY, "9 days ago", "9 days late"),
    ],
)
def test_spans_in_english(en: Speech, away: timedelta, ago: str, left: str) -> None:
    assert say_instant(en, ZONE, NOW + away, "ago", NOW) == ago
    assert say_instant(en, ZONE, NOW + away, "left", NOW) == left


def test_spans_in_chinese(zh: Speech) -> None:
    assert say_instant(zh, ZONE, NOW - 3 * HOUR, "ago", NOW) == "3 小时前"
    assert say_instant(zh, ZONE, NOW + 5 * DAY, "left", NOW) == "剩 5 天"
    assert say_instant(zh, ZONE, NOW - HOUR, "left", NOW) == "逾期 1 小时"


@given(st.integers(-(10**9), 10**9).map(lambda n: NOW + timedelta(seconds=n)), st.sampled_from(get_args(Style)))
def test_every_instant_can_be_said_in_every_style(en: Speech, at: datetime, style: Style) -> None:
    said = say_instant(en, ZONE, at, style, NOW)
    assert said
    assert "{" not in said


def test_an_element_carries_the_exact_instant_and_only_relative_ones_are_kept_true(en: Speech) -> None:
    for style in get_args(Style):
        element = str(time_element(en, ZONE, NOW, style, NOW))
        assert 'datetime="2014-02-21T02:42:00Z"' in element
        assert 'title="Fri 21 Feb 2014, 10:42:00 (UTC+08:00)"' in element
        assert (f'data-told="{style}"' in element) is (style in RELATIVE)


def test_a_zone_that_changes_its_clock_is_said_with_its_offset_of_that_day(en: Speech) -> None:
    zone = ZoneInfo("Europe/Berlin")
    assert say_instant(en, zone, datetime(2014, 7, 1, 12, tzinfo=UTC), "exact").endswith("14:00:00 (UTC+02:00)")
    assert say_instant(en, zone, datetime(2014, 1, 1, 12, tzinfo=UTC), "exact").endswith("13:00:00 (UTC+01:00)")


def test_iso_is_utc_to_the_second() -> None:
    assert iso(datetime(2014, 2, 21, 10, 42, 7, 900, tzinfo=ZONE)) == "2014-02-21T02:42:07Z"


def test_what_can_not_be_said_is_refused(en: Speech) -> None:
    with pytest.raises(ValueError, match="time zone"):
        say_instant(en, ZONE, NOW.replace(tzinfo=None), "day")
    with pytest.raises(ValueError, match="none of"):
        say_instant(en, ZONE, NOW, "soon")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="present instant"):
        say_instant(en, ZONE, NOW, "ago")
