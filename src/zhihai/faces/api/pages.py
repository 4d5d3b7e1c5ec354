"""What many operations share: names in both languages, inputs within bounds, pages that go on where the last ended."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints
from pydantic_core import PydanticCustomError

from zhihai.ground.instants import from_micros, to_micros
from zhihai.ground.named import Named
from zhihai.ground.refusal import Refused

Row = TypeVar("Row")

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
BIGGEST = 2**63 - 1
_CURSOR = re.compile(r"[0-9]{1,17}-[0-9]{1,18}")


def _in_bounds(at: datetime) -> datetime:
    if not EARLIEST <= at < LATEST:
        raise PydanticCustomError("instant_range", "beyond bounds")
    return at.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_in_bounds)]
"""An instant with its offset from UTC, in the years 1900 to 2199."""
Text = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f]*$")]
"""One line of text."""
Note = Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$")]
"""Some lines of text."""
Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]*$")]
"""The code of a thing."""
Id = Annotated[int, Field(ge=1, le=BIGGEST)]
"""The number of a row."""
SmallId = Annotated[int, Field(ge=1, le=2**31 - 1)]
Limit = Annotated[int, Field(ge=1, le=200)]
"""How many rows a page holds at most."""
LongLimit = Annotated[int, Field(ge=1, le=5000)]


class Name(BaseModel):
    """A name in Chinese and English."""

    zh: str
    en: str


def name(given: Named | None) -> Name | None:
    """Return a name as it is answered; ``None`` where there is none."""
    return None if given is None else Name(zh=given.zh, en=given.en)


def page(found: Sequence[Row], limit: int, cursor: Callable[[Row], str]) -> tuple[Sequence[Row], str | None]:
    """Cut ``limit + 1`` rows that were asked for to a page, with the cursor of the next; ``None`` on the last."""
    return found[:limit], cursor(found[limit - 1]) if len(found) > limit else None


def instant_cursor(at: datetime, id_: int) -> str:
    """Return the cursor of a row that stands at an instant and has a number."""
    return f"{to_micros(at)}-{id_}"


def read_instant_cursor(text: str) -> tuple[datetime, int]:
    """Return instant and number of a cursor; raises ``Refused`` (``cursor``) for one that is not ours."""
    if not _CURSOR.fullmatch(text):
        raise Refused("cursor", "after")
    micros, _, id_ = text.partition("-")
    return from_micros(int(micros)), int(id_)
