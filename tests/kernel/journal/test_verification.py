"""Verification finds what was done to the journal, and says where; and says nothing when nothing was done."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from zhihai.ground.actors import SYSTEM
from zhihai.kernel import records as store
from zhihai.kernel.journal import acts, reads, verification

from .conftest import CASES, FORGED, LINKS, NOW, drop_checks, seal_of, tamper, tampering, told

ROOT = Path(__file__).resolve().parents[3]


def test_an_untouched_journal_is_true(journal: str) -> None:
    progress: list[int] = []
    check = reads.verify(progress=progress.append)
    assert told(check) == {}
    assert (check.entries, check.seals, check.unsealed) == (25, 5, 0)
    assert (check.sealed_to, check.anchored_to, check.untold) == (25, None, 0)
    assert progress[-1] == 25


def test_the_unsealed_tail_is_named_and_checked(journal: str, at: datetime) -> None:
    acts.record(SYSTEM, "test.write", "thing", 1, {}, at=at)
    acts.record(SYSTEM, "test.write", "thing", 2, {}, at=at)
    check = reads.verify()
    assert (check.ok, check.entries, check.unsealed, check.sealed_to) == (True, 27, 2, 25)
    tamper("UPDATE journal_entry SET data = '{ }' WHERE id = 27")
    assert told(reads.verify()) == {"entry 27": {"entry_changed"}}


@pytest.mark.parametrize(
    "change",
    [
        "recorded_at = recorded_at + interval '1 microsecond'",
        "at = at - interval '1 microsecond'",
        "mode = 'live'",
        "actor = 18",
        "sort = 'system'",
        "act = 'cases.take_stop'",
        "noun = 'casf'",
        "subject = subject + 1",
        "subject = NULL",
        "data = replace(data, 'note', 'nope')",
        "data = data || ' '",
        "h = sha256(h)",
        "h = set_byte(h, 31, get_byte(h, 31) # 1)",
    ],
)
def test_one_changed_byte_of_an_entry_is_found_there(journal: str, change: str) -> None:
    entry = store.value("SELECT id FROM journal_entry WHERE case_id = 2 AND case_seq = 4")
    tamper(f"UPDATE journal_entry SET {change} WHERE id = %s", entry)
    assert told(reads.verify()) == {f"entry {entry}": {"entry_changed"}}


@pytest.mark.parametrize(
    "change", ["case_prev = sha256(case_prev)", "case_id = 99", "case_seq = 9", "case_prev = NULL"]
)
def test_a_changed_link_of_a_case_is_found_there(journal: str, change: str) -> None:
    entry = store.value("SELECT id FROM journal_entry WHERE case_id = 2 AND case_seq = 4")
    tamper(f"UPDATE journal_entry SET {change} WHERE id = %s", entry)
    assert told(reads.verify()) == {f"entry {entry}": {"entry_changed", "case_cut"}}


def test_a_line_end_within_a_column_is_found_even_if_the_hash_fits(journal: str) -> None:
    """Else text could move from one column into the next: both rows would have the same canonical bytes."""
    drop_checks()
    true = "SELECT zh_journal(0, 'system', 'a', 'n', 5, '2014-02-20Z', E'\\n{}')"
    store.execute(true)
    entry = store.value("SELECT max(id) FROM journal_entry")
    tamper("UPDATE journal_entry SET act = E'a\\nn', noun = '5', subject = NULL, data = '{}' WHERE id = %s", entry)
    assert store.value("SELECT h = zh_entry_hash(e) FROM journal_entry e WHERE id = %s", (entry,))
    assert told(reads.verify()) == {f"entry {entry}": {"entry_changed"}}


@pytest.mark.parametrize("where", ["noun = 'thing' AND subject = 22", "case_id = 2 AND case_seq = 2"])
def test_a_missing_entry_is_found_in_its_seal(journal: str, where: str) -> None:
    entry = store.value(f"SELECT id FROM journal_entry WHERE {where}")
    seal = seal_of(entry)
    tamper("DELETE FROM journal_entry WHERE id = %s", entry)
    expected = {f"seal {seal}": {"entries_missing"}}
    if "case" in where:
        after = store.value("SELECT id FROM journal_entry WHERE case_id = 2 AND case_seq = 3")
        expected[f"entry {after}"] = {"case_cut"}
    assert told(reads.verify()) == expected


def insert_behind(seal: int) -> None:
    """Forge an entry that is true in itself, among those of a seal."""
    with tampering():
        store.execute(
            """INSERT INTO journal_entry OVERRIDING SYSTEM VALUE SELECT f.* FROM journal_entry e, zh_forged(e) f
               WHERE e.id = (SELECT min(m.id) FROM journal_entry m, journal_seal s
                             WHERE s.no = %s AND m.xid >= s.x0 AND m.xid < s.x1)""",
            (seal,),
        )


def test_an_inserted_entry_is_found_in_its_seal(journal: str) -> None:
    store.execute(FORGED)
    insert_behind(3)
    assert told(reads.verify()) == {"seal 3": {"entries_added"}}


def test_an_entry_replaced_with_its_hash_is_found_in_its_seal(journal: str) -> None:
    entry = store.value("SELECT id FROM journal_entry WHERE noun = 'thing' AND subject = 31")
    tamper("UPDATE journal_entry SET data = '{\"value\":2}' WHERE id = %s", entry)
    tamper("UPDATE journal_entry e SET h = zh_entry_hash(e) WHERE id = %s", entry)
    assert told(reads.verify()) == {f"seal {seal_of(entry)}": {"entries_replaced"}}


def test_two_entries_that_changed_places_are_found_in_their_seals(journal: str) -> None:
    first, second = (row[0] for row in store.rows("SELECT id FROM journal_entry WHERE subject IN (12, 32) ORDER BY id"))
    with tampering():
        store.execute(
            """UPDATE journal_entry e SET xid = o.xid FROM journal_entry o
               WHERE (e.id, o.id) IN ((%s, %s), (%s, %s))""",
            (first, second, second, first),
        )
        store.execute("UPDATE journal_entry e SET h = zh_entry_hash(e) WHERE id IN (%s, %s)", (first, second))
    seals = {f"seal {seal_of(first)}", f"seal {seal_of(second)}"}
    assert len(seals) == 2
    assert told(reads.verify()) == {seal: {"entries_replaced"} for seal in seals}


def test_entries_of_one_transaction_that_changed_places_are_found(district: str, at: datetime) -> None:
    with store.atomic():
        for subject in (1, 2):
            acts.record(SYSTEM, "test.write", "thing", subject, {}, at=at)
    acts.seal(at_machine=NOW)
    tamper("UPDATE journal_entry SET subject = 3 - subject WHERE noun = 'thing'")
    tamper("UPDATE journal_entry e SET h = zh_entry_hash(e) WHERE noun = 'thing'")
    assert told(reads.verify()) == {"seal 1": {"entries_replaced"}}


@pytest.mark.parametrize(
    "change",
    [
        "n = n + 1",
        "root = sha256(root)",
        "prev = sha256(prev)",
        "h = sha256(h)",
        "sealed_at = sealed_at - interval '1 s'",
    ],
)
def test_a_changed_seal_is_found_there(journal: str, change: str) -> None:
    tamper(f"UPDATE journal_seal SET {change} WHERE no = 3")
    places = told(reads.verify())
    assert "seal_changed" in places["seal 3"]
    assert set(places) == {"seal 3"}


@pytest.mark.parametrize("change", ["x0 = zh_after(x0)", "x1 = zh_after(x1)", "era = 2"])
def test_a_seal_whose_range_was_changed_is_found_there(journal: str, change: str) -> None:
    tamper(f"UPDATE journal_seal SET {change} WHERE no = 3")
    assert "seal_changed" in told(reads.verify())["seal 3"]


def test_a_missing_seal_is_found(journal: str) -> None:
    tamper("DELETE FROM journal_seal WHERE no = 3")
    places = told(reads.verify())
    assert places.pop("seal 4") == {"seals_missing"}
    assert list(places.values()) == [{"entries_unclaimed"}]


def test_a_seal_rewritten_with_its_hash_breaks_the_chain(journal: str) -> None:
    tamper("UPDATE journal_seal SET n = n + 1 WHERE no = 3")
    tamper("UPDATE journal_seal s SET h = zh_seal_hash(s) WHERE no = 3")
    assert told(reads.verify()) == {"seal 3": {"entries_missing"}, "seal 4": {"seal_unchained"}}


def test_an_entry_of_an_era_that_never_was_is_found(journal: str) -> None:
    store.execute(FORGED)
    store.execute(
        """INSERT INTO journal_entry OVERRIDING SYSTEM VALUE
           SELECT f.* FROM journal_entry e, zh_forged(e) f WHERE e.id = 4"""
    )
    for era in (0, 9):
        tamper("UPDATE journal_entry SET era = %s WHERE id = 26", era)
        tamper("UPDATE journal_entry e SET h = zh_entry_hash(e) WHERE id = 26")
        assert [*told(reads.verify()).values()] == [{"entries_unclaimed"}]


def rewrite_from(seal: int) -> None:
    """What the owner of a database can do without leaving a trace in it: every seal from one on is made anew."""
    with tampering():
        for (no,) in store.rows("SELECT no FROM journal_seal WHERE no >= %s ORDER BY no", (seal,)):
            store.execute(
                """UPDATE journal_seal s SET root = r.root, n = r.n,
                       prev = coalesce((SELECT h FROM journal_seal p WHERE p.no = s.no - 1), s.prev)
                   FROM (SELECT sha256(string_agg(e.h, ''::bytea ORDER BY e.xid, e.id)) AS root, count(*) AS n
                         FROM journal_entry e, journal_seal t WHERE t.no = %s AND e.xid >= t.x0 AND e.xid < t.x1) r
                   WHERE s.no = %s""",
                (no, no),
            )
            store.execute("UPDATE journal_seal s SET h = zh_seal_hash(s) WHERE no = %s", (no,))


def test_a_rewritten_chain_is_found_by_the_anchor_and_only_by_it(journal: str, tmp_path: Path) -> None:
    acts.anchor(tmp_path, at_machine=NOW)
    tamper("UPDATE journal_entry SET data = '{\"value\":2}' WHERE noun = 'thing' AND subject = 31")
    tamper("UPDATE journal_entry e SET h = zh_entry_hash(e) WHERE noun = 'thing' AND subject = 31")
    rewrite_from(1)
    assert reads.verify().ok
    check = reads.verify(tmp_path)
    assert told(check) == {"anchor 1": {"anchor_head"}}
    assert check.anchored_to is None


def test_a_tail_cut_off_is_found_by_the_anchor_and_by_the_rows(journal: str, tmp_path: Path) -> None:
    heads = [(case, LINKS, case_end(case)) for case in range(1, CASES + 1)]
    acts.anchor(tmp_path, at_machine=NOW)
    tamper("DELETE FROM journal_entry e USING journal_seal s WHERE s.no = 5 AND e.xid >= s.x0")
    tamper("DELETE FROM journal_seal WHERE no = 5")
    assert reads.verify().ok
    assert told(reads.verify(tmp_path)) == {"anchor 1": {"anchor_seal_missing"}}
    assert {fault.what for fault in reads.verify_state(lambda: heads).faults} == {"journal.fault.case_differs"}


def case_end(case: int) -> bytes:
    row = store.value("SELECT h FROM journal_entry WHERE case_id = %s ORDER BY case_seq DESC LIMIT 1", (case,))
    return bytes(row)


def test_anchored_to_is_the_last_entry_an_anchor_stands_for(journal: str, at: datetime, tmp_path: Path) -> None:
    acts.anchor(tmp_path, at_machine=NOW)
    for subject in (1, 2):
        acts.record(SYSTEM, "test.write", "thing", subject, {}, at=at)
    acts.seal(at_machine=NOW)
    check = reads.verify(tmp_path)
    assert (check.ok, check.anchored_to, check.sealed_to) == (True, 25, 27)
    acts.anchor(tmp_path, at_machine=NOW)
    assert reads.verify(tmp_path).anchored_to == 27


def test_many_seals_are_walked_in_parts_as_in_one(journal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "SEALS_AT_ONCE", 2)
    assert reads.verify().entries == 25
    assert told(reads.verify()) == {}
    tamper("DELETE FROM journal_entry WHERE subject = 31")
    (place,) = told(reads.verify())
    monkeypatch.undo()
    assert list(told(reads.verify())) == [place]


def test_a_journal_with_more_faults_than_anybody_reads_counts_them(district: str, at: datetime) -> None:
    with store.atomic():
        for subject in range(150):
            acts.record(SYSTEM, "test.write", "thing", subject, {}, at=at)
    acts.seal(at_machine=NOW)
    tamper("UPDATE journal_entry SET actor = 1 WHERE noun = 'thing'")
    check = reads.verify()
    assert (check.ok, len(check.faults), check.untold) == (False, 100, 50)


def test_verifying_writes_nothing_and_waits_for_nobody(journal: str, session: Any, at: datetime) -> None:
    other = session()
    other.execute("SELECT zh_journal(0, 'system', 'test.write', 'thing', 1, '2014-02-20Z', '{}')")
    assert reads.verify().entries == 25
    other.commit()
    assert reads.verify().entries == 26


def test_the_page_on_the_journal_verifies_without_us(journal: str) -> None:
    """The few lines printed for whoever does not trust our program give the same answer as it."""
    page = (ROOT / "docs" / "why" / "journal.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    seals = store.rows(
        "SELECT no, era, x0::text::bigint, x1::text::bigint, n, encode(root, 'hex') FROM journal_seal ORDER BY no"
    )
    scope: dict[str, Any] = {}
    exec(compile(code, "journal.md", "exec"), scope)
    (query,) = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    rows = store.rows(query.strip().rstrip(";"))
    for _, era, x0, x1, n, root in seals:
        mine = [row for row in rows if row[0] == era and x0 <= row[1] < x1]
        assert len(mine) == n
        assert scope["root"]([bytes(row[2]) for row in mine]) == root
    assert all(scope["entry_hash"](row[3]) == bytes(row[2]).hex() for row in rows)
