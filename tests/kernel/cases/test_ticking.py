"""The tick: each clock warns once and breaches once, in order, whoever ticks and however late; and people are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records
from zhihai.kernel.cases import acts
from zhihai.kernel.channels import reads as channels
from zhihai.kernel.identity import acts as identities
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal_acts
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.places import reads as places
from zhihai.kernel.wiring import LISTENERS

from .conftest import MONDAY

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class TestTick:
    def test_nothing_happens_before_its_time(self, desk: Any, events: Any) -> None:
        desk.open("probe.urgent")
        assert acts.tick(at=MONDAY + 3 * HOUR - SECOND) == 0
        assert events("ClockWarned") == []

    def test_it_warns_once_then_breaches_once(self, desk: Any, events: Any) -> None:
        case = desk.open("probe.urgent")
        done = [acts.tick(at=MONDAY + minutes * MINUTE) for minutes in range(170, 260, 5)]
        assert sum(done) == 2
        (warned,), (breached,) = events("ClockWarned"), events("ClockBreached")
        assert warned["due"] == breached["due"] == "2014-02-17T05:00:00Z"
        assert (breached["number"], breached["name"]) == (case.number, "there")
        clock = desk.clock(case, "there").clock
        assert (clock.warned, clock.breached) == (MONDAY + 180 * MINUTE, MONDAY + 245 * MINUTE)
        assert desk.view(case).late
        assert [entry.act for entry in journal.case_entries(case.id)[1:]] == [
            "cases.warn_clocks",
            "cases.breach_clocks",
        ]

    def test_the_last_instant_is_still_in_time(self, desk: Any, events: Any) -> None:
        case = desk.open("probe.urgent")
        acts.tick(at=MONDAY + 4 * HOUR)
        assert events("ClockBreached") == []
        desk.step(case, "go", "done", at=MONDAY + 4 * HOUR)
        assert not desk.view(case).late
        assert acts.tick(at=MONDAY + 5 * HOUR) == 0

    def test_after_a_standstill_each_is_told_once_and_in_order(self, desk: Any, events: Any) -> None:
        cases = [desk.open("probe.urgent", at=MONDAY + minutes * MINUTE) for minutes in (50, 10, 30, 40, 20)]
        assert acts.tick(at=MONDAY + 24 * HOUR) == 5
        assert acts.tick(at=MONDAY + 24 * HOUR) == 0
        assert [event["case"] for event in events("ClockBreached")] == [cases[n].id for n in (1, 4, 2, 3, 0)]
        assert events("ClockWarned") == []

    def test_a_few_at_a_time_still_come_in_order(self, desk: Any, events: Any) -> None:
        cases = [desk.open("probe.urgent", at=MONDAY + n * MINUTE).id for n in range(7)]
        counts = [acts.tick(at=MONDAY + 24 * HOUR, limit=3) for _ in range(4)]
        assert counts == [3, 3, 1, 0]
        assert [event["case"] for event in events("ClockBreached")] == cases

    def test_two_at_once_tell_nothing_twice(self, desk: Any, together: Any, events: Any) -> None:
        cases = {desk.open("probe.urgent").id for _ in range(8)}
        counts = together(*([lambda: acts.tick(at=MONDAY + 24 * HOUR)] * 4))
        assert all(isinstance(count, int) for count in counts)
        acts.tick(at=MONDAY + 24 * HOUR)
        told = [event["case"] for event in events("ClockBreached")]
        assert sorted(told) == sorted(cases)
        assert journal.verify().ok

    def test_a_clock_that_is_paused_or_stopped_is_left_alone(self, desk: Any, events: Any) -> None:
        held, done = desk.open("probe.urgent"), desk.open("probe.urgent")
        acts.pause(SYSTEM, held.id, desk.clock(held, "there").id, "x", at=MONDAY + HOUR)
        desk.step(done, "go", "done", at=MONDAY + HOUR)
        assert acts.tick(at=MONDAY + 48 * HOUR) == 0
        acts.resume(SYSTEM, held.id, desk.clock(held, "there").id, "x", at=MONDAY + 48 * HOUR)
        assert [acts.tick(at=MONDAY + hours * HOUR) for hours in (49, 50, 51, 52)] == [0, 1, 0, 1]

    def test_a_pause_after_the_end_cures_nothing(self, desk: Any, events: Any) -> None:
        case = desk.open("probe.urgent")
        acts.pause(SYSTEM, case.id, desk.clock(case, "there").id, "x", at=MONDAY + 5 * HOUR)
        assert acts.tick(at=MONDAY + 6 * HOUR) == 1
        assert len(events("ClockBreached")) == 1
        assert desk.view(case).late

    def test_a_step_done_too_late_makes_the_case_late_without_a_tick(self, desk: Any) -> None:
        case = desk.open("probe.urgent")
        desk.step(case, "go", "done", at=MONDAY + 4 * HOUR + SECOND)
        assert desk.view(case).late
        assert acts.tick(at=MONDAY + 48 * HOUR) == 0

    def test_several_clocks_of_a_case_are_one_act(self, desk: Any, events: Any) -> None:
        case = desk.open("weather.flood_patrol")
        assert acts.tick(at=MONDAY + 48 * HOUR) == 2
        assert {event["name"] for event in events("ClockBreached")} == {"arrive", "whole"}
        assert len(journal.case_entries(case.id)) == 2


class TestTelling:
    def hear(self) -> None:
        while journal_acts.hear(LISTENERS, at_machine=datetime.now(UTC)):
            pass

    def told(self) -> dict[str, list[str]]:
        """Kinds of notices by who got them, oldest first."""
        self.hear()
        found = {one.username: channels.notices(one.id) for one in identity.accounts()}
        return {name: [notice.kind.partition(".")[2] for notice in told[::-1]] for name, told in found.items() if told}

    def test_who_holds_the_role_hears_of_a_task_and_nobody_else(self, desk: Any) -> None:
        case = desk.open("weather.flood_patrol")
        assert self.told() == {"street-east": ["task_opened"], "sim-street": ["task_opened"]}
        desk.step(case, "patrol", "flooded")
        assert self.told() == {
            "street-east": ["task_opened"],
            "sim-street": ["task_opened"],
            "sim-inspector": ["task_opened"],
        }

    def test_it_reads_in_both_languages_and_leads_to_the_case(self, desk: Any) -> None:
        facts = {"device": {"zh": "东岸", "en": "East Shore"}, "found": {}}
        case = desk.open("weather.flood_patrol", facts=facts)
        self.hear()
        (notice,) = channels.notices(identity.account_named("street-east").id)
        zh, en = notice.say("zh"), notice.say("en")
        assert case.number in zh[1] + en[1]
        assert "东岸" in zh[0]
        assert "East Shore" in en[0]
        assert notice.link == f"/desk/cases/{case.number}"

    def test_a_warning_reaches_who_works_and_lateness_supervisors_too(self, desk: Any) -> None:
        desk.open("weather.flood_patrol")
        self.hear()
        for hours in (1, 2, 3, 4):
            acts.tick(at=MONDAY + hours * HOUR)
        assert self.told() == {
            "street-east": ["task_opened", "clock_warned", "clock_breached"],
            "sim-street": ["task_opened", "clock_warned", "clock_breached"],
            "supervisor": ["clock_breached"],
        }

    def test_one_whose_task_comes_to_them_later_is_told(self, desk: Any) -> None:
        case = desk.open("weather.flood_patrol", area="990101002")
        east = identity.organisation_by_code("990101001").id
        account = identity.account_named("reader").id
        identities.grant_role(
            SYSTEM, account, "zhihai.street_official", east, places.area_by_code("990101").id, at=MONDAY
        )
        assert "reader" not in self.told()
        acts.hand_over(SYSTEM, case.id, desk.task(case, "patrol").id, east, "x", at=MONDAY)
        assert self.told()["reader"] == ["task_opened"]
        assert self.told()["sim-street"] == ["task_opened"], "told once, wherever the task goes"

    def test_hearing_again_tells_nothing_again(self, desk: Any) -> None:
        desk.open("weather.flood_patrol")
        before = self.told()
        records.execute("UPDATE listener SET xid = '0', id = 0")
        assert self.told() == before

    @pytest.mark.parametrize("username", ["operator", "leader", "reader", "street-west", "dispatcher"])
    def test_whom_it_does_not_concern_hears_nothing(self, desk: Any, username: str) -> None:
        desk.open("weather.flood_patrol")
        acts.tick(at=MONDAY + 48 * HOUR)
        assert username not in self.told()
