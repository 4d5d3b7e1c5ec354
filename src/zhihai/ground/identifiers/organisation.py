"""Numbers of organisations before and after October 2015: social credit code, organisation code, registration."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_10

from zhihai.ground.identifiers.writing import plain
from zhihai.ground.refusal import Refused

CREDIT_FORM = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")
ORGANISATION_FORM = re.compile(r"[0-9A-Z]{8}[0-9X]")
REGISTRATION_FORM = re.compile(r"[0-9]{15}")
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
DEPARTMENTS = frozenset("123456789ANY")

Registrant = Literal["domestic", "foreign", "individual"]


@dataclass(frozen=True, slots=True)
class OrganisationCode:
    """Organisation code (组织机构代码, GB 11714-1997): 8 characters and a check character.

    It identifies the organisation before 2015 and lives on as characters 9–17 of its social credit code.
    """

    number: str
    check_ok: bool

    @property
    def printed(self) -> str:
        """The form on certificates, with a hyphen before the check character: ``71526726-X``."""
        return f"{self.number[:8]}-{self.number[8]}"

    def oddities(self) -> tuple[str, ...]:
        """Return the words keys of what a clerk should look at again."""
        return () if self.check_ok else ("identifiers.organisation.check_digit",)


@dataclass(frozen=True, slots=True)
class CreditCode:
    """Unified social credit code (统一社会信用代码, GB 32100-2015): 18 characters, in force from 2015-10-01."""

    number: str
    check_ok: bool
    organisation: OrganisationCode

    @property
    def department(self) -> str:
        """The registering authority (登记管理部门): one character; words under ``identifiers.credit.department``."""
        return self.number[0]

    @property
    def department_known(self) -> bool:
        """Say whether the standard and its later additions (2 3 4 6 7 8 A N) give this authority a meaning."""
        return self.department in DEPARTMENTS

    @property
    def sort(self) -> str:
        """The sort of organisation (机构类别): one character, counted within each authority."""
        return self.number[1]

    @property
    def area(self) -> str:
        """The authority's administrative code (GB/T 2260): 6 digits."""
        return self.number[2:8]

    def oddities(self) -> tuple[str, ...]:
        """Return the words keys of what a clerk should look at again."""
        found: list[str] = []
        if not self.check_ok:
            found.append("identifiers.credit.check_digit")
        if not self.organisation.check_ok:
            found.append("identifiers.credit.organisation_check")
        if not self.department_known:
            found.append("identifiers.credit.department_unknown")
        return tuple(found)


@dataclass(frozen=True, slots=True)
class BusinessRegistration:
    """Business registration number of 2007–2015 (工商注册号, GS 15-2006): 14 digits and a check digit.

    ``area`` is the authority that first registered the business; the number was kept for life, also after a move.
    """

    number: str
    check_ok: bool

    @property
    def area(self) -> str:
        """The code of the authority of first registration: 6 digits, 100000 for the national one."""
        return self.number[:6]

    @property
    def sequence(self) -> str:
        """The order within that authority: 8 digits."""
        return self.number[6:14]

    @property
    def registrant(self) -> Registrant:
        """What was registered, by the first digit of the sequence: 0–3 domestic firms, 4–5 foreign, 6–9 individual."""
        first = int(self.number[6])
        return "domestic" if first < 4 else "foreign" if first < 6 else "individual"

    def oddities(self) -> tuple[str, ...]:
        """Return the words keys of what a clerk should look at again."""
        return () if self.check_ok else ("identifiers.registration.check_digit",)


def organisation_check(body: str) -> str:
    """Return the check character of the 8 characters ``body``: 11 − Σ weight·value mod 11 (GB 11714-1997)."""
    total = sum(weight * int(character, 36) for weight, character in zip(ORGANISATION_WEIGHTS, body, strict=True))
    return "0123456789X0"[11 - total % 11]


def read_organisation_code(written: str, field: str | None = None) -> OrganisationCode:
    """Read an organisation code with or without its hyphen.

    Raises ``Refused`` (``organisation_code_form``) naming the input ``field`` for another length or other characters.
    """
    number = plain(written)
    if not ORGANISATION_FORM.fullmatch(number):
        raise Refused("organisation_code_form", field, length=len(number))
    return OrganisationCode(number, check_ok=number[8] == organisation_check(number[:8]))


def read_credit_code(written: str, field: str | None = None) -> CreditCode:
    """Read a unified social credit code and the organisation code within it.

    Letters in the first two places are accepted: authorities A, N and Y exist. Raises ``Refused``
    (``credit_code_form``) naming the input ``field`` for another length, for characters outside the alphabet of
    GB 32100 (no I, O, S, V, Z) or for letters in the area.
    """
    number = plain(written)
    if not CREDIT_FORM.fullmatch(number):
        raise Refused("credit_code_form", field, length=len(number))
    organisation = OrganisationCode(number[8:17], check_ok=number[16] == organisation_check(number[8:16]))
    return CreditCode(number, check_ok=number[-1] == uscc.calc_check_digit(number[:-1]), organisation=organisation)


def read_business_registration(written: str, field: str | None = None) -> BusinessRegistration:
    """Read a 15-digit business registration number; its check digit is ISO 7064 MOD 11,10 (GB/T 17710).

    Raises ``Refused`` (``business_registration_form``) naming the input ``field`` for another length or other
    characters; numbers of 13 digits, given before July 2007, are among those.
    """
    number = plain(written)
    if not REGISTRATION_FORM.fullmatch(number):
        raise Refused("business_registration_form", field, length=len(number))
    return BusinessRegistration(number, check_ok=number[-1] == mod_11_10.calc_check_digit(number[:-1]))
