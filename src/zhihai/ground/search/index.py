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
Places = NDArray[np.int32] | NDArray[np.intp]
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

    def of(self, text: str) -> Counts:
        """Return the numbers of the pieces of a plain text."""
        known = self._of.get(text)
        if known is None:
            found = (self._take(piece) for piece in sorted(pieces_of(text)))
            known = self._of[text] = np.fromiter(found, dtype=np.int32)
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


class Index:
    """Everything that can be found, at one moment; it never changes and is safe for threads.

    ``things`` gives for each key its texts. Scores rest on how rare a piece is among the things (BM25's idf), on the
    share of the question that a thing holds anywhere, and on how near one of its texts is to the question.
    """

    def __init__(self, things: Mapping[int, Sequence[Text]], pieces: Pieces | None = None) -> None:
        self.pieces = pieces if pieces is not None else Pieces()
        self.keys: Counts = np.fromiter(things, dtype=np.int32, count=len(things))
        placed = [(text.weight, place, text) for place, texts in enumerate(things.values()) for text in texts]
        placed.sort(key=lambda one: one[0])  # of a thing's texts with one piece the weightiest is written last
        self.texts: tuple[Text, ...] = tuple(text for _, _, text in placed)
        self._thing: Counts = np.fromiter((place for _, place, _ in placed), dtype=np.int32, count=len(placed))
        self._weight: Shares = np.fromiter((weight for weight, _, _ in placed), dtype=np.float32, count=len(placed))
        self._lay()

    def _lay(self) -> None:
        """Lay the texts out by piece: of piece ``p`` they stand from ``_from[p]`` to ``_from[p + 1]``."""
        of_texts = [self.pieces.of(plain_text(text.written)) for text in self.texts]
        sizes = np.fromiter((len(one) for one in of_texts), dtype=np.int32, count=len(of_texts))
        flat = np.concatenate(of_texts) if of_texts else NOTHING
        owner = np.repeat(np.arange(len(of_texts), dtype=np.int32), sizes)
        order = np.argsort(flat, kind="stable")
        self._postings: Counts = owner[order]
        count = len(self.pieces)
        self._from = np.searchsorted(flat[order], np.arange(count + 1)).astype(np.int64)
        pairs = np.unique(flat.astype(np.int64) * max(1, len(self.keys)) + self._thing[owner])
        self.spread: Counts = np.bincount(pairs // max(1, len(self.keys)), minlength=count).astype(np.int32)
        n = len(self.keys)
        rare = np.log1p((n - self.spread + 0.5) / (self.spread + 0.5)).astype(np.float32)
        self._rare: Shares = rare * self.pieces.weights()
        self._size = self._sizes(flat, owner, len(of_texts))

    def _sizes(self, flat: Counts, owner: Counts, count: int) -> Mapping[Way, Shares]:
        """Return how much each text holds, of characters, of sound and of initials: what an overlap is measured by."""
        ways, full = self.pieces.ways(), self.pieces.weights() == 1.0
        found: dict[Way, Shares] = {}
        for number, way in enumerate(WAYS):
            held = (ways[flat] == number) & full[flat]
            total = np.bincount(owner[held], weights=self._rare[flat[held]], minlength=count).astype(np.float32)
            found[way] = np.maximum(total, SINGLE)
        return found

    def holds(self, piece: str) -> bool:
        """Say whether any thing has a piece."""
        number = self.pieces.number(piece)
        return number is not None and number < len(self.spread) and bool(self.spread[number])

    def rarity(self, piece: str) -> float:
        """Return what finding a piece is worth; nothing for one that no thing has."""
        number = self.pieces.number(piece)
        return float(self._rare[number]) if number is not None and self.holds(piece) else 0.0

    def texts_with(self, piece: str) -> Counts:
        """Return the places of the texts that have a piece."""
        number = self.pieces.number(piece)
        if number is None or number >= len(self.spread):
            return NOTHING
        return self._postings[self._from[number] : self._from[number + 1]]

    def things_of(self, texts: Places) -> Counts:
        """Return the places of the things that texts are of."""
        return self._thing[texts]

    def weights_of(self, texts: Places) -> Shares:
        """Return what texts weigh."""
        return self._weight[texts]

    def sizes(self, way: Way) -> Shares:
        """Return how much each text holds, as it is read in one way."""
        return self._size[way]
