"""Cases brought in from a former system: the same rows as single acts leave, one chain each, all or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import Conflict, Refused
from zhihai.kernel import records
from zhihai.kernel.cases import acts, reads
from zhihai.kernel.cases.acts import CaseHistory, PastStep
from zhihai.kernel.journal import acts as journal_acts
from zhihai.kernel.journal import reads as journal

from .conftest import MONDAY

HOUR = timedelta(hours=1)
NOW = MONDAY + timedelta(days=30)
TAKEN = (
    PastStep("accept", "take", MONDAY + HOUR),
    PastStep("review", "split", MONDAY + 3 * HOUR),
    PastStep("measure", "measured", MONDAY + 5 * HOUR),
    PastStep("hear", "heard", MONDAY + 24 * HOUR),
    PastStep("draw", "drawn", MONDAY + 30 * HOUR),
    PastStep("decide", "again", MONDAY + 50 * HOUR),
    PastStep("hear", "withdrawn", MONDAY + 75 * HOUR, note="撤回"),
)


def history(desk: Any, steps: int = 0, **more: Any) -> CaseHistory:
    given = {"kind": "probe.permit", "opened_at": MONDAY, "area": desk.area(), "provenance": "synthetic"} | more
    return CaseHistory(**given, steps=TAKEN[:steps])


def lived(desk: Any, steps: int) -> int:
    """The same case, by single acts."""
    case = desk.open("probe.permit", provenance="synthetic")
    for past in TAKEN[:steps]:
        desk.step(case, past.step, past.outcome, at=past.at)
    return case.id


TASKS = """SELECT step, role, org_id, org_lo, area_lo, round, state, opened_at, done_at, outcome,
    CASE WHEN state = 'open' THEN sort_at END FROM task WHERE case_id = %s ORDER BY id"""
CLOCKS = """SELECT name, k.sort, k.state, started_at, k.due_at, warn_at, stopped_at, limits, events, calendar,
    provisional, (SELECT t.step || t.round FROM task t WHERE t.id = k.task_id)
    FROM clock k WHERE case_id = %s ORDER BY k.id"""
CASE = """SELECT type_no, version, org_id, org_lo, area_id, area_lo, state, opened_at, due_at, closed_at, closing,
    rework, mode, provenance, left(number, 12) FROM cases WHERE id = %s"""


def last_case() -> int:
    return int(records.value("SELECT max(id) FROM cases"))


@pytest.mark.parametrize("steps", range(len(TAKEN) + 1))
def test_what_comes_in_is_what_single_acts_would_have_left(desk: Any, steps: int) -> None:
    single = lived(desk, steps)
    assert acts.bring_in(SYSTEM, [history(desk, steps)], "old:1", at=TAKEN[-1].at) == 1
    brought = last_case()
    assert brought != single
    for question in (CASE, TASKS, CLOCKS):
        assert records.rows(question, (brought,)) == records.rows(question, (single,))


def test_chains_verify_and_counts_are_right(desk: Any) -> None:
    batch = [history(desk, number % (len(TAKEN) + 1)) for number in range(40)]
    assert acts.bring_in(SYSTEM, batch, "old:1", at=NOW) == 40
    while journal_acts.seal(at_machine=NOW):
        pass
    assert journal.verify().ok
    state = journal.verify_state(reads.heads)
    assert (state.ok, state.cases) == (True, 40)
    assert records.value("SELECT zh_case_load_recount()") == 0
    ((open_, late),) = [(one.open, one.late) for one in reads.load()]
    assert (open_, late) == (35, 35)


def test_nobody_is_told_and_what_has_passed_is_taken_as_told(desk: Any) -> None:
    acts.bring_in(SYSTEM, [history(desk, 1)], "old:1", at=NOW)
    assert records.value("SELECT count(*) FROM outbox") == 0
    acts.tick(at=NOW)
    assert records.value("SELECT count(*) FROM outbox") == 0


def test_a_clock_still_to_come_rings_as_usual(desk: Any, events: Any) -> None:
    acts.bring_in(SYSTEM, [history(desk)], "old:1", at=MONDAY + HOUR)
    acts.tick(at=NOW)
    assert {one["name"] for one in events("ClockBreached")} == {"promise", "law"}


def test_an_open_case_is_worked_on_by_the_usual_acts(desk: Any) -> None:
    acts.bring_in(SYSTEM, [history(desk, 1)], "old:1", at=NOW)
    case = last_case()
    (task,) = records.rows("SELECT id FROM task WHERE case_id = %s AND state = 'open'", (case,))[0]
    acts.take_step(desk.actor("inspector"), case, task, "grant", at=NOW + HOUR)
    assert records.one("SELECT state, closing, seq FROM cases WHERE id = %s", (case,)) == ("closed", "granted", 3)
    assert journal.verify_state(reads.heads).ok


def test_a_batch_comes_in_once(desk: Any) -> None:
    acts.bring_in(SYSTEM, [history(desk)], "old:1", at=NOW)
    with pytest.raises(Conflict, match="brought_before"):
        acts.bring_in(SYSTEM, [history(desk)], "old:1", at=NOW)
    assert records.value("SELECT count(*) FROM cases") == 1


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": "probe.nothing"}, "no_case_kind", "cases.1.kind"),
    ({"area": 999_999}, "no_area", "cases.1.area"),
    ({"organisation": 999_999}, "no_organisation", "cases.1.organisation"),
    ({"opened_at": NOW + HOUR}, "history_order", "cases.1.opened_at"),
    ({"steps": (TAKEN[1],)}, "step_not_waiting", "cases.1.steps.0.step"),
    ({"steps": (replace(TAKEN[0], outcome="sell"),)}, "no_outcome", "cases.1.steps.0.outcome"),
    ({"steps": (TAKEN[0], replace(TAKEN[1], at=MONDAY))}, "history_order", "cases.1.steps.1.at"),
    ({"steps": (replace(TAKEN[0], at=NOW + HOUR),)}, "history_order", "cases.1.steps.0.at"),
    ({"steps": (replace(TAKEN[0], organisation=999_999),)}, "no_organisation", "cases.1.steps.0.organisation"),
]


@pytest.mark.parametrize(("wrong", "code", "field"), WRONG)
def test_one_that_is_wrong_keeps_the_whole_batch_out(desk: Any, wrong: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(Refused) as refused:
        acts.bring_in(SYSTEM, [history(desk), replace(history(desk), **wrong)], "old:1", at=NOW)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert records.value("SELECT count(*) FROM cases") == 0
    assert records.value("SELECT count(*) FROM case_batch") == 0


def test_the_batch_has_a_name(desk: Any) -> None:
    with pytest.raises(Refused, match="source_needed"):
        acts.bring_in(SYSTEM, [history(desk)], " ", at=datetime(2026, 1, 1, tzinfo=MONDAY.tzinfo))
