"""What is open and late of each kind: kept as cases change, true under all at once, mended where it is not."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command

from zhihai.ground.actors import SYSTEM
from zhihai.ground.refusal import Conflict
from zhihai.kernel import records
from zhihai.kernel.cases import acts, reads
from zhihai.kernel.cases.counting import fold_load

from .conftest import MONDAY

HOUR = timedelta(hours=1)


def kept() -> dict[str, tuple[int, int]]:
    return {one.kind: (one.open, one.late) for one in reads.load()}


def counted() -> dict[str, tuple[int, int]]:
    """The same, counted case by case."""
    found = records.rows(
        """SELECT k.name, count(*), count(*) FILTER (WHERE c.late) FROM cases c JOIN case_type k ON k.no = c.type_no
           WHERE c.state = 'open' GROUP BY k.name"""
    )
    return {name: (open_, late) for name, open_, late in found}


def test_nothing_open_is_nothing_to_show(desk: Any) -> None:
    assert reads.load() == ()
    case = desk.open("probe.urgent")
    desk.step(case, "go", "done")
    assert reads.load() == ()


def test_a_case_counts_from_its_opening_to_its_end(desk: Any) -> None:
    first, _ = desk.open("probe.urgent"), desk.open("probe.urgent", at=MONDAY + HOUR)
    (shown,) = reads.load()
    assert (shown.kind, shown.open, shown.late, shown.earliest) == ("probe.urgent", 2, 0, MONDAY + 4 * HOUR)
    acts.tick(at=MONDAY + 4.5 * HOUR)
    assert kept() == {"probe.urgent": (2, 1)}
    desk.step(first, "go", "done", at=MONDAY + 5 * HOUR)
    (shown,) = reads.load()
    assert (shown.open, shown.late, shown.earliest) == (1, 0, MONDAY + 5 * HOUR)


def test_what_was_undone_was_not_counted(desk: Any) -> None:
    with suppress(ZeroDivisionError), records.atomic():
        desk.open("probe.urgent")
        raise ZeroDivisionError
    assert reads.load() == ()


@pytest.mark.parametrize("seed", range(3))
def test_after_whatever_has_happened_it_is_what_a_count_says(desk: Any, seed: int) -> None:
    draw, at, cases = random.Random(seed), MONDAY, []
    for _ in range(60):
        at += timedelta(minutes=draw.randint(0, 240))
        match draw.randrange(6):
            case 0 | 1:
                cases.append(desk.open(draw.choice(["probe.urgent", "probe.permit"]), at=at))
            case 2:
                acts.tick(at=at)
            case 3:
                fold_load()
            case _ if cases:
                view = desk.view(chosen := draw.choice(cases), at)
                if view.state == "open" and view.kind_name == "probe.urgent":
                    desk.step(chosen, "go", "done", at=at)
                elif view.state == "open" and desk.waiting(chosen) == ["accept"]:
                    desk.step(chosen, "accept", draw.choice(["take", "refuse"]), at=at)
        assert kept() == counted()
    assert acts.recount(at=at) == 0


def test_many_at_once_lose_nothing_and_wait_for_nobody(desk: Any, together: Callable[..., list[Any]]) -> None:
    cases = [desk.open("probe.urgent") for _ in range(24)]
    tasks = [desk.task(case, "go").id for case in cases]
    area = desk.area()

    def work(number: int) -> None:
        for case, task in list(zip(cases, tasks, strict=True))[number::8]:
            acts.open_case(SYSTEM, "probe.permit", at=MONDAY, area=area)
            with suppress(Conflict):
                acts.take_step(SYSTEM, case.id, task, "done", at=MONDAY)

    results = together(*(lambda n=n: work(n) for n in range(8)), *([lambda: [fold_load() for _ in range(20)]] * 2))
    assert not [one for one in results if isinstance(one, BaseException)]
    assert kept() == counted() == {"probe.permit": (24, 0)}
    fold_load()
    assert kept() == {"probe.permit": (24, 0)}
    assert records.rows("SELECT 1 FROM case_load_change") == []


def test_opening_a_case_does_not_wait_for_another_of_its_kind(desk: Any, together: Callable[..., list[Any]]) -> None:
    desk.open("probe.urgent")
    with records.atomic():
        desk.open("probe.urgent")
        area = desk.area()
        (other,) = together(lambda: acts.open_case(SYSTEM, "probe.urgent", at=MONDAY, area=area))
        assert isinstance(other, acts.CaseRef)
    assert kept() == {"probe.urgent": (3, 0)}


def test_counts_that_went_wrong_are_found_mended_and_told(desk: Any) -> None:
    for _ in range(3):
        desk.open("probe.urgent")
    desk.open("probe.permit")
    fold_load()
    assert acts.recount(at=MONDAY) == 0
    records.execute("UPDATE case_load SET open = open + 5 WHERE open = 3")
    records.execute("INSERT INTO case_load_change SELECT type_no, 0, 1 FROM case_load WHERE open = 1")
    assert acts.recount(at=MONDAY) == 2
    assert kept() == counted() == {"probe.urgent": (3, 0), "probe.permit": (1, 0)}
    entries = records.rows("SELECT data::json->>'kinds' FROM journal_entry WHERE act = 'cases.recount'")
    assert entries == [("2",)]


def test_cases_from_before_it_was_kept_are_counted_when_the_tables_come(store: Any) -> None:
    def first() -> None:
        call_command("migrate", "zh", "0001_initial", verbosity=0, interactive=False)
        records_of_old()

    with store.copy(store.template("before_case_load", first, base=None)):
        call_command("migrate", verbosity=0, interactive=False)
        assert kept() == counted() == {"old": (2, 1)}


def records_of_old() -> None:
    """Three cases, as the first tables had them: one closed, one of the open late."""
    records.execute("INSERT INTO case_type (name) VALUES ('old')")
    records.execute(
        """INSERT INTO cases (number, type_no, version, org_id, org_lo, area_id, area_lo, state, opened_at, late, mode,
               provenance, seq, last_h)
           SELECT 'OLD-' || n, t.no, 1, 1, 1, 1, 1, CASE n WHEN 3 THEN 'closed' ELSE 'open' END, now(), n <> 1, 'live',
               'synthetic', 1, '' FROM case_type t, generate_series(1, 3) n"""
    )
