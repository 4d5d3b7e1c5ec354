"""The catalogue as each process keeps it (目录与检索): every public item and how it is found, under a version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache, partial
from typing import Any

from zhihai.ground.named import Named
from zhihai.ground.search import asking
from zhihai.ground.search.index import Hit, Index, Pieces, Text
from zhihai.ground.search.synonyms import Synonyms
from zhihai.ground.search.texts import plain_text
from zhihai.kernel import house, records
from zhihai.kernel.services.kinds import FIELDS, Contact, Provenance, Who

WEIGHTS: Mapping[str, float] = {
    "name": 1.0, "word": 1.0, "main": 0.6, "synonym": 0.5, "theme": 0.35, "life": 0.35, "office": 0.3,
}  # fmt: skip
"""What a text of each sort weighs. Words: ``services.found_by.<sort>``."""
ANSWERS = 512
"""So many answers are kept by each process: many people ask the same."""

VERSION = "(SELECT f.version FROM service_footing f)"


@dataclass(frozen=True, slots=True)
class Source:
    """Whence items were brought in; ``note`` stands wherever one of them is shown."""

    id: int
    name: Named
    note: Named
    as_of: date | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Card:
    """A public item as lists show it. ``organisation`` is whose it is here by number, ``office`` as its source says.

    ``filled`` is how many of the fields of its guide say something.
    """

    id: int
    code: str
    name: str
    main: str
    sort: str
    office: str
    organisation: int | None
    who: Who
    themes: tuple[str, ...]
    life: tuple[str, ...]
    words: tuple[str, ...]
    filled: int
    source: Source

    @property
    def completeness(self) -> float:
        """The share of the guide's fields that say something (要素齐全率), 0 to 1."""
        return self.filled / len(FIELDS)

    def serves(self, who: str) -> bool:
        """Say whether somebody of this sort may apply; who nobody told of may."""
        return who in ("", self.who) or self.who in ("", "both")


@dataclass(frozen=True, slots=True)
class Office:
    """A department as the source names it, or an organisation of the district: its items and how complete they are.

    ``completeness`` is the mean over its items (部门要素齐全率); ``whole`` are items of which nothing lacks.
    """

    office: str
    organisation: int | None
    items: int
    completeness: float
    whole: int
    empty: int


@dataclass(frozen=True, slots=True)
class Found:
    """An item that a question found, the text that fits best, and in which way it was read.

    ``stands_for`` is the item's own word where a synonym was found.
    """

    card: Card
    score: float
    text: str
    sort: str
    way: str
    stands_for: str


class Catalogue:
    """All that is public at a version; it never changes and is safe for threads."""

    def __init__(
        self, version: int, cards: Sequence[Card], synonyms: Synonyms, contacts: Mapping[str, Contact], pieces: Pieces
    ) -> None:
        self.version = version
        self.cards: Mapping[int, Card] = {card.id: card for card in cards}
        self.by_code: Mapping[str, Card] = {card.code: card for card in cards}
        self._by_name = sorted(cards, key=lambda card: (card.name, card.id))
        self._of_main: dict[str, list[Card]] = {}
        for card in self._by_name:
            self._of_main.setdefault(card.main, []).append(card)
        self.contacts = contacts
        self.sources: tuple[Source, ...] = tuple({card.source.id: card.source for card in cards}.values())
        self._stands_for: dict[int, dict[str, str]] = {}
        self.index = Index({card.id: tuple(self._texts(card, synonyms)) for card in cards}, pieces)
        self._fillers = tuple(_fillers())
        self.search = lru_cache(maxsize=ANSWERS)(self._search)

    def _texts(self, card: Card, synonyms: Synonyms) -> Iterator[Text]:
        yield Text(card.name, "name", WEIGHTS["name"])
        if card.main and card.main != card.name:
            yield Text(card.main, "main", WEIGHTS["main"])
        for word in card.words:
            yield Text(word, "word", WEIGHTS["word"])
        for sort, ids in (("theme", card.themes), ("life", card.life)):
            for one in ids:
                yield from _named(sort, one)
        if card.office:
            yield Text(card.office, "office", WEIGHTS["office"])
        others = synonyms.of(plain_text(text) for text in (card.name, *card.words))
        self._stands_for[card.id] = others
        for other in others:
            yield Text(other, "synonym", WEIGHTS["synonym"])

    def _search(self, typed: str, who: str, limit: int, unfinished: bool) -> tuple[Found, ...]:
        """Return what fits what was typed, best first. Of ``who`` nobody told: everything."""
        asked = asking.read(self.index, typed, self._fillers, unfinished=unfinished)
        more = limit if not who else 4 * limit
        hits = asking.ask(self.index, asked, more)
        return tuple(self._told(hit) for hit in hits if self.cards[hit.key].serves(who))[:limit]

    def _told(self, hit: Hit) -> Found:
        stands_for = self._stands_for[hit.key].get(hit.text.written, "") if hit.text.sort == "synonym" else ""
        return Found(self.cards[hit.key], hit.score, hit.text.written, hit.text.sort, hit.way, stands_for)

    def listed(
        self, *, who: str = "", theme: str = "", life: str = "", office: str = "", organisations: Iterable[int] = ()
    ) -> list[Card]:
        """Return the items that fit all that is asked, by name; ``organisations`` are any of these."""
        owners = frozenset(organisations)
        return [
            card for card in self._by_name
            if card.serves(who) and (not theme or theme in card.themes) and (not life or life in card.life)
            and (not office or card.office == office) and (not owners or card.organisation in owners)
        ]  # fmt: skip

    def variants(self, card: Card) -> list[Card]:
        """Return the other items of an item's main item, by name."""
        return [one for one in self._of_main[card.main] if one.id != card.id] if card.main else []

    def offices(self) -> list[Office]:
        """Return the departments and how complete their guides are, those with most items first."""
        groups: dict[tuple[str, int | None], list[Card]] = {}
        for card in self.cards.values():
            groups.setdefault((card.office, card.organisation), []).append(card)
        found = [
            Office(
                name, organisation, len(cards), sum(card.completeness for card in cards) / len(cards),
                sum(card.filled == len(FIELDS) for card in cards), sum(not card.filled for card in cards),
            )
            for (name, organisation), cards in groups.items()
        ]  # fmt: skip
        return sorted(found, key=lambda one: (-one.items, one.office))


@cache
def _named(sort: str, one: str) -> tuple[Text, ...]:
    """Return the names of a theme or a life event, by which its items are found too."""
    said = house.words()[f"services.{sort}.{one}"]
    return Text(said.zh, sort, WEIGHTS[sort]), Text(said.en, sort, WEIGHTS[sort])


def _fillers() -> Iterator[str]:
    """Yield the words that say nothing of the matter, as the house's words list them."""
    yield from house.words().say("services.fillers", "zh").split()


_ASK = f"""
SELECT {VERSION},
    (SELECT json_agg(json_build_array(s.id, s.name_zh, s.name_en, s.note_zh, s.note_en, s.as_of, s.provenance))
        FROM service_source s)::text,
    (SELECT json_agg(json_build_array(i.id, i.code, i.name, i.main, i.sort, i.office, i.organisation_id, i.who,
        i.themes, i.life, i.words, i.filled, i.source_id) ORDER BY i.id)
        FROM service_item i WHERE i.state = 'published')::text,
    (SELECT json_agg(g.words ORDER BY g.id) FROM service_synonym g)::text,
    (SELECT json_agg(json_build_array(c.sort, c.name_zh, c.name_en, c.phone, c.place_zh, c.place_en, c.hours_zh,
        c.hours_en, c.source)) FROM service_contact c)::text
"""


def _read(pieces: Pieces) -> Catalogue:
    """Read everything in one question, so that what is kept under a version is all of it."""
    row = records.one(_ASK)
    assert row is not None
    sources_, cards_, groups, contacts = (records.json_list(text or "[]") for text in row[1:])
    sources = {one[0]: _source(one) for one in sources_}
    cards = [_card(one, sources) for one in cards_]
    synonyms = Synonyms([plain_text(word) for word in group] for group in groups)
    return Catalogue(row[0], cards, synonyms, {one[0]: _contact(one) for one in contacts}, pieces)


def _card(one: Sequence[Any], sources: Mapping[int, Source]) -> Card:
    id_, code, name, main, sort, office, organisation, who, themes, life, words, filled, source = one
    return Card(
        id_, code, name, main, sort, office, organisation, who, tuple(themes), tuple(life), tuple(words), filled,
        sources[source],
    )  # fmt: skip


def _source(one: Sequence[Any]) -> Source:
    as_of = date.fromisoformat(one[5]) if one[5] else None
    return Source(one[0], Named(one[1], one[2]), Named(one[3], one[4]), as_of, one[6])


def _contact(row: Sequence[Any]) -> Contact:
    sort, zh, en, phone, place_zh, place_en, hours_zh, hours_en, source = row
    return Contact(
        sort=sort, name=Named(zh, en), phone=phone, place=Named(place_zh, place_en), hours=Named(hours_zh, hours_en),
        source=source,
    )  # fmt: skip


def kept() -> records.Held[Catalogue]:
    """Return what keeps the newest catalogue, as each process has one."""
    return records.Held(f"SELECT {VERSION}", partial(_read, Pieces()))


HELD = kept()
