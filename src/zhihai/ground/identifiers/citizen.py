"""Citizen identification number (公民身份号码, GB 11643-1999) and its 15-digit form of before 1999."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from stdnum.cn import ric

from zhihai.ground.identifiers.places import county_names
from zhihai.ground.identifiers.writing import plain
from zhihai.ground.refusal import Refused

FORM = re.compile(r"[0-9]{15}|[0-9]{17}[0-9X]")
CENTENARIAN_SEQUENCES = frozenset(("996", "997", "998", "999"))
LONGEST_LIFE_YEARS = 130


@dataclass(frozen=True, slots=True)
class CitizenId:
    """A citizen's number and what its parts say, as evidence only.

    ``number`` is the 18-character form, ``check_ok`` whether its check digit fits the other 17; a number that was
    written with 15 digits has none, and ``check_ok`` is ``None``. The number is personal data: it is left out of
    ``repr`` and of every refusal.
    """

    number: str = field(repr=False)
    check_ok: bool | None

    @property
    def area(self) -> str:
        """The county code (GB/T 2260) at first issue: 6 digits, kept for life, even when the county is no more."""
        return self.number[:6]

    @property
    def area_names(self) -> tuple[str, ...]:
        """Every name the county code has borne, oldest first; empty when the table does not know the code."""
        return tuple(name.name for name in county_names(self.area))

    @property
    def birth(self) -> date | None:
        """The birth date as written, or ``None`` when there is no such day."""
        year, month, day = int(self.number[6:10]), int(self.number[10:12]), int(self.number[12:14])
        try:
            return date(year, month, day)
        except ValueError:
            return None

    @property
    def sequence(self) -> str:
        """The order among those of one area and birth date: 3 digits."""
        return self.number[14:17]

    @property
    def sex(self) -> Literal["male", "female"]:
        """The sex at issue: odd sequences are male, even ones female."""
        return "male" if int(self.number[16]) % 2 else "female"

    def oddities(self, on: date) -> tuple[str, ...]:
        """Return the words keys of what a clerk should look at again, read on the day ``on``; empty when nothing is.

        None of them makes the number unusable (settled: a valid check digit is not plausibility, and implausibility
        is not a rejection).
        """
        found: list[str] = []
        if self.check_ok is False:
            found.append("identifiers.citizen.check_digit")
        if self.birth is None:
            found.append("identifiers.citizen.no_such_day")
        elif self.birth > on:
            found.append("identifiers.citizen.born_later")
        elif on.year - self.birth.year > LONGEST_LIFE_YEARS:
            found.append("identifiers.citizen.born_early")
        if not self.area_names:
            found.append("identifiers.citizen.area_unknown")
        if self.check_ok is None and self.sequence in CENTENARIAN_SEQUENCES:
            found.append("identifiers.citizen.century")
        return tuple(found)


SHOWN = 8
"""So many of a number's first characters are shown where it is masked: county and century of birth."""


def masked(number: str) -> str:
    """Return a citizen's number as people who need not know it see it: ``99010119******1234`` (脱敏)."""
    return f"{number[:SHOWN]}{'*' * (len(number) - SHOWN - 4)}{number[-4:]}"


def read_citizen_id(written: str, field: str | None = None) -> CitizenId:
    """Read a citizen id of 18 characters, or of 15 digits, which is lengthened by the century 19 and a check digit.

    Blanks, hyphens, full-width and small letters are accepted. Raises ``Refused`` (``citizen_id_form``) naming the
    input ``field`` when the text has another length or other characters; the text itself is not in the refusal.
    Source: GB 11643-1999 4 and annex A; 15 digits of GB 11643-1989 (whose sequences 996–999 may mean a birth in the
    1800s, told by :meth:`CitizenId.oddities`).
    """
    number = plain(written)
    if not FORM.fullmatch(number):
        raise Refused("citizen_id_form", field, length=len(number))
    if len(number) == 15:
        body = number[:6] + "19" + number[6:]
        return CitizenId(body + ric.calc_check_digit(body + "0"), check_ok=None)
    return CitizenId(number, check_ok=number[-1] == ric.calc_check_digit(number))
