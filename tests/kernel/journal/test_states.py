"""Rows compared with what the journal last said of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import house
from zhihai.kernel import records as store
from zhihai.kernel.journal import acts, reads, states

LINK = "SELECT zh_journal(1, 'person', 'cases.take_step', 'case', %s, '2014-02-20Z', '{}', %s, %s, %s)"


def chain(case: int, links: int) -> tuple[int, int, bytes]:
    prev = None
    for seq in range(1, links + 1):
        prev = bytes(store.value(LINK, (case, case, seq, prev)))
    assert prev is not None
    return case, links, prev


def faults(cases: Sequence[tuple[int, int, bytes]], *digests: reads.Digests) -> dict[str, str]:
    check = reads.verify_state(lambda: cases, digests)
    for fault in check.faults:
        assert house.words().say(fault.what, "zh", **fault.facts)
        assert house.words().say(fault.what, "en", **fault.facts)
    assert check.ok == (not check.faults)
    return {fault.where: fault.what.removeprefix("journal.fault.") for fault in check.faults}


@pytest.fixture
def heads(district: str) -> list[tuple[int, int, bytes]]:
    """Five cases of one to five links."""
    return [chain(case, case) for case in range(1, 6)]


def test_rows_that_agree_are_true(heads: Any) -> None:
    check = reads.verify_state(lambda: heads)
    assert (check.ok, check.cases, check.digests) == (True, 5, 0)


def test_a_row_set_back_is_found(heads: Any) -> None:
    before = bytes(store.value("SELECT h FROM journal_entry WHERE case_id = 3 AND case_seq = 2"))
    heads[2] = (3, 2, before)
    assert faults(heads) == {"case 3": "case_differs"}


def test_a_row_with_another_last_hash_is_found(heads: Any) -> None:
    heads[4] = (5, 5, bytes(32))
    assert faults(heads) == {"case 5": "case_differs"}


def test_a_row_taken_away_and_one_put_in_are_found(heads: Any) -> None:
    del heads[0]
    heads.append((9, 1, bytes(32)))
    assert faults(heads) == {"case 1": "case_row_missing", "case 9": "case_unjournalled"}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_every_difference_and_nothing_else_is_found(
    heads: Any, monkeypatch: pytest.MonkeyPatch, data: st.DataObject
) -> None:
    monkeypatch.setattr(states, "PAGE", data.draw(st.integers(1, 6)))
    gone = data.draw(st.sets(st.integers(1, 5)))
    wrong = data.draw(st.sets(st.integers(1, 5))) - gone
    new = data.draw(st.sets(st.integers(-3, 9))) - {1, 2, 3, 4, 5}
    rows = [(case, seq, h[::-1] if case in wrong else h) for case, seq, h in heads if case not in gone]
    rows = sorted(rows + [(case, 1, bytes(32)) for case in new])
    assert faults(rows) == {
        **{f"case {case}": "case_row_missing" for case in gone},
        **{f"case {case}": "case_differs" for case in wrong},
        **{f"case {case}": "case_unjournalled" for case in new},
    }


def test_digests_are_compared_with_the_entries_that_noted_them(district: str, at: datetime) -> None:
    held = {number: bytes([number]) * 32 for number in (1, 2, 3, 4)}
    for number, digest in held.items():
        acts.record(SYSTEM, "sensing.record", "envelope", number, {"digest": digest.hex(), "accepted": 3}, at=at)
    acts.record(SYSTEM, "exchange.forget_raw", "envelope", None, {"n": 4}, at=at)
    acts.record(SYSTEM, "sensing.release", "envelope", 2, {"note": "正常"}, at=at)

    def now(rows: dict[int, bytes | None]) -> dict[str, str]:
        return faults((), reads.Digests("envelope", "digest", lambda: sorted(rows.items())))

    assert now(dict(held)) == {}
    assert now({1: held[1], 2: held[1], 4: None, 7: held[4]}) == {
        "envelope 2": "digest_differs",
        "envelope 3": "digest_row_missing",
        "envelope 4": "digest_row_missing",
        "envelope 7": "digest_unjournalled",
    }


def test_all_is_compared_in_one_snapshot(heads: Any, session: Any) -> None:
    def cases() -> list[tuple[int, int, bytes]]:
        other = session()
        other.execute(LINK, (1, 1, 2, heads[0][2]))
        other.commit()
        return heads

    assert reads.verify_state(cases).ok
