"""How well the search for service items finds what people mean: recall among the first five, by kind of question.

The questions have the columns ``query,kind,items``; ``items`` are codes with blanks between them. Two figures are told:
**found** is the share of questions for which at least one right item stands among the first five, **recall** the mean
share of right items found there, of as many as five places can hold.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from zhihai.ground.named import Named
from zhihai.ground.search.index import Pieces
from zhihai.ground.search.synonyms import Synonyms
from zhihai.ground.search.texts import plain_text
from zhihai.kernel.services.reads import Card, Catalogue, Source
from zhihai.site.folder import read_parts
from zhihai.site.items_list import group_of, item_of

FIRST = 5
REFERENCE = Path(__file__).resolve().parents[1] / "src" / "zhihai" / "site" / "seeds" / "haidian"
SOURCE = Source(1, Named("", ""), Named("", ""), None, "real")


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody typed, of which kind it is, and the codes of the items that they mean."""

    typed: str
    kind: str
    right: frozenset[str]


@dataclass(frozen=True, slots=True)
class Figure:
    """How well questions of one kind were answered; ``missed`` are those without a right item."""

    kind: str
    count: int
    found: float
    recall: float
    missed: tuple[str, ...]


def questions(path: Path) -> list[Question]:
    """Read questions from a file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [Question(row["query"], row["kind"], frozenset(row["items"].split())) for row in csv.DictReader(file)]


def catalogue(folder: Path) -> Catalogue:
    """Return the items of a district's folder as a process of the platform keeps them; no database is asked."""
    parts = read_parts(folder)
    inputs = [item_of(line, "") for line in parts.tables["items.csv"]]
    cards = [
        Card(
            n, one.code, one.name, one.main, one.sort, one.office, None, one.who, one.themes, one.life, one.words, 0,
            SOURCE,
        )
        for n, one in enumerate(inputs, start=1)
    ]  # fmt: skip
    groups = ([plain_text(word) for word in group_of(line["words"])] for line in parts.tables["synonyms.csv"])
    return Catalogue(0, cards, Synonyms(groups), {}, Pieces())


def measure(asked: Iterable[Question], seen: Catalogue) -> list[Figure]:
    """Answer questions and return the figures of all and of each kind."""
    answered = []
    for one in asked:
        right = one.right & seen.by_code.keys()
        hits = {found.card.code for found in seen.search(one.typed, "", FIRST, False)} & right
        answered.append((one, bool(hits), len(hits) / min(FIRST, max(1, len(right)))))
    kinds = ["all", *sorted({one.kind for one, _, _ in answered})]
    return [_figure(kind, [row for row in answered if kind in ("all", row[0].kind)]) for kind in kinds]


def _figure(kind: str, rows: list[tuple[Question, bool, float]]) -> Figure:
    found, recall = (sum(cast("float", row[at]) for row in rows) / max(1, len(rows)) for at in (1, 2))
    return Figure(kind, len(rows), found, recall, tuple(one.typed for one, hit, _ in rows if not hit))


def tell(given: list[str], *, missed: bool) -> None:
    """Print the figures of a file of questions, over a district's folder, as a table; and what was missed."""
    figures = measure(questions(Path(given[0])), catalogue(Path(given[1]) if len(given) > 1 else REFERENCE))
    print(f"| kind | questions | found (a right item among the first {FIRST}) | recall (mean share of right items) |")
    print("| --- | --- | --- | --- |")
    for one in figures:
        print(f"| {one.kind} | {one.count} | {one.found:.3f} | {one.recall:.3f} |")
    if missed:
        print(*figures[0].missed, sep="\n")
