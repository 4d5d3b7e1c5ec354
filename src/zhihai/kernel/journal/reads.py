"""Questions to the room journal: the district's now, entries, how far all is sealed and heard, and if it is true."""

from __future__ import annotations

from zhihai.kernel.journal.anchoring import Anchor
from zhihai.kernel.journal.clock import DistrictClock, Mode
from zhihai.kernel.journal.clock import read_clock as clock
from zhihai.kernel.journal.clock import read_now as now
from zhihai.kernel.journal.entries import Entry
from zhihai.kernel.journal.entries import read_case_entries as case_entries
from zhihai.kernel.journal.entries import read_entries as entries
from zhihai.kernel.journal.faults import Fault
from zhihai.kernel.journal.listening import ListenerState, ParkedEvent
from zhihai.kernel.journal.listening import read_listeners as listeners
from zhihai.kernel.journal.listening import read_parked as parked
from zhihai.kernel.journal.sealing import SealState
from zhihai.kernel.journal.sealing import read_sealed as sealed
from zhihai.kernel.journal.states import CaseHead, Digests, HeldDigest, StateVerification, verify_state
from zhihai.kernel.journal.verification import Progress, Verification, verify
from zhihai.kernel.journal.workers import WorkerState
from zhihai.kernel.journal.workers import read_workers as workers

__all__ = [
    "Anchor", "CaseHead", "Digests", "DistrictClock", "Entry", "Fault", "HeldDigest", "ListenerState", "Mode",
    "ParkedEvent", "Progress", "SealState", "StateVerification", "Verification", "WorkerState", "case_entries", "clock",
    "entries", "listeners", "now", "parked", "sealed", "verify", "verify_state", "workers",
]  # fmt: skip
