"""Wording: what a notice says, in the language of the one who reads it. Stored are facts, never sentences."""

from __future__ import annotations

import logging
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zhihai.ground.kind import word
from zhihai.ground.named import Named
from zhihai.ground.words import Language
from zhihai.kernel import house
from zhihai.kernel.journal import reads as journal

logger = logging.getLogger(__name__)

ENDS = re.compile(r"^\W+|\W+$")
"""What stands before and behind the words of a subject of which nothing is filled in."""


@dataclass(frozen=True, slots=True)
class Said:
    """A fact that is itself a sentence: a key of the words, and what fills it (a case's title, a step's name)."""

    key: str
    facts: Mapping[str, object]


def store_fact(fact: object) -> object:
    """Return a fact as JSON keeps it, such that :func:`read_fact` can say it in either language."""
    if isinstance(fact, Named):
        return {"zh": fact.zh, "en": fact.en}
    if isinstance(fact, Said):
        return {"say": fact.key, "facts": {name: store_fact(one) for name, one in fact.facts.items()}}
    if isinstance(fact, datetime):
        return {"instant": fact.isoformat()}
    return fact


def read_fact(fact: Any, language: Language) -> object:
    """Return a stored fact as ``language`` says it; instants in the district's zone."""
    if not isinstance(fact, Mapping):
        return fact
    if "say" in fact:
        inner = {name: read_fact(one, language) for name, one in fact.get("facts", {}).items()}
        return house.words().say(fact["say"], language, **inner)
    if "instant" in fact:
        at = datetime.fromisoformat(fact["instant"]).astimezone(journal.clock().zone)
        return house.words().say("channels.instant", language, at=at)
    return fact.get(language, fact)


def call_notice(template: str, language: Language) -> str:
    """Return what a kind of notice is called in lists: by its name, else its subject with nothing filled in."""
    words = house.words()
    if (name := word(template, "notice", "name")) in words:
        return words.say(name, language)
    key = word(template, "notice", "subject")
    if key not in words:
        return words.say("channels.unsaid.subject", language)
    phrase = words[key]
    parts = string.Formatter().parse(phrase.zh if language == "zh" else phrase.en)
    text = "".join(text + ("" if name is None else "…") for text, name, _, _ in parts)
    return ENDS.sub("", text)


def say_notice(template: str, facts: Mapping[str, Any], language: Language) -> tuple[str, str]:
    """Return subject and text of a notice.

    One whose kind or facts the words no longer know (its pack was taken away) says so, and is told to the operator by
    the log, rather than hide the rest of the list.
    """
    words = house.words()
    try:
        told = {name: read_fact(one, language) for name, one in facts.items()}
        subject, text = (words.say(word(template, "notice", part), language, **told) for part in ("subject", "text"))
    except (KeyError, IndexError, ValueError) as fault:
        logger.error("notice kind %s can not be said: %s", template, type(fault).__name__)
        subject, text = (words.say(f"channels.unsaid.{part}", language) for part in ("subject", "text"))
    return subject, text
