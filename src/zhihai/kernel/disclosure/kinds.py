"""Kinds of the room disclosure: the list of what is published (政府信息公开目录), and what a publication says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from zhihai.ground.kind import Kind, Versioned
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
    late. ``tariff`` is the id of what may be charged for asking too much, empty where nothing is: its case then has the
    outcomes :data:`CHARGED`, :data:`PAID` and :data:`RELEASED`. ``rows`` are the annual report's (信息公开条例
    art. 50), each outcome that closes in one of them.
    Words: ``register.<id>.name``, ``register.<id>.part.<part>``, ``register.<id>.row.<row>``.
    Raises ``ValueError`` for an outcome in two rows.
    """

    matter: str
    case: str
    clocks: tuple[str, ...]
    rows: tuple[ReportRow, ...]
    tariff: str = ""

    def __post_init__(self) -> None:
        Kind.__post_init__(self)
        outcomes = [outcome for row in self.rows for outcome in row.outcomes]
        if len(outcomes) != len(set(outcomes)):
            raise ValueError(f"register {self.id}: an outcome stands in two rows")


FeeWay = Literal["items", "pages"]
"""How a fee is reckoned (按件、按量): by requests of a calendar month, by pages of one request. One of both."""
FEE_WAYS: tuple[FeeWay, ...] = ("items", "pages")
CHARGED, PAID, RELEASED = "charge", "paid", "released"
"""The outcomes of a case by which a fee is asked for, paid, and taken back before it was paid; each is ``apart``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A tier of a tariff (档): each unit up to number ``upto`` costs ``cents`` (分); ``None`` for the last tier.

    Within it the price rises by ``more`` cents after each further ``every`` units; it stays where ``every`` is 0.
    """

    upto: int | None
    cents: int
    every: int = 0
    more: int = 0

    def cost(self, n: int) -> int:
        """Return what the first ``n`` units of this tier cost together, in cents."""
        if not self.every:
            return n * self.cents
        whole, rest = divmod(n, self.every)
        return n * self.cents + self.more * (self.every * whole * (whole - 1) // 2 + rest * whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffKind(Versioned):
    """What may be charged for requests beyond reason, in progressive tiers (收费标准，超额累进).

    A notice keeps the version that it was reckoned by. Words: ``tariff.<id>.name``, ``tariff.<id>.source``.
    Raises ``ValueError`` for tiers that are not in order, without a last one, or of negative prices.
    """

    items: tuple[Tier, ...]
    pages: tuple[Tier, ...]

    def __post_init__(self) -> None:
        Versioned.__post_init__(self)
        for tiers in (self.items, self.pages):
            ends = [tier.upto for tier in tiers]
            known = [0, *(end for end in ends[:-1] if end is not None)]
            if not ends or ends[-1] is not None or len(known) != len(ends) or known != sorted(set(known)):
                raise ValueError(f"tariff {self.id}: its tiers rise, and the last has no end")
            if any(min(tier.cents, tier.every, tier.more) < 0 for tier in tiers):
                raise ValueError(f"tariff {self.id}: nothing costs less than nothing")

    def cents(self, way: FeeWay, count: int, *, before: int = 0) -> int:
        """Return what ``count`` units cost after ``before`` others, in cents: each its own tier's price."""
        return self._whole(way, before + count) - self._whole(way, before)

    def _whole(self, way: FeeWay, count: int) -> int:
        total = begin = 0
        for tier in self.items if way == "items" else self.pages:
            end = count if tier.upto is None else min(count, tier.upto)
            total += tier.cost(max(0, end - begin))
            begin = tier.upto or end
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeInput:
    """A fee as it is asked for: ``count`` items or pages of one request, ``reason`` why, ``how`` it is to be paid."""

    way: FeeWay
    count: int
    reason: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnInput:
    """What is paid back of a fee: ``cents`` (分), the local day, why, and the number under which it was."""

    cents: int
    returned_on: date
    reason: str
    reference: str


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


DisputeAgainst = Literal["answer", "silence"]
"""What it is brought against: the answer, or that none came in time (逾期不答复). Words: ``….against.<against>``."""
DisputeInstance = Literal["first", "second"]
"""Of a law suit: the first instance (一审) or the second (二审), each a row. Words: ``….instance.<instance>``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeInput:
    """A review or a law suit: ``body`` decides it, ``reference`` is its number there; days are local.

    ``ended_on`` is ``None`` while it is pending. A review has no second instance.
    """

    sort: DisputeSort
    body: str
    begun_on: date
    result: DisputeResult = "pending"
    reference: str = ""
    ended_on: date | None = None
    against: DisputeAgainst = "answer"
    instance: DisputeInstance = "first"
