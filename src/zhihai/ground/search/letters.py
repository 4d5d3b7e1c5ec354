"""Letters that were typed for Chinese (拼音输入): read as syllables of pinyin, or as the initials of words."""

from __future__ import annotations

from functools import cache

from pypinyin import pinyin_dict

MOST_READINGS = 16
LONGEST = 6
"""The longest syllables, ``zhuang``, have six letters."""


@cache
def syllables() -> frozenset[str]:
    """Return every syllable that a character of the common block is read as, without tones."""
    toneless = str.maketrans(dict(zip("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ", "aaaaeeeeiiiioooouuuuvvvvvnnnm", strict=True)))
    common = (readings for code, readings in pinyin_dict.pinyin_dict.items() if 0x4E00 <= code < 0xA000)
    found = {one.translate(toneless) for readings in common for one in readings.split(",")}
    return frozenset(one for one in found if one.isascii() and any(vowel in one for vowel in "aeiouv"))


def readings(letters: str, *, unfinished: bool = False) -> list[tuple[str, ...]]:
    """Return how a run of letters parts into syllables, the fewest syllables first; empty where it does not.

    With ``unfinished`` the last part may be the beginning of a syllable, as while somebody types.
    """
    size, known = len(letters), syllables()
    ends: list[list[int]] = [[] for _ in range(size + 1)]
    leads = [False] * size + [True]
    for at in range(size - 1, -1, -1):
        for end in range(min(size, at + LONGEST), at, -1):
            piece = letters[at:end]
            begun = unfinished and end == size and any(one.startswith(piece) for one in known)
            if leads[end] and (piece in known or begun):
                ends[at].append(end)
        leads[at] = bool(ends[at])
    found: list[tuple[str, ...]] = []
    paths: list[tuple[int, tuple[str, ...]]] = [(0, ())] if leads[0] and size else []
    while paths and len(found) < MOST_READINGS:
        at, before = paths.pop()
        if at == size:
            found.append(before)
        paths.extend((end, (*before, letters[at:end])) for end in reversed(ends[at] if at < size else ()))
    return sorted(found, key=len)
