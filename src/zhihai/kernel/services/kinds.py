"""What service items are sorted by and what their guides say: national themes, life events, fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from zhihai.ground.kind import Kind
from zhihai.ground.named import Named

Who = Literal["", "person", "firm", "both"]
"""Who may apply (办理对象): human beings, legal persons and other bodies, both; empty where nobody told."""
WHO: tuple[Who, ...] = ("", "person", "firm", "both")
State = Literal["draft", "published", "withdrawn"]
Provenance = Literal["real", "demonstration", "synthetic"]

PERSON_THEMES = (
    "p-birth", "p-hukou", "p-ethnic", "p-education", "p-army", "p-work", "p-establish", "p-permit", "p-qualification",
    "p-pay", "p-marriage", "p-care", "p-building", "p-housing", "p-insurance", "p-id", "p-traffic", "p-tourism",
    "p-border", "p-consumer", "p-safety", "p-justice", "p-ip", "p-environment", "p-culture", "p-utilities", "p-health",
    "p-retire", "p-death", "p-relief", "p-farming", "p-land", "p-tax", "p-other",
)  # fmt: skip
FIRM_THEMES = (
    "f-establish", "f-permit", "f-qualification", "f-inspection", "f-tax", "f-hr", "f-insurance", "f-investment",
    "f-finance", "f-mortgage", "f-trade", "f-tender", "f-foreign", "f-farming", "f-land", "f-traffic", "f-environment",
    "f-emergency", "f-water", "f-health", "f-science", "f-culture", "f-ip", "f-ethnic", "f-quality", "f-safety",
    "f-police", "f-justice", "f-utilities", "f-close", "f-archive", "f-other",
)  # fmt: skip
"""Themes as the national platform names them, for persons and for firms. Words: ``services.theme.<theme>``."""
PERSON_LIFE = (
    "birth", "school", "army", "job", "business", "marriage", "house", "car", "illness", "disability", "hardship",
    "unemployment", "moving", "retirement", "age", "death",
)  # fmt: skip
FIRM_LIFE = ("found", "staff", "tax", "build", "operate", "change", "close")
"""What happens in the life of a person and of a firm (人生大事、企业全周期). Words: ``services.life.<event>``."""
THEMES, LIFE = PERSON_THEMES + FIRM_THEMES, PERSON_LIFE + FIRM_LIFE

FIELDS = (
    "basis", "conditions", "materials", "statutory", "promised", "fee", "result", "places", "hours", "appeal",
)  # fmt: skip
"""What a guide says (办事指南), each with source and day. Words: ``services.field.<field>``.

``statutory`` and ``promised`` are working days, ``0`` for at once (即办).
"""
DAYS = ("statutory", "promised")
LONGEST_VALUE, MOST_WORDS, LONGEST_WORD, MOST_THEMES = 8000, 40, 40, 6


About = Literal["required", "optional", "none"]
NOTHING = Named("", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterKind(Kind):
    """What can be given in (申请类别): by which form, and which kind of case it becomes, both of the same pack.

    ``item`` says whether it concerns a service item: ``required`` is how items are applied for, of which a district has
    one; ``optional`` may be given in beside an item's guide or alone. ``addressed`` lets whoever gives it in say which
    organisation it is for; ``unnamed`` lets a caller give it in who says no name. ``published`` is the id of the yes or
    no of its form by which whoever gives it in lets it be published, answered and without a name (公开意愿); empty
    where nobody is asked. Words: ``matter.<id>.name``, ``matter.<id>.what``. Raises ``ValueError`` for what is
    addressed and required, since an item has its own organisation.
    """

    form: str
    case: str
    item: About = "none"
    addressed: bool = False
    unnamed: bool = False
    who: Who = "both"
    published: str = ""

    def __post_init__(self) -> None:
        Kind.__post_init__(self)
        if self.addressed and self.item == "required":
            raise ValueError(f"matter kind {self.id}: an item has its own organisation")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInput:
    """Whence items are brought in, as pages say it; ``note`` stands with every item, empty where there is nothing."""

    name: Named
    note: Named = NOTHING
    as_of: date | None = None
    provenance: Provenance = "real"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemInput:
    """A service item as a source lists it; ``sort`` is the national one, ``organisation`` the code of whose it is here.

    Empty is unknown: an empty ``organisation``, ``who``, themes or words leave what was set here before.
    """

    code: str
    name: str
    main: str = ""
    sort: str = ""
    office: str = ""
    office_code: str = ""
    organisation: str = ""
    who: Who = ""
    themes: tuple[str, ...] = ()
    life: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    words_source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """How an item is found: who applies, themes, life events, and the words people use; ``source`` says who told."""

    who: Who
    themes: tuple[str, ...]
    life: tuple[str, ...]
    words: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideField:
    """What one field of a guide says, where from, and on which day it was so."""

    value: str
    source: str
    as_of: date


Guide = Mapping[str, GuideField]
"""A guide by field; a field that nobody filled is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How to reach a person: ``sort`` is ``hotline`` or ``window``; ``source`` says who told."""

    sort: str
    name: Named
    phone: str = ""
    place: Named = NOTHING
    hours: Named = NOTHING
    source: str = ""
