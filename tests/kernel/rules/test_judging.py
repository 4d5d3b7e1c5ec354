"""Judging: one open finding an episode, whoever judges and whatever comes late; a case of one's own devices only."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import NotFound, NotPermitted, Refused
from zhihai.kernel import house, records
from zhihai.kernel.cases import reads as cases
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal_acts
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.rules import acts, reads
from zhihai.kernel.sensing import acts as sensing
from zhihai.kernel.sensing import reads as devices

from .conftest import HOUR, START

WIND, RAIN, PM = "weather.wind_speed", "weather.rain", "air.pm25"
STORM = [2.0] * 3 + [8.0] * 4 + [2.0] * 8


def opened() -> list[str]:
    return [
        row[0] for row in records.rows("SELECT k.name FROM cases c JOIN case_type k ON k.no = c.type_no ORDER BY c.id")
    ]


class TestEpisodes:
    def test_one_episode_is_one_finding_with_begin_end_and_facts(self, station: Any) -> None:
        weather = station("east-weather")
        weather.series(WIND, STORM)
        (found,) = weather.found("weather.strong_wind")
        assert found.since == START + 3 * HOUR
        assert (found.opened, found.closed) == (START + 5 * HOUR, START + 13 * HOUR)
        assert found.facts["peak"] == 8.0
        assert found.limits["speed"] == 5.5
        assert found.mode == "replay"

    def test_it_opens_a_case_about_it_in_the_same_transaction(self, station: Any) -> None:
        station("east-weather").series(WIND, STORM)
        (found,) = reads.findings(rule="weather.strong_wind")
        (line,) = cases.recent(SYSTEM, subject=("finding", [found.id]))
        assert line.kind == "weather.dust_check"
        title = house.words().say("weather.case.dust_check.title", "en", **said(line.facts))
        assert "East Shore" in title
        written = records.rows("SELECT xid FROM journal_entry WHERE act IN ('rules.open_finding', 'cases.open_case')")
        assert len(written) == 2
        assert written[0] == written[1]

    def test_what_opened_and_closed_is_in_the_journal(self, station: Any) -> None:
        station("east-weather").series(WIND, STORM)
        (found,) = reads.findings(rule="weather.strong_wind")
        acts_of = [entry.act for entry in journal.entries("finding", found.id)]
        assert acts_of == ["rules.open_finding", "rules.close_finding"]

    def test_coming_all_at_once_changes_nothing(self, station: Any) -> None:
        weather = station("east-weather")
        weather.series(WIND, STORM * 3, at_once=True)
        assert [(one.opened, one.closed) for one in weather.found("weather.strong_wind")] == [
            (START + (5 + 15 * n) * HOUR, START + (13 + 15 * n) * HOUR) for n in range(3)
        ]

    def test_facts_of_one_episode_do_not_stick_to_the_next(self, station: Any) -> None:
        weather = station("east-weather")
        weather.series(WIND, [8.0] * 4 + [2.0] * 50 + [6.0] * 3 + [2.0] * 7, at_once=True)
        assert [one.facts["peak"] for one in weather.found("weather.strong_wind")] == [8.0, 6.0]

    def test_while_it_lasts_what_it_says_is_kept_up_to_date(self, station: Any) -> None:
        weather = station("east-weather")
        weather.series(WIND, [6.0, 6.0, 6.0])
        weather.series(WIND, [9.0], start=3)
        (found,) = weather.found("weather.strong_wind")
        assert (found.closed, found.facts["peak"], found.facts["speed"]) == (None, 9.0, 9.0)

    def test_a_long_episode_keeps_the_peak_that_its_window_no_longer_shows(self, station: Any) -> None:
        weather = station("east-weather")
        weather.series(WIND, [9.0, *[6.0] * 50])
        weather.series(WIND, [6.5] * 20, start=51, at_once=True)
        (found,) = weather.found("weather.strong_wind")
        assert (found.closed, found.facts["peak"], found.facts["speed"]) == (None, 9.0, 6.5)
        weather.series(WIND, [2.0] * 8, start=71)
        (found,) = weather.found("weather.strong_wind")
        assert (found.closed is None, found.facts["peak"], found.facts["cause"]) == (False, 9.0, "within")

    def test_the_peak_of_an_earlier_episode_is_not_told_of_the_next(self, station: Any) -> None:
        weather = station("east-weather")
        weather.series(WIND, [9.0] * 4 + [2.0] * 8 + [6.0] * 4 + [2.0] * 8)
        assert [one.facts["peak"] for one in weather.found("weather.strong_wind")] == [9.0, 6.0]

    def test_the_same_event_heard_again_changes_nothing(self, station: Any) -> None:
        weather = station("east-weather")
        weather.series(WIND, STORM)
        before = records.rows("SELECT f::text FROM finding f"), opened()
        records.execute("UPDATE listener SET xid = '0', id = 0")
        weather.hear()
        assert (records.rows("SELECT f::text FROM finding f"), opened()) == before


def said(facts: dict[str, Any]) -> dict[str, Any]:
    return {key: value["en"] if isinstance(value, dict) and "en" in value else value for key, value in facts.items()}


class TestLateData:
    def test_a_late_reading_reopens_nothing(self, station: Any) -> None:
        weather = station("east-weather")
        storm = list(enumerate(STORM))
        kept = [hour for hour in storm if hour[0] not in (4, 5)]
        for number, value in kept:
            weather.take([(number, {WIND: value})])
        before = [(one.opened, one.closed) for one in weather.found("weather.strong_wind")]
        weather.take([(number, {WIND: 9.0}) for number in (4, 5)], at=START + 20 * HOUR)
        assert [(one.opened, one.closed) for one in weather.found("weather.strong_wind")] == before
        assert len(opened()) <= 1

    def test_one_that_tips_the_latest_hour_opens_once(self, station: Any) -> None:
        weather = station("east-weather")
        for hour in (0, 1, 3):
            weather.take([(hour, {WIND: 8.0 if hour == 3 else 2.0})])
        assert weather.found("weather.strong_wind") == []
        for _ in range(2):
            weather.take([(2, {WIND: 8.0})], at=START + 5 * HOUR)
        assert len(weather.found("weather.strong_wind")) == 1

    def test_whatever_the_order_there_is_never_a_second_open_finding(self, station: Any) -> None:
        weather = station("east-weather")
        draw = random.Random(5)
        hours = [(n, {WIND: draw.choice([2.0, 8.0])}) for n in range(60)]
        while hours:
            chunk = [hours.pop(draw.randrange(min(6, len(hours)))) for _ in range(min(len(hours), draw.randint(1, 4)))]
            weather.take(chunk, at=START + 61 * HOUR)
        assert records.value(
            "SELECT max(n) FROM (SELECT count(*) AS n FROM finding WHERE closed_at IS NULL GROUP BY rule) x"
        ) in (None, 1)
        found = weather.found("weather.strong_wind")
        assert all(one.closed is None or one.closed <= after.opened for one, after in pairwise(found))


class TestCases:
    def test_a_neighbours_station_opens_findings_and_no_case(self, station: Any) -> None:
        for code in ("far-air", "east-air"):
            station(code).series(PM, [400.0] * 30, at_once=True)
        assert {one.device for one in reads.findings(rule="air.heavy_pollution")} == {
            devices.device(code).id for code in ("far-air", "east-air")
        }
        assert opened() == ["air.inspection"]

    def test_a_second_episode_soon_after_opens_no_second_case(self, station: Any) -> None:
        weather = station("east-weather")
        weather.series(WIND, STORM + [8.0] * 4 + [2.0] * 8, at_once=True)
        assert len(weather.found("weather.strong_wind")) == 2
        assert opened() == ["weather.dust_check"]

    def test_one_after_it_has_rested_does(self, station: Any) -> None:
        weather = station("east-weather")
        weather.series(WIND, STORM + [2.0] * 20 + [8.0] * 4 + [2.0] * 8, at_once=True)
        assert len(weather.found("weather.strong_wind")) == 2
        assert opened() == ["weather.dust_check"] * 2

    def test_without_a_duty_nothing_is_found_until_there_is_one(self, station: Any) -> None:
        records.execute("DELETE FROM duty")
        weather = station("east-weather")
        weather.series(WIND, [8.0] * 3, at_once=True)
        assert weather.found("weather.strong_wind") == []
        (state,) = [one for one in journal.listeners() if one.name == "rules.judge"]
        assert state.failures == 1


class TestSilence:
    def test_a_silent_station_is_found_by_the_hour_and_closes_when_it_is_back(self, station: Any) -> None:
        air = station("east-air")
        air.series(PM, [30.0] * 3)
        air.silence(3, 8)
        assert air.found("air.silent_station") == []
        air.silence(9, 12)
        (found,) = air.found("air.silent_station")
        assert (found.since, found.opened, found.closed) == (START + 3 * HOUR, START + 9 * HOUR, None)
        assert found.facts["hours"] == 9
        air.series(PM, [30.0] * 3, start=12)
        air.silence(13, 15)
        (found,) = air.found("air.silent_station")
        assert found.closed == START + 14 * HOUR

    def test_hours_of_a_standstill_are_made_up_in_order(self, station: Any) -> None:
        air = station("east-air")
        air.series(PM, [30.0] * 3)
        air.silence(3, 3)
        air.series(PM, [30.0] * 3, start=20)
        acts.judge_hour(at=START + 40 * HOUR)
        found = [(one.opened, one.closed) for one in air.found("air.silent_station")]
        assert found == [(START + 9 * HOUR, START + 22 * HOUR), (START + 29 * HOUR, None)]

    def test_a_standstill_of_months_is_made_up_in_parts(self, station: Any) -> None:
        air = station("east-air")
        air.series(PM, [30.0])
        acts.judge_hour(at=START + HOUR)
        late = START + 100 * 24 * HOUR
        assert acts.judge_hour(at=late) == 2 * 60 * 24
        assert acts.judge_hour(at=late) > 0
        assert acts.judge_hour(at=late) == 0

    def test_within_an_hour_nothing_is_judged_twice(self, station: Any) -> None:
        station("east-air").series(PM, [30.0])
        assert acts.judge_hour(at=START + 2 * HOUR) == 2
        assert acts.judge_hour(at=START + 2 * HOUR + timedelta(minutes=59)) == 0
        assert acts.judge_hour(at=START + 3 * HOUR) == 2

    def test_a_device_that_does_not_measure_that_day_is_not_silent(self, station: Any) -> None:
        air = station("east-air")
        records.execute("UPDATE device SET until = '2014-02-16' WHERE code = 'east-air'")
        records.execute("UPDATE device SET since = '2014-03-01' WHERE code = 'far-air'")
        assert acts.judge_hour(at=START + 48 * HOUR) == 0
        assert air.found("air.silent_station") == []
        assert acts.judge_hour(at=START + 12 * 24 * HOUR + HOUR) == 1

    def test_two_judges_at_once_find_it_once(self, station: Any, together: Any) -> None:
        air = station("east-air")
        air.series(PM, [30.0])
        air.silence(1, 1)
        counts = together(*([lambda: acts.judge_hour(at=START + 48 * HOUR)] * 4))
        assert sum(counts) == 2 * 47
        assert len(air.found("air.silent_station")) == 1
        assert opened() == ["air.station_check"]


class TestSetting:
    def operator(self) -> Any:
        return identity.actor_of(identity.account_named("operator").id, at=START)

    def test_a_threshold_holds_from_now_on_and_findings_keep_theirs(self, station: Any) -> None:
        weather = station("east-weather")
        weather.series(WIND, STORM, at_once=True)
        acts.set_rule(self.operator(), "weather.strong_wind", "live", {"speed": 10.0}, at=START)
        weather.series(WIND, [8.0] * 4 + [2.0] * 8 + [11.0] * 4, start=40, at_once=True)
        assert [one.limits["speed"] for one in weather.found("weather.strong_wind")] == [5.5, 10.0]
        rule = reads.rule("weather.strong_wind")
        assert (rule.limits["speed"], rule.changed, rule.limits["gap"]) == (10.0, frozenset({"speed"}), 3)

    def test_a_rule_that_is_off_finds_nothing_and_makes_up_nothing(self, station: Any) -> None:
        weather = station("east-weather")
        weather.series(WIND, [2.0] * 3, at_once=True)
        acts.set_rule(self.operator(), "weather.strong_wind", "off", {}, at=START)
        weather.series(WIND, STORM, start=3, at_once=True)
        acts.set_rule(self.operator(), "weather.strong_wind", "live", {}, at=START + 18 * HOUR)
        weather.series(WIND, [2.0] * 3, start=18, at_once=True)
        assert weather.found("weather.strong_wind") == []

    def test_a_rule_that_waits_runs_once_it_is_set_live(self, station: Any) -> None:
        air = station("east-air")
        air.series(PM, [50.0] * 8, at_once=True)
        assert air.found("air.stuck_reading") == []
        acts.set_rule(self.operator(), "air.stuck_reading", "live", {}, at=START)
        air.series(PM, [50.0] * 2, start=8)
        assert len(air.found("air.stuck_reading")) == 1
        assert opened() == []

    @pytest.mark.parametrize("username", ["inspector", "dispatcher", "supervisor", "leader", "administrator"])
    def test_only_one_with_the_power_sets_a_rule(self, station: Any, username: str) -> None:
        actor = identity.actor_of(identity.account_named(username).id, at=START)
        with pytest.raises(NotPermitted):
            acts.set_rule(actor, "weather.strong_wind", "off", {}, at=START)
        assert reads.rule("weather.strong_wind").state == "live"

    @pytest.mark.parametrize(
        ("rule", "state", "limits", "code"),
        [
            ("weather.calm", "live", {}, "no_rule"),
            ("weather.strong_wind", "maybe", {}, "rule_state"),
            ("weather.strong_wind", "live", {"height": 1.0}, "no_threshold"),
            ("weather.strong_wind", "live", {"speed": float("nan")}, "threshold_number"),
            ("weather.strong_wind", "live", {"speed": "fast"}, "threshold_number"),
            ("weather.strong_wind", "live", {"opens_after": 48}, "threshold_window"),
            ("weather.strong_wind", "live", {"closes_after": -1}, "threshold_window"),
        ],
    )
    def test_what_makes_no_sense_is_refused_by_name(
        self, station: Any, rule: str, state: str, limits: dict[str, Any], code: str
    ) -> None:
        with pytest.raises(Refused) as refused:
            acts.set_rule(self.operator(), rule, state, limits, at=START)
        assert refused.value.code == code
        assert house.words().say(f"refused.{code}", "zh", **refused.value.facts)

    def test_it_is_an_entry_in_the_journal(self, station: Any) -> None:
        acts.set_rule(self.operator(), "weather.heat", "off", {"temperature": 30}, at=START)
        told = records.value("SELECT data FROM journal_entry WHERE act = 'rules.set_rule'")
        assert json.loads(told) == {"limits": {"temperature": 30.0}, "rule": "weather.heat", "state": "off"}


class TestTrial:
    def test_it_finds_what_the_live_rule_found(self, station: Any) -> None:
        draw = random.Random(3)
        weather = station("east-weather")
        values = [draw.choice([2.0, 2.0, 5.0, 6.0, 9.0, None]) for _ in range(240)]
        weather.series(WIND, values, at_once=True)
        live = [(one.opened, one.since, one.closed, one.facts) for one in weather.found("weather.strong_wind")]
        end = START + 240 * HOUR
        tried = reads.try_rule(SYSTEM, "weather.strong_wind", weather.id, START, end, at=end)
        assert [(one.opened, one.since, one.closed, dict(one.facts)) for one in tried] == live
        assert len(live) >= 3

    def test_it_finds_the_same_when_the_live_rule_was_asked_hour_by_hour(self, station: Any) -> None:
        weather = station("east-weather")
        weather.series(WIND, STORM * 2)
        live = [(one.opened, one.since, one.closed, one.facts) for one in weather.found("weather.strong_wind")]
        end = START + 30 * HOUR
        tried = reads.try_rule(SYSTEM, "weather.strong_wind", weather.id, START, end, at=end)
        assert [(one.opened, one.since, one.closed, dict(one.facts)) for one in tried] == live

    def test_hours_that_have_not_come_are_no_silence(self, station: Any) -> None:
        weather = station("east-weather")
        weather.series(WIND, [2.0] * 5 + [9.0] * 5, at_once=True)
        live = [(one.opened, one.closed) for one in weather.found("weather.strong_wind")]
        end, now = START + 48 * HOUR, START + 10 * HOUR
        tried = reads.try_rule(SYSTEM, "weather.strong_wind", weather.id, START, end, at=now)
        assert [(one.opened, one.closed) for one in tried] == live
        assert [closed for _, closed in live] == [None]

    def test_it_writes_nothing(self, station: Any) -> None:
        weather = station("east-weather")
        weather.series(WIND, [2.0] * 5 + [5.0] * 5 + [2.0] * 8, at_once=True)
        tables = ("finding", "rule_progress", "rule_setting", "cases", "journal_entry", "outbox")
        before = [records.rows(f"SELECT x::text FROM {table} x ORDER BY 1") for table in tables]
        tried = reads.try_rule(
            SYSTEM, "weather.strong_wind", weather.id, START, START + 18 * HOUR, {"speed": 4.0, "opens_after": 4},
            at=START + 18 * HOUR,
        )  # fmt: skip
        assert len(tried) == 1
        assert [records.rows(f"SELECT x::text FROM {table} x ORDER BY 1") for table in tables] == before

    def test_what_it_is_asked_must_make_sense(self, station: Any) -> None:
        weather, air = station("east-weather").id, station("east-air").id
        end = START + 10 * HOUR
        wrong: list[tuple[tuple[Any, ...], str]] = [
            (("weather.strong_wind", weather, end, START), "trial_span"),
            (("weather.strong_wind", weather, START, START + timedelta(days=2000)), "trial_span"),
            (("weather.strong_wind", air, START, end), "rule_other_kind"),
            (("weather.strong_wind", weather, START, end, {"opens_after": 99}), "threshold_window"),
        ]
        for asked, code in wrong:
            with pytest.raises(Refused) as refused:
                reads.try_rule(SYSTEM, *asked, at=START)
            assert refused.value.code == code
        for asked in (("weather.calm", weather, START, end), ("weather.strong_wind", 9999, START, end)):
            with pytest.raises(NotFound):
                reads.try_rule(SYSTEM, *asked, at=START)

    def test_it_needs_the_power(self, station: Any) -> None:
        weather = station("east-weather").id
        supervisor, reader = (
            identity.actor_of(identity.account_named(name).id, at=START) for name in ("supervisor", "reader")
        )
        assert reads.try_rule(supervisor, "weather.strong_wind", weather, START, START + HOUR, at=START) == ()
        with pytest.raises(NotPermitted):
            reads.try_rule(reader, "weather.strong_wind", weather, START, START + HOUR, at=START)


def test_findings_are_paged_newest_first(station: Any) -> None:
    weather = station("east-weather")
    weather.series(WIND, STORM * 5, at_once=True)
    ids = [one.id for one in reads.findings()]
    assert ids == sorted(ids, reverse=True)
    walked, after = [], None
    while page := reads.findings(after=after, limit=2):
        walked += [one.id for one in page]
        after = page[-1].id
    assert walked == ids
    assert reads.findings(open_only=True) == ()
    with pytest.raises(NotFound):
        reads.finding(9999)


def test_a_device_registered_later_is_judged_from_then(station: Any) -> None:
    station("east-air").series(PM, [30.0])
    acts.judge_hour(at=START + 5 * HOUR)
    organisation = identity.organisation_by_code("990101-environment").id
    sensing.register_device(
        SYSTEM,
        sensing.DeviceInput(
            code="new-air", kind="air.station", name=devices.device("east-air").name, organisation=organisation,
            lon=100.015, lat=30.005, provenance="synthetic",
        ),
        at=START,
    )  # fmt: skip
    assert acts.judge_hour(at=START + 5 * HOUR) == 1
    assert journal_acts.hear([], at_machine=datetime.now(UTC)) == 0
