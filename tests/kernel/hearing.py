"""Letting everybody hear what was done, as the worker of the platform does."""

from __future__ import annotations

from datetime import UTC, datetime

from zhihai.kernel.journal import acts as journal
from zhihai.kernel.wiring import LISTENERS


def heard() -> None:
    """Give every listener all that it has not heard."""
    while journal.hear(LISTENERS, at_machine=datetime(2100, 1, 1, tzinfo=UTC)):
        pass
