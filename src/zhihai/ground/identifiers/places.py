"""Codes of places: administrative codes, grid cells and city components."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from stdnum import numdb

from zhihai.ground.identifiers.writing import plain
from zhihai.ground.refusal import Refused

AREA_FORM = re.compile(r"[1-9][0-9]{5}(?:[0-9]{3}(?:[0-9]{3})?)?")
GRID_FORM = re.compile(r"[1-9][0-9]{14}")
COMPONENT_FORM = re.compile(r"[1-9][0-9]{15}")
NAMES = re.compile(r"(?:\[(?P<first>[0-9]*)-(?P<last>[0-9]*)\])?(?P<name>[^,\[\]]+)")
SYNTHETIC_BLOCKS = range(900, 1000)
STANDARD_CLASSES = frozenset(("01", "02", "03", "04", "05", "06"))
LOCAL_CLASS = "21"

Level = Literal["province", "prefecture", "county", "street", "community"]
StreetSort = Literal["subdistrict", "town", "township", "enterprise", "unknown"]
CommunitySort = Literal["residents", "villagers", "like_residents", "like_villagers", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """The local days on which a code or a name is in force, as far as is known.

    ``begins`` and ``ends`` are its first and last day where known. ``seen`` is a day on which an edition showed it
    in force: before that nothing is assumed, after that it stands until an end is known.
    """

    begins: date | None = None
    ends: date | None = None
    seen: date | None = None

    def holds(self, on: date) -> bool | None:
        """Say whether it is in force on the day ``on``; ``None`` when nobody told."""
        if (self.begins and on < self.begins) or (self.ends and on > self.ends):
            return False
        if self.begins or (self.seen and on >= self.seen):
            return True
        return None


@dataclass(frozen=True, slots=True)
class DatedName:
    """A name that a code has borne, and when."""

    name: str
    validity: Validity


def county_names(code: str) -> tuple[DatedName, ...]:
    """Return the names that a six-digit code of GB/T 2260 has borne, oldest first; empty for a code not in the table.

    The table knows years, not days: a first year counts from its 1 January and a last year to its 31 December, so
    that in a year of change the old and the new name both hold. A name without a first year is older than the table.
    A name without years is in force and its past unknown. Source: the table carried by python-stdnum.
    """
    found = numdb.get("cn/loc").info(code[:6])
    listed = ",".join(facts["county"] for _, facts in found if "county" in facts)
    return tuple(
        DatedName(
            match["name"],
            Validity(
                begins=date(int(match["first"]), 1, 1) if match["first"] else None,
                ends=date(int(match["last"]), 12, 31) if match["last"] else None,
            ),
        )
        for match in NAMES.finditer(listed)
    )


@dataclass(frozen=True, slots=True)
class AreaCode:
    """Administrative code (行政区划代码): 6 digits by GB/T 2260, 9 with the street, 12 with the community.

    ``code`` is as short as its level allows: zeros that only fill a code up to 12 digits are dropped.
    """

    code: str

    @property
    def level(self) -> Level:
        """How deep in the tree the code stands."""
        if len(self.code) > 6:
            return "street" if len(self.code) == 9 else "community"
        return "province" if self.code.endswith("0000") else "prefecture" if self.code.endswith("00") else "county"

    @property
    def parent(self) -> AreaCode | None:
        """The code one level up; ``None`` for a province."""
        if len(self.code) > 6:
            return AreaCode(self.code[:-3])
        significant = self.code.removesuffix("00").removesuffix("00")
        return AreaCode(significant[:-2].ljust(6, "0")) if len(significant) > 2 else None

    @property
    def county(self) -> str:
        """The first six digits: the county or district, or what stands above it."""
        return self.code[:6]

    @property
    def filled(self) -> str:
        """The code filled with zeros to 12 digits, as statistics print it."""
        return self.code.ljust(12, "0")

    @property
    def street_sort(self) -> StreetSort:
        """What digits 7–9 say: 0xx subdistrict (街道), 1xx town (镇), 2–3xx township (乡), 4–5xx enterprise (政企合一).

        Evidence only: towns that became 地区办事处 often bear a 0xx code. Source: GB/T 10114-2003.
        """
        sorts: dict[str, StreetSort] = {
            "0": "subdistrict", "1": "town", "2": "township", "3": "township", "4": "enterprise", "5": "enterprise",
        }  # fmt: skip
        return sorts.get(self.code[6:7], "unknown")

    @property
    def community_sort(self) -> CommunitySort:
        """What digits 10–12 say: 0–1xx residents' committee (居委会), 2–3xx villagers', 4xx and 5xx bodies like them.

        Source: the statistics bureau's rules for 12-digit codes.
        """
        sorts: dict[str, CommunitySort] = {
            "0": "residents", "1": "residents", "2": "villagers", "3": "villagers",
            "4": "like_residents", "5": "like_villagers",
        }  # fmt: skip
        return sorts.get(self.code[9:10], "unknown")

    def within(self, above: AreaCode) -> bool:
        """Say whether this code stands at or below ``above``."""
        step: AreaCode | None = self
        while step is not None and step != above:
            step = step.parent
        return step is not None


@dataclass(frozen=True, slots=True)
class GridCode:
    """Grid cell code (单元网格编码): 15 digits = 6 district + 3 street + 3 community or block + 3 cell.

    Cells are numbered west to east and north to south within a community. Source: Beijing's local standard for
    dividing cells of grid-based city management, in the layout of CJ/T 213 with a third digit for the cell.
    """

    code: str

    @property
    def street(self) -> AreaCode:
        """The street that the cell belongs to."""
        return AreaCode(self.code[:9])

    @property
    def block(self) -> AreaCode:
        """The community, or the synthetic block, that the cell belongs to."""
        return AreaCode(self.code[:12])

    @property
    def number(self) -> int:
        """The cell's number within its block."""
        return int(self.code[12:])

    @property
    def synthetic(self) -> bool:
        """Say whether the cell is of a generated lattice and not an official one: its block is numbered 9xx."""
        return int(self.code[9:12]) in SYNTHETIC_BLOCKS


@dataclass(frozen=True, slots=True)
class ComponentCode:
    """City component code (部件编码): 16 digits = 6 district + 2 class + 2 sort + 6 serial number.

    Source: CJ/T 214 and interfaces in use.
    """

    code: str

    @property
    def area(self) -> AreaCode:
        """The district that numbered the component."""
        return AreaCode(self.code[:6])

    @property
    def kind(self) -> str:
        """Class and sort in four digits, such as 0101 for a water manhole cover (上水井盖)."""
        return self.code[6:10]

    @property
    def scheme(self) -> Literal["standard", "local", "unknown"]:
        """Whose class it is: 01–06 of the standard, 21 for the district's own extensions."""
        klass = self.code[6:8]
        return "standard" if klass in STANDARD_CLASSES else "local" if klass == LOCAL_CLASS else "unknown"

    @property
    def serial(self) -> int:
        """The running number within district and kind."""
        return int(self.code[10:])


def read_area_code(written: str, field: str | None = None) -> AreaCode:
    """Read an administrative code of 6, 9 or 12 digits.

    Raises ``Refused`` (``area_code_form``) naming the input ``field`` for another length or other characters. Whether a
    place of that code exists, and since when, is not asked here.
    """
    code = plain(written)
    if not AREA_FORM.fullmatch(code):
        raise Refused("area_code_form", field, length=len(code))
    while len(code) > 6 and code.endswith("000"):
        code = code[:-3]
    return AreaCode(code)


def read_grid_code(written: str, field: str | None = None) -> GridCode:
    """Read a grid cell code of 15 digits; raises ``Refused`` (``grid_code_form``) naming ``field`` otherwise."""
    code = plain(written)
    if not GRID_FORM.fullmatch(code):
        raise Refused("grid_code_form", field, length=len(code))
    return GridCode(code)


def read_component_code(written: str, field: str | None = None) -> ComponentCode:
    """Read a component code of 16 digits; raises ``Refused`` (``component_code_form``) naming ``field`` otherwise."""
    code = plain(written)
    if not COMPONENT_FORM.fullmatch(code):
        raise Refused("component_code_form", field, length=len(code))
    return ComponentCode(code)
