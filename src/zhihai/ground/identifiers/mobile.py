"""Mobile numbers of the mainland, to which short messages go, in the one form that is kept (手机号码)."""

from __future__ import annotations

import re
import unicodedata

from zhihai.ground.refusal import Refused

BETWEEN = re.compile(r"[\s().\-\u2010-\u2015\u2212]+")
"""What people write between the digits."""
COUNTRY = re.compile(r"(?:\+|00)86(?=[0-9])|86(?=1[3-9][0-9]{9}$)")
MOBILE = re.compile(r"1[3-9][0-9]{9}")
FIXED = re.compile(r"(0[1-9][0-9]{1,2}|10|2[0-9]|[3-9][0-9]{2})?[2-9][0-9]{6,7}|[48]00[0-9]{7}")
"""A fixed line, with or without its area code, and numbers of enterprises: nobody reads a short message there."""
ABROAD = re.compile(r"(?:\+|00)(?!86)[1-9][0-9]{6,14}")


def read_mobile(written: str, field: str | None = None) -> str:
    """Return the eleven digits of a mobile number, however it was written.

    Full-width digits, blanks, hyphens, dots, brackets and the country code 86 are accepted. Raises ``Refused`` naming
    the input ``field``: ``mobile_fixed`` for a fixed line, ``mobile_abroad`` for another country's, ``mobile_form`` for
    what is no number; the text itself is not in the refusal. Source: numbering plan of the telecommunication networks
    (电信网编号计划, 2017), 1.3: mobile numbers have eleven digits and begin with 13 to 19.
    """
    number = COUNTRY.sub("", BETWEEN.sub("", unicodedata.normalize("NFKC", written)), count=1)
    if MOBILE.fullmatch(number) and number.isascii():
        return number
    if ABROAD.fullmatch(number):
        raise Refused("mobile_abroad", field)
    raise Refused("mobile_fixed" if FIXED.fullmatch(number) else "mobile_form", field)


def masked_mobile(number: str) -> str:
    """Return a mobile number as a page shows it: ``139****5678`` (脱敏)."""
    return f"{number[:3]}****{number[-4:]}"
