"""Kinds of the room identity: roles, and the powers they hold."""

from __future__ import annotations

from dataclasses import dataclass

from zhihai.ground.kind import Kind

SEE_CASES = "case.see"
WORK_CASES = "case.work"
DIRECT_CASES = "case.direct"  # pause, resume, extend, hand to another organisation
SEE_DEVICES = "device.see"
SEND_READINGS = "reading.send"
SEE_QUARANTINE = "quarantine.see"
RELEASE_READINGS = "quarantine.release"
TRY_RULES = "rule.try"
SET_RULES = "rule.set"
SEE_OPERATION = "operation.see"
RUN_CLOCK = "clock.run"
GRANT_ROLES = "role.grant"
VERIFY_JOURNAL = "journal.verify"

POWERS = frozenset(
    {
        SEE_CASES, WORK_CASES, DIRECT_CASES, SEE_DEVICES, SEND_READINGS, SEE_QUARANTINE, RELEASE_READINGS,
        TRY_RULES, SET_RULES, SEE_OPERATION, RUN_CLOCK, GRANT_ROLES, VERIFY_JOURNAL,
    }
)  # fmt: skip


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
