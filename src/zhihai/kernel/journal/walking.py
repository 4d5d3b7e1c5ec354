"""Walking: one pass over a stretch of the journal, every entry hashed and held against the one before it (逐条核对).

Entries are read in the order in which they were sealed. The server reads out the columns as the canonical bytes (by its
built-in functions alone), Python hashes them. Nothing here needs more than a connection, so that several processes can
walk side by side.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain, islice
from struct import Struct
from typing import Any

import psycopg
from psycopg.abc import Buffer

TELL_EVERY = 50_000
LINES = 14
"""Line ends in the canonical bytes: a fifteenth would mean that text was moved from one column into the next."""
HEADS = 150_000
"""Ends of cases' chains that are remembered; what follows one that was forgotten is asked for."""
ASKED_AT_ONCE = 10_000
LAST_PLACE = (2**31 - 1, 2**63 - 1)

Place = tuple[int, int]
"""A place in the order of sealing: era and transaction."""

BYTES = """concat_ws(E'\\n', e.id, e.era, e.xid, extract(epoch FROM e.recorded_at),
    extract(epoch FROM e.at), e.mode, e.actor, e.sort, e.act, e.noun, coalesce(e.subject::text, ''),
    coalesce(e.case_id::text, ''), coalesce(e.case_seq::text, ''), coalesce(encode(e.case_prev, 'hex'), ''), e.data)"""
"""The canonical bytes of an entry, as ``zh_entry_hash`` hashes them."""

CHAINED = """CASE WHEN e.case_seq > 1 THEN EXISTS (SELECT FROM journal_entry p
    WHERE p.case_id = e.case_id AND p.case_seq = e.case_seq - 1 AND p.h = e.case_prev)
    ELSE e.case_prev IS NULL AND coalesce(e.case_seq, 1) = 1 END"""
"""Whether an entry of a case names the hash of the entry before it, and an entry that is the first of its case none."""
CUT = f"SELECT e.id FROM journal_entry e WHERE e.id = ANY(%s) AND NOT {CHAINED}"

_ZEROS = f"'\\x{'00' * 32}'::bytea"
ENTRIES = f"""COPY (SELECT e.era, e.xid, coalesce(e.case_id, 0), coalesce(e.case_seq, 0),
    CASE WHEN octet_length(e.h) = 32 AND (e.case_seq > 1 OR (e.case_prev IS NULL AND coalesce(e.case_seq, 1) = 1))
        THEN e.h ELSE {_ZEROS} END,
    CASE WHEN e.case_seq > 1 THEN coalesce(e.case_id, 0) ELSE 0 END,
    CASE WHEN e.case_seq > 1 THEN e.case_seq - 1 ELSE 0 END,
    CASE WHEN e.case_seq > 1 AND octet_length(e.case_prev) = 32 THEN e.case_prev ELSE {_ZEROS} END, {BYTES}
    FROM journal_entry e
    WHERE (e.era, e.xid) >= (%s, %s::text::xid8) AND (e.era, e.xid) < (%s, %s::text::xid8) ORDER BY e.era, e.xid, e.id)
    TO STDOUT (FORMAT binary)"""
"""Of each entry its case, place in it and hash (zeros, which no text gives, where that can not be one), and the same
three of the entry that it says it follows (zeros where it follows none)."""
HEADER = 19
"""Bytes before the first row of a binary COPY (PostgreSQL manual, COPY, Binary Format)."""
ROW = Struct(">2x4xi4xq4x52s4x52s4x")
"""A row of ``ENTRIES`` as it comes: the count of columns, each column after its length; the text fills the rest. Case,
place and hash are taken as one piece, with the lengths between them, and so are those of the entry before."""
HASH_AT = 20
FOLLOWS_NONE = bytes(8) + b"\0\0\0\4" + bytes(4) + b"\0\0\0\x20" + bytes(32)
OF_NO_CASE = bytes(8) + b"\xff" * 44
"""Above every piece of an entry that belongs to no case."""


@dataclass(frozen=True, slots=True)
class Part:
    """Places up to ``end``: those of a seal with its ``n`` and ``root``, or without a seal."""

    end: Place
    n: int = 0
    root: bytes | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Parts that are walked together, from ``start`` on."""

    start: Place
    parts: tuple[Part, ...]


@dataclass(slots=True)
class Walked:
    """What a walk found: how many entries each part has, whether they give its root, and which entries are suspect.

    Suspect are those that do not give their hash or do not follow what they say, in the order of the walk.
    """

    counts: list[int] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    suspects: list[int] = field(default_factory=list)

    @property
    def entries(self) -> int:
        """How many entries were walked over."""
        return sum(self.counts)


class Walker:
    """Walks on one connection; it remembers the ends of chains from one stretch to the next."""

    def __init__(self, line: psycopg.Connection[Any], tell: Callable[[int], None] = lambda _: None) -> None:
        self._line = line
        self._tell = tell
        self._heads: dict[bytes, bool] = {}
        self._told = 0

    def walk(self, stretch: Stretch) -> Walked:
        """Hash every entry of a stretch and give it to its part; the loop is kept flat, as it is paid for each."""
        walked, missed, waiting = Walked(), set[int](), iter(stretch.parts)
        part, heads = next(waiting), self._heads
        digests, entries, began = _kept(part), 0, 0
        at_era, bound = -(2**31) - 1, 0
        read, text_at = ROW.unpack_from, ROW.size
        for row in _copied(self._line, stretch):
            era, xid, own, before = read(row)
            text = bytes(row[text_at:])
            if xid >= bound or era != at_era:
                while (era, xid) >= part.end:
                    self._close(part, entries - began, digests, walked)
                    part, began = next(waiting), entries
                    digests = _kept(part)
                at_era, bound = era, part.end[1] if part.end[0] == era else LAST_PLACE[1]
            digest = sha256(text).digest()
            if digest != own[HASH_AT:] or text.count(b"\n") != LINES:
                walked.suspects.append(_number(text))
            else:
                if before != FOLLOWS_NONE and not heads.pop(before, False):
                    number = _number(text)
                    missed.add(number)
                    walked.suspects.append(number)
                if own > OF_NO_CASE:
                    heads[own] = True
            digests.append(digest)
            entries += 1
        self._close(part, entries - began, digests, walked)
        for left in waiting:
            self._close(left, 0, [], walked)
        self._settle(walked, missed)
        return walked

    def _close(self, part: Part, n: int, digests: Iterable[bytes], walked: Walked) -> None:
        walked.counts.append(n)
        walked.whole.append(part.root is None or (n == part.n and sha256(b"".join(digests)).digest() == part.root))
        before, self._told = self._told, self._told + n
        if before // TELL_EVERY < self._told // TELL_EVERY:
            self._tell(self._told)
        if len(self._heads) > HEADS:
            for head in list(islice(self._heads, HEADS // 2)):
                del self._heads[head]

    def _settle(self, walked: Walked, missed: set[int]) -> None:
        """Ask for the links whose end was not remembered, and acquit those that are there."""
        asked = sorted(missed)
        for first in range(0, len(asked), ASKED_AT_ONCE):
            ids = asked[first : first + ASKED_AT_ONCE]
            missed.difference_update(id_ for (id_,) in self._line.execute(CUT, (ids,)).fetchall())
        walked.suspects = [entry for entry in walked.suspects if entry not in missed]


def _kept(part: Part) -> list[bytes] | deque[bytes]:
    """Keep hashes only where a root is to be given."""
    return deque(maxlen=0) if part.root is None else []


def _number(text: bytes) -> int:
    return int(text[: text.index(b"\n")])


def _copied(line: psycopg.Connection[Any], stretch: Stretch) -> Iterator[Buffer]:
    """Yield the rows of ``ENTRIES`` as they come; each is one message, the first behind the header."""
    with line.cursor() as cursor, cursor.copy(ENTRIES, (*stretch.start, *stretch.parts[-1].end)) as copy:
        messages = iter(copy)
        for message in chain([next(messages)[HEADER:]], messages):
            if len(message) > ROW.size:  # all but the trailer
                yield message
