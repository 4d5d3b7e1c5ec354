"""Writes of the room offers: windows and when they are open, places taken and given back, tickets called."""

from __future__ import annotations

from zhihai.kernel.offers.claiming import (
    Asked,
    book,
    book_for,
    cancel,
    cancel_for,
    excuse,
    move,
    move_for,
)
from zhihai.kernel.offers.queueing import (
    call_next,
    check_in,
    finish,
    pass_over,
    recall,
    serve,
    take_ticket,
)
from zhihai.kernel.offers.setting import clear_day, set_day, set_hours, set_offer
from zhihai.kernel.offers.telling import end_past, remind, tell_displaced, tell_holders

__all__ = [
    "Asked", "book", "book_for", "call_next", "cancel", "cancel_for", "check_in", "clear_day", "end_past", "excuse",
    "finish", "move", "move_for", "pass_over", "recall", "remind", "serve", "set_day", "set_hours", "set_offer",
    "take_ticket", "tell_displaced", "tell_holders",
]  # fmt: skip
