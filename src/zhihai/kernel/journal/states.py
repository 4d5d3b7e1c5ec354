"""State against journal: rows as they stand now compared with what the journal last said of them (现状比对).

The rooms above bring their rows as plain values, so this room need not know their tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from zhihai.kernel import records
from zhihai.kernel.journal.faults import Fault, Found
from zhihai.kernel.journal.snapshot import snapshot

CaseHead = tuple[int, int, bytes]
"""A case as its row says: number, entries in its chain, hash of the last of them."""
HeldDigest = tuple[int, bytes | None]
"""A row as it stands now: its number and the digest of what it holds."""
L = TypeVar("L")
R = TypeVar("R")
PAGE = 5_000

CHAIN_ENDS = """SELECT DISTINCT ON (case_id) case_id, case_seq, h FROM journal_entry WHERE case_id > %s
    ORDER BY case_id, case_seq DESC LIMIT %s"""
DIGESTS = """SELECT DISTINCT ON (subject) subject, data::json ->> %s FROM journal_entry
    WHERE noun = %s AND subject > %s AND data::json ->> %s IS NOT NULL ORDER BY subject, id LIMIT %s"""


@dataclass(frozen=True, slots=True)
class Digests:
    """What entries of ``noun`` noted under ``key`` (hex) when they were made, and a question for what is there now.

    ``rows`` gives the rows in ascending order of their numbers; it is asked within the snapshot of the comparison.
    """

    noun: str
    key: str
    rows: Callable[[], Iterable[HeldDigest]]


@dataclass(frozen=True, slots=True)
class StateVerification:
    """What a comparison of rows with the journal says; ``cases`` and ``digests`` count what was compared."""

    ok: bool
    faults: tuple[Fault, ...]
    untold: int
    cases: int
    digests: int


def verify_state(cases: Callable[[], Iterable[CaseHead]], digests: Sequence[Digests] = ()) -> StateVerification:
    """Compare each case with the end of its chain, and each row that has a digest with the entry that noted it.

    Finds what the journal alone can not show: a chain with its tail cut off, a case row set back or taken away, a
    batch whose bytes were changed. ``cases`` gives the case rows in ascending order of their numbers. All is read in
    one snapshot. Must not be called inside a transaction.
    """
    found = Found()
    compared = noted = 0
    with snapshot():
        ends = ((row[0], (row[1], bytes(row[2]))) for row in _pages(CHAIN_ENDS))
        for case, held, end in _side_by_side(((id_, (seq, bytes(h))) for id_, seq, h in cases()), ends):
            compared += 1
            _compare_case(case, held, end, found)
        for one in digests:
            entries = ((row[0], row[1]) for row in _pages(DIGESTS, one.key, one.noun, tail=(one.key,)))
            for id_, now, said in _side_by_side(iter(one.rows()), entries):
                noted += 1
                _compare_digest(one, id_, now, said, found)
    return StateVerification(not found.faults, tuple(found.faults), found.untold, compared, noted)


def _compare_case(case: int, held: tuple[int, bytes] | None, end: tuple[int, bytes] | None, found: Found) -> None:
    if held is None:
        found.add(f"case {case}", "case_row_missing", case=case)
    elif end is None:
        found.add(f"case {case}", "case_unjournalled", case=case)
    elif held != end:
        found.add(f"case {case}", "case_differs", case=case, row=held[0], chain=end[0])


def _compare_digest(one: Digests, id_: int, now: bytes | None, said: str | None, found: Found) -> None:
    place, facts = f"{one.noun} {id_}", {"noun": one.noun, "id": id_, "digest": one.key}
    if said is None:
        found.add(place, "digest_unjournalled", **facts)
    elif now is None:
        found.add(place, "digest_row_missing", **facts)
    elif bytes(now).hex() != said:
        found.add(place, "digest_differs", **facts)


def _pages(sql: str, *head: object, tail: tuple[object, ...] = ()) -> Iterator[records.Row]:
    """Yield the rows of a question page by page; its last parameters are the number to go on after, and the size."""
    after = -(2**63)
    while page := records.rows(sql, (*head, after, *tail, PAGE)):
        yield from page
        after = page[-1][0]


def _side_by_side(
    left: Iterable[tuple[int, L]], right: Iterable[tuple[int, R]]
) -> Iterator[tuple[int, L | None, R | None]]:
    """Walk two sorted streams together: each number once, with what either has."""
    lefts, rights = iter(left), iter(right)
    a, b = next(lefts, None), next(rights, None)
    while a is not None or b is not None:
        if b is None or (a is not None and a[0] < b[0]):
            assert a is not None
            yield a[0], a[1], None
            a = next(lefts, None)
        elif a is None or b[0] < a[0]:
            yield b[0], None, b[1]
            b = next(rights, None)
        else:
            yield a[0], a[1], b[1]
            a, b = next(lefts, None), next(rights, None)
