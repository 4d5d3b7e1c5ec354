"""Faults: what a verification found, and where (校验发现)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    ``where`` is the place for machines (``entry 17``, ``seal 4``, ``case 9``, ``anchor 2``); ``what`` the key of the
    sentence that says it, ``facts`` what fills the sentence.
    """

    where: str
    what: str
    facts: Mapping[str, object]


@dataclass(slots=True)
class Found:
    """Faults as they are found: the first hundred are kept, the rest counted in ``untold``."""

    faults: list[Fault] = field(default_factory=list)
    untold: int = 0

    def add(self, where: str, what: str, **facts: object) -> None:
        """Note a fault; ``what`` is the last part of its key."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(where, f"journal.fault.{what}", facts))
        else:
            self.untold += 1
