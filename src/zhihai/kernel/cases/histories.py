"""What is brought in of a case from a former system: what it is, and the steps that were taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PastStep:
    """A step that was taken (已办环节): which, with which outcome, when, and what was noted.

    ``organisation`` is the one that had the task; without it the duty for the step's role decides, as when it opened.
    """

    step: str
    outcome: str
    at: datetime
    note: str = ""
    organisation: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHistory:
    """A case as a former system knew it (原有案件): ``kind`` is a full name, ``area`` and ``organisation`` row numbers.

    ``steps`` are those taken, in order; a case is open unless the last of them closes it. ``facts`` fill its title;
    the number that people knew it by belongs there. Pauses and extensions are not brought over: on an open case they
    are given again by their acts.
    """

    kind: str
    opened_at: datetime
    area: int
    organisation: int | None = None
    steps: tuple[PastStep, ...] = ()
    lon: float | None = None
    lat: float | None = None
    cell: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    provenance: str = "real"
