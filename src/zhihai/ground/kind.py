"""Kind: a typed, frozen declaration about a noun that already exists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

ID = re.compile(r"[a-z][a-z0-9_]{1,47}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What every kind has: an ``id`` unique among kinds of its sort within its pack.

    The registry gives a kind its full name ``<pack>.<id>``; its words stand in the pack's ``words.toml`` under
    ``<sort>.<id>.name`` and so on. Raises ``ValueError`` for an id that is not lower-case letters, digits and ``_``.
    """

    id: str

    def __post_init__(self) -> None:
        if not ID.fullmatch(self.id):
            raise ValueError(f"{type(self).__name__}: id {self.id!r} must match {ID.pattern}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Versioned(Kind):
    """A kind that governs people: a running case ends under the version it began with (版本).

    ``valid_from`` is the first local day on which new cases begin under this version.
    """

    version: int = 1
    valid_from: date = date(2000, 1, 1)


def word(name: str, sort: str, tail: str = "name") -> str:
    """Return the key of a kind's sentence: ``word("air.station", "device")`` is ``air.device.station.name``."""
    pack, _, id_ = name.partition(".")
    return f"{pack}.{sort}.{id_}.{tail}"


def beside(name: str, id_: str) -> str:
    """Return the full name of what stands in the same pack: ``beside("air.station", "dusty")`` is ``air.dusty``."""
    return f"{name.partition('.')[0]}.{id_}"
