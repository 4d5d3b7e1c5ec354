"""A question put to an index (检索): what was typed is read as characters, as sound, as initials; then ranked."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from zhihai.ground.search.index import WAYS, Hit, Index, Shares, Text, Way
from zhihai.ground.search.letters import readings, syllables
from zhihai.ground.search.texts import INITIALS, SOUND, is_han, plain_text, runs, sound, without

LONGEST = 80
"""More of what was typed is not read: a sentence has less."""
COVERED, NEAREST = 0.7, 0.3
"""What the share of the question that a thing holds counts, and what the nearness of its best text does."""
LIKE = 0.45
"""What a pair counts that only sounds like the one that was typed."""
WITHIN = 0.4
"""What a single character counts that stands in a pair which is known; one that stands in none counts whole."""
LEAST, BESIDE = 0.12, 0.4
"""A thing that holds less of the question than this is not found, nor one so much worse than the best."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the index is asked it: pieces with what each counts, and in which way each was read."""

    pieces: tuple[tuple[str, float, Way], ...]
    total: float


def read(index: Index, typed: str, fillers: Collection[str] = (), *, unfinished: bool = False) -> Asked:
    """Read what was typed; ``unfinished`` is while somebody types. Fillers are words that say nothing of the matter."""
    text = without(plain_text(typed)[:LONGEST], fillers)
    found: dict[str, tuple[float, Way]] = {}
    parts = runs(text)
    for place, run in enumerate(parts):
        last = unfinished and place == len(parts) - 1
        for piece, count, way in _of_characters(index, run) if is_han(run) else _of_letters(index, run, last):
            if piece not in found or found[piece][0] < count:
                found[piece] = count, way
    pieces = tuple((piece, count, way) for piece, (count, way) in found.items())
    return Asked(pieces, sum(count * max(index.rarity(piece), 1.0) for piece, count, _ in pieces))


def _of_characters(index: Index, run: str) -> Iterator[tuple[str, float, Way]]:
    """Yield pairs that are known, what sounds like one that is not, and single characters."""
    syllables, met = sound(run), [False] * len(run)
    for at, (first, second) in enumerate(pairwise(run)):
        if index.holds(first + second):
            met[at] = met[at + 1] = True
            yield first + second, 1.0, "text"
    for at, (first, second) in enumerate(pairwise(syllables)):
        if not (met[at] and met[at + 1]) and index.holds(f"{SOUND}{first} {second}"):
            yield f"{SOUND}{first} {second}", LIKE, "sound"
    for at, one in enumerate(run):
        yield one, WITHIN if met[at] else 1.0, "text"


def _of_letters(index: Index, run: str, unfinished: bool) -> Iterator[tuple[str, float, Way]]:
    """Yield a run of letters as it is where it is known, else the syllables that fit best, else initials."""
    if index.holds(run):
        yield run, 1.0, "text"
        return
    parted = [_pieces(index, one) for one in readings(run, unfinished=unfinished)]
    best = max(parted, key=lambda one: (one[0], -len(one[1])), default=(0.0, ()))
    if best[0]:
        for piece in best[1]:
            yield piece, 1.0, "sound"
        return
    length = 3 if len(run) > 2 else 2
    for at in range(len(run) - length + 1):
        yield INITIALS + run[at : at + length], 1.0, "initials"


def _pieces(index: Index, parts: tuple[str, ...]) -> tuple[float, tuple[str, ...]]:
    """Return which share of neighbouring syllables the index knows, and the pieces; the last may be only begun."""
    if len(parts) == 1:
        return float(index.holds(SOUND + parts[0])), (SOUND + parts[0],)
    pairs = [f"{SOUND}{first} {second}" for first, second in pairwise(parts)]
    known = [index.holds(pair) for pair in pairs]
    if parts[-1] in syllables():
        return sum(known) / len(pairs), tuple(pairs)
    ends = [f"{SOUND}{parts[-2]} {one}" for one in sorted(syllables()) if one.startswith(parts[-1])]
    held = tuple(filter(index.holds, ends))
    return (sum(known[:-1]) + bool(held)) / len(pairs), (*pairs[:-1], *held)


def ask(index: Index, asked: Asked, limit: int) -> list[Hit]:
    """Return what fits a question best, best first; equal ones by their order in the index."""
    covered: Shares = np.zeros(len(index.keys), dtype=np.float32)
    overlap: Shares = np.zeros(len(index.texts), dtype=np.float32)
    for piece, counts, _ in asked.pieces:
        worth = np.float32(counts * index.rarity(piece))
        if worth:
            things, weights = index.things_with(piece)
            covered[things] += worth * weights
            overlap[index.texts_with(piece)] += worth
    if not covered.any():
        return []
    way, touched = _way(index, asked), np.flatnonzero(overlap > 0)
    nearest: Shares = np.zeros(len(index.keys), dtype=np.float32)
    near = overlap[touched] * index.weight[touched] / np.sqrt(asked.total * index.sizes(way)[touched])
    np.maximum.at(nearest, index.thing[touched], near)
    score = COVERED * covered / np.float32(asked.total) + NEAREST * np.minimum(nearest, 1.0)
    enough = np.flatnonzero((covered >= LEAST * asked.total) & (score >= BESIDE * score.max()))
    best = enough[np.lexsort((enough, -score[enough]))][:limit].tolist()
    return [
        Hit(int(index.keys[place]), float(score[place]), _fitting(index, place, overlap, way), way) for place in best
    ]


def _way(index: Index, asked: Asked) -> Way:
    """Return in which way most of a question was read."""
    ways = {way: sum(counts * index.rarity(piece) for piece, counts, one in asked.pieces if one == way) for way in WAYS}
    return max(WAYS, key=lambda one: ways[one])


def _fitting(index: Index, place: int, overlap: Shares, way: Way) -> Text:
    """Return which text of a thing fits a question best; where none has a pair of it, the first."""
    first, end = (int(at) for at in np.searchsorted(index.thing, (place, place + 1)))
    near = overlap[first:end] * index.weight[first:end] / np.sqrt(index.sizes(way)[first:end])
    return index.texts[first + int(np.argmax(near))]
