"""One snapshot for a long comparison: what is read is of one instant, and nobody waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from zhihai.kernel import records


@contextmanager
def snapshot() -> Iterator[None]:
    """Read in one snapshot, writing nothing, while the block runs. Raises ``RuntimeError`` inside a transaction."""
    with records.atomic(durable=True):
        records.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        records.one("SELECT pg_current_snapshot()")  # the first question fixes it, not the setting
        yield
