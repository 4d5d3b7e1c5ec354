"""Codes of government service items (政务服务事项编码): what each part says, and what a clerk should look at again.

GB/T 39554.1-2020 gives a **basic code** (基本编码) of 12 characters, province 2, sort 2, main item 5, sub-item 3, and
an **implementing code** (实施编码) of 31, organ 18, level 1, basic code 12; two more digits (33) tell the handling
items (业务办理项) of one. Provinces print other forms, and catalogues hold them side by side: all are read here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from zhihai.ground.identifiers.organisation import (
    CREDIT_FORM,
    ORGANISATION_FORM,
    read_credit_code,
    read_organisation_code,
)
from zhihai.ground.identifiers.places import county_names
from zhihai.ground.identifiers.writing import plain

Form = Literal["basic", "implementing", "handling", "provincial", "lettered", "lettered_short", "unknown"]
OrganForm = Literal["credit", "credit_cut", "organisation", "placeholder", "unknown", "none"]

SORTS = frozenset(("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "20"))
"""National sorts of items (事项类型): 01 licence 行政许可 … 10 other powers, 20 public service."""
LETTERS: Mapping[str, str] = {"A": "01", "E": "09", "F": "07", "G": "05", "H": "08", "Z": "10"}
"""The letters of Sichuan's codes and the national sort that its public directory gives with each."""
PUBLIC_SERVICE, NATIONAL = "20", "00"

_BASIC = re.compile(r"(?P<province>[0-9]{2})(?P<sort>[0-9A-Z]{2})(?P<main>[0-9]{5})(?P<sub>[0-9]{3}|[0-9]{5})")
_IMPLEMENTING = re.compile(
    rf"(?P<organ>{CREDIT_FORM.pattern})(?P<level>[1-6])(?P<basic>[0-9]{{12}})(?P<sequence>[0-9]{{2}})?"
)
_PROVINCIAL = re.compile(
    rf"(?P<basic>{_BASIC.pattern.replace('?P<', '?P<b_')})-(?P<area>[0-9]{{12}})-(?P<middle>[0-9]{{3}})"
    r"-(?P<organ>[0-9A-Za-z-]+)-(?P<level>[0-9])-(?P<sequence>[0-9]{2})"
)
_LETTERED = re.compile(
    r"(?P<sort>[A-Z])-(?P<main>[0-9]{6})-(?P<sub>[0-9]{3,4})-(?P<area>[0-9]{12})-(?P<middle>[0-9]{3})"
    r"-(?P<organ>[0-9A-Za-z-]+)-(?P<level>[0-9])-(?P<sequence>[0-9]{2})"
)
_LETTERED_SHORT = re.compile(r"(?P<sort>[A-Z])-(?P<main>[0-9]{6})-(?P<sub>[0-9]{3,4})-(?P<organ>[0-9A-Za-z]+)")


@dataclass(frozen=True, slots=True)
class Organ:
    """The organ in an item's code (实施主体): a credit code, one without its last character, or an older number."""

    written: str
    form: OrganForm
    check_ok: bool

    @property
    def credit_code(self) -> str:
        """The unified social credit code, empty where the code holds none that is whole."""
        return plain(self.written) if self.form == "credit" else ""

    def oddities(self) -> tuple[str, ...]:
        """Return the words keys of what a clerk should look at again."""
        if self.form == "credit":
            small = ("identifiers.item.organ_small",) if self.written != self.written.upper() else ()
            return small if self.check_ok else ("identifiers.item.organ_check", *small)
        if self.form == "organisation":
            wrong = () if self.check_ok else ("identifiers.item.organ_check",)
            return ("identifiers.item.organ_old", *wrong)
        return () if self.form == "none" else (f"identifiers.item.organ_{self.form}",)


@dataclass(frozen=True, slots=True)
class ItemCode:
    """A service item's code in its parts; ``written`` is as the source gives it, parts it lacks are empty.

    ``province`` is 2 digits of GB/T 2260, 00 for the whole country; ``sort`` the national sort of the item, 2 digits;
    ``main`` and ``sub`` the main item and the sub-item. ``area`` is 12 digits. ``level`` is the level at which it is
    exercised (行使层级: 1 national … 4 county … 6 village) in national forms; in provincial ones it is a mark of its
    province, whose meaning no source of ours tells. ``middle`` are the three digits between area and organ (all 000).
    """

    written: str
    form: Form
    province: str = ""
    sort: str = ""
    sort_written: str = ""
    main: str = ""
    sub: str = ""
    area: str = ""
    middle: str = ""
    organ: Organ = Organ("", "none", True)
    level: str = ""
    sequence: str = ""

    @property
    def basic(self) -> str:
        """The basic code as it is written; empty where the form holds none."""
        return self.province + self.sort_written + self.main + self.sub if self.province else ""

    @property
    def group(self) -> str:
        """What items of one main item (主项) have in common; empty where the code does not tell."""
        return f"{self.province}{self.sort_written}{self.main}" if self.main else ""

    def oddities(self, declared: str = "") -> tuple[str, ...]:
        """Return the words keys of what a clerk should look at again; ``declared`` is the sort that a list gives."""
        found: list[str] = []
        if self.form in ("lettered", "lettered_short", "unknown"):
            found.append(f"identifiers.item.form_{self.form}")
        if self.form != "unknown" and not self.sort:
            found.append("identifiers.item.sort_unknown")
        elif self.sort and declared and national_sort(declared) not in ("", self.sort):
            found.append("identifiers.item.sort_differs")
        if self.area and self.area[:6].endswith("0000"):
            found.append("identifiers.item.area_province")
        elif self.area and not county_names(self.area[:6]):
            found.append("identifiers.item.area_unknown")
        if self.province not in ("", NATIONAL) and self.area and self.area[:2] != self.province:
            found.append("identifiers.item.area_elsewhere")
        return (*found, *self.organ.oddities())


def national_sort(given: str) -> str:
    """Return a sort as two digits, ``1`` as ``01``; empty for none that the standard knows."""
    sort = given.strip().zfill(2)
    return sort if sort in SORTS else ""


def read_item_code(written: str) -> ItemCode:
    """Read a code of a service item in whatever form; nothing is refused, what is unknown is of form ``unknown``.

    Source: GB/T 39554.1-2020 for the national forms; for the provincial ones the 961 codes of a public directory of
    Sichuan, whose sorts, main items and areas stand beside them in plain words.
    """
    text = written.strip()
    bare = plain(text)
    if match := _IMPLEMENTING.fullmatch(bare):
        code = _of_basic(text, "handling" if match["sequence"] else "implementing", match["basic"])
        return replace(code, organ=read_organ(match["organ"]), level=match["level"], sequence=match["sequence"] or "")
    if _BASIC.fullmatch(bare):
        return _of_basic(text, "basic", bare)
    if match := _PROVINCIAL.fullmatch(text):
        return _placed(_of_basic(text, "provincial", match["basic"]), match)
    if match := _LETTERED.fullmatch(text):
        return _placed(_lettered(text, "lettered", match), match)
    if match := _LETTERED_SHORT.fullmatch(text):
        return replace(_lettered(text, "lettered_short", match), organ=read_organ(match["organ"]))
    return ItemCode(text, "unknown")


def read_organ(written: str) -> Organ:
    """Read the part of a code that names the organ; anything is read."""
    number = plain(written)
    if not number:
        return Organ(written, "none", True)
    if len(set(number)) == 1:
        return Organ(written, "placeholder", False)
    if CREDIT_FORM.fullmatch(number):
        return Organ(written, "credit", not read_credit_code(number).oddities())
    if len(number) == 17 and CREDIT_FORM.fullmatch(f"{number}0"):
        return Organ(written, "credit_cut", False)
    if ORGANISATION_FORM.fullmatch(number):
        return Organ(written, "organisation", read_organisation_code(number).check_ok)
    return Organ(written, "unknown", False)


def _of_basic(written: str, form: Form, basic: str) -> ItemCode:
    match = _BASIC.fullmatch(basic)
    assert match is not None
    sort = match["sort"]
    return ItemCode(
        written, form, province=match["province"], sort=_sort(sort), sort_written=sort, main=match["main"],
        sub=match["sub"],
    )  # fmt: skip


def _sort(written: str) -> str:
    """Return the national sort: Sichuan writes 1 and a letter for powers, 2 and a letter for public services."""
    if written in SORTS:
        return written
    return {"1": LETTERS.get(written[1], ""), "2": PUBLIC_SERVICE}.get(written[0], "")


def _lettered(written: str, form: Form, match: re.Match[str]) -> ItemCode:
    sort = match["sort"]
    return ItemCode(written, form, sort=LETTERS.get(sort, ""), sort_written=sort, main=match["main"], sub=match["sub"])


def _placed(code: ItemCode, match: re.Match[str]) -> ItemCode:
    return replace(
        code, area=match["area"], middle=match["middle"], organ=read_organ(match["organ"]), level=match["level"],
        sequence=match["sequence"],
    )  # fmt: skip
