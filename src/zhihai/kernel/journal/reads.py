"""Questions to the room journal: the district's now, entries, how far all is sealed and heard, and if it is true."""

from __future__ import annotations

from zhihai.kernel.journal.anchor_files import Anchor
from zhihai.kernel.journal.clock import DistrictClock, Mode
from zhihai.kernel.journal.clock import read_clock as clock
from zhihai.kernel.journal.clock import read_now as now
from zhihai.kernel.journal.copies import read_copied as copied
from zhihai.kernel.journal.entries import Entry
from zhihai.kernel.journal.entries import read_case_entries as case_entries
from zhihai.kernel.journal.entries import read_entries as entries
from zhihai.kernel.journal.exporting import Exported, export
from zhihai.kernel.journal.faults import Fault
from zhihai.kernel.journal.listening import ListenerState, ParkedEvent
from zhihai.kernel.journal.listening import read_listeners as listeners
from zhihai.kernel.journal.listening import read_parked as parked
from zhihai.kernel.journal.sealing import SealState
from zhihai.kernel.journal.sealing import read_sealed as sealed
from zhihai.kernel.journal.states import CaseHead, Digests, HeldDigest, StateVerification, verify_state
from zhihai.kernel.journal.verification import Progress, Verification, verify
from zhihai.kernel.journal.watching import Depth, Done
from zhihai.kernel.journal.watching import read_depths as depths
from zhihai.kernel.journal.watching import read_done as done
from zhihai.kernel.journal.watching import read_last_seal as last_seal
from zhihai.kernel.journal.workers import WorkerState
from zhihai.kernel.journal.workers import read_workers as workers

__all__ = [
    "Anchor", "CaseHead", "Depth", "Digests", "DistrictClock", "Done", "Entry", "Exported", "Fault", "HeldDigest",
    "ListenerState", "Mode", "ParkedEvent", "Progress", "SealState", "StateVerification", "Verification",
    "WorkerState", "case_entries", "clock", "copied", "depths", "done", "entries", "export", "last_seal", "listeners",
    "now", "parked", "sealed", "verify", "verify_state", "workers",
]  # fmt: skip
