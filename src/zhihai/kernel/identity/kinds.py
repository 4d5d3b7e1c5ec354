"""Kinds of the room identity: roles, and the powers they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

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
    SEE_LOOKS,
    SEE_NUMBERS,
    SEE_OPERATION,
    SEE_PEOPLE,
    SEE_QUARANTINE,
    SEND_READINGS,
    SET_CASES,
    SET_CLIENTS,
    SET_DATA,
    SET_DEVICES,
    SET_DISTRICT,
    SET_PEOPLE,
    SET_RULES,
    TRY_RULES,
    VERIFY_JOURNAL,
    WORK_CASES,
)

__all__ = [
    "DIRECT_CASES", "FIELDS", "GRANT_ROLES", "GROUNDS", "OPEN_CASES", "POWERS", "RELEASE_READINGS", "RUN_CLOCK",
    "RUN_OPERATION", "SCOPES", "SEE_CASES", "SEE_DEVICES", "SEE_LOOKS", "SEE_NUMBERS", "SEE_OPERATION",
    "SEE_PEOPLE", "SEE_QUARANTINE", "SEND_READINGS", "SET_CASES", "SET_CLIENTS", "SET_DATA", "SET_DEVICES",
    "SET_DISTRICT", "SET_PEOPLE", "SET_RULES", "SOURCES", "TRY_RULES", "VERIFY_JOURNAL", "WORK_CASES", "PersonSort",
    "RoleKind",
]  # fmt: skip


PersonSort = Literal["natural", "legal"]
"""A person in law: a human being (自然人), or a firm, a body, an office (法人)."""

FIELDS: Mapping[PersonSort, tuple[str, ...]] = {
    "natural": ("name", "number", "sex", "birth", "area", "address", "phone"),
    "legal": ("name", "number", "area", "address", "representative"),
}
"""What is kept of a person, each with its source and as-of. Words: ``identity.field.<field>``."""

SOURCES = ("population_base", "legal_person_base", "window", "document")
"""Where a field is from. Words: ``identity.source.<source>``."""

GROUNDS = ("case", "application", "window", "own_request", "supervision", "law")
"""On what ground an official looks at a person's data (查阅依据). Words: ``identity.ground.<ground>``."""

SCOPES = ("openid", "profile", "email", "zhihai_level")
"""What a system may ask to know of who signs in through the platform (授权范围). Words: ``identity.scope.<scope>``."""


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
