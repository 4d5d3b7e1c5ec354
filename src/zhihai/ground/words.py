"""Words: every sentence a person sees, Chinese and English, kept beside the code in ``words.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence in both languages, with ``{name}`` places."""

    zh: str
    en: str

    def say(self, language: Language, /, **facts: object) -> str:
        """Fill the sentence. Raises ``KeyError`` when a place has no fact: a defect, found by the tests."""
        return (self.zh if language == "zh" else self.en).format(**facts)


class Words(Mapping[str, Phrase]):
    """A frozen dictionary of phrases by dotted key."""

    def __init__(self, phrases: Mapping[str, Phrase]) -> None:
        self._phrases = dict(phrases)

    __hash__ = object.__hash__
    """It never changes, so what was said with it may be kept."""

    def __getitem__(self, key: str) -> Phrase:
        return self._phrases[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._phrases)

    def __len__(self) -> int:
        return len(self._phrases)

    def say(self, key: str, language: Language, /, **facts: object) -> str:
        """Return the sentence ``key`` in ``language``; raises ``KeyError`` naming the key when there is none.

        A fact that is itself a sentence (:class:`Said`) is said in the same language.
        """
        phrase = self._phrases[key]
        if facts and any(isinstance(fact, Said) for fact in facts.values()):
            facts = {name: fact.say(self, language) if isinstance(fact, Said) else fact for name, fact in facts.items()}
        return phrase.say(language, **facts)


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence kept to be said later, in the language of whoever reads it: its key, and the facts of its places.

    What the platform itself notes is kept so, and not in the language of the one who happened to be first.
    """

    key: str
    facts: Mapping[str, str | int | float] = field(default_factory=dict)

    def say(self, words: Words, language: Language) -> str:
        """Return the sentence; raises ``KeyError`` when there is none, or when one of its places has no fact."""
        return words.say(self.key, language, **self.facts)


def read_words(path: Path, prefix: str = "") -> dict[str, Phrase]:
    """Read one ``words.toml``: tables of ``zh`` and ``en``, nested tables giving dotted keys.

    ``prefix`` (a pack's id, a room's name) is put before every key, but not before ``refused.<code>``: the sentences of
    refusals are found by code alone, wherever they are raised. Raises ``ValueError`` naming the file and key when a
    sentence lacks a language or has another entry.
    """
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    refused = tables.pop("refused", {})
    return {**dict(_walk(tables, prefix, path)), **dict(_walk(refused, "refused", path))}


def _walk(table: Mapping[str, object], key: str, path: Path) -> Iterator[tuple[str, Phrase]]:
    zh, en = table.get("zh"), table.get("en")
    if isinstance(zh, str) or isinstance(en, str):
        if not (isinstance(zh, str) and isinstance(en, str) and zh and en):
            raise ValueError(f"{path}: {key}: needs both zh and en")
        yield key, Phrase(zh, en)
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _walk(value, f"{key}.{name}" if key else name, path)
        elif name not in LANGUAGES:
            raise ValueError(f"{path}: {key}.{name}: is not a sentence (a table with zh and en)")


def join_words(parts: Iterable[Mapping[str, Phrase]]) -> Words:
    """Join several sources into one; raises ``ValueError`` for a key said twice."""
    joined: dict[str, Phrase] = {}
    for part in parts:
        twice = joined.keys() & part.keys()
        if twice:
            raise ValueError(f"words said twice: {', '.join(sorted(twice))}")
        joined.update(part)
    return Words(joined)
