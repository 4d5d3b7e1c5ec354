"""Kinds of the room channels: notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from zhihai.ground.kind import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeKind(Kind):
    """A sentence told to an account (通知). Words: ``notice.<id>.subject`` and ``notice.<id>.text``."""

    urgency: Literal["calm", "near", "late"] = "calm"
