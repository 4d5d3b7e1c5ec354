"""A name in both languages, of a thing that is data (an area, an organisation, a device)."""

from __future__ import annotations

from dataclasses import dataclass

from zhihai.ground.words import Language


@dataclass(frozen=True, slots=True)
class Named:
    """A name in Chinese and English."""

    zh: str
    en: str

    def say(self, language: Language) -> str:
        """Return the name in ``language``."""
        return self.zh if language == "zh" else self.en
