"""Rows as a table of commas (CSV, RFC 4180), streamed; safe to be opened by a spreadsheet."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

MEDIA = "text/csv; charset=utf-8; header=present"
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for a formula, full width too; an apostrophe before it makes it text again (OWASP)."""
LINES = 500
"""Lines in one piece of the stream."""

Cell = str | float | int | bool | date | datetime | None


def cell(value: Cell) -> str:
    """Return a value as text: instants in RFC 3339, unknown as nothing, text defused, numbers as they are."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, str):
        return f"'{value}" if unicodedata.normalize("NFKC", value[:1]).startswith(DANGEROUS) else value
    return repr(value)


def lines(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield the table in pieces, the header first, as rows come."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([cell(name) for name in header])
    for count, row in enumerate(rows, start=1):
        writer.writerow([cell(value) for value in row])
        if count % LINES == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
