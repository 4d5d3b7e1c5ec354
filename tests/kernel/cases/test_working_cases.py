"""Working a case: steps, branches, joins, returns, closing; who may; and that nothing is lost when two are at it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import Conflict, NotFound, NotPermitted, Refused
from zhihai.ground.words import Said
from zhihai.kernel import house, records
from zhihai.kernel.cases import acts, reads
from zhihai.kernel.identity import acts as identities
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.identity.account import Account
from zhihai.kernel.journal import reads as journal
from zhihai.kernel.places import reads as places

from .conftest import MONDAY

HOUR = timedelta(hours=1)


def state(case: acts.CaseRef) -> list[Any]:
    """All that is kept of a case, to see whether anything was written."""
    return [
        records.rows(f"SELECT t::text FROM {table} t WHERE {column} = %s ORDER BY 1", (case.id,))
        for table, column in (("cases", "id"), ("task", "case_id"), ("clock", "case_id"), ("journal_entry", "case_id"))
    ]


class TestSteps:
    def test_a_step_opens_the_next_with_its_clock(self, desk: Any) -> None:
        case = desk.open()
        desk.step(case, "accept", "take", at=MONDAY + HOUR)
        done, opened = desk.view(case).tasks
        assert (done.state, done.outcome, done.note, done.done_at) == ("done", "take", "办妥", MONDAY + HOUR)
        assert (opened.step, opened.role, opened.state) == ("review", "zhihai.inspector", "open")
        looking = desk.clock(case, "looking")
        assert (looking.task, looking.clock.state) == (opened.id, "running")
        assert looking.reading.due == MONDAY + 25 * HOUR

    def test_its_clock_stops_when_it_is_done_and_the_others_run_on(self, desk: Any, events: Any) -> None:
        case = desk.open()
        desk.step(case, "accept", "take")
        desk.step(case, "review", "split", at=MONDAY + 2 * HOUR)
        assert desk.clock(case, "looking").clock.stopped == MONDAY + 2 * HOUR
        assert not desk.clock(case, "law").clock.done
        (told,) = events("ClockStopped")
        assert (told["name"], told["case"], told["due"]) == ("looking", case.id, "2014-02-17T10:00:00Z")

    def test_each_act_is_an_entry_of_the_chain(self, desk: Any) -> None:
        case = desk.open()
        desk.step(case, "accept", "take", evidence={"photo": "a"})
        desk.step(case, "review", "grant")
        entries = journal.case_entries(case.id)
        assert [(entry.case_seq, entry.act) for entry in entries] == [
            (1, "cases.open_case"),
            (2, "cases.take_step"),
            (3, "cases.take_step"),
        ]
        assert entries[1].data["outcome"] == "take"
        assert "办妥" not in str([entry.data for entry in entries])
        assert desk.view(case).tasks[0].evidence == {"photo": "a"}
        verified = journal.verify()
        assert verified.ok
        assert (desk.view(case).seq, verified.faults) == (3, ())

    def test_a_note_of_the_words_is_kept_as_its_key_and_counts_as_one(self, desk: Any) -> None:
        case = desk.open()
        task = desk.task(case, "accept").id
        note = Said("simulated.note")
        acts.take_step(SYSTEM, case.id, task, "refuse", note=note, evidence={"seen": 3}, at=MONDAY)
        (done,) = (one for one in desk.view(case).tasks if one.id == task)
        assert (done.note, done.evidence) == (note, {"seen": 3})
        assert note.say(house.words(), "zh").startswith("模拟办理")
        assert note.say(house.words(), "en").startswith("Simulated: ")

    def test_a_note_that_no_words_say_is_a_defect(self, desk: Any) -> None:
        case = desk.open()
        with pytest.raises(KeyError):
            acts.take_step(SYSTEM, case.id, desk.task(case, "accept").id, "take", note=Said("no.such"), at=MONDAY)

    def test_an_outcome_that_needs_a_note_is_refused_without_one(self, desk: Any) -> None:
        case = desk.open()
        task, before = desk.task(case, "accept").id, state(case)
        with pytest.raises(Refused) as refused:
            acts.take_step(SYSTEM, case.id, task, "refuse", note="  ", evidence={"said": 3}, at=MONDAY)
        assert (refused.value.code, refused.value.field) == ("note_needed", "note")
        assert state(case) == before

    def test_an_outcome_there_is_not_is_refused_by_name(self, desk: Any) -> None:
        case = desk.open()
        with pytest.raises(Refused) as refused:
            desk.step(case, "accept", "fly")
        assert (refused.value.code, refused.value.facts) == ("no_outcome", {"outcome": "fly"})

    def test_a_task_of_another_case_is_not_found(self, desk: Any) -> None:
        one, other = desk.open(), desk.open()
        with pytest.raises(NotFound):
            acts.take_step(SYSTEM, one.id, desk.task(other, "accept").id, "take", at=MONDAY)
        with pytest.raises(NotFound):
            acts.take_step(SYSTEM, 9999, 1, "take", at=MONDAY)

    def test_a_task_is_done_once(self, desk: Any) -> None:
        case = desk.open()
        task = desk.task(case, "accept").id
        acts.take_step(SYSTEM, case.id, task, "take", at=MONDAY)
        before = state(case)
        with pytest.raises(Conflict) as refused:
            acts.take_step(SYSTEM, case.id, task, "take", at=MONDAY)
        assert refused.value.code == "task_done"
        assert state(case) == before


class TestBranches:
    @pytest.fixture
    def split(self, desk: Any) -> acts.CaseRef:
        """A case whose hearing and measuring run side by side; measuring leads on to drawing."""
        case = desk.open()
        desk.step(case, "accept", "take")
        desk.step(case, "review", "split")
        return case

    def test_they_run_side_by_side_each_with_its_office(self, desk: Any, split: acts.CaseRef) -> None:
        assert desk.waiting(split) == ["hear", "measure"]
        codes = {one.id: one.code for one in identity.organisations()}
        offices = {task.step: codes[task.org] for task in desk.view(split).tasks if task.state == "open"}
        assert offices == {"hear": "990101-environment", "measure": "990101001"}

    def test_the_join_opens_when_the_last_is_done(self, desk: Any, split: acts.CaseRef, events: Any) -> None:
        desk.step(split, "hear", "heard")
        assert desk.waiting(split) == ["measure"]
        desk.step(split, "measure", "measured")
        assert desk.waiting(split) == ["draw"]
        desk.step(split, "draw", "drawn")
        assert desk.waiting(split) == ["decide"]
        assert [event["opened"] for event in events("StepTaken")][-3:] == [[], ["draw"], ["decide"]]

    def test_whatever_the_order(self, desk: Any, split: acts.CaseRef) -> None:
        for step, outcome in (("measure", "measured"), ("draw", "drawn")):
            desk.step(split, step, outcome)
        assert desk.waiting(split) == ["hear"]
        desk.step(split, "hear", "heard")
        assert desk.waiting(split) == ["decide"]

    def test_in_a_second_round_it_waits_for_both_again(self, desk: Any, split: acts.CaseRef) -> None:
        for step, outcome in (("hear", "heard"), ("measure", "measured"), ("draw", "drawn"), ("decide", "again")):
            desk.step(split, step, outcome)
        assert desk.waiting(split) == ["hear", "measure"]
        assert [desk.task(split, step).round for step in ("hear", "measure")] == [2, 2]
        assert desk.view(split).rework == 1
        desk.step(split, "hear", "heard")
        assert desk.waiting(split) == ["measure"], "drawing of the first round is not that of the second"
        desk.step(split, "measure", "measured")
        desk.step(split, "draw", "drawn")
        assert desk.waiting(split) == ["decide"]
        assert desk.task(split, "decide").round == 2

    def test_closing_withdraws_what_is_open_and_stops_every_clock(
        self, desk: Any, split: acts.CaseRef, events: Any
    ) -> None:
        desk.step(split, "hear", "withdrawn", at=MONDAY + HOUR)
        shown = desk.view(split)
        assert (shown.state, shown.closing, shown.closed_at, shown.due) == ("closed", "withdrawn", MONDAY + HOUR, None)
        assert {task.step: task.state for task in shown.tasks}["measure"] == "withdrawn"
        assert all(clock.clock.done for clock in shown.clocks)
        assert {event["name"] for event in events("ClockStopped")} == {"law", "promise", "looking", "hearing"}
        assert [event["closing"] for event in events("CaseClosed")] == ["withdrawn"]
        with pytest.raises(Conflict):
            desk.step(split, "measure", "measured")

    def test_a_return_opens_an_earlier_step_and_counts_as_rework(self, desk: Any) -> None:
        case = desk.open()
        desk.step(case, "accept", "take")
        desk.step(case, "review", "back")
        assert desk.waiting(case) == ["accept"]
        assert (desk.view(case).rework, desk.task(case, "accept").round) == (1, 2)
        desk.step(case, "accept", "take", at=MONDAY + HOUR)
        looking = [clock for clock in desk.view(case).clocks if clock.name == "looking"]
        assert [clock.clock.done for clock in looking] == [True, False]
        assert looking[1].task == desk.task(case, "review").id

    def test_rework_of_one_branch_waits_for_that_one_alone(self, desk: Any) -> None:
        case = desk.open("air.inspection")
        for step, outcome in (("dispatch", "send"), ("inspect", "violations"), ("rectify", "done")):
            desk.step(case, step, outcome)
        for step, outcome in (("order", "served"), ("verify", "unsolved")):
            desk.step(case, step, outcome)
        assert desk.waiting(case) == ["rectify"]
        desk.step(case, "rectify", "done")
        assert desk.waiting(case) == ["verify"]


class TestPowers:
    def test_each_does_the_steps_of_their_role_and_place(self, desk: Any) -> None:
        case = desk.open("air.inspection")
        desk.step(case, "dispatch", "send", actor=desk.actor("dispatcher"))
        desk.step(case, "inspect", "violations", actor=desk.actor("inspector"))
        desk.step(case, "rectify", "done", actor=desk.actor("street-east"))
        assert [task.actor for task in desk.view(case).tasks[:2]] == [
            identity.account_named(name).id for name in ("dispatcher", "inspector")
        ]

    @pytest.mark.parametrize(
        "username", ["inspector", "street-east", "supervisor", "leader", "operator", "administrator"]
    )
    def test_nobody_does_a_step_of_another_role(self, desk: Any, username: str) -> None:
        case = desk.open("air.inspection")
        before = state(case)
        with pytest.raises(NotPermitted) as refused:
            desk.step(case, "dispatch", "send", actor=desk.actor(username))
        assert (refused.value.code, refused.value.status) == ("not_your_task", 403)
        assert state(case) == before

    def test_an_official_of_another_street_neither_sees_nor_does_it(self, desk: Any) -> None:
        case = desk.open("air.inspection")
        desk.step(case, "dispatch", "send")
        desk.step(case, "inspect", "violations")
        stranger, own = desk.actor("street-west"), desk.actor("street-east")
        with pytest.raises(NotFound) as unseen:
            desk.view(case, actor=stranger)
        with pytest.raises(NotFound) as absent:
            reads.case_view(stranger, "LS-2014-KQ-999999", MONDAY)
        assert (unseen.value.code, unseen.value.status) == (absent.value.code, absent.value.status) == ("no_case", 404)
        with pytest.raises(NotPermitted):
            desk.step(case, "rectify", "done", actor=stranger)
        assert desk.view(case, actor=own).number == case.number
        may = {task.step: task.may_work for task in desk.view(case, actor=own).tasks}
        assert may == {"dispatch": False, "inspect": False, "rectify": True, "order": False}

    def test_a_membership_for_other_kinds_opens_nothing(self, desk: Any) -> None:
        case = desk.open("air.inspection")
        account = identity.account_named("reader").id
        office, area = identity.organisation_by_code("990101").id, places.area_by_code("990101").id
        identities.grant_role(SYSTEM, account, "zhihai.dispatcher", office, area, ["probe.permit"], at=MONDAY)
        with pytest.raises(NotPermitted):
            desk.step(case, "dispatch", "send", actor=desk.actor("reader"))
        with pytest.raises(NotFound):
            desk.view(case, actor=desk.actor("reader"))
        permit = desk.open()
        desk.step(permit, "accept", "take", actor=desk.actor("reader"))

    def test_one_who_directs_there_is_told_so(self, desk: Any) -> None:
        case = desk.open()
        may = {name: desk.view(case, actor=desk.actor(name)).may_direct for name in ("dispatcher", "supervisor")}
        assert may == {"dispatcher": True, "supervisor": False}


class TestHandingOver:
    def test_the_task_goes_to_another_office_and_says_why(self, desk: Any) -> None:
        case = desk.open("weather.flood_patrol")
        west = identity.organisation_by_code("990101002")
        task = desk.task(case, "patrol")
        acts.hand_over(desk.actor("dispatcher"), case.id, task.id, west.id, " 划界有误 ", at=MONDAY + HOUR)
        moved = desk.task(case, "patrol")
        assert (moved.id, moved.org, moved.round, moved.state) == (task.id, west.id, 1, "open")
        (move,) = moved.moves
        assert (move["from"], move["to"], move["cause"]) == (task.org, west.id, "划界有误")
        assert move["by"] == identity.account_named("dispatcher").id
        assert desk.clock(case, "arrive").reading.due == MONDAY + 2 * HOUR
        assert journal.case_entries(case.id)[-1].data == {"task": task.id, "from": task.org, "to": west.id}

    def test_only_one_who_directs_cases_there_may(self, desk: Any) -> None:
        case = desk.open("weather.flood_patrol")
        west, task = identity.organisation_by_code("990101002").id, desk.task(case, "patrol")
        with pytest.raises(NotPermitted):
            acts.hand_over(desk.actor("street-east"), case.id, task.id, west, "x", at=MONDAY)
        for organisation, cause, code in ((west, " ", "cause_needed"), (task.org, "x", "task_there_already")):
            with pytest.raises(Refused) as refused:
                acts.hand_over(SYSTEM, case.id, task.id, organisation, cause, at=MONDAY)
            assert refused.value.code == code
        with pytest.raises(NotFound):
            acts.hand_over(SYSTEM, case.id, task.id, 9999, "x", at=MONDAY)
        Account.objects.filter(username="sim-street").update(is_active=False)
        with pytest.raises(Refused) as nobody:
            acts.hand_over(SYSTEM, case.id, task.id, west, "x", at=MONDAY)
        assert nobody.value.code == "nobody_there"
        desk.step(case, "patrol", "dry")
        with pytest.raises(Conflict):
            acts.hand_over(SYSTEM, case.id, task.id, west, "x", at=MONDAY)


class TestTogether:
    def test_of_two_who_do_one_task_at_once_one_wins_and_nothing_is_doubled(self, desk: Any, together: Any) -> None:
        case = desk.open()
        task = desk.task(case, "accept").id
        works = [lambda: acts.take_step(SYSTEM, case.id, task, "take", at=MONDAY)] * 6
        outcomes = [type(one).__name__ for one in together(*works)]
        assert sorted(outcomes) == ["Conflict"] * 5 + ["NoneType"]
        assert desk.waiting(case) == ["review"]
        assert desk.view(case).seq == 2
        assert records.value("SELECT count(*) FROM outbox WHERE topic = 'cases.StepTaken'") == 1

    def test_of_two_branches_done_at_once_the_join_opens_once(self, desk: Any, together: Any) -> None:
        for _ in range(4):
            case = desk.open("air.inspection")
            desk.step(case, "dispatch", "send")
            desk.step(case, "inspect", "violations")
            tasks = {task.step: task.id for task in desk.view(case).tasks if task.state == "open"}

            def end(step: str, outcome: str, case: Any = case, tasks: Any = tasks) -> None:
                moved_on = True
                while moved_on:
                    try:
                        acts.take_step(SYSTEM, case.id, tasks[step], outcome, at=MONDAY, note="x")
                        moved_on = False
                    except Conflict as conflict:
                        moved_on = conflict.code == "case_moved_on"

            raised = together(lambda: end("rectify", "done"), lambda: end("order", "served"))
            assert raised == [None, None]
            assert desk.waiting(case) == ["verify"]

    def test_an_act_on_what_has_moved_on_writes_nothing(self, desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        case = desk.open()
        stale = acts.open_dossier(case.id)
        clock = desk.clock(case, "law").id
        acts.extend(SYSTEM, case.id, clock, 5, "难度大", at=MONDAY)
        before = state(case)
        monkeypatch.setattr(acts, "open_dossier", lambda _: stale)
        with pytest.raises(Conflict) as refused:
            acts.take_step(SYSTEM, case.id, desk.task(case, "accept").id, "take", at=MONDAY)
        assert refused.value.code == "case_moved_on"
        assert state(case) == before
        assert records.value("SELECT count(*) FROM outbox WHERE topic = 'cases.StepTaken'") == 0
