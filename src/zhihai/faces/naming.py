"""Names that lists need again and again, in one question each: areas, organisations, accounts, kinds in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from zhihai.ground.kind import word
from zhihai.ground.named import Named
from zhihai.ground.words import Language, Said, Words
from zhihai.kernel import house
from zhihai.kernel.identity import reads as identity
from zhihai.kernel.places import reads as places


def area_names(then: datetime | None = None) -> dict[int, Named]:
    """Return the names of all areas above the communities, by number, as they were ``then``; ``None`` is now."""
    if then is None:
        return places.area_names(above="community")
    return {area.id: area.named(then) for area in places.areas(above="community")}


def organisation_names(then: datetime | None = None) -> dict[int, Named]:
    """Return the names of all organisations above the communities, by number, as they were ``then``."""
    return {one.id: one.named(then) for one in identity.organisations(above="community")}


def organisations_named() -> dict[int, identity.Organisation]:
    """Return all organisations above the communities, by number, for the names they had at several instants."""
    return {one.id: one for one in identity.organisations(above="community")}


def account_names(ids: Iterable[int]) -> dict[int, Named]:
    """Return the names of accounts by number."""
    return identity.account_names(ids)


def map_source(tell: Telling) -> str:
    """Say where the base of a map comes from, in one question."""
    sources = tell.words.say("design.punctuation.comma", tell.language).join(places.base_sources())
    return tell.words.say("desk.map_base.sources" if sources else "desk.map_base.own", tell.language, sources=sources)


UNITS = {"1": "", "ug/m3": "µg/m³", "mg/m3": "mg/m³", "Cel": "°C", "deg": "°", "m/s": "m/s", "mm": "mm", "hPa": "hPa"}
"""Units of UCUM as people write them; any other is written as it is."""


def unit_text(unit: str) -> str:
    """Return a unit as people write it, empty for a pure number."""
    return UNITS.get(unit, unit)


PEAK = "peak_"
"""What a fact of an episode's greatest hour begins with; it is said as the fact of any hour is."""
NO_CODE = "none"
"""The word of a pack's codes for an empty one."""
CALLED = 8192
"""So many names of kinds and their parts are kept as they are said: every row of a list says three."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Says kinds and facts in one language."""

    words: Words
    language: Language

    def kind(self, name: str, sort: str, tail: str = "name", **facts: object) -> str:
        """Say a sentence of a kind; the full name itself where its pack was taken away."""
        if not facts:
            return _called(self.words, self.language, name, sort, tail)
        key = word(name, sort, tail)
        return self.words.say(key, self.language, **facts) if key in self.words else name

    def unit(self, unit: str) -> str:
        """Say a unit: in words where the language has them (an hour, a second), else as people write it."""
        key = f"desk.unit.{unit}"
        return self.words.say(key, self.language) if key in self.words else unit_text(unit)

    def note(self, note: str | Said) -> str:
        """Return what a person wrote as it is, and a sentence of the words in the language of whoever reads it.

        The key itself where its words were taken away.
        """
        if isinstance(note, str):
            return note
        return note.say(self.words, self.language) if note.key in self.words else note.key

    def title(self, kind: str, facts: Mapping[str, Any]) -> str:
        """Say the title of a case from its facts."""
        try:
            return self.kind(kind, "case", "title", **self.facts(kind, facts))
        except KeyError:  # a fact that a later version of the kind wants and this case lacks
            return self.kind(kind, "case")

    def facts(self, kind: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Return facts as sentences take them: names in the language, codes said where the pack says them.

        Several codes stand joined (``pm25+no2``); that there is none is said by the code ``none``.
        """
        return {name: self._fact(kind, name, value) for name, value in facts.items()}

    def _fact(self, kind: str, name: str, value: Any) -> Any:
        if isinstance(value, dict) and value.keys() >= {"zh", "en"}:
            return value[self.language]
        if isinstance(value, str):
            named = f"{kind.partition('.')[0]}.code.{name.removeprefix(PEAK)}"
            codes = [f"{named}.{code or NO_CODE}" for code in value.split("+")]
            said = [self.words.say(code, self.language) for code in codes if code in self.words]
            return " + ".join(said) if len(said) == len(codes) else value
        return value

    def found(self, rule: str, facts: Mapping[str, Any], *, ended: bool = False) -> str:
        """Say what a rule found; of an episode that has ended what it came to, where the rule has words for that."""
        tail = "was" if ended and word(rule, "rule", "was") in self.words else "found"
        try:
            return self.kind(rule, "rule", tail, **self.facts(rule, facts))
        except (KeyError, ValueError):
            return self.kind(rule, "rule", "what")


@lru_cache(maxsize=CALLED)
def _called(words: Words, language: Language, name: str, sort: str, tail: str) -> str:
    key = word(name, sort, tail)
    return words.say(key, language) if key in words else name


def telling(language: Language) -> Telling:
    """Return the teller for a language, over the words of the running house."""
    return Telling(house.words(), language)
