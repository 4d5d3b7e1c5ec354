"""Where cases meet what is unlikely and certain to come: numbers that grow, packs taken away, calendars changed while
a clock rests, notes that no store can hold, processes that would stand still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.test.utils import override_settings

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.ground.refusal import Conflict, Refused
from zhihai.ground.registry import Registry
from zhihai.kernel import records, standard
from zhihai.kernel.cases import acts
from zhihai.kernel.cases.kinds import CaseKind, Outcome, Step
from zhihai.kernel.identity import acts as identities
from zhihai.kernel.identity import reads as identity
from zhihai.packs.air.kinds import KINDS as AIR
from zhihai.packs.weather.kinds import KINDS as WEATHER

from .conftest import MONDAY

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WAITING = """SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE d.datname = current_database() AND NOT l.granted"""
SESSIONS = (("09:00", "12:00"), ("13:00", "18:00"))


def test_the_millionth_case_has_a_number_of_its_own(desk: Any) -> None:
    records.execute("SELECT setval('case_number', 999998)")
    numbers = [desk.open("probe.urgent").number for _ in range(3)]
    assert numbers == ["LS-2014-JJ-999999", "LS-2014-JJ-1000000", "LS-2014-JJ-1000001"]


class TestPackTakenAway:
    @pytest.fixture
    def without(self) -> Any:
        """The house without the pack ``probe``."""
        return override_settings(
            ZHIHAI_REGISTRY=Registry({standard.PACK: standard.KINDS, "air": AIR, "weather": WEATHER})
        )

    def test_clocks_of_its_cases_run_on_and_hold_up_no_other(self, desk: Any, events: Any, without: Any) -> None:
        gone, other = desk.open("probe.urgent"), desk.open("air.station_check")
        with without:
            assert acts.tick(at=MONDAY + DAY) == 2
        assert {event["number"] for event in events("ClockBreached")} == {gone.number, other.number}

    def test_a_new_calendar_reaches_its_cases(self, desk: Any, without: Any) -> None:
        case = desk.open()
        with without:
            days = [acts.CalendarDay(date(2014, 2, 20), "holiday", Named("假日", "Holiday"))]
            acts.load_calendar(SYSTEM, days, sessions=SESSIONS, at=MONDAY)
            assert acts.reckon(at=MONDAY) == 1
        assert desk.clock(case, "promise").clock.due == datetime(2014, 3, 4, 10, tzinfo=UTC)

    def test_who_looks_at_them_or_works_on_them_is_told_why_not(self, desk: Any, without: Any) -> None:
        case = desk.open()
        task = desk.task(case, "accept").id
        with without:
            for act in (
                lambda: desk.view(case),
                lambda: acts.take_step(SYSTEM, case.id, task, "take", at=MONDAY),
            ):
                with pytest.raises(Refused) as refused:
                    act()
                assert (refused.value.code, refused.value.status) == ("case_kind_gone", 503)
                assert refused.value.facts == {"kind": "probe.permit", "version": 1}
        desk.step(case, "accept", "take")


class TestPausedOverAChange:
    def load(self, *days: date) -> None:
        given = [acts.CalendarDay(day, "holiday", Named("假日", "Holiday")) for day in days]
        acts.load_calendar(SYSTEM, given, sessions=SESSIONS, at=MONDAY)

    def test_a_paused_clock_that_must_warn_later_does(self, desk: Any, events: Any) -> None:
        case = desk.open()
        clock = desk.clock(case, "promise").id
        warned = datetime(2014, 2, 28, 10, 0, 1, tzinfo=UTC)  # one working day before its end
        assert acts.tick(at=warned) == 1
        acts.pause(SYSTEM, case.id, clock, "doc", at=warned)
        self.load(date(2014, 2, 27))  # a day fewer has been counted when it was paused
        acts.reckon(at=warned)
        assert desk.clock(case, "promise").clock.warned is None
        acts.resume(SYSTEM, case.id, clock, "doc", at=warned + 10 * DAY)
        due = desk.clock(case, "promise").reading.due
        assert acts.tick(at=due) == 1
        assert [event["name"] for event in events("ClockWarned")] == ["promise", "promise"]

    def test_its_end_comes_out_by_the_calendar_in_force_when_it_goes_on(self, desk: Any) -> None:
        case = desk.open()
        clock = desk.clock(case, "promise").id
        acts.pause(SYSTEM, case.id, clock, "doc", at=MONDAY + HOUR)
        self.load(date(2014, 2, 20))
        acts.reckon(at=MONDAY + HOUR)
        acts.resume(SYSTEM, case.id, clock, "doc", at=MONDAY + 2 * DAY)
        held = desk.clock(case, "promise").clock  # ten days from Tuesday, without the Tuesday paused and the holiday
        assert held.due == datetime(2014, 3, 5, 10, tzinfo=UTC)
        assert acts.reckon(at=MONDAY + 2 * DAY) == 0


class TestExtensionAndBreach:
    def test_what_ran_out_before_anybody_ticked_is_not_extended(self, desk: Any) -> None:
        case = desk.open("probe.urgent")
        clock = desk.clock(case, "there").id
        with pytest.raises(Conflict):
            acts.extend(SYSTEM, case.id, clock, 9, "late", at=MONDAY + 4 * HOUR + timedelta(microseconds=1))
        assert desk.view(case).seq == 1

    def test_a_pause_after_it_ran_out_cures_nothing(self, desk: Any, events: Any) -> None:
        case = desk.open("probe.urgent")
        clock = desk.clock(case, "there").id
        acts.pause(SYSTEM, case.id, clock, "too late", at=MONDAY + 5 * HOUR)
        with pytest.raises(Conflict):
            acts.extend(SYSTEM, case.id, clock, 9, "too late", at=MONDAY + 6 * HOUR)
        assert acts.tick(at=MONDAY + 6 * HOUR) == 1
        assert len(events("ClockBreached")) == 1
        assert desk.view(case).late


def test_of_an_extension_and_a_step_at_once_one_wins_and_the_clock_is_whole(
    desk: Any, together: Callable[..., list[Any]]
) -> None:
    for _ in range(4):
        case = desk.open("probe.urgent")
        clock, task = desk.clock(case, "there").id, desk.task(case, "go").id
        results = together(
            lambda case=case, clock=clock: acts.extend(SYSTEM, case.id, clock, 1, "doc", at=MONDAY),
            lambda case=case, task=task: acts.take_step(SYSTEM, case.id, task, "done", at=MONDAY),
        )
        assert [type(one) for one in results if one is not None] in ([], [Conflict])
        shown = desk.view(case)
        assert shown.seq == 1 + results.count(None)
        assert shown.clocks[0].reading.state == ("stopped" if shown.state == "closed" else "running")


class TestTreeNumberedAnew:
    """A street that is put before the others moves the numbers of all that follow, while somebody works."""

    def renumber(self) -> None:
        codes = {one.id: one.code for one in identity.organisations()}
        inputs = [
            identities.OrganisationInput(
                code=one.code, sort=one.sort, name=one.name, parent=codes.get(one.parent or 0), area="990101"
            )
            for one in identity.organisations()
        ]
        fresh = replace(inputs[-1], code="fresh", parent=inputs[0].code)
        identities.load_organisations(SYSTEM, [inputs[0], fresh, *inputs[1:]], at=MONDAY)

    def stale(self) -> list[Any]:
        return records.rows(
            """SELECT 'case', c.id FROM cases c JOIN organisation o ON o.id = c.org_id WHERE o.lo <> c.org_lo UNION ALL
               SELECT 'task', t.id FROM task t JOIN organisation o ON o.id = t.org_id WHERE o.lo <> t.org_lo"""
        )

    def behind(
        self, work: Callable[[], object], together: Callable[..., list[Any]], *first: Callable[[], object]
    ) -> Any:
        """Begin ``work`` while what ``first`` wrote is not committed; commit once it waits; return what it returned."""

        def hold() -> None:
            with records.atomic():
                for one in first:
                    one()
                ready.set()
                for _ in range(50_000):
                    if records.rows(WAITING):
                        return
                raise AssertionError("nobody waited")

        def follow() -> object:
            assert ready.wait(10)
            return work()

        ready = Event()
        held, followed = together(hold, follow)
        assert held is None
        return followed

    def test_a_case_opened_meanwhile_stands_at_its_new_place(self, desk: Any, together: Any) -> None:
        desk.open("probe.urgent")
        area = desk.area()
        opened = self.behind(
            lambda: acts.open_case(SYSTEM, "probe.urgent", at=MONDAY, area=area), together, self.renumber
        )
        assert isinstance(opened, acts.CaseRef)
        assert self.stale() == []

    def test_a_step_taken_meanwhile_opens_its_task_at_its_new_place(self, desk: Any, together: Any) -> None:
        case = desk.open()
        task = desk.task(case, "accept").id
        self.behind(lambda: acts.take_step(SYSTEM, case.id, task, "take", at=MONDAY), together, self.renumber)
        assert desk.waiting(case) == ["review"]
        assert self.stale() == []

    def test_it_waits_for_a_case_that_is_being_opened(self, desk: Any, together: Any) -> None:
        desk.open("probe.urgent")
        area = desk.area()
        self.behind(self.renumber, together, lambda: acts.open_case(SYSTEM, "probe.urgent", at=MONDAY, area=area))
        assert self.stale() == []


@pytest.mark.parametrize("note", ["nul \0 byte", "half \ud800 a letter"])
def test_text_that_no_store_can_hold_is_refused_by_name(desk: Any, note: str) -> None:
    case = desk.open()
    task, clock = desk.task(case, "accept").id, desk.clock(case, "law").id
    for act in (
        lambda: acts.take_step(SYSTEM, case.id, task, "take", note=note, at=MONDAY),
        lambda: acts.pause(SYSTEM, case.id, clock, note, at=MONDAY),
        lambda: desk.open(facts={"what": note}),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "text_unreadable"
    assert desk.view(case).seq == 1


def step(id_: str, *outcomes: Outcome, joins: tuple[str, ...] = ()) -> Step:
    return Step(id=id_, role="inspector", outcomes=outcomes, joins=joins)


class TestStandstill:
    def test_a_join_of_a_branch_that_was_never_opened_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"stands still after left\.done: nothing waits"):
            CaseKind(
                id="lame",
                steps=(
                    step("fork", Outcome(id="both", opens=("left", "right")), Outcome(id="one", opens=("left",))),
                    step("left", Outcome(id="done")),
                    step("right", Outcome(id="done")),
                    step("end", Outcome(id="file", closes="handled"), joins=("left", "right")),
                ),
            )

    def test_a_branch_that_may_return_before_the_other_is_done_is_sound(self) -> None:
        kind = CaseKind(
            id="sound",
            steps=(
                step("fork", Outcome(id="both", opens=("left", "right"))),
                step("left", Outcome(id="done"), Outcome(id="back", opens=("fork",))),
                step("right", Outcome(id="done")),
                step(
                    "end",
                    Outcome(id="file", closes="handled"),
                    Outcome(id="again", opens=("left",)),
                    joins=("left", "right"),
                ),
            ),
        )
        back = kind.step("left").outcomes[1]
        assert [one.id for one in kind.opened_by("left", back, {"right"}, {"fork"})] == ["fork"]
        done = kind.step("right").outcomes[0]
        assert kind.opened_by("right", done, {"fork"}, {"fork", "left"}) == (), "the left one can still come back"
        assert [one.id for one in kind.opened_by("left", kind.step("left").outcomes[0], set(), {"fork", "right"})] == [
            "end"
        ]

    def test_one_of_too_many_states_is_to_be_parted(self) -> None:
        names = [f"s{n}" for n in range(16)]
        with pytest.raises(ValueError, match="states: part it"):
            CaseKind(
                id="wide",
                steps=(
                    step("fork", Outcome(id="all", opens=tuple(names))),
                    *(step(name, Outcome(id="done")) for name in names),
                    step("end", Outcome(id="file", closes="handled"), joins=tuple(names)),
                ),
            )
