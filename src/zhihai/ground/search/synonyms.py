"""Words that mean the same to whoever asks (同义词): a thing that is named by one is found by the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence


class Synonyms:
    """Groups of words with one meaning; a word may stand in several groups."""

    def __init__(self, groups: Iterable[Sequence[str]]) -> None:
        others: dict[str, dict[str, None]] = {}
        for group in groups:
            for word in group:
                others.setdefault(word, {}).update(dict.fromkeys(one for one in group if one != word))
        self._others: Mapping[str, Sequence[str]] = {word: tuple(found) for word, found in others.items()}
        self._begun: dict[str, list[str]] = {}
        for word in sorted(self._others, key=len):
            self._begun.setdefault(word[:1], []).append(word)
        self._first = re.compile("[" + "".join(map(re.escape, self._begun)) + "]" if self._begun else r"(?!)")

    def of(self, texts: Iterable[str]) -> dict[str, str]:
        """Return what texts mean by other words, and for each the word of theirs that it stands for.

        Words that the texts say themselves are left out. Texts and groups are compared as they are: give plain ones.
        """
        joined = "\n".join(texts)
        said = {
            word: None
            for match in self._first.finditer(joined)
            for word in self._begun[match[0]]
            if joined.startswith(word, match.start())
        }
        found: dict[str, str] = {}
        for word in sorted(said, key=len):
            for other in self._others[word]:
                if other not in joined:
                    found.setdefault(other, word)
        return found
