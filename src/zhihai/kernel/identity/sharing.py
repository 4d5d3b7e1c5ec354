"""What all processes of the web must know together for a while: counted tries, codes that were used (共享记忆).

Kept in a table without a log of its own, for minutes. Instants are the machine's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from zhihai.kernel import records

CLAIMS_KEPT = timedelta(days=2)
"""Longer than any failed claim counts."""


def recalled(keys: Iterable[str], *, at_machine: datetime) -> dict[str, str]:
    """Return what is kept under these keys and has not expired."""
    found = records.rows(
        "SELECT cache_key, value FROM web_cache WHERE cache_key = ANY(%s) AND expires > %s",
        (list(keys), at_machine),
    )
    return dict(found)


def remember(key: str, value: str, until: datetime | None, *, at_machine: datetime, new: bool = False) -> bool:
    """Keep a text under a key until an instant, ``None`` for good; with ``new`` only where nothing is kept already.

    Says whether it was kept: of several that come at once with ``new``, one is told so.
    """
    anew = " WHERE web_cache.expires <= %s" if new else ""
    return bool(
        records.execute(
            f"""INSERT INTO web_cache (cache_key, value, expires) VALUES (%s, %s, coalesce(%s, 'infinity'::timestamptz))
                ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires{anew}""",
            (key, value, until, *([at_machine] if new else [])),
        )
    )


def prolong(key: str, until: datetime | None, *, at_machine: datetime) -> bool:
    """Keep what is kept under a key until another instant; says whether there was anything."""
    return bool(
        records.execute(
            """UPDATE web_cache SET expires = coalesce(%s, 'infinity'::timestamptz)
               WHERE cache_key = %s AND expires > %s""",
            (until, key, at_machine),
        )
    )


def forget(keys: Iterable[str]) -> int:
    """Keep nothing under these keys any more; returns how many were kept."""
    return records.execute("DELETE FROM web_cache WHERE cache_key = ANY(%s)", (list(keys),))


def forget_all() -> None:
    """Keep nothing any more."""
    records.execute("DELETE FROM web_cache")


def sweep_shared(*, at_machine: datetime) -> int:
    """Remove what has expired; returns how many. Nobody's entry that still counts is ever removed to make room."""
    return records.execute("DELETE FROM web_cache WHERE expires <= %s", (at_machine,))


def sweep_claims(*, at_machine: datetime) -> int:
    """Remove failed claims of more than a day; returns how many."""
    return records.execute("DELETE FROM claim_failure WHERE at <= %s", (at_machine - CLAIMS_KEPT,))
