"""Reasons that stand in the journal for good (理由): short, and without anybody's number."""

from __future__ import annotations

import re

from zhihai.ground.refusal import Refused

LEAST, MOST = 4, 200
LONG_NUMBER = re.compile(r"\d{7,}")
"""Somebody's number, of a document or a telephone: what a reason says of years and days is shorter."""


def kept_reason(text: str, field: str) -> str:
    """Return a reason as it is kept, its spaces put right.

    Raises ``Refused`` naming the field: ``reason_words`` for one of fewer than 4 or more than 200 characters,
    ``reason_number`` for one with a number of seven digits or more, blanks between them or not.
    """
    plain = " ".join(text.split())
    if not LEAST <= len(plain) <= MOST or "\0" in plain:
        raise Refused("reason_words", field, least=LEAST, most=MOST)
    if LONG_NUMBER.search(plain.replace(" ", "")):
        raise Refused("reason_number", field)
    return plain
