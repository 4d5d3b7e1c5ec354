"""The sentences of the floors, and the language a terminal is spoken to in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from zhihai.ground.refusal import Refused
from zhihai.ground.words import Language, Phrase, Words, join_words, read_words

PACKAGE = Path(__file__).resolve().parents[1]
SITE = PACKAGE / "site"
OWN = (
    SITE / "words.toml", SITE / "backup" / "words.toml", SITE / "offline" / "words.toml",
    PACKAGE / "ground" / "certificates" / "words.toml",
)  # fmt: skip
KERNEL = PACKAGE / "kernel" / "words.toml"
"""The words of the kernel's own kinds, which the pack loader reads under the kernel's name."""


def floor_words() -> Iterator[Mapping[str, Phrase]]:
    """Yield the words of every floor but the packs', one source a file.

    A face's words stand under the face's name (``design.month.1``), its refusals under ``refused`` as everybody's.
    """
    for floor in ("ground", "kernel", "site"):
        for file in sorted((PACKAGE / floor).rglob("words.toml")):
            if file != KERNEL:
                yield read_words(file)
    for file in sorted((PACKAGE / "faces").glob("*/words.toml")):
        face = file.parent.name
        yield {key if key.startswith("refused.") else f"{face}.{key}": said for key, said in read_words(file).items()}


def site_words() -> Words:
    """Return what set-up and command line say: all that is needed before the house stands."""
    return join_words([read_words(file) for file in OWN])


def terminal_language() -> Language:
    """Return the language of the command line: ``ZHIHAI_LANGUAGE``, else Chinese in a Chinese locale, else English."""
    asked = os.environ.get("ZHIHAI_LANGUAGE", "")
    if asked in ("zh", "en"):
        return "zh" if asked == "zh" else "en"
    named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if named.lower().startswith("zh") else "en"


def say_refusal(words: Words, refusal: Refused, language: Language) -> str:
    """Return the sentence of a refusal, with the field at fault before it where there is one."""
    sentence = words.say(f"refused.{refusal.code}", language, **refusal.facts)
    return sentence if refusal.field is None else f"{refusal.field}: {sentence}"
