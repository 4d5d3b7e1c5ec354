"""Speech: the words in one language, said as text or, where a fact is markup, as markup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from zhihai.ground.words import Language, Words


@dataclass(frozen=True, slots=True)
class Speech:
    """The dictionary as heard by one reader."""

    words: Words
    language: Language

    def say(self, key: str, **facts: object) -> str:
        """Return the sentence ``key``; markup among ``facts`` is kept and all else escaped.

        Raises ``KeyError`` naming the key, or the place of the sentence that has no fact.
        """
        for fact in facts.values():
            if hasattr(fact, "__html__"):
                phrase = self.words[key]
                return Markup(escape(phrase.zh if self.language == "zh" else phrase.en)).format(**facts)
        return self.words.say(key, self.language, **facts)

    def fill(self, key: str, facts: Mapping[str, object]) -> str:
        """Return the sentence ``key`` with only those facts asked for that it has places for: plain text.

        Raises ``KeyError`` as :meth:`say` does.
        """
        phrase = self.words[key]
        return (phrase.zh if self.language == "zh" else phrase.en).format_map(facts)

    def plural(self, key: str, n: int, **facts: object) -> str:
        """Return ``key.one`` for 1 and ``key.many`` for any other number, with ``{n}`` filled in."""
        return self.say(f"{key}.one" if n == 1 else f"{key}.many", n=n, **facts)
