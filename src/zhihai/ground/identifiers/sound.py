"""How a name sounds: pinyin without tones, by which people are searched for (拼音检索)."""

from __future__ import annotations

import tomllib
import unicodedata
from functools import cache
from pathlib import Path

from pypinyin import lazy_pinyin

LONGEST_SURNAME = 2


@cache
def _surnames() -> dict[str, str]:
    """Surnames that are read otherwise than their characters are elsewhere."""
    with Path(__file__).with_name("surnames.toml").open("rb") as file:
        return dict(tomllib.load(file)["reading"])


def sound_of(name: str) -> str:
    """Return the pinyin of a person's name: small letters and digits, without tones, blanks and marks; ``ü`` is ``v``.

    A surname is read as one (曾 ``zeng``, 万俟 ``moqi``); every other character by its commonest reading, since a list
    of words knows no names. What is no Chinese character stays, so that other names are found by their letters.
    """
    length = next((n for n in range(LONGEST_SURNAME, 0, -1) if name[:n] in _surnames()), 0)
    surname = _surnames().get(name[:length], "")
    return typed_sound(surname + "".join(map(_reading, name[length:])))


def sound_of_title(name: str) -> str:
    """Return the pinyin of the name of a firm, which begins with no surname."""
    return typed_sound("".join(map(_reading, name)))


def typed_sound(typed: str) -> str:
    """Return pinyin as people type it, ``Lǚ Bù`` or ``lü-bu``, in the form it is compared in: ``lvbu``."""
    written = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", typed).casefold()).replace("u\u0308", "v")
    return "".join(letter for letter in written if letter.isalnum())


@cache
def _reading(character: str) -> str:
    """One at a time: so the reading does not hang on the list of words, nor on what stands beside it."""
    return "".join(lazy_pinyin(character))
