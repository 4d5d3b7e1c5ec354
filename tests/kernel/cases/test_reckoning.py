"""Reckoning anew after a change of the calendar: only what it touches, many at a time, going on after an end."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest

from zhihai.ground.actors import SYSTEM
from zhihai.ground.named import Named
from zhihai.kernel import records
from zhihai.kernel.cases import acts, reads, reckoning
from zhihai.kernel.cases.acts import CalendarDay, CaseHistory, PastStep
from zhihai.kernel.cases.clocks import changed_row, specials_of
from zhihai.kernel.cases.dossier import open_dossier
from zhihai.kernel.cases.reliving import NEVER
from zhihai.kernel.journal import reads as journal

from .conftest import MONDAY

SESSIONS = (("09:00", "12:00"), ("13:00", "18:00"))
DAY = timedelta(days=1)
NOW = MONDAY + 4 * DAY
STEPS = (PastStep("accept", "take", MONDAY + DAY), PastStep("review", "split", MONDAY + 2 * DAY))


@pytest.fixture
def many(desk: Any) -> list[int]:
    """Thirty open cases that began over fifteen days, some with a hearing that holds their clocks, one paused."""
    histories = [
        CaseHistory(
            kind="probe.permit" if number % 3 else "probe.urgent", opened_at=MONDAY - (number % 15) * DAY,
            area=desk.area(), steps=STEPS[: number % 3] if number % 3 else (),
        )
        for number in range(30)
    ]  # fmt: skip
    acts.bring_in(SYSTEM, histories, "old", at=NOW)
    ids = [id_ for (id_,) in records.rows("SELECT id FROM cases ORDER BY id")]
    clock = next(one.id for one in open_dossier(ids[1]).clocks if one.name == "promise")
    acts.pause(SYSTEM, ids[1], clock, "doc 1", at=NOW)
    return ids


def load(*days: int) -> None:
    off = [CalendarDay(date(2014, 2, day), "holiday", Named("节", "Feast")) for day in days]
    acts.load_calendar(SYSTEM, off, sessions=SESSIONS, at=NOW)


def stored(case: int) -> list[tuple[object, ...]]:
    names = ("due", "warn", "state", "provisional", "calendar")
    return [tuple(getattr(clock, name) for name in names) for clock in open_dossier(case).clocks if not clock.done]


def anew(case: int) -> list[tuple[object, ...]]:
    """What a single act would store of the same clocks, by the calendar in force."""
    dossier = open_dossier(case)
    rows = [changed_row(one, dossier.calendar, specials_of(dossier.clocks)) for one in dossier.clocks if not one.done]
    return [tuple(row[name] for name in ("due_at", "warn_at", "state", "provisional", "calendar")) for row in rows]


def test_all_stand_as_single_acts_would_leave_them_however_often_it_ends_in_between(many: list[int]) -> None:
    load(20, 24, 25)
    looked, calls = 0, 0
    while found := acts.reckon(at=NOW, limit=7):
        looked, calls = looked + found, calls + 1
    assert looked == len(many)
    assert calls > 3
    check(many)


def check(many: list[int]) -> None:
    """All stand as single acts would leave them, bound by what runs, and every case is whole in the journal."""
    for case in many:
        assert stored(case) == anew(case)
        running = [one for one in open_dossier(case).clocks if one.state == "running"]
        due = records.value("SELECT due_at FROM cases WHERE id = %s", (case,))
        assert due == min((one.due for one in running if one.due), default=None)
        for task, sort_at in records.rows(
            "SELECT id, sort_at FROM task WHERE case_id = %s AND state = 'open'", (case,)
        ):
            mine = [one.due for one in running if one.due and one.task in (None, task)]
            assert sort_at == min(mine, default=NEVER)
    assert journal.verify().ok
    assert journal.verify_state(reads.heads).ok
    assert records.value("SELECT zh_case_load_recount()") == 0


def test_two_threads_leave_what_one_would_and_each_case_gets_one_entry(
    many: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reckoning, "SLICE", 3)
    load(20, 24, 25)
    before = {case: stored(case) for case in many}
    names: set[str] = set()
    slice_ = reckoning._slice

    def noted(*asked: Any) -> int:
        names.add(threading.current_thread().name)
        return slice_(*asked)

    monkeypatch.setattr(reckoning, "_slice", noted)
    assert acts.reckon(at=NOW) == len(many)
    assert acts.reckon(at=NOW) == 0
    assert names
    assert threading.main_thread().name not in names
    check(many)
    moved = {case for case in many if [row[:4] for row in stored(case)] != [row[:4] for row in before[case]]}
    entries = records.rows("SELECT case_id, data::jsonb->'clocks' FROM journal_entry WHERE act = 'cases.reckon'")
    assert {case for case, _ in entries} == moved
    assert len(entries) == len(moved) > 3


def test_what_fails_in_a_slice_is_told_and_the_next_call_goes_on(
    many: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reckoning, "SLICE", 3)
    load(20, 24, 25)
    write = reckoning._write

    def broken(cases: Any, *asked: Any) -> int:
        if many[4] in {one.id for one in cases}:
            raise ConnectionError("gone")
        return write(cases, *asked)

    monkeypatch.setattr(reckoning, "_write", broken)
    with pytest.raises(ConnectionError):
        acts.reckon(at=NOW)
    left = records.value(
        "SELECT count(DISTINCT case_id) FROM clock WHERE state <> 'stopped' AND calendar <> %s",
        (reads.calendar().version,),
    )
    assert 0 < left < len(many)
    monkeypatch.setattr(reckoning, "_write", write)
    while acts.reckon(at=NOW):
        pass
    check(many)


def test_within_a_transaction_it_keeps_to_that(many: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reckoning, "SLICE", 3)
    with records.atomic():
        load(20)
        assert acts.reckon(at=NOW) == len(many)
    check(many)


def test_a_case_stepped_between_reading_and_writing_is_left_alone_by_both_threads(
    many: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reckoning, "SLICE", 3)
    load(20, 24)
    write, worked, lock = reckoning._write, many[2], threading.Lock()

    def meanwhile(cases: Any, *asked: Any) -> int:
        with lock:
            if not records.value("SELECT 1 FROM journal_entry WHERE act = 'cases.pause' AND case_id = %s", (worked,)):
                acts.pause(SYSTEM, worked, open_dossier(worked).clocks[0].id, "doc 2", at=NOW)
        return write(cases, *asked)

    monkeypatch.setattr(reckoning, "_write", meanwhile)
    acts.reckon(at=NOW)
    while acts.reckon(at=NOW):
        pass
    check(many)


def test_what_the_change_can_not_touch_is_not_evaluated(many: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    before = [stored(case) for case in many]
    load(3)
    entries = records.value("SELECT count(*) FROM journal_entry")
    seen: list[int] = []
    evaluate = reckoning.reckoned

    def watched(clock: Any, *asked: Any) -> Any:
        seen.append(clock.id)
        return evaluate(clock, *asked)

    monkeypatch.setattr(reckoning, "reckoned", watched)
    while acts.reckon(at=NOW):
        pass
    running = records.value("SELECT count(*) FROM clock WHERE state <> 'stopped'")
    assert 0 < len(seen) < running / 2
    current = reads.calendar().version
    assert [[row[:-1] for row in stored(case)] for case in many] == [[row[:-1] for row in rows] for rows in before]
    assert {row[-1] for case in many for row in stored(case)} == {current}
    assert records.value("SELECT count(*) FROM journal_entry") == entries


def test_a_case_that_has_moved_on_is_left_to_the_next_call(many: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    load(20)
    write, worked = reckoning._write, many[2]

    def meanwhile(cases: Any, *asked: Any) -> int:
        if not records.value("SELECT 1 FROM journal_entry WHERE act = 'cases.pause' AND case_id = %s", (worked,)):
            acts.pause(SYSTEM, worked, open_dossier(worked).clocks[0].id, "doc 2", at=NOW)
        return write(cases, *asked)

    monkeypatch.setattr(reckoning, "_write", meanwhile)
    assert acts.reckon(at=NOW) == len(many) - 1
    assert acts.reckon(at=NOW) <= 1
    assert stored(worked) == anew(worked)
    assert journal.verify_state(reads.heads).ok
