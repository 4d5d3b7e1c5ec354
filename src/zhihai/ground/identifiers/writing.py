"""How a number is written: the one form in which it is compared and kept."""

from __future__ import annotations

import re
import unicodedata

SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u2212]+")


def plain(written: str) -> str:
    """Return ``written`` in capitals, full-width letters and digits made narrow, without blanks and hyphens."""
    return SEPARATORS.sub("", unicodedata.normalize("NFKC", written)).upper()
