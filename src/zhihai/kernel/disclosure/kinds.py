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
MOST_FILES = 20
WITHIN = Limit(20, "working_day")
"""How long publishing may take where no law says otherwise (信息公开条例 art. 26)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationKind(Kind):
    """An entry of the list of what is published without being asked (主动公开目录).

    Words: ``publication.<id>.name``, and ``publication.<id>.source`` for the clause that asks for it. ``limit`` is how
    long publishing may take once the information was made or changed (信息公开条例 art. 26).
    """

    limit: Limit = WITHIN


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionInput:
    """What a version says: ``body`` is Markdown, ``number`` that of the document (发文字号), empty where it has none.

    ``made_on`` is the local day on which the information was made, or last changed. ``reason`` says why what is public
    is amended; empty for a first version.
    """

    title: str
    body: str
    made_on: date
    number: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BroughtIn:
    """A publication of an earlier site: ``kind`` is the full name, ``organisation`` a code, ``published_on`` a day."""

    kind: str
    organisation: str
    says: VersionInput
    published_on: date
