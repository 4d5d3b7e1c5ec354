"""Reorganisation with cases running: what is open goes over, what is closed stays readable, nobody sees more by it."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from tests.kernel.acting import area, office

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.ground.refusal import Conflict, NotFound, Refused
from zhihai.kernel import records
from zhihai.kernel.cases import acts, reads
from zhihai.kernel.identity import acts as identity
from zhihai.kernel.identity import reads as who
from zhihai.kernel.journal import reads as chains
from zhihai.kernel.places import acts as places
from zhihai.kernel.places import reads as where

from .conftest import MONDAY

EAST, WEST = "990101001", "990101002"
HOUR = timedelta(hours=1)
LATER = MONDAY + 3 * HOUR
PATROL = "weather.flood_patrol"


def merge(*, at: Any = LATER, posts: Any = "follow") -> None:
    """Merge the western street into the eastern one: its office and its ground, in one transaction."""
    with records.atomic():
        identity.succeed(SYSTEM, office(WEST), office(EAST), "京编〔2014〕1号", at=at, posts=posts)
        places.unite_areas(SYSTEM, area(WEST), area(EAST), at=at)


def inbox(desk: Any, username: str, at: Any = LATER) -> set[str]:
    actor = who.actor_of(who.account_named(username).id, at=at)
    return {row.number for row in reads.inbox(actor, at).rows}


def finish(desk: Any, case: Any) -> None:
    """Take a patrol to its end, however many steps it has."""
    for _ in range(9):
        open_ = [task for task in desk.view(case).tasks if task.state == "open"]
        if not open_:
            return
        step = next(one for one in desk.view(case).kind.steps if one.id == open_[0].step)
        acts.take_step(SYSTEM, case.id, open_[0].id, step.outcomes[0].id, at=MONDAY + HOUR, note="办妥")
    raise AssertionError("the case has no end")


class TestMerging:
    def test_open_tasks_go_over_and_the_chain_says_so(self, desk: Any) -> None:
        case = desk.open(PATROL, area=WEST)
        assert (inbox(desk, "street-west", MONDAY), inbox(desk, "street-east", MONDAY)) == ({case.number}, set())
        merge()
        assert inbox(desk, "street-east") == {case.number}
        (task,) = desk.view(case).tasks
        assert task.org == office(EAST)
        (move,) = task.moves
        assert (move["from"], move["to"], move["cause"]) == (office(WEST), office(EAST), "京编〔2014〕1号")
        last = chains.case_entries(case.id)[-1]
        assert (last.act, last.data["tasks"]) == ("cases.go_over", [task.id])

    def test_the_journal_stays_whole(self, desk: Any) -> None:
        cases = [desk.open(PATROL, area=WEST) for _ in range(3)]
        merge()
        shown = desk.view(cases[0])
        desk.step(cases[0], shown.tasks[0].step, shown.kind.steps[0].outcomes[0].id, at=LATER)
        assert records.rows("SELECT j.id FROM journal_entry j WHERE j.h <> zh_entry_hash(j)") == []
        for case in cases:
            chain = records.rows(
                "SELECT case_seq, case_prev, h FROM journal_entry WHERE case_id = %s ORDER BY case_seq", (case.id,)
            )
            assert [seq for seq, _, _ in chain] == [*range(1, len(chain) + 1)]
            assert [prev for _, prev, _ in chain] == [None, *(h for _, _, h in chain[:-1])]
            assert records.one("SELECT seq, last_h FROM cases WHERE id = %s", (case.id,)) == (len(chain), chain[-1][2])

    def test_what_is_closed_stays_and_the_successor_may_read_it(self, desk: Any) -> None:
        case = desk.open(PATROL, area=WEST)
        finish(desk, case)
        kept = records.one("SELECT org_id, seq, last_h FROM cases WHERE id = %s", (case.id,))
        with pytest.raises(NotFound):
            reads.case_view(desk.actor("street-east"), case.number, MONDAY)
        merge()
        assert records.one("SELECT org_id, seq, last_h FROM cases WHERE id = %s", (case.id,)) == kept
        east = who.actor_of(who.account_named("street-east").id, at=LATER)
        assert reads.case_view(east, case.number, LATER).org == office(WEST)
        assert [line.number for line in reads.closed(east)[0]] == [case.number]

    def test_posts_go_along_or_end(self, desk: Any) -> None:
        west = who.account_named("street-west").id
        before = who.actor_of(west, at=LATER - HOUR)
        merge()
        office_east = who.organisation_by_code(EAST)
        after = [(grant.org_lo, grant.org_hi) for grant in who.actor_of(west, at=LATER).scope.grants]
        assert after == [(office_east.lo, office_east.hi)]
        assert len(before.scope.grants) == 1
        assert [grant.role for grant in who.actor_of(west, at=LATER - HOUR).scope.grants] == [
            before.scope.grants[0].role
        ]

    def test_posts_that_end_see_nothing_any_more(self, desk: Any) -> None:
        desk.open(PATROL, area=WEST)
        merge(posts="end")
        assert who.actor_of(who.account_named("street-west").id, at=LATER).scope.grants == ()

    def test_counts_and_clocks_are_as_before(self, desk: Any) -> None:
        desk.open("probe.permit", area=WEST)
        desk.open(PATROL, area=WEST)
        load, clocks = reads.load(), records.rows("SELECT * FROM clock ORDER BY id")
        due = records.rows("SELECT id, due_at, late FROM cases ORDER BY id")
        merge()
        assert (reads.load(), records.rows("SELECT * FROM clock ORDER BY id")) == (load, clocks)
        assert records.rows("SELECT id, due_at, late FROM cases ORDER BY id") == due
        assert acts.recount(at=LATER) == 0

    def test_who_read_a_case_before_finds_that_it_moved_on(self, desk: Any) -> None:
        case = desk.open(PATROL, area=WEST)
        seq = desk.view(case).seq
        merge()
        assert desk.view(case).seq == seq + 1
        body = {"case": case.id, "seq": seq, "actor": 0, "sort": "system", "act": "x", "at": LATER, "data": "{}"}
        with pytest.raises(Exception, match="moved on"), records.atomic():
            records.one("SELECT zh_case_change(%s::jsonb)", (records.as_json(body),))

    def test_what_is_opened_or_handed_over_to_the_old_one_is_the_successors(self, desk: Any) -> None:
        merge()
        case = desk.open(PATROL, area=WEST, organisation=office(WEST))
        assert desk.view(case).org == office(EAST)
        assert {task.org for task in desk.view(case).tasks} == {office(EAST)}
        records.execute("UPDATE task SET org_id = %s WHERE case_id = %s", (office(WEST), case.id))
        assert {task.org for task in desk.view(case).tasks} == {office(EAST)}

    def test_things_go_over(self, district: str) -> None:
        records.execute("UPDATE dataset SET owner_id = %s WHERE name = 'zhihai.targets'", (office(WEST),))
        merge()
        assert not records.rows("SELECT 1 FROM device WHERE org_id = %s", (office(WEST),))
        assert records.value("SELECT owner_id FROM dataset WHERE name = 'zhihai.targets'") == office(EAST)

    @pytest.mark.parametrize("pair", [(WEST, WEST), ("990101", EAST), (EAST, "nobody")])
    def test_a_successor_must_be_there_and_not_below(self, district: str, pair: tuple[str, str]) -> None:
        old, new = (0 if code == "nobody" else office(code) for code in pair)
        with pytest.raises(Refused):
            identity.succeed(SYSTEM, old, new, "x", at=LATER)
        with pytest.raises(Refused):
            identity.succeed(SYSTEM, office(WEST), office(EAST), " ", at=LATER)

    def test_one_that_ended_can_neither_end_again_nor_take_over(self, district: str) -> None:
        merge()
        for old, new in ((WEST, EAST), (EAST, WEST)):
            with pytest.raises(Refused):
                identity.succeed(SYSTEM, office(old), office(new), "x", at=LATER)

    def test_a_successor_that_ends_hands_everything_on(self, desk: Any) -> None:
        case = desk.open(PATROL, area=WEST)
        merge()
        bureau = office("990101-water")
        identity.succeed(SYSTEM, office(EAST), bureau, "x", at=LATER + HOUR)
        assert {task.org for task in desk.view(case).tasks} == {bureau}
        late = desk.open(PATROL, area=WEST, organisation=office(WEST))
        assert desk.view(late).org == bureau


class TestSplitting:
    def test_only_the_kinds_named_go_over_and_the_old_one_remains(self, desk: Any) -> None:
        patrol, permit = desk.open(PATROL, area=WEST), desk.open("probe.permit", area=WEST, organisation=office(WEST))
        identity.succeed(SYSTEM, office(WEST), office(EAST), "x", at=LATER, kinds=[PATROL])
        assert {task.org for task in desk.view(patrol).tasks} == {office(EAST)}
        assert desk.view(permit).org == office(WEST)
        assert records.value("SELECT valid_to FROM organisation WHERE code = %s", (WEST,)) is None
        assert who.actor_of(who.account_named("street-west").id, at=LATER).scope.grants
        next_ = desk.open(PATROL, area=WEST)
        assert {task.org for task in desk.view(next_).tasks} == {office(EAST)}


def tree(**names: Named) -> list[identity.OrganisationInput]:
    codes = {one.id: one.code for one in who.organisations()}
    return [
        identity.OrganisationInput(
            code=one.code,
            sort=one.sort,
            name=names.get(f"o{one.code[-3:]}", one.name),
            parent=codes.get(one.parent or 0),
        )
        for one in who.organisations()
    ]


class TestNames:
    def test_a_name_is_dated(self, district: str) -> None:
        before = who.organisation_by_code(WEST).name
        identity.load_organisations(SYSTEM, tree(o002=Named("西畔街道", "West Bank Office")), at=LATER)
        held = who.organisation_by_code(WEST)
        assert held.name == Named("西畔街道", "West Bank Office")
        assert held.named(LATER - HOUR) == before
        assert held.named(LATER) == held.named(None) == held.name

    def test_names_change_again_and_again(self, district: str) -> None:
        names = [who.organisation_by_code(WEST).name, Named("乙", "B"), Named("丙", "C")]
        for n, name in enumerate(names[1:], start=1):
            identity.load_organisations(SYSTEM, tree(o002=name), at=MONDAY + n * HOUR)
        held = who.organisation_by_code(WEST)
        assert [held.named(MONDAY + n * HOUR) for n in range(3)] == names

    def test_an_area_too(self, district: str) -> None:
        codes = {one.id: one.code for one in where.areas()}
        inputs = [
            places.AreaInput(
                code=one.code, level=one.level, parent=codes.get(one.parent or 0),
                name=Named("新", "New") if one.code == WEST else one.name,
            )
            for one in where.areas()
        ]  # fmt: skip
        before = where.area_by_code(WEST).name
        places.load_areas(SYSTEM, inputs, at=LATER)
        held = where.area_by_code(WEST)
        assert (held.named(MONDAY), held.named(LATER)) == (before, Named("新", "New"))

    def test_loading_the_tree_of_before_does_not_bring_back_what_ended(self, desk: Any) -> None:
        case = desk.open(PATROL, area=WEST)
        before = tree()
        merge()
        identity.load_organisations(SYSTEM, before, at=LATER + HOUR)
        held, heir = who.organisation_by_code(WEST), who.organisation_by_code(EAST)
        assert heir.lo < held.lo <= heir.hi
        assert inbox(desk, "street-east", LATER + HOUR) == {case.number}


class TestAreas:
    def test_points_of_the_old_street_lie_in_the_new_one(self, desk: Any) -> None:
        inside = (100.001, 30.005)
        assert where.locate(*inside).area == where.area_by_code(WEST)
        places.unite_areas(SYSTEM, area(WEST), area(EAST), at=LATER)
        found = where.locate(*inside).area
        assert found is not None
        assert found.code == EAST

    def test_power_over_the_successor_is_power_over_the_old_ground(self, desk: Any) -> None:
        case = desk.open(PATROL, area=WEST, organisation=office(EAST))
        with pytest.raises(NotFound):
            reads.case_view(desk.actor("street-east"), case.number, MONDAY)
        places.unite_areas(SYSTEM, area(WEST), area(EAST), at=LATER)
        shown = reads.case_view(who.actor_of(who.account_named("street-east").id, at=LATER), case.number, LATER)
        assert shown.area == area(WEST)
        assert desk.view(desk.open(PATROL, area=WEST)).area == area(EAST)

    def test_areas_of_two_levels_and_of_none_are_refused(self, district: str) -> None:
        for old, new in ((WEST, "990101"), (WEST, WEST)):
            with pytest.raises(Refused):
                places.unite_areas(SYSTEM, area(old), area(new), at=LATER)
        with pytest.raises(Refused):
            places.unite_areas(SYSTEM, 0, area(WEST), at=LATER)


def test_while_others_write_nothing_is_lost_and_nothing_stays_behind(desk: Any, together: Any) -> None:
    """Cases open, move and are handed over all the while: whatever is open belongs to the successor afterwards."""
    first = [desk.open("probe.urgent", area=WEST, organisation=office(WEST)) for _ in range(6)]
    (before,) = {one.open for one in reads.load() if one.kind == "probe.urgent"}
    west, east, ground = office(WEST), office(EAST), area(WEST)
    opened: list[Any] = []
    worked: list[int] = []

    def opens() -> None:
        ends = time.monotonic() + 1.5
        while time.monotonic() < ends:
            opened.append(acts.open_case(SYSTEM, "probe.urgent", at=MONDAY, area=ground, organisation=west))

    def works() -> None:
        for case in first[:3]:
            try:
                acts.take_step(
                    SYSTEM, case.id, reads.case_view(SYSTEM, case.number, MONDAY).tasks[0].id, "done", at=MONDAY
                )
                worked.append(case.id)
            except Conflict:
                pass

    def reorganises() -> None:
        while len(opened) < 5:
            time.sleep(0.005)
        identity.succeed(SYSTEM, west, east, "x", at=LATER)

    assert together(opens, opens, works, reorganises) == [None] * 4
    assert len(opened) > 5
    assert records.value("SELECT count(*) FROM task WHERE state = 'open' AND org_id = %s", (west,)) == 0
    assert records.value("SELECT count(*) FROM cases WHERE state = 'open' AND org_id = %s", (west,)) == 0
    (after,) = {one.open for one in reads.load() if one.kind == "probe.urgent"}
    assert after == before + len(opened) - len(worked)
    assert (
        records.rows(
            "SELECT c.id FROM cases c WHERE c.seq <> (SELECT count(*) FROM journal_entry j WHERE j.case_id = c.id)"
        )
        == []
    )
    assert records.rows("SELECT t.id FROM task t JOIN organisation o ON o.id = t.org_id WHERE t.org_lo <> o.lo") == []
