"""Clocks of cases: paused, resumed, extended, held by a special procedure, provisional beyond the known calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.ground.worktime.derivation import derive
from zhihai.kernel import house, records
from zhihai.kernel.cases import acts, reads
from zhihai.kernel.channels import reads as channels
from zhihai.kernel.identity import acts as identities
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.journal import acts as journal_acts
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.wiring import LISTENERS

from .conftest import MONDAY

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
SESSIONS = (("09:00", "12:00"), ("13:00", "18:00"))


def close_of(month: int, day: int, year: int = 2014) -> datetime:
    """When the offices close on a day."""
    return datetime(year, month, day, 10, tzinfo=UTC)


def holiday(year: int, month: int, day: int, kind: Any = "holiday") -> acts.CalendarDay:
    return acts.CalendarDay(date(year, month, day), kind, Named("假日", "Holiday"))


class TestPausing:
    def test_a_pause_takes_its_days_out_and_the_page_says_why(self, desk: Any) -> None:
        case = desk.open()
        clock, director = desk.clock(case, "promise").id, desk.actor("dispatcher")
        acts.pause(director, case.id, clock, "补正材料 湖告〔2014〕3 号", at=MONDAY + DAY)
        held = desk.clock(case, "promise", MONDAY + 3 * DAY)
        assert (held.reading.state, held.reading.due, held.strip.urgency) == ("paused", None, "paused")
        assert desk.view(case).due == close_of(3, 17), "the statutory limit runs on"
        acts.resume(director, case.id, clock, "材料已齐", at=MONDAY + 3 * DAY + HOUR)
        resumed = desk.clock(case, "promise")
        assert resumed.reading.due == close_of(3, 6)
        assert resumed.reading.due == desk.view(case).due
        said = derive(resumed.reading, house.words(), "zh", sort="promised", source="示例承诺")
        assert "补正材料 湖告〔2014〕3 号" in said
        assert "示例承诺" in said

    def test_each_is_an_entry_that_tells_the_new_end_and_no_cause(self, desk: Any) -> None:
        case = desk.open()
        clock = desk.clock(case, "promise").id
        acts.pause(SYSTEM, case.id, clock, "secret words", at=MONDAY)
        acts.resume(SYSTEM, case.id, clock, "x", at=MONDAY + HOUR)
        acts.extend(SYSTEM, case.id, clock, 3, "x", at=MONDAY + HOUR)
        told = [(entry.act, entry.data["due"]) for entry in journal.case_entries(case.id)[1:]]
        assert told == [
            ("cases.pause", None),
            ("cases.resume", "2014-03-03T10:00:00Z"),
            ("cases.extend", "2014-03-06T10:00:00Z"),
        ]
        assert "secret" not in str(told)

    def test_they_follow_one_another_as_they_must(self, desk: Any) -> None:
        case = desk.open()
        clock = desk.clock(case, "law").id
        with pytest.raises(Conflict) as refused:
            acts.resume(SYSTEM, case.id, clock, "x", at=MONDAY)
        assert refused.value.code == "clock_not_paused_now"
        acts.pause(SYSTEM, case.id, clock, "x", at=MONDAY)
        with pytest.raises(Conflict):
            acts.pause(SYSTEM, case.id, clock, "x", at=MONDAY)
        desk.step(case, "accept", "refuse", at=MONDAY + HOUR)
        for act in (acts.pause, acts.resume):
            with pytest.raises(Conflict):
                act(SYSTEM, case.id, clock, "x", at=MONDAY + HOUR)
        assert desk.clock(case, "law").reading.state == "stopped"

    def test_a_cause_is_needed_and_the_power_to_direct_there(self, desk: Any) -> None:
        case = desk.open()
        clock = desk.clock(case, "law").id
        for act in (acts.pause, acts.resume):
            with pytest.raises(Refused) as refused:
                act(SYSTEM, case.id, clock, "  ", at=MONDAY)
            assert refused.value.code == "cause_needed"
            with pytest.raises(NotPermitted):
                act(desk.actor("inspector"), case.id, clock, "x", at=MONDAY)
        with pytest.raises(NotPermitted):
            acts.extend(desk.actor("street-east"), case.id, clock, 1, "x", at=MONDAY)
        with pytest.raises(NotFound):
            acts.pause(SYSTEM, case.id, 9999, "x", at=MONDAY)

    def test_the_power_of_one_street_does_not_reach_the_other(self, desk: Any) -> None:
        east, west = desk.open(), desk.open(area="990101002")
        account = identity.account_named("reader").id
        whole, street = (identity.organisation_by_code(code).id for code in ("990101", "990101001"))
        assert whole != street
        identities.grant_role(SYSTEM, account, "zhihai.dispatcher", whole, desk.area("990101001"), at=MONDAY)
        director = desk.actor("reader")
        acts.pause(director, east.id, desk.clock(east, "law").id, "x", at=MONDAY)
        with pytest.raises(NotPermitted):
            acts.pause(director, west.id, desk.clock(west, "law").id, "x", at=MONDAY)


class TestExtending:
    def test_the_end_moves_by_the_clocks_own_unit(self, desk: Any) -> None:
        case = desk.open()
        acts.extend(SYSTEM, case.id, desk.clock(case, "law").id, 10, "情况复杂", at=MONDAY + DAY)
        extended = desk.clock(case, "law")
        assert extended.reading.due == close_of(3, 31)
        assert extended.reading.total == 30
        assert "情况复杂" in derive(extended.reading, house.words(), "en", sort="statutory", source="x")

    @pytest.mark.parametrize("amount", [0, -5, 100_000])
    def test_by_an_amount_that_makes_sense(self, desk: Any, amount: int) -> None:
        case = desk.open()
        with pytest.raises(Refused) as refused:
            acts.extend(SYSTEM, case.id, desk.clock(case, "law").id, amount, "x", at=MONDAY)
        assert refused.value.code == "limit_amount"
        assert desk.view(case).seq == 1

    def test_one_that_has_run_out_can_not_be_extended(self, desk: Any) -> None:
        case = desk.open("probe.urgent")
        clock = desk.clock(case, "there").id
        acts.extend(SYSTEM, case.id, clock, 1, "x", at=MONDAY + 4 * HOUR)
        with pytest.raises(Conflict) as refused:
            acts.extend(SYSTEM, case.id, clock, 1, "x", at=MONDAY + 5 * HOUR + SECOND)
        assert refused.value.code == "extension_late"

    def test_it_warns_anew_when_its_warning_is_still_to_come(self, desk: Any, events: Any) -> None:
        case = desk.open("probe.urgent")
        clock = desk.clock(case, "there").id
        assert acts.tick(at=MONDAY + 3 * HOUR) == 1
        acts.extend(SYSTEM, case.id, clock, 4, "x", at=MONDAY + 3 * HOUR)
        assert [acts.tick(at=MONDAY + hours * HOUR) for hours in (5, 6, 7, 8, 9)] == [0, 1, 0, 0, 1]
        assert [event["due"] for event in events("ClockWarned")] == ["2014-02-17T05:00:00Z", "2014-02-17T09:00:00Z"]
        assert len(events("ClockBreached")) == 1


class TestSpecialProcedures:
    @pytest.fixture
    def heard(self, desk: Any) -> acts.CaseRef:
        """A case in the hearing since Tuesday at ten."""
        case = desk.open()
        desk.step(case, "accept", "take")
        desk.step(case, "review", "split", at=MONDAY + DAY + HOUR)
        return case

    def test_it_stops_the_other_clocks_while_it_runs(self, desk: Any, heard: acts.CaseRef) -> None:
        states = {name: desk.clock(heard, name).reading.state for name in ("law", "promise", "hearing")}
        assert states == {"law": "paused", "promise": "paused", "hearing": "running"}
        kept = dict(records.rows("SELECT name, state FROM clock WHERE case_id = %s", (heard.id,)))
        assert kept == {"law": "paused", "promise": "paused", "looking": "stopped", "hearing": "running"}
        assert desk.view(heard).due == desk.clock(heard, "hearing").reading.due == close_of(3, 4)

    def test_they_go_on_when_it_ends_without_its_days(self, desk: Any, heard: acts.CaseRef) -> None:
        desk.step(heard, "hear", "heard", at=MONDAY + 4 * DAY + HOUR)
        # Tuesday to Friday are out: four working days.
        assert desk.clock(heard, "promise").reading.due == close_of(3, 7)
        assert desk.clock(heard, "law").reading.due == close_of(3, 21)
        assert records.value("SELECT due_at FROM clock WHERE name = 'promise'") == close_of(3, 7)

    def test_a_second_one_is_cut_out_too(self, desk: Any, heard: acts.CaseRef) -> None:
        at = MONDAY + 4 * DAY + HOUR
        for step, outcome in (("hear", "heard"), ("measure", "measured"), ("draw", "drawn"), ("decide", "again")):
            desk.step(heard, step, outcome, at=at)
        assert desk.clock(heard, "law").reading.state == "paused"
        desk.step(heard, "hear", "heard", at=MONDAY + 8 * DAY + HOUR)
        # The Friday of the first belongs to both; Monday and Tuesday of the next week go besides.
        assert desk.clock(heard, "law").reading.due == close_of(3, 25)

    def test_its_own_limit_is_watched(self, desk: Any, heard: acts.CaseRef, events: Any) -> None:
        assert acts.tick(at=close_of(3, 4) + SECOND) == 1
        assert [event["name"] for event in events("ClockBreached")] == ["hearing"]
        assert acts.tick(at=close_of(12, 1)) == 0


class TestUnknownYears:
    WINTER = datetime(2014, 12, 22, 1, tzinfo=UTC)

    def told(self) -> list[tuple[str, str]]:
        account = identity.account_named("operator").id
        journal_acts.hear(LISTENERS, at_machine=MONDAY)
        return [(one.kind, one.say("en")[0]) for one in channels.notices(account)]

    def test_a_case_opens_with_a_provisional_clock(self, desk: Any) -> None:
        case = desk.open(at=self.WINTER)
        law, promise = (desk.clock(case, name, self.WINTER) for name in ("law", "promise"))
        assert law.reading.provisional
        assert law.clock.provisional
        assert law.reading.due == close_of(1, 19, 2015)
        assert promise.reading.provisional
        assert "2015" in derive(law.reading, house.words(), "en", sort="statutory", source="x")
        short = desk.open("probe.urgent", at=self.WINTER)
        assert not desk.clock(short, "there", self.WINTER).reading.provisional

    def test_operators_are_told_once_whatever_comes_after(self, desk: Any) -> None:
        assert self.told() == []
        for _ in range(3):
            desk.open(at=self.WINTER)
            assert self.told() == [("zhihai.calendar_missing", "The working calendar of 2015 is missing")]
        assert not channels.notices(identity.account_named("leader").id)

    def test_a_clock_that_starts_later_tells_them_too(self, desk: Any) -> None:
        case = desk.open(at=datetime(2014, 12, 1, 1, tzinfo=UTC))
        assert self.told() == []
        desk.step(case, "accept", "take", at=datetime(2014, 12, 31, 9, tzinfo=UTC))
        assert [kind for kind, _ in self.told()] == ["zhihai.calendar_missing"]

    def test_no_card_is_drawn_from_it(self, desk: Any, events: Any) -> None:
        case = desk.open(at=self.WINTER)
        for day in (10, 20, 30, 60):
            assert acts.tick(at=self.WINTER + day * DAY) == 0
        assert events("ClockWarned") == events("ClockBreached") == []
        assert not desk.view(case).late

    def test_when_the_year_is_loaded_it_is_reckoned_anew(self, desk: Any, events: Any) -> None:
        case, other = desk.open(at=self.WINTER), desk.open("probe.urgent", at=self.WINTER)
        desk.step(other, "go", "done", at=self.WINTER)
        acts.load_calendar(
            SYSTEM, [holiday(2015, 1, day) for day in (1, 2)], sessions=SESSIONS, at=self.WINTER + 3 * DAY
        )
        assert acts.reckon(at=self.WINTER + 3 * DAY) == 1
        assert acts.reckon(at=self.WINTER + 3 * DAY) == 0
        law = desk.clock(case, "law", self.WINTER)
        assert (law.clock.provisional, law.clock.due) == (False, close_of(1, 21, 2015))
        assert law.reading.due == law.clock.due
        entry = journal.case_entries(case.id)[-1]
        assert (entry.act, len(entry.data["clocks"])) == ("cases.reckon", 2)
        assert len(journal.case_entries(other.id)) == 2
        assert acts.tick(at=close_of(1, 8, 2015)) == 1
        assert [event["name"] for event in events("ClockBreached")] == ["promise"]
        assert desk.view(case).late


class TestCalendarChanges:
    def test_a_case_changes_only_where_an_instant_does(self, desk: Any) -> None:
        moved, same = desk.open(), desk.open("probe.urgent")
        acts.load_calendar(SYSTEM, [holiday(2014, 2, 20)], sessions=SESSIONS, at=MONDAY)
        assert acts.reckon(at=MONDAY) == 2
        assert acts.reckon(at=MONDAY) == 0
        assert desk.clock(moved, "promise").clock.due == close_of(3, 4)
        assert (desk.view(moved).seq, desk.view(same).seq) == (2, 1)
        current = reads.calendar().version
        assert {row[0] for row in records.rows("SELECT calendar FROM clock")} == {current}

    def test_a_day_given_anew_replaces_what_was_known_of_it(self, desk: Any) -> None:
        acts.load_calendar(SYSTEM, [holiday(2014, 2, 22)], sessions=SESSIONS, at=MONDAY)
        acts.load_calendar(SYSTEM, [holiday(2014, 2, 22, "make_up_workday")], sessions=SESSIONS, at=MONDAY)
        assert reads.calendar().make_up_workdays(date(2014, 2, 20), date(2014, 2, 28)) == (date(2014, 2, 22),)

    @pytest.mark.parametrize(
        ("days", "sessions", "code"),
        [
            ([holiday(2014, 3, 8), holiday(2014, 3, 8, "make_up_workday")], SESSIONS, "calendar_day_twice"),
            ([holiday(2014, 3, 8, "feast")], SESSIONS, "calendar_day_kind"),
            ([], (("12:00", "09:00"),), "calendar_sessions"),
            ([], (("nine", "twelve"),), "calendar_time"),
            ([], (), "calendar_sessions"),
        ],
    )
    def test_one_that_makes_no_sense_is_refused_and_the_old_one_holds(
        self, desk: Any, days: list[acts.CalendarDay], sessions: Any, code: str
    ) -> None:
        before = reads.calendar().version
        with pytest.raises(Refused) as refused:
            acts.load_calendar(SYSTEM, days, sessions=sessions, at=MONDAY)
        assert refused.value.code == code
        assert reads.calendar().version == before
        assert desk.open()

    def test_a_clock_that_has_stopped_shows_what_it_was_reckoned_by(self, desk: Any) -> None:
        case = desk.open()
        desk.step(case, "accept", "refuse", at=MONDAY + DAY)
        before = desk.clock(case, "promise")
        acts.load_calendar(SYSTEM, [holiday(2014, 2, 20)], sessions=SESSIONS, at=MONDAY)
        acts.reckon(at=MONDAY)
        after = desk.clock(case, "promise")
        assert after.reading.due == before.reading.due == close_of(3, 3)
        assert after.reading.calendar_version == before.reading.calendar_version

    def test_one_that_was_late_by_a_wrong_calendar_is_late_no_more(self, desk: Any, events: Any) -> None:
        case, at = desk.open(), close_of(3, 3) + SECOND
        assert acts.tick(at=at) == 1
        assert desk.view(case).late
        acts.load_calendar(SYSTEM, [holiday(2014, 2, 20)], sessions=SESSIONS, at=at)
        acts.reckon(at=at)
        assert not desk.view(case).late
        assert [acts.tick(at=at + hours * HOUR) for hours in (0, 23, 24, 25)] == [0, 0, 1, 0]
        assert [event["due"] for event in events("ClockBreached")] == ["2014-03-03T10:00:00Z", "2014-03-04T10:00:00Z"]
        assert desk.view(case).late
