"""Words that mean the same to whoever asks (同义词): a thing that is named by one is found by the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


class Synonyms:
    """Groups of words with one meaning; a word may stand in several groups."""

    def __init__(self, groups: Iterable[Sequence[str]]) -> None:
        others: dict[str, dict[str, None]] = {}
        for group in groups:
            for word in group:
                others.setdefault(word, {}).update(dict.fromkeys(one for one in group if one != word))
        self._others: Mapping[str, Sequence[str]] = {word: tuple(found) for word, found in others.items()}
        self._lengths = sorted({len(word) for word in others})

    def of(self, texts: Iterable[str]) -> dict[str, str]:
        """Return what texts mean by other words, and for each the word of theirs that it stands for.

        Words that the texts say themselves are left out. Texts and groups are compared as they are: give plain ones.
        """
        joined = "\n".join(texts)
        found: dict[str, str] = {}
        for length in self._lengths:
            for at in range(len(joined) - length + 1):
                word = joined[at : at + length]
                for other in self._others.get(word, ()):
                    if other not in joined:
                        found.setdefault(other, word)
        return found
