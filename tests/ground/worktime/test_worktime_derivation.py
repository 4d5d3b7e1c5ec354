from __future__ import annotations

import re
from pathlib import Path

import pytest

import zhihai.ground.worktime
from zhihai.ground.words import Words, join_words, read_words
from zhihai.ground.worktime.clock import evaluate
from zhihai.ground.worktime.derivation import Sentence, derive, explain
from zhihai.ground.worktime.events import extended, paused, resumed, started, stopped
from zhihai.ground.worktime.limits import Limit, WarnAt

FOLDER = Path(zhihai.ground.worktime.__file__).parent
DAYS = Limit(10, "working_day")


@pytest.fixture(scope="module")
def words() -> Words:
    return join_words([read_words(FOLDER / "words.toml")])


def test_the_case_of_the_design_is_told_in_both_languages(calendar, local, words):
    events = (
        started(local(2014, 3, 3, 15, 20), "受理"),
        paused(local(2014, 3, 7, 14, 31), "检测，行政许可法第四十五条，告知书 HD-2014-JC-0211"),
        resumed(local(2014, 3, 10, 10, 5)),
    )
    reading = evaluate(events, DAYS, calendar)
    assert derive(reading, words, "zh", sort="promised", source="区行政服务承诺表 2014 版，第 37 项") == (
        "3 月 3 日（周一）15:20 受理，自 3 月 4 日起算；承诺 10 个工作日（区行政服务承诺表 2014 版，第 37 项）。"
        "暂停：3 月 7 日至 3 月 10 日，不计 2 个工作日（检测，行政许可法第四十五条，告知书 HD-2014-JC-0211）。"
        "其间无法定节假日。到期：3 月 19 日（周三）18:00。"
    )
    told = derive(
        reading,
        words,
        "en",
        sort="promised",
        source=Sentence("worktime.list", {"before": "District promises 2014", "after": "item 37"}),
        causes={"受理": Sentence("worktime.cause.started", {}), events[1].cause: Sentence("worktime.cause.paused", {})},
    )
    assert told == (
        "Mon 3 March, 15:20: the clock started; counted from 4 March. "
        "Promised: 10 working days (District promises 2014, item 37). "
        "Paused 7 March to 10 March; 2 working days not counted (no reason recorded). "
        "No public holidays in between. Due: Wed 19 March, 18:00."
    )


def test_holidays_and_days_worked_in_exchange_are_named(calendar, local, words):
    events = (
        started(local(2014, 1, 24, 15)),
        extended(local(2014, 2, 8, 10), Limit(1, "working_day"), "负责人批准"),
        stopped(local(2014, 2, 12, 9), "办结"),
    )
    reading = evaluate(events, Limit(7, "working_day"), calendar, warning=WarnAt(before=1))
    assert derive(reading, words, "zh", sort="statutory") == (
        "1 月 24 日（周五）15:00 开始计时，自 1 月 26 日起算；法定期限 7 个工作日。"
        "延长：2 月 8 日（周六）10:00 决定延长 1 个工作日（负责人批准）。"
        "其间放假不计：春节（1 月 31 日至 2 月 6 日）。其间调休上班：1 月 26 日（周日）、2 月 8 日（周六）。"
        "预警：2 月 8 日（周六）18:00（尚余 1 个工作日）。到期：2 月 10 日（周一）18:00。"
        "2 月 12 日（周三）09:00 办结，用时 9 个工作日，已逾期。"
    )
    assert (
        "Public holidays not counted: Spring Festival (31 January to 6 February). "
        "Weekend days worked in exchange: Sun 26 January, Sat 8 February. "
    ) in derive(reading, words, "en", sort="statutory")


def keys(reading) -> list[str]:
    return [sentence.key.removeprefix("worktime.") for sentence in explain(reading, sort="step")]


def test_a_paused_clock_tells_what_is_left(calendar, local, words):
    events = (started(local(2014, 3, 3, 9)), paused(local(2014, 3, 3, 10, 30), ""))
    reading = evaluate(events, Limit(4, "working_hour"), calendar, local(2014, 3, 9))
    assert keys(reading) == ["start.working_hour", "limit", "pause.open", "holidays.none"]
    assert "Paused since Mon 3 March, 10:30 with 2 h 30 min of working time left" in derive(
        reading, words, "en", sort="step"
    )


def test_what_came_too_late_is_told_to_change_nothing(calendar, local):
    late = local(2014, 3, 10, 9)
    events = (
        started(local(2014, 3, 3, 9)),
        paused(late, "x"),
        resumed(late),
        extended(late, Limit(1, "working_day"), "y"),
        paused(late, "z"),
    )
    assert keys(evaluate(events, Limit(2, "working_day"), calendar)) == [
        "start.working_day",
        "limit",
        "pause.late",
        "extension.late",
        "pause.open_late",
        "holidays.none",
        "due",
    ]


def test_a_pause_in_the_night_is_told_to_change_nothing(calendar, local):
    events = (started(local(2014, 3, 3, 9)), paused(local(2014, 3, 4, 19), "x"), resumed(local(2014, 3, 4, 20)))
    assert "pause.idle" in keys(evaluate(events, Limit(5, "working_day"), calendar))


def test_a_start_outside_working_hours_tells_from_when_it_counts(calendar, local, words):
    reading = evaluate([started(local(2014, 1, 30, 20))], Limit(2, "working_hour"), calendar)
    assert derive(reading, words, "zh", sort="step").startswith(
        "1 月 30 日（周四）20:00 开始计时，不在工作时间，自 2 月 7 日（周五）09:00 起算，只计工作时间；"
        "本环节限 2 个工作小时。"
    )


def test_calendar_hours_tell_of_no_holidays(calendar, local, words):
    start = local(2014, 2, 1, 9)
    events = (started(start), paused(local(2014, 2, 1, 10), "x"), resumed(local(2014, 2, 1, 11, 1)))
    reading = evaluate(events, Limit(1, "calendar_hour"), calendar, warning=WarnAt(percent=50))
    assert keys(reading) == ["start.calendar_hour", "limit", "pause.late", "warning.percent", "due"]
    reading = evaluate(events, Limit(2, "calendar_hour"), calendar)
    assert "1 h 1 min not counted" in derive(reading, words, "en", sort="special")
    assert "不计 1 小时 1 分" in derive(reading, words, "zh", sort="special")


def test_a_provisional_clock_names_the_year(calendar, local, words):
    reading = evaluate([started(local(2014, 12, 22, 9))], DAYS, calendar, provisional=True)
    assert keys(reading) == ["start.working_day", "limit", "provisional", "due"]
    assert derive(reading, words, "en", sort="step").endswith(
        "The holidays of 2015 are not known yet; these times go by weekends alone and are provisional. "
        "Due: Mon 5 January 2015, 18:00."
    )
    unknown = evaluate([started(local(2012, 12, 3, 9))], DAYS, calendar, provisional=True)
    assert "2012 年的放假安排尚未载入" in derive(unknown, words, "zh", sort="step")


def test_a_limit_of_one_is_singular_and_a_clock_in_time_says_so(calendar, local, words):
    reading = evaluate(
        (started(local(2014, 3, 3, 9)), stopped(local(2014, 3, 4, 18))), Limit(1, "working_day"), calendar
    )
    told = derive(reading, words, "en", sort="step")
    assert "Limit of this step: 1 working day." in told
    assert told.endswith("Tue 4 March, 18:00: the clock stopped after 1 working day, in time.")


def test_every_refusal_of_working_time_has_words(words):
    raised = {
        code
        for file in FOLDER.glob("*.py")
        for code in re.findall(r'(?:Refused|__init__)\(\s*"(\w+)"', file.read_text(encoding="utf-8"))
    }
    assert {f"refused.{code}" for code in raised} == {key for key in words if key.startswith("refused.")}
