"""Questions that are answered publicly (常见问题), as each process keeps them: found by what somebody would ask."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial

from zhihai.ground.search import asking
from zhihai.ground.search.index import Index, Pieces, Text
from zhihai.kernel import house, records
from zhihai.kernel.disclosure.kinds import PublicationKind

WEIGHTS: Mapping[str, float] = {"question": 1.0, "answer": 0.5}
OPENING = 400
"""So much of an answer is kept, to be found by and to be shown in lists."""
LIKE = 0.3
"""What is less like a question than this is no answer to it: 1 would be the same question."""
AMONG = 200
"""Rarity is reckoned as among so many questions at least, so that the first few are found as well."""
FOUND = 512
"""So many searches are kept by each process: many people ask the same."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A question that is answered publicly: ``id`` is its permanent address, ``opening`` how the answer begins."""

    id: int
    kind: str
    organisation: int
    question: str
    opening: str
    items: tuple[str, ...]
    theme: str
    published_at: datetime
    provenance: str


class Answers:
    """All that is answered publicly at a version, the latest first; it never changes and is safe for threads."""

    def __init__(self, version: int, found: Sequence[Answer], pieces: Pieces) -> None:
        self.version = version
        self.all = tuple(found)
        self.by_id: Mapping[int, Answer] = {one.id: one for one in found}
        self.index = Index(
            {
                one.id: (
                    Text(one.question, "question", WEIGHTS["question"]), Text(one.opening, "answer", WEIGHTS["answer"]),
                )
                for one in found
            },
            pieces, among=AMONG,
        )  # fmt: skip
        self._fillers = tuple(house.words().say("services.fillers", "zh").split())
        self.like = lru_cache(maxsize=FOUND)(self._like)

    def _like(self, typed: str, limit: int) -> tuple[Answer, ...]:
        """Return the questions that are most like what was typed, the best first; none where none is like it."""
        asked = asking.read(self.index, typed, self._fillers)
        hits = asking.ask(self.index, asked, limit)
        return tuple(self.by_id[hit.key] for hit in hits if hit.score >= LIKE)

    def listed(self, items: Collection[str] | None = None, theme: str = "") -> tuple[Answer, ...]:
        """Return those about any of some items, or under a theme, the latest first; all where neither is asked for."""
        if items is None and not theme:
            return self.all
        wanted = frozenset(items or ())
        return tuple(one for one in self.all if (theme and one.theme == theme) or not wanted.isdisjoint(one.items))


_ASK = f"""SELECT f.version, p.id, p.kind, p.organisation_id, v.title, left(v.body, {OPENING}), v.items, v.theme,
        v.published_at, p.provenance
    FROM publication_footing f LEFT JOIN (publication p JOIN publication_version v ON v.publication_id = p.id)
        ON v.state = 'published' AND p.state = 'published' AND p.kind = ANY(%s)
    ORDER BY v.published_at DESC, v.id DESC"""


def _read(pieces: Pieces) -> Answers:
    """Read everything in one question, so that what is kept under a version is all of it."""
    kinds = [name for name, kind in house.registry().all(PublicationKind) if kind.shown == "answers"]
    rows = records.rows(_ASK, (kinds,))
    found = [
        Answer(id_, kind, office, question, opening, tuple(items), theme, published_at, provenance)
        for _, id_, kind, office, question, opening, items, theme, published_at, provenance in rows
        if id_ is not None
    ]
    return Answers(int(rows[0][0]), found, pieces)


ANSWERS = records.Held("SELECT version FROM publication_footing", partial(_read, Pieces()))
