"""Texts as they are compared: runs of Chinese characters and of letters, and the pieces that both are found by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import pairwise, product

from pypinyin import Style, pinyin

HAN = "".join(f"{chr(first)}-{chr(last)}" for first, last in ((0x3007, 0x3007), (0x3400, 0x9FFF), (0x20000, 0x3FFFF)))
"""The characters of Chinese, as a class of a regular expression."""
_RUNS = re.compile(rf"[{HAN}]+|[a-z0-9]+")
_HAN_RUN = re.compile(rf"[{HAN}]+")
_AS_IT_IS = re.compile(r"[\u3400-\u9FFFa-z0-9 ]*")
"""What is plain already, as most texts are: none of these is written otherwise in another form of Unicode."""
SOUND, INITIALS = "~", "^"
"""What pieces of pinyin, and of initials of pinyin, begin with, so that none is taken for a piece of text."""
INITIALS_LENGTHS = (2, 3)
MOST_SOUNDS = 3
"""Of more readings the rest is found in poems."""


def plain_text(written: str) -> str:
    """Return a text in small letters, full-width ones made narrow, without the marks of tones; ``ü`` is ``v``."""
    if _AS_IT_IS.fullmatch(written):
        return written
    parted = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", written).casefold()).replace("u\u0308", "v")
    return "".join(one for one in parted if not unicodedata.combining(one))


def runs(text: str) -> list[str]:
    """Return the runs of Chinese characters and of letters and digits in a plain text; marks and blanks part them."""
    return _RUNS.findall(text)


def is_han(run: str) -> bool:
    """Say whether a run is of Chinese characters."""
    return _HAN_RUN.fullmatch(run) is not None


@cache
def sounds(character: str) -> tuple[str, ...]:
    """Return how a character is read, the commonest first, without tones; ``ü`` is ``v``.

    One at a time, so that the reading does not hang on a list of words (the house keeps none in memory).
    """
    found = pinyin(character, style=Style.NORMAL, heteronym=True)[0]
    return tuple(dict.fromkeys(one.replace("ü", "v") for one in found))[:MOST_SOUNDS]


def sound(run: str) -> tuple[str, ...]:
    """Return the commonest reading of each character of a run."""
    return tuple(sounds(one)[0] for one in run)


def pieces_of(text: str) -> set[str]:
    """Return the pieces that a plain text is found by: pairs of characters and single ones, of sound, of initials."""
    found: set[str] = set()
    for run in runs(text):
        if is_han(run):
            found.update(run)
            found.update(first + second for first, second in pairwise(run))
            read = [sounds(one) for one in run]
            found.update(SOUND + one for every in read for one in every)
            found.update(f"{SOUND}{a} {b}" for pair in pairwise(read) for a, b in product(*pair))
            initials = "".join(every[0][0] for every in read)
            found.update(
                INITIALS + initials[at : at + length]
                for length in INITIALS_LENGTHS
                for at in range(len(initials) - length + 1)
            )
        else:
            found.add(run)
    return found


def without(text: str, fillers: Iterable[str]) -> str:
    """Return a plain text without the words that say nothing about the matter, longest first.

    What stands on both sides of one is parted by a blank, so that no pair of characters arises that nobody wrote.
    """
    left = text
    for word in sorted(fillers, key=len, reverse=True):
        left = left.replace(word, " ")
    return left
