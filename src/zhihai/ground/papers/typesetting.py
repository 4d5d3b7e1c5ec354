"""Setting a paper in type: PDF/A-2 with tags, in whatever Chinese typeface the machine has."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from zhihai.ground.refusal import Refused
from zhihai.ground.words import Language

logger = logging.getLogger(__name__)

TEMPLATE = Path(__file__).with_name("paper.typ")
FAMILIES = (
    "Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC", "FangSong", "FandolFang R", "SimSun",
    "Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "WenQuanYi Zen Hei", "LXGW WenKai",
)  # fmt: skip
"""Typefaces with Chinese characters, the fittest for papers first; the first that the machine has is taken."""
STANDARDS: list[typst.PDFStandard] = ["a-2a"]
"""PDF/A-2a (ISO 19005-2): kept for decades, and read aloud in the right order."""
UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
"""What has no shape in any typeface: it is left out."""


@dataclass(frozen=True, slots=True)
class Section:
    """Facts under a heading: what was asked, what was answered."""

    title: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A paper in one language. ``notes`` stand in a frame above it all, ``foot`` on the foot of each sheet."""

    language: Language
    title: str
    number: str = ""
    addressee: str = ""
    lines: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    office: str = ""
    day: str = ""
    notes: tuple[str, ...] = ()
    foot: tuple[str, ...] = field(default=())


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts()


@cache
def typefaces() -> tuple[str, ...]:
    """Return the typefaces of this machine that papers are set in, one standing in for what another lacks."""
    there = set(_fonts().families())
    return tuple(one for one in FAMILIES if one in there)


def typeset(pages: Sequence[Page], *, at: datetime) -> bytes:
    """Return a paper as PDF: its pages in the order given, each beginning a sheet; the same bytes each time.

    ``at`` is when it was made, which the file says of itself.

    What is said comes in as data and is never read as markup. A character that no typeface of the machine has is drawn
    as an empty box; such a paper is no PDF/A, which forbids that. Raises ``Refused`` (503) where the machine has no
    typeface with Chinese characters.
    """
    faces = typefaces()
    if not faces:
        raise Refused("no_typeface", status=503)
    said = json.dumps({"families": faces, "pages": [_shown(asdict(page)) for page in pages]}, ensure_ascii=False)
    try:
        return _compiled(said, STANDARDS, at)
    except typst.TypstError:
        logger.warning("a paper has a character that no typeface of this machine has")
        return _compiled(said, [], at)


def _shown(part: Any) -> Any:
    """Return a part of a page without what has no shape."""
    if isinstance(part, str):
        return UNSEEN.sub("", part)
    if isinstance(part, dict):
        return {name: _shown(value) for name, value in part.items()}
    return [_shown(one) for one in part]


def _compiled(said: str, standards: list[typst.PDFStandard], at: datetime) -> bytes:
    made = typst.compile(
        TEMPLATE,
        sys_inputs={"paper": said},
        font_paths=_fonts(),
        pdf_standards=standards,
        timestamp=int(at.timestamp()),
    )
    assert isinstance(made, bytes)
    return made
