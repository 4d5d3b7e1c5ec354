"""Verification: every entry and every seal recomputed, outside the functions of the database (校验).

One pass over the entries in the order in which they were sealed, by one reader or several. Measured:
docs/why/journal.md.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection

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
from zhihai.kernel.journal.reading import one_reader, readers_for, several_readers
from zhihai.kernel.journal.snapshot import snapshot
from zhihai.kernel.journal.walking import BYTES, CHAINED, LAST_PLACE, LINES, Part, Place, Stretch, Walked

Progress = Callable[[int], None]
"""Told from time to time how many entries have been checked."""

SEALS_AT_ONCE = 5_000
ENTRIES_AT_ONCE = 1_000_000
"""A stretch ends with the seal that brings it to so many entries, or with so many seals."""
FIRST_PLACE = (-(2**31), 0)

CONNECTED_BY = ("dbname", "user", "password", "host", "port", "options", "sslmode", "sslrootcert", "sslcert", "sslkey")
"""What a reader connects with, of what this process is connected with."""

SEALED = "SELECT coalesce(sum(n), 0) FROM journal_seal"
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


@dataclass(frozen=True, slots=True)
class _Portion:
    """What is walked at once: the seals that claim its parts (``None``: nobody), and what is wrong with the seals."""

    stretch: Stretch
    seals: tuple[_Seal | None, ...]
    faults: tuple[tuple[str, str, dict[str, object]], ...]
    tail: int | None


def verify(
    anchors: Path | None = None,
    progress: Progress | None = None,
    *,
    key: Path | None = None,
    readers: int | None = None,
) -> Verification:
    """Recompute the whole journal in one snapshot and say what is wrong, and where.

    Found are: a changed byte of an entry or a seal; entries missing, added, replaced or reordered within a seal; a
    missing seal; a chain of a case cut in its middle; an anchor that no longer fits. ``anchors`` is the folder of the
    anchors or a copy of their file, ``key`` the PEM file of the public key, by default the one beside them. ``readers``
    walk side by side, each a process (1: this one); by default as many as suit the journal and the machine, and what
    is found is the same. Reads only and holds up nobody. Must not be called inside a transaction.
    """
    walk = _Walk(progress or (lambda _: None))
    with snapshot():
        walk.go(readers or readers_for(int(records.value(SEALED))))
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

    def go(self, readers: int) -> None:
        """Walk to the end, portion by portion; what they give is taken in their order, whoever is done first."""
        line: psycopg.Connection[Any] = connection.connection
        if readers == 1:
            begun = one_reader(line, self._progress)
        else:
            facts = {name: value for name, value in connection.get_connection_params().items() if name in CONNECTED_BY}
            begun = several_readers(line, facts, readers)
        with begun as submit:
            under_way: deque[tuple[_Portion, Future[Walked]]] = deque()
            for portion in self._portions():
                under_way.append((portion, submit(portion.stretch)))
                if len(under_way) > readers:
                    self._take(*under_way.popleft())
            for portion, walked in under_way:
                self._take(portion, walked)
        self._progress(self.entries)

    def _portions(self) -> Iterator[_Portion]:
        era = int(records.value("SELECT coalesce((SELECT era FROM district), 1)"))
        place, more = FIRST_PLACE, True
        while more:
            faults: list[tuple[str, str, dict[str, object]]] = []
            seals, more = self._read_seals(faults)
            parts, claims = _parts(place, seals)
            tail = None if more else len(parts)
            if not more:
                parts += [Part((era + 1, 0)), Part(LAST_PLACE)]
                claims += [None, None]
            yield _Portion(Stretch(place, tuple(parts)), tuple(claims), tuple(faults), tail)
            place = parts[-1].end

    def _read_seals(self, faults: list[tuple[str, str, dict[str, object]]]) -> tuple[list[_Seal], bool]:
        """Read the next seals and hold each against the one before; return them, and whether there are more."""
        rows = records.rows(SEALS, (self.last.no if self.last else 0, SEALS_AT_ONCE))
        seals: list[_Seal] = []
        entries = 0
        for no, era, x0, x1, n, root, prev, h, sealed_at in rows:
            seal = _Seal(no, era, x0, x1, n, bytes(root), bytes(prev), bytes(h), sealed_at)
            seals.append(seal)
            before, self.last = self.last, seal
            self.seals += 1
            place, expected = f"seal {seal.no}", before.no + 1 if before else 1
            if seal.hash() != seal.h:
                faults.append((place, "seal_changed", {"seal": seal.no}))
            if seal.no != expected:
                faults.append((place, "seals_missing", {"first": expected, "last": seal.no - 1}))
            elif seal.prev not in ((before.h, before.hash()) if before else (bytes(32),)):
                faults.append((place, "seal_unchained", {"seal": seal.no}))
            entries += seal.n
            if entries >= ENTRIES_AT_ONCE:
                return seals, True
        return seals, len(rows) == SEALS_AT_ONCE

    def _take(self, portion: _Portion, walking: Future[Walked]) -> None:
        """Say what is wrong in a portion: its seals, entries of nobody, entries, and seals that do not fit theirs."""
        walked = walking.result()
        self.entries += walked.entries
        self._progress(self.entries)
        for where, what, facts in portion.faults:
            self.found.add(where, what, **facts)
        doubted: list[tuple[_Seal, int]] = []
        for place, (part, seal, n, whole) in enumerate(
            zip(portion.stretch.parts, portion.seals, walked.counts, walked.whole, strict=True)
        ):
            if place == portion.tail:
                self.unsealed = n
            elif seal is None and n:
                era, xid = part.end
                self.found.add(f"era {era}", "entries_unclaimed", n=n, era=era, xid=xid)
            elif seal is not None and not whole:
                doubted.append((seal, n))
        for entry in walked.suspects[:MOST_FAULTS]:
            self._name_entry(entry)
        self.found.untold += len(walked.suspects[MOST_FAULTS:])
        for seal, n in doubted:
            self._name_seal(seal, n)

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


def _parts(start: Place, seals: list[_Seal]) -> tuple[list[Part], list[_Seal | None]]:
    """Divide the places from ``start`` to the end of the last seal: each seal's, and nobody's between them."""
    parts: list[Part] = []
    claims: list[_Seal | None] = []
    place = start
    for seal in seals:
        if (seal.era, seal.x0) > place:
            place = (seal.era, seal.x0)
            parts.append(Part(place))
            claims.append(None)
        place = max(place, (seal.era, seal.x1))
        parts.append(Part(place, seal.n, seal.root))
        claims.append(seal)
    return parts, claims


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
