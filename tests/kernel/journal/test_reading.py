"""Several readers of one journal find what one finds; what a reader has forgotten it asks for."""

from __future__ import annotations

import pytest
from django.db import connection

from zhihai.kernel import records as store
from zhihai.kernel.journal import reads, verification, walking
from zhihai.kernel.journal.reading import several_readers

from .conftest import FORGED, drop_checks, seal_of, tamper, told


def spoil_every_border() -> None:
    """Spoil the first and last entry of every seal in one way or another, a seal itself, and add entries of nobody."""
    store.execute(FORGED)
    store.execute(
        """INSERT INTO journal_entry OVERRIDING SYSTEM VALUE
           SELECT f.* FROM journal_entry e, zh_forged(e) f WHERE e.id = 4"""
    )
    tamper("UPDATE journal_entry SET era = 0 WHERE id = 26")
    ends = store.rows(
        """SELECT s.no, min(e.id), max(e.id) FROM journal_seal s JOIN journal_entry e
           ON e.era = s.era AND e.xid >= s.x0 AND e.xid < s.x1 GROUP BY s.no ORDER BY s.no"""
    )
    for no, first, last in ends:
        tamper("UPDATE journal_entry SET data = data || ' ' WHERE id = %s", first)
        if no % 2:
            tamper("DELETE FROM journal_entry WHERE id = %s", last)
        else:
            tamper(
                f"UPDATE journal_entry SET case_prev = sha256('x'), case_id = 1, case_seq = 7{no} WHERE id = %s", last
            )
    tamper("UPDATE journal_seal SET n = n + 1 WHERE no = 4")


@pytest.mark.parametrize("at_once", [1, 6])
def test_several_readers_find_what_one_finds_in_its_order(
    journal: str, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(verification, "ENTRIES_AT_ONCE", at_once)
    assert reads.verify(readers=2) == reads.verify(readers=1)
    spoil_every_border()
    alone = reads.verify(readers=1)
    assert {"era 1", "entry 1", "entry 10", "entry 21", "seal 1", "seal 3", "seal 4", "seal 5"} <= set(told(alone))
    assert len(told(alone)) > 10
    assert reads.verify(readers=2) == alone
    if at_once == 1:
        assert reads.verify(readers=7) == alone, "more readers than seals"
    monkeypatch.undo()
    assert told(reads.verify()) == told(alone)


def test_a_reader_that_ends_is_told(journal: str) -> None:
    with store.atomic():
        line = connection.connection
        facts = {"dbname": "no_such_database_here", "host": "/nowhere"}
        with several_readers(line, facts, 2) as submit, pytest.raises(RuntimeError, match="ended"):
            submit(walking.Stretch(verification.FIRST_PLACE, (walking.Part(walking.LAST_PLACE),))).result()


def test_what_a_reader_meets_in_the_store_is_told(journal: str) -> None:
    with store.atomic():
        store.execute("SET LOCAL statement_timeout = 0")
        params = connection.get_connection_params()
        facts = {name: params[name] for name in verification.CONNECTED_BY if name in params}
        with several_readers(connection.connection, facts, 1) as submit, pytest.raises(RuntimeError, match="xid8"):
            submit(walking.Stretch((1, -1), (walking.Part((1, -5)),))).result()


@pytest.mark.parametrize("heads", [0, 1, 2])
def test_the_end_of_a_chain_that_was_forgotten_is_asked_for(
    journal: str, monkeypatch: pytest.MonkeyPatch, heads: int
) -> None:
    monkeypatch.setattr(walking, "HEADS", heads)
    monkeypatch.setattr(walking, "ASKED_AT_ONCE", 2)
    assert told(reads.verify()) == {}
    entry, after = (
        store.value("SELECT id FROM journal_entry WHERE case_id = 2 AND case_seq = %s", (seq,)) for seq in (2, 3)
    )
    seal = seal_of(entry)
    tamper("DELETE FROM journal_entry WHERE id = %s", entry)
    assert told(reads.verify()) == {f"seal {seal}": {"entries_missing"}, f"entry {after}": {"case_cut"}}


REVERSED = """DO $$
DECLARE a journal_entry; b journal_entry;
BEGIN
    SELECT * INTO a FROM journal_entry WHERE case_id = 2 AND case_seq = 1;
    a.case_id := 50; a.xid := pg_current_xact_id(); a.id := 2001; b := a; b.id := 2000; b.case_seq := 2;
    a.h := zh_entry_hash(a); b.case_prev := a.h; b.h := zh_entry_hash(b);
    INSERT INTO journal_entry OVERRIDING SYSTEM VALUE VALUES (a.*), (b.*);
END $$"""


def test_a_link_sealed_before_what_it_follows_is_no_fault(journal: str) -> None:
    """Of two transactions the one that began first may come to a case last."""
    store.execute(REVERSED)
    assert told(reads.verify()) == {}
    tamper("UPDATE journal_entry SET case_seq = 3 WHERE id = 2000")
    tamper("UPDATE journal_entry e SET h = zh_entry_hash(e) WHERE id = 2000")
    assert told(reads.verify()) == {"entry 2000": {"case_cut"}}


def test_a_forged_end_of_zeros_is_followed_by_nobody(journal: str) -> None:
    """What stands in for a hash that can not be one must not be taken for one."""
    drop_checks()
    store.execute(REVERSED)
    tamper("UPDATE journal_entry SET h = ''::bytea WHERE id = 2001")
    tamper("UPDATE journal_entry SET case_prev = %s WHERE id = 2000", bytes(32))
    tamper("UPDATE journal_entry e SET h = zh_entry_hash(e) WHERE id = 2000")
    assert told(reads.verify()) == {"entry 2000": {"case_cut"}, "entry 2001": {"entry_changed"}}
