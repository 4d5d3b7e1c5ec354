"""Kinds of the room identity: roles, and the powers they hold."""

from __future__ import annotations

from dataclasses import dataclass

from zhihai.ground.kind import Kind
from zhihai.ground.powers import (
    DIRECT_CASES,
    GRANT_ROLES,
    OPEN_CASES,
    POWERS,
    RELEASE_READINGS,
    RUN_CLOCK,
    RUN_OPERATION,
    SEE_CASES,
    SEE_DEVICES,
    SEE_OPERATION,
    SEE_QUARANTINE,
    SEND_READINGS,
    SET_CASES,
    SET_DATA,
    SET_DEVICES,
    SET_DISTRICT,
    SET_RULES,
    TRY_RULES,
    VERIFY_JOURNAL,
    WORK_CASES,
)

__all__ = [
    "DIRECT_CASES", "GRANT_ROLES", "OPEN_CASES", "POWERS", "RELEASE_READINGS", "RUN_CLOCK", "RUN_OPERATION",
    "SEE_CASES", "SEE_DEVICES", "SEE_OPERATION", "SEE_QUARANTINE", "SEND_READINGS", "SET_CASES", "SET_DATA",
    "SET_DEVICES", "SET_DISTRICT", "SET_RULES", "TRY_RULES", "VERIFY_JOURNAL", "WORK_CASES", "RoleKind",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleKind(Kind):
    """A role that accounts hold in an organisation over an area (岗位): the powers that come with it.

    Words: ``role.<id>.name``.
    """

    powers: frozenset[str]

    def __post_init__(self) -> None:
        Kind.__post_init__(self)
        unknown = self.powers - POWERS
        if unknown:
            raise ValueError(f"role {self.id}: unknown powers {sorted(unknown)}")
