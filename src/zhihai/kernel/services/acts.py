"""Writes of the room services: items brought in, assigned and described; guides; synonyms; how people are reached."""

from __future__ import annotations

from zhihai.kernel.services.bringing import bring_in
from zhihai.kernel.services.guiding import (
    assign,
    complete_guide,
    describe,
    publish,
    set_contact,
    set_synonyms,
    withdraw,
)

__all__ = ["assign", "bring_in", "complete_guide", "describe", "publish", "set_contact", "set_synonyms", "withdraw"]
