"""What acts rest on is kept by each process and never out of date; where a task stands is what its clocks say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from zhihai.ground.actors import SYSTEM, Actor, Grant, Scope
from zhihai.ground.refusal import Conflict, NotPermitted, Refused
from zhihai.kernel import records
from zhihai.kernel.cases import acts
from zhihai.kernel.cases.footing import HELD, VERSION
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.kinds import OPEN_CASES

from .conftest import MONDAY

HOUR = timedelta(hours=1)
ELSEWHERE = """UPDATE duty SET org_id = (SELECT id FROM organisation WHERE code = '990101-environment')
    WHERE kind = 'probe.permit' AND role = 'dispatcher'"""
"""A change that another process makes: this one is not told of it."""
DUE = """SELECT t.id, t.sort_at, c.due_at,
    (SELECT coalesce(min(k.due_at), '9000-01-01Z') FROM clock k WHERE k.case_id = c.id AND k.state = 'running'
        AND (k.task_id IS NULL OR k.task_id = t.id)),
    (SELECT min(k.due_at) FROM clock k WHERE k.case_id = c.id AND k.state = 'running')
    FROM task t JOIN cases c ON c.id = t.case_id WHERE t.state = 'open' AND c.id = %s"""


def version() -> int:
    return int(records.value(f"SELECT {VERSION}"))


def office(case: acts.CaseRef) -> str:
    sql = "SELECT o.code FROM task t JOIN organisation o ON o.id = t.org_id WHERE t.case_id = %s AND t.state = 'open'"
    return str(records.value(sql, (case.id,)))


def test_an_opening_asks_nothing_beside_its_one_statement(desk: Any) -> None:
    desk.open()
    area = desk.area()
    with CaptureQueriesContext(connection) as asked:
        acts.open_case(SYSTEM, "probe.permit", at=MONDAY, area=area)
    assert [one["sql"].partition("(")[0] for one in asked.captured_queries] == ["SELECT * FROM zh_case_open"]


def test_a_step_asks_for_the_case_and_writes_it(desk: Any) -> None:
    case = desk.open()
    task = desk.task(case, "accept").id
    with CaptureQueriesContext(connection) as asked:
        acts.take_step(SYSTEM, case.id, task, "take", at=MONDAY)
    assert len(asked.captured_queries) == 2


class TestNeverOutOfDate:
    def test_what_another_process_changed_holds_for_the_next_case(self, desk: Any) -> None:
        assert office(desk.open()) == "990101"
        records.execute(ELSEWHERE)
        assert office(desk.open()) == "990101-environment"

    def test_a_step_opens_for_whoever_has_the_duty_then(self, desk: Any) -> None:
        case = desk.open()
        records.execute(ELSEWHERE.replace("dispatcher", "inspector").replace("990101-environment", "990101"))
        desk.step(case, "accept", "take")
        assert office(case) == "990101"

    def test_what_was_undone_never_held(self, desk: Any) -> None:
        desk.open()
        with records.atomic():
            records.execute(ELSEWHERE)
            assert office(desk.open()) == "990101-environment"
            transaction.set_rollback(True)
        assert office(desk.open()) == "990101"

    def test_a_duty_that_is_new_here_is_found_and_one_that_is_gone_refused(self, desk: Any) -> None:
        desk.open()
        records.execute("DELETE FROM duty WHERE kind = 'probe.permit' AND role = 'dispatcher'")
        with pytest.raises(Refused) as refused:
            desk.open()
        assert refused.value.code == "no_duty"
        records.execute("""INSERT INTO duty (kind, role, area_id, org_id)
            SELECT 'probe.permit', 'dispatcher', a.id, o.id FROM area a, organisation o
            WHERE a.code = '990101' AND o.code = '990101'""")
        assert office(desk.open()) == "990101"

    def test_a_limit_holds_for_what_opens_after_it(self, desk: Any) -> None:
        before = desk.open()
        acts.set_limit(SYSTEM, "probe.permit", "promise", 3, "working_day", "a promise", None, at=MONDAY)
        terms = [desk.clock(case, "promise").clock.terms for case in (before, desk.open())]
        assert [(one.amount, one.source) for one in terms] == [(10, ""), (3, "a promise")]

    def test_powers_are_asked_over_the_trees_as_they_are_now(self, desk: Any) -> None:
        desk.open()
        lead = identity.organisation_by_code("990101-environment")
        grant = Grant(
            role="zhihai.dispatcher", org_lo=lead.lo, org_hi=lead.hi, area_lo=0, area_hi=10**6, types=None,
            powers=frozenset({OPEN_CASES}),
        )  # fmt: skip
        actor = Actor(account=7, name="x", sort="person", scope=Scope(grants=(grant,)))
        with pytest.raises(NotPermitted):
            acts.open_case(actor, "probe.permit", at=MONDAY, area=desk.area())
        records.execute(ELSEWHERE)
        assert office(acts.open_case(actor, "probe.permit", at=MONDAY, area=desk.area())) == "990101-environment"

    def test_when_it_changes_without_end_nothing_is_written(self, desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        desk.open()
        old = HELD.at_hand()
        records.execute(ELSEWHERE)
        monkeypatch.setattr(HELD, "at_hand", lambda: old)
        monkeypatch.setattr(HELD, "now", lambda: old)
        with pytest.raises(Conflict) as refused:
            desk.open()
        assert refused.value.code == "footing_changing"
        assert records.value("SELECT count(*) FROM cases") == 1

    @pytest.mark.parametrize(
        ("change", "moves"),
        [
            ('UPDATE district SET facts = facts || \'{"prefix": "XX"}\'', True),
            ("UPDATE area SET lo = lo", True),
            ("UPDATE organisation SET name_en = name_en", True),
            ("INSERT INTO case_type (name) VALUES ('probe.new')", True),
            ("DELETE FROM duty", True),
            ("UPDATE district SET instant = instant + interval '1 hour', speed = 2", False),
            ("INSERT INTO case_type (name) SELECT name FROM case_type ON CONFLICT DO NOTHING", False),
        ],
    )
    def test_it_moves_with_what_acts_rest_on_and_with_nothing_else(self, desk: Any, change: str, moves: bool) -> None:
        desk.open()
        before = version()
        records.execute(change)
        assert (version() > before) is moves

    def test_a_case_is_numbered_as_the_district_is_called_now(self, desk: Any) -> None:
        desk.open()
        records.execute('UPDATE district SET facts = facts || \'{"prefix": "XX"}\'')
        assert desk.open().number.startswith("XX-2014-XK-")


def test_open_tasks_stand_where_their_clocks_say_whatever_is_done(desk: Any) -> None:
    case = desk.open()
    tasks = 0

    def holds() -> None:
        nonlocal tasks
        for _, sort_at, due, bound, earliest in records.rows(DUE, (case.id,)):
            assert (sort_at, due) == (bound, earliest)
            tasks += 1

    def clock(name: str) -> int:
        return int(desk.clock(case, name).id)

    for act in (
        lambda: desk.step(case, "accept", "take", at=MONDAY + HOUR),
        lambda: acts.pause(SYSTEM, case.id, clock("promise"), "document 1", at=MONDAY + 2 * HOUR),
        lambda: acts.extend(SYSTEM, case.id, clock("looking"), 8, "document 2", at=MONDAY + 2 * HOUR),
        lambda: acts.resume(SYSTEM, case.id, clock("promise"), "document 1", at=MONDAY + 30 * HOUR),
        lambda: desk.step(case, "review", "split", at=MONDAY + 31 * HOUR),
        lambda: acts.tick(at=MONDAY + timedelta(days=12)),
        lambda: desk.step(case, "hear", "heard", at=MONDAY + timedelta(days=13)),
        lambda: desk.step(case, "measure", "measured", at=MONDAY + timedelta(days=14)),
        lambda: desk.step(case, "draw", "drawn", at=MONDAY + timedelta(days=15)),
        lambda: desk.step(case, "decide", "again", at=MONDAY + timedelta(days=16)),
    ):
        holds()
        act()
    holds()
    assert tasks >= 11
    desk.step(case, "hear", "withdrawn", at=MONDAY + timedelta(days=17))
    assert records.one("SELECT state, due_at FROM cases WHERE id = %s", (case.id,)) == ("closed", None)
