"""Writes of the room channels: telling people, delivering what they are told, and how they want to be told."""

from __future__ import annotations

from datetime import datetime

from zhihai.ground.actors import Actor
from zhihai.ground.refusal import NotFound
from zhihai.kernel import records
from zhihai.kernel.channels.announcing import REMINDED, announce, remind
from zhihai.kernel.channels.by_hand import note_told, open_by_hand
from zhihai.kernel.channels.choosing import choose, choose_for, reseal_hooks, set_hook, stop
from zhihai.kernel.channels.delivering import Message, RefusedForGood, deliver
from zhihai.kernel.channels.ending import warn_of_ends
from zhihai.kernel.channels.proving import (
    ask_number,
    drop_number,
    prove_number,
    reseal_numbers,
    send_codes,
    sweep_codes,
)
from zhihai.kernel.channels.telling import Telling, tell
from zhihai.kernel.channels.wording import Said
from zhihai.kernel.journal import acts as journal

__all__ = [
    "REMINDED", "Message", "RefusedForGood", "Said", "Telling", "announce", "ask_number", "choose", "choose_for",
    "deliver", "drop_number", "note_told", "open_by_hand", "prove_number", "read_notice", "remind", "reseal_hooks",
    "reseal_numbers", "send_codes", "set_hook", "stop", "sweep_codes", "tell", "warn_of_ends",
]  # fmt: skip


def read_notice(actor: Actor, notice: int, *, at: datetime) -> None:
    """Mark a notice as read by the one it was told to; a second time changes nothing.

    Raises :class:`NotFound` for a notice of somebody else, as for one that is not there.
    """
    with records.atomic():
        fresh = records.value("SELECT zh_notice_read(%s, %s, %s)", (actor.account, notice, at))
        if fresh is None:
            raise NotFound("no_notice", "notice")
        if fresh:
            journal.record(actor, "channels.read_notice", "notice", notice, {}, at=at)
