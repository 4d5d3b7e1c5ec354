"""Writes of the room journal: entries, events, the clock, seals and anchors; and giving events to listeners."""

from __future__ import annotations

from zhihai.kernel.journal.anchoring import change_key
from zhihai.kernel.journal.anchoring import write_anchor as anchor
from zhihai.kernel.journal.clock import advance, begin_era, found_district, replaying, set_clock
from zhihai.kernel.journal.copies import mark_copy, take_over
from zhihai.kernel.journal.entries import emit, record
from zhihai.kernel.journal.listening import Heard, Listener, give_parked, hear, prune
from zhihai.kernel.journal.sealing import seal

__all__ = [
    "Heard", "Listener", "advance", "anchor", "begin_era", "change_key", "emit", "found_district",
    "give_parked", "hear", "mark_copy", "prune", "record", "replaying", "seal", "set_clock", "take_over",
]  # fmt: skip
