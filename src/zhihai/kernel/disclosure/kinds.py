"""Kinds of the room disclosure: the list of what is published (政府信息公开目录), and what a publication says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from zhihai.ground.kind import Kind
from zhihai.ground.worktime.limits import Limit

State = Literal["draft", "published", "repealed", "withdrawn"]
"""Of a publication: repealed (废止) can be read, withdrawn (撤下) can not. Words: ``disclosure.state.<state>``."""
STATES: tuple[State, ...] = ("draft", "published", "repealed", "withdrawn")
LONGEST_TITLE, LONGEST_BODY, LONGEST_NUMBER, LONGEST_REASON = 200, 60_000, 60, 400
MOST_FILES, MOST_ITEMS = 20, 20
WITHIN = Limit(20, "working_day")
"""How long publishing may take where no law says otherwise (信息公开条例 art. 26)."""


Shown = Literal["list", "answers", "register"]
"""Where the public finds it: in the list (目录), among questions and answers (常见问题), beside its request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationKind(Kind):
    """What is published: an entry of the list (主动公开目录), a question with its answer, a summary of a request.

    Words: ``publication.<id>.name``, and ``publication.<id>.source`` for the clause that asks for it. ``limit`` is how
    long publishing may take once the information was made or changed (信息公开条例 art. 26); ``None`` where no rule
    sets one. ``matter`` is the id of the kind of matter, of the same pack, that what is not in the list comes out of: a
    question may also be put by the office itself, a summary is of a request. Title and text are then question and
    answer, or what was asked for and what became of it, and have nothing personal in them. Raises ``ValueError`` for a
    matter of what is in the list, and for none of what is not.
    """

    limit: Limit | None = WITHIN
    shown: Shown = "list"
    matter: str = ""

    def __post_init__(self) -> None:
        Kind.__post_init__(self)
        if (self.shown == "list") == bool(self.matter):
            raise ValueError(f"publication {self.id}: what is in the list comes out of no matter, all else out of one")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """A row of the annual report on requests (办理结果): what was answered so, by the outcomes that closed the case.

    ``part`` is what the report puts it under; of a part of one row the row has its name.
    """

    id: str
    part: str
    outcomes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterKind(Kind):
    """What is registered publicly of matters of a kind (依申请公开登记): number, days, office, outcome, late or not.

    ``matter`` and ``case`` are ids of kinds of the same pack, ``clocks`` those clocks of the case by which an answer is
    late. ``rows`` are the annual report's (信息公开条例 art. 50), each outcome that closes in one of them.
    Words: ``register.<id>.name``, ``register.<id>.part.<part>``, ``register.<id>.row.<row>``.
    Raises ``ValueError`` for an outcome in two rows.
    """

    matter: str
    case: str
    clocks: tuple[str, ...]
    rows: tuple[ReportRow, ...]

    def __post_init__(self) -> None:
        Kind.__post_init__(self)
        outcomes = [outcome for row in self.rows for outcome in row.outcomes]
        if len(outcomes) != len(set(outcomes)):
            raise ValueError(f"register {self.id}: an outcome stands in two rows")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionInput:
    """What a version says: ``body`` is Markdown, ``number`` that of the document (发文字号), empty where it has none.

    ``made_on`` is the local day on which the information was made, or last changed. ``reason`` says why what is public
    is amended; empty for a first version. ``items`` are codes of the public service items that it concerns, ``theme`` a
    national theme, empty for none.
    """

    title: str
    body: str
    made_on: date
    number: str = ""
    reason: str = ""
    items: tuple[str, ...] = ()
    theme: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtIn:
    """A publication of an earlier site: ``kind`` is the full name, ``organisation`` a code, ``published_on`` a day."""

    kind: str
    organisation: str
    says: VersionInput
    published_on: date


DisputeSort = Literal["review", "suit", "suit_after_review"]
"""A review, a law suit without one before, a law suit after one. Words: ``disclosure.dispute.<sort>``."""
DisputeResult = Literal["pending", "upheld", "corrected", "other"]
"""What came of it: not ended, the answer was upheld (维持), corrected (纠正), other. Words: ``….result.<result>``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeInput:
    """A review or a law suit: ``body`` decides it, ``reference`` is its number there; days are local.

    ``ended_on`` is ``None`` while it is pending.
    """

    sort: DisputeSort
    body: str
    begun_on: date
    result: DisputeResult = "pending"
    reference: str = ""
    ended_on: date | None = None
