"""A name in both languages, of a thing that is data (an area, an organisation, a device)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from zhihai.ground.words import Language


@dataclass(frozen=True, slots=True)
class Named:
    """A name in Chinese and English."""

    zh: str
    en: str

    def say(self, language: Language) -> str:
        """Return the name in ``language``."""
        return self.zh if language == "zh" else self.en


FormerNames = tuple[tuple[datetime, Named], ...]
"""Names that held before (曾用名), oldest first, each with the instant until which it did."""


def former_names(rows: Iterable[Sequence[str]]) -> FormerNames:
    """Return former names from rows of an instant in ISO 8601 and the name in both languages, oldest first."""
    return tuple((datetime.fromisoformat(until), Named(zh, en)) for until, zh, en in rows)


def name_then(name: Named, former: FormerNames, at: datetime | None) -> Named:
    """Return the name that held at ``at``: the first former one whose end is later, else ``name``; ``None`` is now."""
    if at is None:
        return name
    return next((old for until, old in former if at < until), name)
