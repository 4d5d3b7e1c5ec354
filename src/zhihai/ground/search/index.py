"""An index of many things that are each found by a few short texts (索引): arrays of numbers, asked without a loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhihai.ground.search.texts import INITIALS, SOUND, pieces_of, plain_text

Way = Literal["text", "sound", "initials"]
WAYS: tuple[Way, ...] = ("text", "sound", "initials")
"""How what was typed is read: as it is, by its pinyin, by the initials of its pinyin."""
Counts = NDArray[np.int32]
Shares = NDArray[np.float32]

SINGLE = 0.45
"""What a single character or syllable weighs beside a pair."""
NOTHING: Counts = np.empty(0, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Text:
    """One text by which a thing is found: ``weight`` is from 0 to 1, ``sort`` says what text it is."""

    written: str
    sort: str
    weight: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing that was found: its key, how well (comparable within one answer), and the text that fits best."""

    key: int
    score: float
    text: Text
    way: Way


class Pieces:
    """Numbers of pieces of text, and the pieces of every text that was met: what stays when a catalogue changes."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._ways: list[int] = []
        self._weights: list[float] = []
        self._of: dict[str, Counts] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, piece: str) -> int | None:
        """Return the number of a piece, ``None`` for one that no text has."""
        return self._numbers.get(piece)

    def of(self, written: str) -> Counts:
        """Return the numbers of the pieces of a text, each once."""
        known = self._of.get(written)
        if known is None:
            found = (self._take(piece) for piece in sorted(pieces_of(plain_text(written))))
            known = self._of[written] = np.fromiter(found, dtype=np.int32)
        return known

    def _take(self, piece: str) -> int:
        number = self._numbers.setdefault(piece, len(self._numbers))
        if number == len(self._ways):
            self._ways.append({SOUND: 1, INITIALS: 2}.get(piece[0], 0))
            self._weights.append(_weight(piece))
        return number

    def ways(self) -> NDArray[np.int8]:
        """Return in which of ``WAYS`` each piece is read."""
        return np.array(self._ways, dtype=np.int8)

    def weights(self) -> Shares:
        """Return what each piece weighs beside others: pairs 1, single characters and syllables less."""
        return np.array(self._weights, dtype=np.float32)


def _weight(piece: str) -> float:
    body = piece[1:] if piece[0] in (SOUND, INITIALS) else piece
    single = " " not in body if piece[0] == SOUND else len(body) == 1 and not body.isascii()
    return SINGLE if single else 1.0


@dataclass(frozen=True, slots=True)
class Postings:
    """Where each piece stands: of piece ``p`` from ``start[p]`` to ``start[p + 1]``."""

    places: Counts
    weights: Shares
    start: NDArray[np.int64]

    def span(self, piece: int) -> slice:
        """Return where a piece stands."""
        return slice(self.start[piece], self.start[piece + 1])


class Index:
    """Everything that can be found, at one moment; it never changes and is safe for threads.

    ``things`` gives for each key its texts. Scores rest on how rare a piece is among the things (BM25's idf), on the
    share of the question that a thing holds anywhere, and on how near one of its texts is to the question. ``among`` is
    how many things there are taken to be at least: of very few, nothing would be rare, and none would be found.
    """

    def __init__(self, things: Mapping[int, Sequence[Text]], pieces: Pieces | None = None, *, among: int = 0) -> None:
        self.pieces = pieces if pieces is not None else Pieces()
        self.keys: Counts = np.fromiter(things, dtype=np.int32, count=len(things))
        self.texts: tuple[Text, ...] = tuple(text for texts in things.values() for text in texts)
        per_thing = [len(texts) for texts in things.values()]
        self.thing: Counts = np.repeat(np.arange(len(things), dtype=np.int32), per_thing)
        self.weight: Shares = np.fromiter((text.weight for text in self.texts), np.float32, len(self.texts))
        of_texts = [self.pieces.of(text.written) for text in self.texts]
        self._of_things = self._things(of_texts)
        self.spread = np.diff(self._of_things.start)
        rare = np.log1p((max(len(things), among) - self.spread + 0.5) / (self.spread + 0.5)).astype(np.float32)
        self._rare: Shares = rare * self.pieces.weights()
        self._of_texts, self._sizes = self._texts(of_texts)

    def _things(self, of_texts: Sequence[Counts]) -> Postings:
        """Lay out which thing has which piece, once, with the weight of its weightiest text that has it."""
        order = np.lexsort((-self.weight, self.thing))
        parts = [of_texts[text] for text in order]
        flat = np.concatenate(parts) if parts else NOTHING
        owner = np.repeat(order, [len(part) for part in parts]) if parts else order
        count = max(1, len(self.keys))
        held, first = np.unique(flat.astype(np.int64) * count + self.thing[owner], return_index=True)
        start = np.searchsorted(held, np.arange(len(self.pieces) + 1, dtype=np.int64) * count)
        return Postings((held % count).astype(np.int32), self.weight[owner[first]], start)

    def _texts(self, of_texts: Sequence[Counts]) -> tuple[Postings, Mapping[Way, Shares]]:
        """Lay out which text has which pair, and how much of each way of reading every text holds."""
        flat = np.concatenate(of_texts) if of_texts else NOTHING
        owner = np.repeat(np.arange(len(of_texts), dtype=np.int32), [len(one) for one in of_texts])
        whole = self.pieces.weights()[flat] == 1.0
        flat, owner = flat[whole], owner[whole]
        ways, sizes = self.pieces.ways()[flat], {}
        for number, way in enumerate(WAYS):
            held = ways == number
            total = np.bincount(owner[held], weights=self._rare[flat[held]], minlength=len(of_texts))
            sizes[way] = np.maximum(total.astype(np.float32), np.float32(SINGLE))
        order = np.argsort(flat, kind="stable")
        start = np.searchsorted(flat[order], np.arange(len(self.pieces) + 1)).astype(np.int64)
        return Postings(owner[order], np.empty(0, np.float32), start), sizes

    def _number(self, piece: str) -> int | None:
        """Return the number of a piece that some thing has."""
        number = self.pieces.number(piece)
        return number if number is not None and number < len(self.spread) and self.spread[number] else None

    def holds(self, piece: str) -> bool:
        """Say whether any thing has a piece."""
        return self._number(piece) is not None

    def rarity(self, piece: str) -> float:
        """Return what finding a piece is worth; nothing for one that no thing has."""
        number = self._number(piece)
        return 0.0 if number is None else float(self._rare[number])

    def things_with(self, piece: str) -> tuple[Counts, Shares]:
        """Return the places of the things that have a piece, and the weight of each one's weightiest text with it."""
        number = self._number(piece)
        if number is None:
            return NOTHING, np.empty(0, np.float32)
        span = self._of_things.span(number)
        return self._of_things.places[span], self._of_things.weights[span]

    def texts_with(self, piece: str) -> Counts:
        """Return the places of the texts that have a pair; of single characters none are kept."""
        number = self._number(piece)
        return NOTHING if number is None else self._of_texts.places[self._of_texts.span(number)]

    def sizes(self, way: Way) -> Shares:
        """Return how much each text holds, as it is read in one way."""
        return self._sizes[way]
