"""Verification: every entry and every seal recomputed, outside the functions of the database (校验).

One pass over the entries in the order in which they were sealed. The server reads out the columns as the canonical
bytes (by its built-in functions alone), Python hashes them. Measured: docs/why/journal.md.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain
from pathlib import Path
from struct import Struct
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection
from psycopg.abc import Buffer

from zhihai.kernel import records
from zhihai.kernel.journal.anchor_files import (
    FIRST,
    AnchorLine,
    beside,
    introduced,
    public_keys,
    read_anchors,
    signed_by,
)
from zhihai.kernel.journal.faults import MOST_FAULTS, Fault, Found
from zhihai.kernel.journal.snapshot import snapshot

Progress = Callable[[int], None]
"""Told from time to time how many entries have been checked."""

SEALS_AT_ONCE = 5_000
TELL_EVERY = 50_000
LINES = 14
"""Line ends in the canonical bytes: a fifteenth would mean that text was moved from one column into the next."""
FIRST_PLACE = (-(2**31), 0)
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

ENTRIES = f"""COPY (SELECT e.era, e.xid, CASE WHEN octet_length(e.h) = 32 AND {CHAINED} THEN e.h
    ELSE '\\x{"00" * 32}'::bytea END, {BYTES} FROM journal_entry e
    WHERE (e.era, e.xid) >= (%s, %s::text::xid8) AND (e.era, e.xid) < (%s, %s::text::xid8) ORDER BY e.era, e.xid, e.id)
    TO STDOUT (FORMAT binary)"""
"""In the order of sealing; an entry that does not fit its case's chain comes with zeros for its hash."""
HEADER = 19
"""Bytes before the first row of a binary COPY (PostgreSQL manual, COPY, Binary Format)."""
ROW = Struct(">2x4xi4xq4x32s4x")
"""A row of ``ENTRIES`` as it comes: the count of columns, each column after its length; the text fills the rest.
Reading it so is a tenth cheaper than by column types."""

SEALS = """SELECT no, era, x0::text::bigint, x1::text::bigint, n, root, prev, h,
    extract(epoch FROM sealed_at)::text FROM journal_seal WHERE no > %s ORDER BY no LIMIT %s"""

ONE_ENTRY = f"SELECT e.h, {BYTES}, {CHAINED}, e.case_id, e.case_seq FROM journal_entry e WHERE e.id = %s"

ONE_SEAL = """SELECT min(e.id), max(e.id), sha256(string_agg(e.h, ''::bytea ORDER BY e.xid, e.id)) FROM journal_entry e
    WHERE e.era = %s AND e.xid >= %s::text::xid8 AND e.xid < %s::text::xid8"""

LAST_SEALED = """SELECT e.id FROM journal_entry e
    WHERE (e.era, e.xid) < (SELECT s.era, s.x1 FROM journal_seal s WHERE s.no = %s)
    ORDER BY e.era DESC, e.xid DESC, e.id DESC LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification says.

    ``ok`` when no fault was found; ``untold`` counts faults beyond the first hundred. ``sealed_to`` and ``anchored_to``
    are the last entries that a seal, and that a signed anchor outside the database, stands for; what comes after
    ``sealed_to`` (``unsealed`` entries) is held by its own hash and the chain of its case alone.
    """

    ok: bool
    faults: tuple[Fault, ...]
    untold: int
    entries: int
    seals: int
    unsealed: int
    sealed_to: int | None
    anchored_to: int | None


@dataclass(frozen=True, slots=True)
class _Seal:
    no: int
    era: int
    x0: int
    x1: int
    n: int
    root: bytes
    prev: bytes
    h: bytes
    sealed_at: str

    def hash(self) -> bytes:
        lines = (self.no, self.era, self.x0, self.x1, self.n, self.root.hex(), self.prev.hex(), self.sealed_at)
        return sha256("\n".join(map(str, lines)).encode()).digest()


@dataclass(slots=True)
class _Range:
    """A stretch of places up to ``end``: of a seal, of the unsealed tail, or of nobody."""

    end: Place
    seal: _Seal | None = None
    tail: bool = False
    n: int = 0
    digests: list[bytes] | deque[bytes] = field(default_factory=lambda: deque(maxlen=0))


def verify(anchors: Path | None = None, progress: Progress | None = None, *, key: Path | None = None) -> Verification:
    """Recompute the whole journal in one snapshot and say what is wrong, and where.

    Found are: a changed byte of an entry or a seal; entries missing, added, replaced or reordered within a seal; a
    missing seal; a chain of a case cut in its middle; an anchor that no longer fits. ``anchors`` is the folder of the
    anchors or a copy of their file, ``key`` the PEM file of the public key, by default the one beside them. Reads only
    and holds up nobody. Must not be called inside a transaction.
    """
    walk = _Walk(progress or (lambda _: None))
    with snapshot():
        walk.go()
        anchored = None if anchors is None else _check_anchors(anchors, key, walk.found)
        sealed_to = None if walk.last is None else records.value(LAST_SEALED, (walk.last.no,))
        anchored_to = None if anchored is None else records.value(LAST_SEALED, (anchored,))
    return Verification(
        ok=not walk.found.faults,
        faults=tuple(walk.found.faults),
        untold=walk.found.untold,
        entries=walk.entries,
        seals=walk.seals,
        unsealed=walk.unsealed,
        sealed_to=sealed_to,
        anchored_to=anchored_to,
    )


class _Walk:
    """The one pass over seals and entries, side by side."""

    def __init__(self, progress: Progress) -> None:
        self.found = Found()
        self.entries = self.seals = self.unsealed = 0
        self.last: _Seal | None = None
        self._progress = progress
        self._suspects: list[int] = []
        self._doubted: list[_Range] = []

    def go(self) -> None:
        """Walk to the end, some thousand seals at a time."""
        era = int(records.value("SELECT coalesce((SELECT era FROM district), 1)"))
        place, more = FIRST_PLACE, True
        while more:
            seals = self._read_seals()
            more = len(seals) == SEALS_AT_ONCE
            ranges = _ranges(place, seals)
            if not more:
                ranges += [_Range((era + 1, 0), tail=True), _Range(LAST_PLACE)]
            self._walk(place, ranges)
            self._look_closer()
            place = ranges[-1].end
        self._progress(self.entries)

    def _read_seals(self) -> list[_Seal]:
        rows = records.rows(SEALS, (self.last.no if self.last else 0, SEALS_AT_ONCE))
        seals = [
            _Seal(no, era, x0, x1, n, bytes(root), bytes(prev), bytes(h), sealed_at)
            for no, era, x0, x1, n, root, prev, h, sealed_at in rows
        ]
        for seal in seals:
            before, self.last = self.last, seal
            self.seals += 1
            place, expected = f"seal {seal.no}", before.no + 1 if before else 1
            if seal.hash() != seal.h:
                self.found.add(place, "seal_changed", seal=seal.no)
            if seal.no != expected:
                self.found.add(place, "seals_missing", first=expected, last=seal.no - 1)
            elif seal.prev not in ((before.h, before.hash()) if before else (bytes(32),)):
                self.found.add(place, "seal_unchained", seal=seal.no)
        return seals

    def _walk(self, start: Place, ranges: list[_Range]) -> None:
        """Hash every entry and give it to its range; the loop is kept flat, since it is paid for every entry."""
        waiting = iter(ranges)
        range_ = next(waiting)
        at_era, bound, add = FIRST_PLACE[0] - 1, 0, range_.digests.append
        entries = began = self.entries
        read, text_at = ROW.unpack_from, ROW.size
        for row in _copied(start, ranges[-1].end):
            era, xid, h = read(row)
            text = bytes(row[text_at:])
            if xid >= bound or era != at_era:
                while (era, xid) >= range_.end:
                    range_.n, began = entries - began, entries
                    range_ = next(waiting)
                at_era, bound = era, range_.end[1] if range_.end[0] == era else LAST_PLACE[1]
                add = range_.digests.append
            digest = sha256(text).digest()
            if digest != h or text.count(b"\n") != LINES:
                self._suspects.append(int(text[: text.index(b"\n")]))
            add(digest)
            entries += 1
            if entries % TELL_EVERY == 0:
                self._progress(entries)
        range_.n, self.entries = entries - began, entries
        for passed in ranges:
            self._close(passed)

    def _close(self, range_: _Range) -> None:
        if range_.tail:
            self.unsealed = range_.n
        elif range_.seal is None:
            if range_.n:
                era, xid = range_.end
                self.found.add(f"era {era}", "entries_unclaimed", n=range_.n, era=era, xid=xid)
        elif range_.n != range_.seal.n or sha256(b"".join(range_.digests)).digest() != range_.seal.root:
            self._doubted.append(range_)
        range_.digests.clear()

    def _look_closer(self) -> None:
        """Say what is wrong with the entries and seals that did not give what they should."""
        for entry in self._suspects[:MOST_FAULTS]:
            self._name_entry(entry)
        self.found.untold += len(self._suspects[MOST_FAULTS:])
        for range_ in self._doubted:
            self._name_seal(cast("_Seal", range_.seal), range_.n)
        self._suspects.clear()
        self._doubted.clear()

    def _name_entry(self, entry: int) -> None:
        for h, text, chained, case, seq in records.rows(ONE_ENTRY, (entry,)):
            if sha256(text.encode()).digest() != bytes(h) or text.count("\n") != LINES:
                self.found.add(f"entry {entry}", "entry_changed", entry=entry)
            if not chained:
                self.found.add(f"entry {entry}", "case_cut", entry=entry, case=case or 0, seq=seq or 0)

    def _name_seal(self, seal: _Seal, n: int) -> None:
        first, last, root = records.one(ONE_SEAL, (seal.era, seal.x0, seal.x1)) or (None, None, None)
        if n == seal.n and root is not None and bytes(root) == seal.root:
            return  # the hashes are those that were sealed: the entries that no longer give theirs have been named
        what = "entries_missing" if n < seal.n else "entries_added" if n > seal.n else "entries_replaced"
        self.found.add(f"seal {seal.no}", what, seal=seal.no, sealed=seal.n, n=n, first=first or 0, last=last or 0)


def _ranges(start: Place, seals: list[_Seal]) -> list[_Range]:
    """Divide the places from ``start`` to the end of the last seal: each seal's, and nobody's between them."""
    ranges: list[_Range] = []
    place = start
    for seal in seals:
        if (seal.era, seal.x0) > place:
            place = (seal.era, seal.x0)
            ranges.append(_Range(place))
        place = max(place, (seal.era, seal.x1))
        ranges.append(_Range(place, seal, digests=[]))
    return ranges


def _copied(start: Place, end: Place) -> Iterator[Buffer]:
    """Yield the rows of ``ENTRIES`` as they come; each is one message, the first behind the header."""
    with connection.cursor() as cursor, cursor.copy(ENTRIES, (*start, *end)) as copy:
        messages = iter(copy)
        for message in chain([next(messages)[HEADER:]], messages):
            if len(message) > ROW.size:  # all but the trailer
                yield message


def _check_anchors(anchors: Path, pem: Path | None, found: Found) -> int | None:
    """Compare the anchors with each other, with their signatures and with the seals; return the last seal that fits.

    A copied file may begin in the middle of the chain: its first line stands for itself, under any key of ours.
    """
    lines, keys = read_anchors(anchors), public_keys(pem or beside(anchors))
    if lines and not keys:
        found.add("anchor 0", "anchor_key_missing")
    numbers = [line.anchor.seal for line in lines if line.anchor is not None]
    heads: dict[int, bytes] = dict(records.rows("SELECT no, h FROM journal_seal WHERE no = ANY(%s)", (numbers,)))
    fits: int | None = None
    whole = anchors.is_dir()
    key = _first_key(lines, keys, whole=whole)
    prev = FIRST if whole or not lines or lines[0].anchor is None else lines[0].anchor.prev
    for line in lines:
        anchor, place = line.anchor, f"anchor {line.number}"
        if anchor is None:
            found.add(place, "anchor_unreadable", line=line.number)
        elif anchor.prev != prev:
            found.add(place, "anchor_unchained", line=line.number)
        elif key is None or not signed_by(anchor, key) or (anchor.key and introduced(anchor) is None):
            found.add(place, "anchor_signature", line=line.number)
        elif anchor.seal not in heads:
            found.add(place, "anchor_seal_missing", line=line.number, seal=anchor.seal, at=anchor.at)
        elif bytes(heads[anchor.seal]).hex() != anchor.head:
            found.add(place, "anchor_head", line=line.number, seal=anchor.seal, at=anchor.at)
        else:
            fits = max(fits or 0, anchor.seal)
        if anchor is not None and anchor.key and key is not None and signed_by(anchor, key):
            key = introduced(anchor) or key
        prev = line.digest
    return fits


def _first_key(lines: list[AnchorLine], keys: tuple[Ed25519PublicKey, ...], *, whole: bool) -> Ed25519PublicKey | None:
    """Return the key that the first line is signed with: of a whole folder the first, of a copied file any of ours."""
    if whole or not lines or lines[0].anchor is None:
        return keys[0] if keys else None
    first = lines[0].anchor
    return next((key for key in keys if signed_by(first, key)), keys[0] if keys else None)
