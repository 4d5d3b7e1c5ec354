"""The inbox: one's own tasks or all one may see, by what is due first, page by page without gap or repetition."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import Refused
from zhihai.kernel import records
from zhihai.kernel.cases import acts, reads
from zhihai.kernel.identity import reads as identity

from .conftest import MONDAY

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def walk(actor: Any, limit: int, **more: Any) -> list[reads.InboxRow]:
    """Read an inbox to its end, page by page."""
    rows: list[reads.InboxRow] = []
    after = None
    for _ in range(500):
        page = reads.inbox(actor, MONDAY, after=after, limit=limit, **more)
        assert len(page.rows) <= limit
        rows += page.rows
        if page.next is None:
            return rows
        after = page.next
    raise AssertionError("the inbox has no end")


def bound_by(rows: list[reads.InboxRow]) -> dict[str, str]:
    """Return the name of the clock that binds each task first, by step."""
    read = reads.binding_clocks([(row.task, row.case) for row in rows], MONDAY)
    return {row.step: read[row.task].name for row in rows}


class TestPages:
    @pytest.fixture
    def many(self, desk: Any) -> list[int]:
        """Numbers of 60 tasks; the due instants of most are shared by several."""
        cases = [desk.open("probe.urgent", at=MONDAY + n % 7 * MINUTE) for n in range(60)]
        return [desk.task(case, "go").id for case in cases]

    @pytest.mark.parametrize("limit", [1, 2, 7, 59, 60, 61])
    def test_every_task_comes_once_and_in_order(self, many: list[int], limit: int) -> None:
        rows = walk(SYSTEM, limit, mine=False)
        assert sorted(row.task for row in rows) == many
        assert [(row.due, row.task) for row in rows] == sorted((row.due, row.task) for row in rows)

    def test_one_that_ends_between_two_pages_takes_no_other_with_it(self, desk: Any, many: list[int]) -> None:
        first = reads.inbox(SYSTEM, MONDAY, mine=False, limit=20)
        for row in (first.rows[5], first.rows[-1]):
            acts.take_step(SYSTEM, row.case, row.task, "done", at=MONDAY + HOUR)
        second = reads.inbox(SYSTEM, MONDAY, mine=False, limit=60, after=first.next)
        assert {row.task for row in first.rows} | {row.task for row in second.rows} == set(many)
        assert second.next is None

    def test_a_page_is_one_question_and_counts_nothing(self, many: list[int]) -> None:
        with CaptureQueriesContext(connection) as asked:
            reads.inbox(SYSTEM, MONDAY, mine=False, limit=50)
        assert len(asked) == 1
        assert not any("count(" in query["sql"].lower() for query in asked.captured_queries)

    @pytest.mark.parametrize("cursor", ["", "x", "-", "1-", "-1", "1-2-3", "1-x", "²-1", "9" * 50 + "-1", "1-1'--"])
    def test_a_place_that_is_none_of_ours_is_refused(self, desk: Any, cursor: str) -> None:
        with pytest.raises(Refused) as refused:
            reads.inbox(SYSTEM, MONDAY, mine=False, after=cursor)
        assert refused.value.code == "cursor"

    @pytest.mark.parametrize("cursor", ["0-0", "99999999999999999999-1", "1-99999999999999999999999"])
    def test_a_place_beyond_all_is_a_page_like_any_other(self, many: list[int], cursor: str) -> None:
        assert len(reads.inbox(SYSTEM, MONDAY, mine=False, after=cursor, limit=60).rows) in (0, 60)


class TestRows:
    def test_tasks_nothing_binds_come_last(self, desk: Any) -> None:
        case = desk.open("air.inspection")
        acts.pause(SYSTEM, case.id, desk.clock(case, "whole").id, "x", at=MONDAY)
        bound = desk.open("probe.urgent")
        rows = walk(SYSTEM, 10, mine=False)
        assert [row.number for row in rows] == [bound.number, case.number]
        assert rows[1].due is None
        assert bound_by(rows)["dispatch"] == "whole"
        assert rows[1].timing is not None
        assert rows[1].timing.pauses == ((MONDAY, None),)

    def test_a_row_shows_the_clock_that_binds_it_first(self, desk: Any) -> None:
        case = desk.open("air.inspection")
        assert bound_by(walk(SYSTEM, 10, mine=False)) == {"dispatch": "whole"}
        desk.step(case, "dispatch", "send")
        (row,) = walk(SYSTEM, 10, mine=False)
        assert (bound_by([row]), row.due) == ({"inspect": "on_site"}, MONDAY + 3 * HOUR)
        desk.step(case, "inspect", "violations")
        assert bound_by(walk(SYSTEM, 10, mine=False)) == {"rectify": "rectification", "order": "whole"}

    def test_what_is_kept_of_a_clock_is_what_reading_it_says(self, desk: Any) -> None:
        """Pages draw a plain clock from its row and read only the others; no one can tell which was done."""
        for n, act in enumerate((None, "pause", "resume", "extend")):
            case = desk.open("air.inspection", at=MONDAY + n * MINUTE)
            clock = desk.clock(case, "whole").id
            if act in ("pause", "resume"):
                acts.pause(SYSTEM, case.id, clock, "x", at=MONDAY + HOUR)
            if act == "resume":
                acts.resume(SYSTEM, case.id, clock, "x", at=MONDAY + 2 * HOUR)
            if act == "extend":
                acts.extend(SYSTEM, case.id, clock, 2, "x", at=MONDAY + HOUR)
            desk.step(desk.open("air.inspection", at=MONDAY + n * MINUTE), "dispatch", "send")
        permit = desk.open()
        for step, outcome in (("accept", "take"), ("review", "split")):
            desk.step(permit, step, outcome)
        rows = walk(SYSTEM, 3, mine=False)
        read = reads.binding_clocks([(row.task, row.case) for row in rows], MONDAY)
        assert [row.timing for row in rows] == [reads.timing_of(read[row.task], MONDAY) for row in rows]
        assert {len(row.timing.pauses) for row in rows if row.timing} == {0, 1}

    def test_a_row_shows_what_the_case_is_about(self, desk: Any) -> None:
        case = desk.open("probe.urgent", facts={"what": "a sign"}, provenance="synthetic")
        (row,) = walk(SYSTEM, 10, mine=False)
        assert (row.number, row.kind, row.facts, row.provenance, row.mode) == (
            case.number, "probe.urgent", {"what": "a sign"}, "synthetic", "replay",
        )  # fmt: skip
        acts.tick(at=MONDAY + 5 * HOUR)
        assert walk(SYSTEM, 10, mine=False)[0].late


class TestWhose:
    @pytest.fixture
    def spread(self, desk: Any) -> dict[str, str]:
        """A patrol in each street and an inspection waiting for the dispatcher; numbers by what they are."""
        return {
            "east": desk.open("weather.flood_patrol").number,
            "west": desk.open("weather.flood_patrol", area="990101002").number,
            "inspection": desk.open("air.inspection").number,
        }

    def seen(self, desk: Any, username: str, **more: Any) -> set[str]:
        return {row.number for row in walk(desk.actor(username), 1, **more)}

    def test_mine_are_those_of_my_role_and_place(self, desk: Any, spread: dict[str, str]) -> None:
        mine = {name: self.seen(desk, name) for name in ("street-east", "street-west", "dispatcher", "inspector")}
        assert mine == {
            "street-east": {spread["east"]},
            "street-west": {spread["west"]},
            "dispatcher": {spread["inspection"]},
            "inspector": set(),
        }

    def test_all_are_those_i_may_see(self, desk: Any, spread: dict[str, str]) -> None:
        seen = {name: self.seen(desk, name, mine=False) for name in ("street-east", "dispatcher", "leader", "reader")}
        everything = set(spread.values())
        assert seen == {
            "street-east": {spread["east"]}, "dispatcher": everything, "leader": everything, "reader": set(),
        }  # fmt: skip

    def test_filters_keep_kind_area_and_what_is_due_soon(self, desk: Any, spread: dict[str, str]) -> None:
        by_kind = self.seen(desk, "leader", mine=False, kind="air.inspection")
        by_area = self.seen(desk, "leader", mine=False, area=desk.area("990101002"))
        soon = self.seen(desk, "leader", mine=False, due_before=MONDAY + 3 * HOUR)
        nothing = self.seen(desk, "leader", mine=False, kind="air.unknown")
        assert (by_kind, by_area) == ({spread["inspection"]}, {spread["west"]})
        assert (soon, nothing) == ({spread["east"], spread["west"]}, set())

    def test_one_who_handed_a_task_over_still_sees_the_case(self, desk: Any, spread: dict[str, str]) -> None:
        case = reads.case_view(SYSTEM, spread["east"], MONDAY)
        west = identity.organisation_by_code("990101002").id
        acts.hand_over(SYSTEM, case.id, case.tasks[0].id, west, "x", at=MONDAY)
        assert self.seen(desk, "street-east") == set()
        assert reads.case_view(desk.actor("street-east"), spread["east"], MONDAY).number == spread["east"]


def test_short_lists_keep_to_what_one_may_see(desk: Any) -> None:
    east = desk.open("weather.flood_patrol", subject=("finding", 1))
    west = desk.open("weather.flood_patrol", area="990101002", subject=("finding", 2))
    for username, expected in (("leader", [west, east]), ("street-east", [east]), ("reader", [])):
        actor = desk.actor(username)
        lines = reads.recent(actor, subject=("finding", [1, 2]))
        assert [line.number for line in lines] == [case.number for case in expected]
        assert [line.number for line in reads.recent(actor, ids=[east.id, west.id])] == [one.number for one in expected]
        found = reads.by_number(actor, "ls-2014-fx")
        assert {line.number for line in found} == {case.number for case in expected}
    assert reads.by_number(desk.actor("leader"), "LS-2014-KQ") == ()


def test_the_load_is_told_without_naming_a_case(desk: Any) -> None:
    for _ in range(3):
        desk.open("probe.urgent")
    desk.open("air.inspection")
    acts.tick(at=MONDAY + 5 * HOUR)
    counted = {one.kind: (one.open, one.late) for one in reads.load()}
    assert counted == {"probe.urgent": (3, 3), "air.inspection": (1, 0)}
    assert records.value("SELECT count(*) FROM cases") == 4
