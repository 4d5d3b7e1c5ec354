"""Workers: what runs behind, as its leases tell (后台工作)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from zhihai.kernel import records


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A worker as the store knows it: ``behind`` in seconds, ``failure`` the sort of the last fault while it lasts."""

    name: str
    behind: float
    failures: int
    failure: str | None
    running: bool
    ran_at: datetime | None


def read_workers() -> tuple[WorkerState, ...]:
    """Return every worker that has ever run here, by name."""
    found = records.rows(
        "SELECT name, behind, failures, failure, lease_until > clock_timestamp(), ran_at FROM worker ORDER BY name"
    )
    return tuple(WorkerState(*row) for row in found)
